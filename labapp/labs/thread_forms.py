"""What people type into the forms of conversations, kept when it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from labapp.accounts.actors import Actor
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import markdown
from labapp.labs import contributions
from labapp.labs.contribution_words import Words, one_line
from labapp.labs.pupil_guard import FIELD
from labapp.labs.thread_models import Contribution, ContributionKind, ContributionState

Form = MultiDict[str, str]
LARGEST = 2**31 - 1
SHORT_QUOTE = 300


@dataclass(frozen=True)
class Draft:
    """A form of a contribution as it stands: what was typed, and what was wrong with it."""

    body: str = ""
    kind: str = ContributionKind.EXPERIENCE.value
    title: str = ""
    quote: str = ""
    reply_to: Contribution | None = None
    confirmed: bool = False
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """What looks like data of pupils: confirmed with a tick, or taken out."""
        return list(self.errors.get(FIELD, []))


def words_in(form: Form) -> Words:
    """Read a contribution from a form."""
    try:
        kind = ContributionKind(form.get("kind", ContributionKind.EXPERIENCE.value))
    except ValueError:
        said = _("Kies wat voor bijdrage dit is.")
        raise InvalidError(said, {"kind": [said]}) from None
    return Words(
        body=form.get("body", ""),
        kind=kind,
        reply_to_id=number_in(form, "reply_to_id"),
        quote=form.get("quote", ""),
        confirmed=form.get("confirmed") == "1",
    )


def draft_of(actor: Actor, form: Form, errors: Mapping[str, list[str]]) -> Draft:
    """Give back what was typed, with what was wrong."""
    return Draft(
        body=form.get("body", ""),
        kind=form.get("kind", ""),
        title=form.get("title", ""),
        quote=form.get("quote", ""),
        reply_to=_answered(actor, number_in(form, "reply_to_id")),
        confirmed=form.get("confirmed") == "1",
        errors=errors,
    )


def reply_draft(actor: Actor, thread_id: int, contribution_id: int | None) -> Draft:
    """Begin an answer to a contribution of this conversation, with its first words as a quote."""
    answered = _answered(actor, contribution_id)
    if answered is None or answered.thread_id != thread_id:
        return Draft()
    if answered.state is not ContributionState.POSTED:
        return Draft(reply_to=answered)
    return Draft(reply_to=answered, quote=_beginning(one_line(markdown.plain(answered.body))))


def number_in(form: Form, name: str) -> int | None:
    """Give an id; None for anything else."""
    number = form.get(name, 0, type=int)
    return number if 0 < number <= LARGEST else None


def version_in(form: Form) -> int:
    """Give the version that was looked at; 0, which nothing ever is, where none was sent."""
    return form.get("version", 0, type=int)


def _answered(actor: Actor, contribution_id: int | None) -> Contribution | None:
    if contribution_id is None:
        return None
    try:
        return contributions.get_contribution(actor, contribution_id)
    except NotFoundError:
        return None


def _beginning(text: str) -> str:
    """Give the first words, cut between two of them, so that they still stand there literally."""
    if len(text) <= SHORT_QUOTE:
        return text
    cut = text[:SHORT_QUOTE]
    return cut.rpartition(" ")[0] or cut
