"""How a question goes from a school to its answer, and what comes next in each state."""

import enum
from dataclasses import dataclass
from typing import Any

from labapp.i18n import lazy_gettext as _l
from labapp.labs import question_rights
from labapp.labs.machine import Machine
from labapp.labs.question_models import Question, QuestionState, Turn

S = QuestionState
HELPED_DAYS = 42


class QuestionAction(enum.Enum):
    LOOK = "look"  # at what is known already
    REWRITE = "rewrite"
    SUBMIT = "submit"
    TAKE_EXISTING = "take_existing"
    TAKE_UP = "take_up"
    ASK_BACK = "ask_back"
    REPLY = "reply"
    ACCEPT = "accept"
    PRIORITISE = "prioritise"  # by publishing an agenda
    ADOPT = "adopt"
    HAND_BACK = "hand_back"
    ANSWER = "answer"
    ANSWER_BY_FINDING = "answer_by_finding"  # by publishing a finding
    DOUBT = "doubt"  # the first of two says that too little is known
    NO_EVIDENCE = "no_evidence"  # the second agrees
    OUT_OF_SCOPE = "out_of_scope"
    MERGE = "merge"  # after the time to object: see merging
    UNMERGE = "unmerge"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"


A = QuestionAction
OWN_WAY = frozenset({A.PRIORITISE, A.ANSWER_BY_FINDING, A.MERGE, A.UNMERGE})
WITH_BROKER = (S.SUBMITTED, S.TRIAGE, S.CLARIFYING, S.REOPENED)
WAITING = (S.ACCEPTED, S.PRIORITISED)
MERGEABLE = (*WITH_BROKER, *WAITING)
ANSWERED = (S.ANSWERED, S.CONFIRMED, S.ANSWERED_BY_EXISTING)
ENDED = (*ANSWERED, S.MERGED, S.NOT_ENOUGH_EVIDENCE, S.OUT_OF_SCOPE, S.WITHDRAWN)
ADOPTABLE = (S.TRIAGE, *WAITING, S.NOT_ENOUGH_EVIDENCE)
TAKES = (S.MATCHING, *WITH_BROKER, *WAITING)

TRANSITIONS = {
    (S.DRAFT, A.LOOK): S.MATCHING,
    (S.MATCHING, A.REWRITE): S.DRAFT,
    (S.MATCHING, A.SUBMIT): S.SUBMITTED,
    (S.SUBMITTED, A.TAKE_UP): S.TRIAGE,
    (S.REOPENED, A.TAKE_UP): S.TRIAGE,
    (S.TRIAGE, A.ASK_BACK): S.CLARIFYING,
    (S.CLARIFYING, A.REPLY): S.TRIAGE,
    (S.TRIAGE, A.ACCEPT): S.ACCEPTED,
    (S.ACCEPTED, A.PRIORITISE): S.PRIORITISED,
    (S.NOT_ENOUGH_EVIDENCE, A.PRIORITISE): S.PRIORITISED,
    (S.ADOPTED, A.HAND_BACK): S.ACCEPTED,
    (S.ADOPTED, A.ANSWER_BY_FINDING): S.ANSWERED,
    (S.TRIAGE, A.DOUBT): S.TRIAGE,
    (S.TRIAGE, A.NO_EVIDENCE): S.NOT_ENOUGH_EVIDENCE,
    (S.MERGED, A.UNMERGE): S.TRIAGE,
    (S.ANSWERED, A.CONFIRM): S.CONFIRMED,
    (S.ANSWERED_BY_EXISTING, A.CONFIRM): S.CONFIRMED,
    **{(state, A.TAKE_EXISTING): S.ANSWERED_BY_EXISTING for state in TAKES},
    **{(state, A.ADOPT): S.ADOPTED for state in ADOPTABLE},
    **{(state, A.ANSWER): S.ANSWERED for state in (S.TRIAGE, S.CLARIFYING, *WAITING)},
    **{(state, A.OUT_OF_SCOPE): S.OUT_OF_SCOPE for state in (S.TRIAGE, S.CLARIFYING)},
    **{(state, A.MERGE): S.MERGED for state in MERGEABLE},
    **{
        (state, A.REOPEN): S.REOPENED
        for state in (*ANSWERED, S.NOT_ENOUGH_EVIDENCE, S.OUT_OF_SCOPE)
    },
    **{(state, A.WITHDRAW): S.WITHDRAWN for state in (S.DRAFT, *TAKES)},
}

