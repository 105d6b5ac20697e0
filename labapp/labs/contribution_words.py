"""What stands in a contribution: what is refused of it, how it looks, and who reads it."""

from dataclasses import dataclass

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import markdown
from labapp.labs import mentions, pupil_guard
from labapp.labs.contribution_states import is_own
from labapp.labs.thread_models import Contribution, ContributionKind, ContributionState, Thread
from labapp.labs.thread_rights import Rights

LONGEST = 20_000
LONGEST_QUOTE = 1_000


@dataclass(frozen=True)
class Words:
    """What somebody wrote. `confirmed`: warned of pupil data, and it may be kept."""

    body: str
    kind: ContributionKind = ContributionKind.EXPERIENCE
    reply_to_id: int | None = None
    quote: str = ""
    confirmed: bool = False


def shows(rights: Rights, actor: Actor, contribution: Contribution) -> bool:
    """Whether one may know that a contribution is there; the words are another thing."""
    is_waiting = contribution.state is ContributionState.HELD
    return not is_waiting or rights.moderates or is_own(actor, contribution)


def shows_words(rights: Rights, actor: Actor, contribution: Contribution) -> bool:
    """Whether one may read the words: hidden ones by the author and who moderates, no others."""
    if contribution.state is ContributionState.POSTED:
        return True
    if contribution.state is ContributionState.REMOVED:
        return False
    return rights.moderates or is_own(actor, contribution)


def check(words: Words) -> list[str]:
    """Refuse empty and endless words, and data of pupils until somebody looked; give its kinds."""
    length = len(words.body.strip())
    if not length:
        raise InvalidError(_("Schrijf eerst iets."), {"body": [_("Schrijf eerst iets.")]})
    if length > LONGEST:
        said = _(
            "Dit zijn %(count)s tekens; er passen er %(most)s in een bijdrage. Verdeel je tekst, "
            "of voeg hem toe als bestand.",
            count=length,
            most=LONGEST,
        )
        raise InvalidError(said, {"body": [said]})
    return pupil_guard.check(words.body, confirmed=words.confirmed)


def require_few(found: mentions.Mentioned) -> None:
    """Refuse a text that calls half the lab by name."""
    if len(found.users) > mentions.MOST:
        said = _("Noem hoogstens %(most)s mensen in één bijdrage.", most=mentions.MOST)
        raise InvalidError(said, {"body": [said]})


def replied_to(actor: Actor, rights: Rights, thread: Thread, words: Words) -> Contribution | None:
    """Give what is answered; a quote stands in it word for word."""
    if words.reply_to_id is None:
        return None
    found = db.session.get(Contribution, words.reply_to_id)
    is_here = found is not None and found.thread_id == thread.id
    if found is None or not is_here or not shows(rights, actor, found):
        said = _("Waarop je antwoordt, staat niet in dit gesprek.")
        raise InvalidError(said, {"reply_to_id": [said]})
    quote = one_line(words.quote)
    readable = shows_words(rights, actor, found)
    if quote and (not readable or quote not in one_line(markdown.plain(found.body))):
        said = _("Citeer letterlijk wat er staat, of laat het citaat leeg.")
        raise InvalidError(said, {"quote": [said]})
    if len(quote) > LONGEST_QUOTE:
        said = _("Een citaat is hoogstens %(most)s tekens.", most=LONGEST_QUOTE)
        raise InvalidError(said, {"quote": [said]})
    return found


def one_line(text: str) -> str:
    """Give text as a quote has it: each gap is one space."""
    return " ".join(text.split())


def render(body: str, found: mentions.Mentioned) -> str:
    """Give safe HTML of what was written, with the names in it marked."""
    return mentions.emphasise(markdown.render(body.strip()), found.literal)
