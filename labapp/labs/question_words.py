"""The words, tones and addresses with which pages and the API show questions."""

from collections.abc import Sequence

from flask import url_for

from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import vocabulary
from labapp.labs.question_lists import Group, Scope
from labapp.labs.question_models import AgendaState, Question, QuestionState, Turn, Verdict
from labapp.labs.question_states import QuestionAction

S, A = QuestionState, QuestionAction
TONES = {
    **dict.fromkeys((S.DRAFT, S.MATCHING, S.WITHDRAWN, S.MERGED), "neutral"),
    **dict.fromkeys((S.SUBMITTED, S.TRIAGE, S.CLARIFYING, S.REOPENED), "sky"),
    **dict.fromkeys((S.ACCEPTED, S.PRIORITISED), "sun"),
    **dict.fromkeys((S.ANSWERED, S.CONFIRMED, S.ANSWERED_BY_EXISTING), "ok"),
    S.ADOPTED: "plum",
    S.NOT_ENOUGH_EVIDENCE: "brand",
    S.OUT_OF_SCOPE: "neutral",
}
TURNS = {
    Turn.ASKER: _l("de steller"),
    Turn.BROKER: _l("een kennismakelaar"),
    Turn.LAB: _l("het lab"),
    Turn.NOBODY: _l("niemand: de vraag is klaar"),
}
YOU = _l("jij")
HAPPENED = {
    A.LOOK: _l("Gekeken wat er al bekend is"),
    A.REWRITE: _l("De vraag veranderd"),
    A.SUBMIT: _l("De vraag ingediend"),
    A.TAKE_EXISTING: _l("Het antwoord gevonden in wat er al is"),
    A.TAKE_UP: _l("In behandeling genomen"),
    A.ASK_BACK: _l("Om uitleg gevraagd"),
    A.REPLY: _l("Uitleg gegeven"),
    A.ACCEPT: _l("Op de kennisagenda gezet"),
    A.PRIORITISE: _l("Hoog op de kennisagenda gezet"),
    A.ADOPT: _l("Opgenomen in een lab"),
    A.HAND_BACK: _l("Teruggegeven door het lab"),
    A.ANSWER: _l("Kort beantwoord met bronnen"),
    A.ANSWER_BY_FINDING: _l("Beantwoord met een bevinding"),
    A.DOUBT: _l("Gezegd dat er te weinig over bekend is"),
    A.NO_EVIDENCE: _l("Bevestigd dat er te weinig over bekend is"),
    A.OUT_OF_SCOPE: _l("Gezegd dat de vraag niet bij het programma past"),
    A.MERGE: _l("Samengevoegd met een andere vraag"),
    A.UNMERGE: _l("De samenvoeging teruggedraaid"),
    A.CONFIRM: _l("Bevestigd dat de vraag beantwoord is"),
    A.REOPEN: _l("Opnieuw geopend"),
    A.WITHDRAW: _l("Ingetrokken"),
}
KIND_WORDS = {
    "cards": _l("Kennis"),
    "questions": _l("Vraag van een school"),
    "rounds": _l("Onderzoek dat loopt"),
    "findings": _l("Bevinding van een lab"),
    "labs": _l("Lab"),
}
KIND_ICONS = {
    "cards": "book-open", "questions": "message-circle-question-mark", "rounds": "route",
    "findings": "flask-conical", "labs": "flask-conical",
}  # fmt: skip
VERDICTS = {
    Verdict.ANSWERS: _l("Beantwoordt mijn vraag"),
    Verdict.PARTLY: _l("Gedeeltelijk"),
    Verdict.NOT_MY_SITUATION: _l("Niet mijn situatie"),
}
STEP_BAR = (_l("Schrijven"), _l("Kijken wat er is"), _l("Uitzoeken"), _l("Agenda of lab"),
            _l("Het antwoord"))  # fmt: skip
