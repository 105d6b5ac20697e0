"""Writing a question down in the helping form, before and after it is asked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Sector
from labapp.clock import today
from labapp.database import transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.labs import documents, machine, pupil_guard, question_rights, question_states, reading
from labapp.labs.question_models import Question, QuestionState, QuestionVisibility

LONGEST = {"title": 200, "groups": 120, "seen": 10_000, "tried": 10_000, "decision": 10_000}
SHORTEST_TITLE = 10
TEXTS = ("title", "seen", "groups", "tried", "decision")
OPEN_TO_CHANGE = (
    QuestionState.DRAFT, QuestionState.SUBMITTED, QuestionState.TRIAGE, QuestionState.CLARIFYING,
    QuestionState.REOPENED,
)  # fmt: skip


@dataclass(frozen=True)
class QuestionInput:
    """The fields of the helping form."""

    title: str
    seen: str = ""
    groups: str = ""
    subject: str = ""
    tried: str = ""
    decision: str = ""
    needed_on: date | None = None
    sector: Sector | None = None
    theme: str = ""
    visibility: QuestionVisibility = QuestionVisibility.PROGRAMME
    language: str = "nl"

    @classmethod
    def of(cls, question: Question) -> "QuestionInput":
        """Give what a question says now."""
        return cls(**{name: getattr(question, name) for name in cls.__dataclass_fields__})

    @property
    def text(self) -> str:
        return "\n".join(getattr(self, name) for name in TEXTS)


def draft_question(actor: Actor, values: QuestionInput, *, confirmed: bool = False) -> Question:
    """Keep a new question as a draft that only its asker sees; the school is fixed from here.

    `confirmed` says that a warning about pupil data was read.
    """
    if actor.id is None or not actor.affiliations:
        raise ForbiddenError(_("Alleen wie bij een school of organisatie hoort, stelt een vraag."))
    warned = check_input(values, confirmed=confirmed, has_school=actor.acting_for is not None)
    with transaction() as session:
        question = Question(
            **columns_of(values),
            asker=actor.user,
            acting_for=actor.acting_for,
            warned_of=warned,
            state=QuestionState.DRAFT,
            **first_step(QuestionState.DRAFT),
        )
        session.add(question)
        audit.record(actor.id, "questions.drafted", question, on_behalf_of=actor.acting_for_id)
    return question


def can_change(actor: Actor, question: Question) -> bool:
    """Whether one may change what a question says now: its asker, until somebody works on it."""
    return question.state in OPEN_TO_CHANGE and question_rights.is_asker(actor, question)


def change_question(
    actor: Actor,
    question: Question,
    values: QuestionInput,
    *,
    version: int,
    confirmed: bool = False,
) -> None:
    """Change what a question says, over the version that one read.

    Raises ConflictError with both texts when somebody saved another one in between.
    """
    with transaction():
        machine.lock(question)
        if not question_rights.is_asker(actor, question):
            raise ForbiddenError(_("Alleen de steller verandert de vraag."))
        if question.state not in OPEN_TO_CHANGE:
            raise ConflictError(_("Deze vraag kan in deze stand niet meer veranderen."))
        changes = changed_fields(question, values)
        if question.version != version and changes:
            raise ConflictError(
                _("Iemand anders bewaarde deze vraag terwijl jij schreef."),
                theirs={name: pair[0] for name, pair in changes.items()},
                yours={name: pair[1] for name, pair in changes.items()},
            )
        warned = check_input(
            values, confirmed=confirmed, has_school=question.acting_for_id is not None,
            known_day=question.needed_on,
        )  # fmt: skip
        _check_narrowing(question, values)
        if not changes:
            return
        for name, value in columns_of(values).items():
            setattr(question, name, value)
        question.warned_of = warned
        if question.state not in reading.UNASKED:
            documents.put_question(question)
        audit.record(
            actor.id, "questions.changed", question, changes={"fields": [None, sorted(changes)]},
            on_behalf_of=actor.acting_for_id,
        )  # fmt: skip


def changed_fields(question: Question, values: QuestionInput) -> dict[str, list[Any]]:
    """Give {field: [saved, new]} of what differs, as plain values."""
    old, new = columns_of(QuestionInput.of(question)), columns_of(values)
    return {name: [plain(old[name]), plain(new[name])] for name in new if old[name] != new[name]}


def first_step(state: QuestionState) -> dict[str, Any]:
    """Give the columns that say what comes next in a state."""
    step = question_states.NEXT[state]
    due = today() + timedelta(days=step.days) if step.days is not None else None
    return {"turn": step.turn, "next_step": "", "next_step_due_on": due}


def check_input(
    values: QuestionInput,
    *,
    confirmed: bool,
    has_school: bool,
    known_day: date | None = None,
) -> list[str]:
    """Refuse what is wrong, with words at each field; give the kinds of pupil data kept anyway."""
    fields: dict[str, list[str]] = {}
    for name, longest in LONGEST.items():
        if len(getattr(values, name).strip()) > longest:
            words = _("Dit is te lang: hoogstens %(most)s tekens.", most=longest)
            fields[name] = [words]
    if len(values.title.strip()) < SHORTEST_TITLE:
        fields["title"] = [_("Schrijf je vraag in één zin van ten minste 10 tekens.")]
    if values.theme and values.theme not in vocabulary.themes():
        fields["theme"] = [_("Kies een thema uit de lijst.")]
    if values.subject and values.subject not in vocabulary.subjects():
        fields["subject"] = [_("Kies een vak uit de lijst.")]
    if values.needed_on and values.needed_on < today() and values.needed_on != known_day:
        fields["needed_on"] = [_("Kies een dag die nog komt.")]
    if values.visibility is QuestionVisibility.ORGANISATION and not has_school:
        fields["visibility"] = [_("Je handelt niet voor een school. Deel de vraag met iedereen.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
    return pupil_guard.check(values.text, confirmed=confirmed)


def check_complete(values: QuestionInput) -> None:
    """Refuse, at the field, what one cannot look for yet; a draft may be half done."""
    missing = question_rights.missing_fields(values.title, values.seen)
    if missing:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), missing)


def _check_narrowing(question: Question, values: QuestionInput) -> None:
    is_asked = question.state not in reading.UNASKED
    if (
        is_asked
        and question.visibility is QuestionVisibility.PROGRAMME
        and values.visibility is QuestionVisibility.ORGANISATION
    ):
        words = _("Deze vraag is al gedeeld: anderen kunnen haar gelezen hebben.")
        raise InvalidError(words, {"visibility": [words]})


def columns_of(values: QuestionInput) -> dict[str, Any]:
    """Give the columns that the fields stand for, without spaces around them."""
    columns = asdict(values)
    return columns | {name: columns[name].replace("\r\n", "\n").strip() for name in TEXTS}


def input_from_plain(values: Mapping[str, Any]) -> QuestionInput:
    """Give the fields from plain values, as `plain` made them."""
    day, sector = values["needed_on"], values["sector"]
    return QuestionInput(
        **{
            **values,
            "needed_on": date.fromisoformat(day) if day else None,
            "sector": Sector(sector) if sector else None,
            "visibility": QuestionVisibility(values["visibility"]),
        }
    )


def plain(value: Any) -> Any:
    """Give a field as JSON holds it."""
    return getattr(value, "value", value.isoformat() if isinstance(value, date) else value)
