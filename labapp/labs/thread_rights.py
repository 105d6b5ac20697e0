"""What somebody may do in a conversation: asked once, for the thread and all that is in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, or_, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.labs import policies, reading
from labapp.labs.finding_models import FindingContributor, FindingVersion, Signature
from labapp.labs.lab_models import Lab, LabState, PostingPolicy
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.thread_models import Thread, ThreadState

TALKING = (
    LabState.RECRUITING,
    LabState.ACTIVE,
    LabState.PAUSED,
    LabState.CONCLUDING,
    LabState.CLOSED,
)
ENDED = (QuestionState.MERGED, QuestionState.WITHDRAWN)


@dataclass(frozen=True)
class Rights:
    """Who somebody is in a conversation. `closed_for` says why nobody adds anything now."""

    reads: bool = False
    speaks: bool = False
    takes_part: bool = False
    is_starter: bool = False
    leads: bool = False
    looks_after: bool = False  # the broker of the lab; of a question each broker
    is_broker: bool = False
    is_office: bool = False
    wrote_finding: bool = False  # it is about one's own finding
    closed_for: str = ""

    @property
    def may_post(self) -> bool:
        return self.speaks and not self.closed_for

    @property
    def moderates(self) -> bool:
        """Authors never judge what is said of their own finding."""
        guides = self.leads or self.looks_after or self.is_broker or self.is_office
        return guides and not self.wrote_finding

    @property
    def concludes(self) -> bool:
        guides = self.leads or self.looks_after or self.is_broker
        return self.reads and (self.is_starter or (guides and not self.wrote_finding))

    @property
    def marks_useful(self) -> bool:
        return self.reads and (self.is_starter or self.leads or self.looks_after)

    @property
    def flags(self) -> bool:
        """Whether one points researchers to a contribution."""
        return self.reads and (self.leads or self.looks_after or self.is_broker)


def rights_in(actor: Actor, thread: Thread) -> Rights:
    """Give what an actor may do in a thread: a constant number of questions."""
    if thread.lab is not None:
        return _in_lab(actor, thread, thread.lab)
    return _at_question(actor, thread)


def rights_at(actor: Actor, subject: str, lab: Lab | None, question: Question | None) -> Rights:
    """Give what an actor may do in a conversation that nobody started yet."""
    thread = Thread(subject=subject, state=ThreadState.OPEN)
    if lab is not None:
        return _in_lab(actor, thread, lab, reads=policies.can_read(actor, lab))
    if question is None:
        return Rights()
    return _at_question(actor, thread, question, reads=reading.can_read_question(actor, question))


def _in_lab(actor: Actor, thread: Thread, lab: Lab, *, reads: bool | None = None) -> Rights:
    reads = reading.can_read_thread(actor, thread) if reads is None else reads
    leads = policies.is_lead(actor, lab)
    steward = policies.is_steward(actor, lab)
    takes_part = policies.talks_in(actor, lab)
    ways = {
        PostingPolicy.LEADS: leads or steward,
        PostingPolicy.MEMBERS: takes_part,
        PostingPolicy.GUESTS: takes_part or bool(actor.affiliations),
    }
    return Rights(
        reads=reads,
        speaks=reads and actor.is_signed_in and ways[lab.posting_policy],
        takes_part=takes_part,
        is_starter=_is(actor, thread.starter_id),
        leads=leads,
        looks_after=steward,
        is_broker=actor.has_role(Role.KNOWLEDGE_BROKER),
        is_office=policies.is_office(actor),
        wrote_finding=_wrote_finding(actor, thread.subject),
        closed_for=_why_closed(thread) or ("" if lab.state in TALKING else _lab_is_closed()),
    )


def _at_question(
    actor: Actor, thread: Thread, question: Question | None = None, *, reads: bool | None = None
) -> Rights:
    if question is None:
        question = db.session.get_one(Question, thread.question_id)
    reads = reading.can_read_thread(actor, thread) if reads is None else reads
    is_asker = _is(actor, question.asker_id)
    broker = actor.has_role(Role.KNOWLEDGE_BROKER)
    return Rights(
        reads=reads,
        speaks=reads and (is_asker or bool(actor.affiliations)),
        takes_part=is_asker or broker,
        is_starter=is_asker or _is(actor, thread.starter_id),
        looks_after=broker,
        is_broker=broker,
        is_office=policies.is_office(actor),
        closed_for=_why_closed(thread) or (_question_ended() if question.state in ENDED else ""),
    )


def _is(actor: Actor, user_id: int | None) -> bool:
    return actor.id is not None and actor.id == user_id


def _why_closed(thread: Thread) -> str:
    if thread.state is ThreadState.CLOSED:
        return _("Dit gesprek is afgerond. Wie het begon of leidt, kan het heropenen.")
    if thread.state is ThreadState.LOCKED:
        return _("Dit gesprek staat op slot. Er kan nu niets bij.")
    return ""


def _lab_is_closed() -> str:
    return _("Dit lab is nog niet begonnen of ligt in het archief. Er kan nu niets bij.")


def _question_ended() -> str:
    return _("Deze vraag is ingetrokken of samengevoegd. Er kan niets meer bij.")


def _wrote_finding(actor: Actor, subject: str) -> bool:
    """Whether the conversation is about a finding that one wrote, signed or contributed to."""
    kind, _colon, number = subject.partition(":")
    if kind != "findings" or actor.id is None or not number.isdigit():
        return False
    version = FindingVersion.id
    ways: Sequence[type[Signature | FindingContributor]] = (Signature, FindingContributor)
    parts = [
        exists().where(model.finding_version_id == version, model.user_id == actor.id)
        for model in ways
    ]
    query = select(version).where(
        FindingVersion.finding_id == int(number),
        or_(FindingVersion.author_id == actor.id, *parts),
    )
    return db.session.scalar(query.limit(1)) is not None