PLACES = {
    S.DRAFT: 0, S.MATCHING: 1, S.SUBMITTED: 2, S.TRIAGE: 2, S.CLARIFYING: 2, S.REOPENED: 2,
    S.ACCEPTED: 3, S.PRIORITISED: 3, S.ADOPTED: 3, S.NOT_ENOUGH_EVIDENCE: 3,
}  # fmt: skip
SCOPES = {
    Scope.ALL: _l("Alle vragen"),
    Scope.MINE: _l("Mijn vragen"),
    Scope.SCHOOL: _l("Van onze school"),
    Scope.WAITING: _l("Wachten op een kennismakelaar"),
}
GROUPS = {
    Group.OPEN: _l("Wordt uitgezocht"),
    Group.AGENDA: _l("Op de kennisagenda"),
    Group.STUDIED: _l("In onderzoek"),
    Group.ANSWERED: _l("Beantwoord"),
    Group.NO_EVIDENCE: _l("Nog te weinig over bekend"),
}
STEP_HELP = {
    AgendaState.COLLECTING: _l(
        "Scholen stellen vragen bij dit thema. Wat een kennismakelaar aanneemt, komt hier te staan."
    ),
    AgendaState.CHECKING: _l(
        "Van elke vraag wordt nagegaan wat er al over bekend is. Zo onderzoeken we niets dubbel."
    ),
    AgendaState.SHORTENING: _l(
        "De lijst wordt korter: dubbele, te brede en al beantwoorde vragen vallen af, met de reden."
    ),
    AgendaState.RANKING: _l(
        "Praktijk en onderzoek geven elk hun top tien. Daarna leggen ze die samen naast elkaar."
    ),
    AgendaState.PUBLISHED: _l("Dit zijn de vragen die er het meest toe doen, en wat ervan werd."),
    AgendaState.CANCELLED: _l("Deze agenda is gestopt. De vragen zelf blijven gewoon staan."),
}
PAGES = {
    "cards": ("cards.show_card", "card_id"),
    "questions": ("questions.show", "question_id"),
    "rounds": ("rounds.show", "round_id"),
    "findings": ("findings.show_finding", "finding_id"),
    "labs": ("labs.show", "lab_id"),
}
MOST_WORDS = 4


def turn_of(question: Question, *, is_asker: bool, is_its_broker: bool = False) -> str:
    """Say whose turn it is; who asked, and the broker who took it up, reads that it is theirs."""
    is_yours = (is_asker and question.turn is Turn.ASKER) or (
        is_its_broker and question.turn is Turn.BROKER
    )
    return str(YOU if is_yours else TURNS[question.turn])


def themes_of(slugs: Sequence[str]) -> list[tuple[str, str]]:
    """Give themes with their names, for who chooses from them."""
    language = current_language()
    return [(slug, vocabulary.label("theme", slug, language)) for slug in slugs]


def address_of(name: str, **arguments: int) -> str:
    """Give the page of something that can answer a question (`cards:12`)."""
    table, _colon, number = name.partition(":")
    endpoint, argument = PAGES[table]
    return url_for(endpoint, **{argument: int(number), **arguments})  # type: ignore[arg-type]


def why(signs: Sequence[str], words: Sequence[str], question: Question | None = None) -> list[str]:
    """Say in words why something came up."""
    said = []
    if words:
        quoted = ", ".join(f"‘{word}’" for word in words[:MOST_WORDS])
        said.append(_("Gaat ook over: %(words)s", words=quoted))
    else:
        said.append(_("Lijkt in betekenis op je vraag"))
    if "theme" in signs:
        theme = question.theme if question is not None else ""
        label = vocabulary.label("theme", theme, current_language()) if theme else ""
        said.append(_("Zelfde thema: %(theme)s", theme=label) if label else _("Zelfde thema"))
    if "sector" in signs:
        said.append(_("Zelfde sector"))
    if "answered" in signs:
        said.append(_("Heeft al een antwoord"))
    if "fresh" in signs:
        said.append(_("Het afgelopen jaar nagekeken"))
    return said
