"""What people hear of contributions: who is named at once, who follows once a week.

An edit tells nobody, except who is named in it for the first time.
"""

from labapp.accounts.actors import Actor
from labapp.database import db, name_of
from labapp.i18n import lazy_gettext as _l
from labapp.labs import mentions, policies
from labapp.labs.lab_models import LabRoleKind, Side
from labapp.labs.question_models import Question
from labapp.labs.thread_models import Contribution, Thread
from labapp.notifications import emitting, following
from labapp.notifications.event_types import EventType
from labapp.notifications.models import Frequency

MENTION, POSTED, USEFUL, FLAGGED = (
    "contribution.mention", "contribution.posted", "contribution.useful",
    "contribution.for_researchers",
)  # fmt: skip
HELD, RELEASED, HIDDEN, REMOVED = (
    "contribution.held", "contribution.released", "contribution.hidden", "contribution.removed",
)  # fmt: skip
CLOSED = "thread.closed"
AT_ONCE = Frequency.AT_ONCE

for one in (
    EventType(MENTION, _l("Iemand noemt je in een gesprek"),
              _l("%(actor)s noemt je in ‘%(title)s’"), default=AT_ONCE),
    EventType(POSTED, _l("Nieuwe bijdragen in gesprekken die je volgt"),
              _l("Nieuw in ‘%(title)s’"), to_followers=True),
    EventType(USEFUL, _l("Je bijdrage is nuttig genoemd"),
              _l("Je bijdrage in ‘%(title)s’ is een nuttig antwoord genoemd")),
    EventType(FLAGGED, _l("Een bijdrage waar onderzoekers naar moeten kijken"),
              _l("%(actor)s vraagt onderzoekers mee te kijken in ‘%(title)s’")),
    EventType(HELD, _l("De bijdrage van een gast wacht op je"),
              _l("Een gast schreef iets in ‘%(title)s’: kijk of het geplaatst kan worden"),
              is_duty=True),
    EventType(RELEASED, _l("Je bijdrage is geplaatst"),
              _l("Je bijdrage in ‘%(title)s’ is geplaatst"), default=AT_ONCE),
    EventType(HIDDEN, _l("Je bijdrage is verborgen"),
              _l("Je bijdrage in ‘%(title)s’ is verborgen: %(reason)s"), default=AT_ONCE),
    EventType(REMOVED, _l("Je bijdrage is verwijderd"),
              _l("Je bijdrage in ‘%(title)s’ is verwijderd"), default=AT_ONCE),
    EventType(CLOSED, _l("Een gesprek dat je volgt is afgerond"),
              _l("‘%(title)s’ is afgerond met een conclusie"), to_followers=True),
):  # fmt: skip
    emitting.register(one)


def tell_posted(author: Actor, contribution: Contribution) -> None:
    """Tell who is named and who follows of a contribution that stands, each once and for all."""
    thread = contribution.thread
    tell_mentioned(author, contribution)
    people = set(following.followers_of(thread.subject))
    if thread.question_id is not None:
        asker_id = db.session.get_one(Question, thread.question_id).asker_id
        people |= {asker_id} if asker_id is not None else set()
    key = f"{name_of(contribution)}"
    emitting.emit(author, POSTED, contribution, people, about=thread, key=key)


def tell_mentioned(author: Actor, contribution: Contribution) -> None:
    """Tell whom a contribution names, and who was not told before."""
    people = mentions.recipients_of(contribution)
    if people:
        emitting.emit(
            author, MENTION, contribution, people, about=contribution.thread,
            key=f"{name_of(contribution)}",
        )  # fmt: skip


def tell_held(actor: Actor, contribution: Contribution) -> None:
    """Tell the leads and the broker of a lab that a guest's words wait."""
    lab = contribution.thread.lab
    if lab is None:
        return
    people = set(db.session.scalars(policies.members_of(lab.id, None, LabRoleKind.LEAD)))
    people |= {lab.steward_id} if lab.steward_id is not None else set()
    emitting.emit(actor, HELD, contribution, people, about=contribution.thread)


def tell_author(actor: Actor, contribution: Contribution, code: str, reason: str = "") -> None:
    """Tell the author what became of a contribution."""
    if contribution.author_id is None:
        return
    subject = contribution.thread if code == REMOVED else contribution
    people = {contribution.author_id}
    values = {"reason": reason} if reason else {}
    emitting.emit(actor, code, subject, people, about=contribution.thread, values=values)


def tell_researchers(actor: Actor, contribution: Contribution) -> None:
    lab = contribution.thread.lab
    if lab is not None:
        people = db.session.scalars(policies.members_of(lab.id, Side.RESEARCH))
        emitting.emit(
            actor, FLAGGED, contribution, people, about=contribution.thread,
            key=name_of(contribution),
        )  # fmt: skip


def tell_closed(actor: Actor, thread: Thread) -> None:
    people = following.followers_of(thread.subject)
    emitting.emit(actor, CLOSED, thread, people)
