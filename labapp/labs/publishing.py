"""Publishing a finding: card, search, links, answered questions and everybody told, all or none."""

from datetime import UTC, datetime, time

from sqlalchemy import select

from labapp import links
from labapp.accounts.actors import Actor
from labapp.clock import LOCAL_ZONE, now
from labapp.database import db, name_of, transaction
from labapp.errors import ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import documents, finding_cards, questions, red_thread
from labapp.labs import finding_rights as rights
from labapp.labs.finding_content import embargo_of
from labapp.labs.finding_models import PUBLIC, Finding, FindingVersion, VersionState
from labapp.labs.finding_states import MACHINE, FindingAction
from labapp.labs.machine import lock
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.round_models import RoundQuestion
from labapp.labs.signing import Step
from labapp.links import LinkKind, connect
from labapp.notifications import emitting

PUBLISHED = "finding.published"
RELATIONS = {"replicates": LinkKind.REPLICATES, "contradicts": LinkKind.CONTRADICTS}
A = FindingAction


def publish(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Let an editor without an interest bring a finding out that both sides signed."""
    lock(made.finding)  # before its version: somebody may be taking the finding back
    lock(made)
    MACHINE.require(actor, made, A.PUBLISH)
    _require_no_interest(step)
    MACHINE.perform(
        actor, made, A.PUBLISH, version=step.version, reason=step.reason,
        values={"published_at": now(), "editor_id": actor.id},
    )  # fmt: skip
    bring_out(actor, made)


def schedule(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Let an editor approve a finding that comes out when its embargo ends."""
    lock(made.finding)
    lock(made)
    MACHINE.require(actor, made, A.SCHEDULE)
    _require_no_interest(step)
    day = embargo_of(made.content)
    values = {
        "editor_id": actor.id,
        "embargo_until": datetime.combine(day, time(), LOCAL_ZONE).astimezone(UTC) if day else None,
        "embargo_reason": made.content.get("embargo_reason", ""),
    }
    MACHINE.perform(
        actor, made, A.SCHEDULE, version=step.version, reason=step.reason, values=values
    )


def release_due() -> int:
    """Bring out what waited for the end of its embargo; give how many."""
    waiting = select(FindingVersion.id).where(
        FindingVersion.state == VersionState.SCHEDULED, FindingVersion.embargo_until <= now()
    )
    return sum(_release(number) for number in db.session.scalars(waiting.order_by("id")).all())


def _release(number: int) -> bool:
    system = Actor.system()
    with transaction() as session:
        made = session.get_one(FindingVersion, number)
        lock(made.finding)
        lock(made)
        if made.state is not VersionState.SCHEDULED or MACHINE.missing(made, A.RELEASE):
            return False
        MACHINE.perform(system, made, A.RELEASE, values={"published_at": now()})
        bring_out(system, made)
    return True


def bring_out(actor: Actor, made: FindingVersion) -> None:
    """Do all that publication means, in the caller's transaction; the state is set."""
    finding = made.finding
    for former in _former(made):
        MACHINE.perform(Actor.system(), former, A.SUPERSEDE)
    finding.title = made.content["title"]
    finding.published_at = finding.published_at or made.published_at
    finding.review_due_on = finding.round.review_due_on or finding.review_due_on
    card = finding_cards.put_card(actor, finding, made, made.change_reason)
    documents.put_finding(finding)
    own, of_card = name_of(finding), name_of(card)
    connect(own, LinkKind.PUBLISHED_AS, of_card, actor_id=actor.id)
    connect(of_card, LinkKind.BASED_ON, own, actor_id=actor.id)
    _relate(actor, made)
    for question in _adopted(finding):
        connect(name_of(question), LinkKind.PUBLISHED_AS, of_card, actor_id=actor.id)
        questions.mark_answered_by_finding(actor, question, finding)
    emitting.emit(
        actor,
        PUBLISHED,
        finding,
        red_thread.upstream_people(own),
        key=f"published:{finding.id}:{made.number}",
    )


def _require_no_interest(step: Step) -> None:
    if not step.more.get("no_interest"):
        words = _("Verklaar dat je geen belang hebt bij deze bevinding.")
        raise InvalidError(words, {"no_interest": [words]})


def _former(made: FindingVersion) -> list[FindingVersion]:
    query = select(FindingVersion).where(
        FindingVersion.finding_id == made.finding_id,
        FindingVersion.id != made.id,
        FindingVersion.state.in_(PUBLIC),
    )
    return list(db.session.scalars(query))


def _adopted(finding: Finding) -> list[Question]:
    query = (
        select(Question)
        .join(RoundQuestion, RoundQuestion.question_id == Question.id)
        .where(RoundQuestion.round_id == finding.round_id, Question.state == QuestionState.ADOPTED)
        .order_by(Question.id)
    )
    return list(db.session.scalars(query))


def _relate(actor: Actor, made: FindingVersion) -> None:
    """Link what the new text says of other findings; what it no longer says goes."""
    own = name_of(made.finding)
    wanted = {(RELATIONS[r["kind"]], f"findings:{r['finding']}") for r in made.content["relations"]}
    for link in links.links_of(own):
        known = (link.kind, link.to_object)
        is_ours = link.from_object == own and link.kind in RELATIONS.values()
        if is_ours and known not in wanted:
            links.disconnect(own, link.kind, link.to_object)
    for kind, other in sorted(wanted, key=str):
        connect(own, kind, other, actor_id=actor.id)


def explain_conflict(actor: Actor, made: FindingVersion) -> None:
    """Refuse in words an editor who has an interest in a finding."""
    found = rights.conflicts(actor, made)
    if found:
        raise ForbiddenError(
            _("Een redacteur zonder belang beslist hierover. %(why)s", why=" ".join(found))
        )
