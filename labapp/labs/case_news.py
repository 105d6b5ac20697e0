"""What people hear of moderation: who judges, who wrote it, and who reported it."""

from sqlalchemy import or_, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role, User
from labapp.database import db, name_of
from labapp.i18n import lazy_gettext as _l
from labapp.labs import policies, reportables
from labapp.labs.lab_models import Lab, LabRoleKind
from labapp.labs.question_people import holders
from labapp.labs.thread_models import ModerationCase
from labapp.notifications import emitting
from labapp.notifications.event_types import EventType
from labapp.notifications.models import Frequency

WAITING, AT_ONCE_HIDDEN, DECIDED, ANSWERED = (
    "moderation.waiting", "moderation.hidden", "moderation.decided", "moderation.answered",
)  # fmt: skip

for one in (
    EventType(WAITING, _l("Iets wacht op een besluit van wie modereert"),
              _l("‘%(title)s’ wacht op een besluit"), is_duty=True),
    EventType(AT_ONCE_HIDDEN, _l("Wat je schreef is voorlopig verborgen"),
              _l("‘%(title)s’ is voorlopig verborgen: iemand kijkt het na"),
              default=Frequency.AT_ONCE),
    EventType(DECIDED, _l("Een besluit over wat je schreef"),
              _l("Er is een besluit over ‘%(title)s’. Lees waarom."), default=Frequency.AT_ONCE),
    EventType(ANSWERED, _l("Wat je meldde is bekeken"),
              _l("‘%(title)s’ is bekeken. Dank dat je het meldde.")),
):  # fmt: skip
    emitting.register(one)


def judges_of(case: ModerationCase) -> set[int]:
    """Give the ids of who may decide: brokers and the office, and who guides the lab."""
    wanted = [User.id.in_(holders(Role.KNOWLEDGE_BROKER, Role.PROGRAMME_OFFICER))]
    if case.lab_id is not None:
        wanted.append(User.id.in_(policies.members_of(case.lab_id, None, LabRoleKind.LEAD)))
        wanted.append(User.id.in_(select(Lab.steward_id).where(Lab.id == case.lab_id)))
    people = db.session.scalars(select(User).where(User.active, or_(*wanted)))
    return {one.id for one in people if reportables.may_judge(Actor.of(one), case.object)}


def tell_judges(actor: Actor, case: ModerationCase) -> None:
    """Tell who judges that something waits: once when it is reported, once when it is appealed."""
    people = judges_of(case) - {case.decided_by_id}
    emitting.emit(actor, WAITING, case, people, key=f"{name_of(case)}:{case.state.value}")


def tell_authors(actor: Actor, case: ModerationCase, code: str) -> None:
    """Tell who wrote it; never who reported it."""
    kind, _number = reportables.kind_of(case.object)
    people = kind.authors(reportables.load(case.object))
    emitting.emit(Actor.system(), code, case, people - {actor.id or 0})


def tell_reporters(case: ModerationCase) -> None:
    people = {one.reporter_id for one in case.reports if one.reporter_id is not None}
    emitting.emit(Actor.system(), ANSWERED, case, people, key=name_of(case))