STATE_WORDS = {
    S.DRAFT: _l("Concept"),
    S.MATCHING: _l("Kijken wat er al is"),
    S.SUBMITTED: _l("Ingediend"),
    S.TRIAGE: _l("Bij een kennismakelaar"),
    S.CLARIFYING: _l("Wacht op uitleg"),
    S.ACCEPTED: _l("Op de kennisagenda"),
    S.PRIORITISED: _l("Hoog op de kennisagenda"),
    S.ADOPTED: _l("In onderzoek bij een lab"),
    S.ANSWERED: _l("Beantwoord"),
    S.CONFIRMED: _l("Beantwoord en bevestigd"),
    S.REOPENED: _l("Opnieuw geopend"),
    S.ANSWERED_BY_EXISTING: _l("Beantwoord met wat er al was"),
    S.MERGED: _l("Samengevoegd"),
    S.NOT_ENOUGH_EVIDENCE: _l("Nog te weinig over bekend"),
    S.OUT_OF_SCOPE: _l("Past niet bij het programma"),
    S.WITHDRAWN: _l("Ingetrokken"),
}
ACTION_WORDS = {
    A.LOOK: _l("Kijk wat er al bekend is"),
    A.REWRITE: _l("Verander je vraag"),
    A.SUBMIT: _l("Dien je vraag in"),
    A.TAKE_EXISTING: _l("Dit beantwoordt mijn vraag"),
    A.TAKE_UP: _l("Neem in behandeling"),
    A.ASK_BACK: _l("Vraag om uitleg"),
    A.REPLY: _l("Geef antwoord"),
    A.ACCEPT: _l("Zet op de kennisagenda"),
    A.PRIORITISE: _l("Zet hoog op de kennisagenda"),
    A.ADOPT: _l("Neem de vraag op in je lab"),
    A.HAND_BACK: _l("Geef de vraag terug"),
    A.ANSWER: _l("Geef een kort antwoord met bronnen"),
    A.ANSWER_BY_FINDING: _l("Beantwoord met een bevinding"),
    A.DOUBT: _l("Er is te weinig over bekend"),
    A.NO_EVIDENCE: _l("Bevestig dat er te weinig over bekend is"),
    A.OUT_OF_SCOPE: _l("Past niet bij het programma"),
    A.MERGE: _l("Voeg samen"),
    A.UNMERGE: _l("Draai de samenvoeging terug"),
    A.CONFIRM: _l("Mijn vraag is beantwoord"),
    A.REOPEN: _l("Open de vraag opnieuw"),
    A.WITHDRAW: _l("Trek je vraag in"),
}


@dataclass(frozen=True)
class Next:
    """What comes: whose turn it is, in words, and within how many days; None: no day.

    `for_others` are the words for who did not ask the question, where those differ.
    """

    turn: Turn
    words: Any
    days: int | None
    for_others: Any = ""


NEXT = {
    S.DRAFT: Next(Turn.ASKER, _l("Schrijf je vraag af en kijk wat er al bekend is."), 14),
    S.MATCHING: Next(
        Turn.ASKER, _l("Kijk of iets hiervan je vraag beantwoordt. Zo niet: dien je vraag in."), 14
    ),
    S.SUBMITTED: Next(Turn.BROKER, _l("Een kennismakelaar leest de vraag."), 7),
    S.TRIAGE: Next(
        Turn.BROKER, _l("Een kennismakelaar zoekt uit wat erover bekend is en laat het weten."), 14
    ),
    S.CLARIFYING: Next(
        Turn.ASKER, _l("Geef antwoord op de vraag van de kennismakelaar."), 14,
        _l("De steller geeft antwoord op de vraag van de kennismakelaar."),
    ),
    S.ACCEPTED: Next(
        Turn.BROKER,
        _l("De vraag telt mee voor de volgende kennisagenda. Een lab kan haar ook eerder opnemen."),
        90,
    ),
    S.PRIORITISED: Next(
        Turn.BROKER, _l("De vraag staat in de top van de kennisagenda. We zoeken er een lab bij."),
        90,
    ),
    S.ADOPTED: Next(Turn.LAB, _l("Het lab onderzoekt de vraag en deelt wat het vindt."), 180),
    S.ANSWERED: Next(
        Turn.ASKER, _l("Lees het antwoord en zeg of het helpt."), HELPED_DAYS,
        _l("De steller leest het antwoord en zegt of het helpt."),
    ),
    S.CONFIRMED: Next(
        Turn.NOBODY, _l("Klaar. We kijken het antwoord na als de datum ervoor er is."), None
    ),
    S.REOPENED: Next(Turn.BROKER, _l("Een kennismakelaar leest wat er nog ontbreekt."), 7),
    S.ANSWERED_BY_EXISTING: Next(
        Turn.ASKER, _l("Probeer het uit. Na zes weken vragen we of het hielp."), HELPED_DAYS,
        _l("De steller probeert het uit. Na zes weken vragen we of het hielp."),
    ),
    S.MERGED: Next(Turn.NOBODY, _l("Lees verder bij de vraag waarin deze is opgegaan."), None),
    S.NOT_ENOUGH_EVIDENCE: Next(
        Turn.BROKER,
        _l("Hier is nieuw onderzoek voor nodig. De vraag gaat mee naar de kennisagenda."),
        90,
    ),
    S.OUT_OF_SCOPE: Next(
        Turn.NOBODY, _l("Lees waarom. Is er meer te zeggen? Dan kun je de vraag opnieuw openen."),
        None,
    ),
    S.WITHDRAWN: Next(Turn.NOBODY, _l("Je kunt altijd een nieuwe vraag stellen."), None),
}  # fmt: skip
DOUBTED = _l("Een tweede lezer kijkt mee of er echt te weinig over bekend is.")


def next_words(question: Question, *, is_asker: bool = False) -> str:
    """Give in words what comes next: what somebody wrote, else what is usual in this state."""
    if question.next_step:
        return question.next_step
    if question.doubted_by_id is not None and question.state is S.TRIAGE:
        return str(DOUBTED)
    usual = NEXT[question.state]
    return str(usual.words if is_asker else usual.for_others or usual.words)


QUESTION: Machine[Question, QuestionState, QuestionAction] = Machine(
    name="question",
    transitions=TRANSITIONS,
    may={
        **dict.fromkeys(
            (A.LOOK, A.REWRITE, A.SUBMIT, A.TAKE_EXISTING, A.REPLY, A.CONFIRM, A.REOPEN,
             A.WITHDRAW),
            question_rights.is_asker,
        ),
        **dict.fromkeys(
            (A.TAKE_UP, A.ASK_BACK, A.ACCEPT, A.ANSWER, A.OUT_OF_SCOPE, *OWN_WAY),
            question_rights.may_help,
        ),
        A.ADOPT: question_rights.leads_a_lab,
        A.HAND_BACK: question_rights.leads_its_lab,
        A.DOUBT: question_rights.may_doubt,
        A.NO_EVIDENCE: question_rights.may_agree,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={
        A.LOOK: question_rights.missing_text,
        A.SUBMIT: question_rights.missing_verdicts,
        A.ASK_BACK: question_rights.missing_asker,
        A.DOUBT: question_rights.missing_second_reader,
        A.NO_EVIDENCE: question_rights.missing_first_reader,
    },
    reasons=(A.ASK_BACK, A.REPLY, A.OUT_OF_SCOPE, A.DOUBT, A.REOPEN, A.HAND_BACK),
)  # fmt: skip
