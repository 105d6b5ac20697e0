"""Our school too: a school says that it has a question as well. Its leader decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import OrganisationKind, Role
from labapp.clock import now
from labapp.database import db, insert_new, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import pupil_guard, question_events, question_people, reading
from labapp.labs.machine import lock
from labapp.labs.question_models import Question, QuestionState, QuestionVisibility, SchoolToo
from labapp.notifications import following
from labapp.notifications.emitting import emit

LONGEST = 2_000
CLOSED = (
    *reading.UNASKED, QuestionState.MERGED, QuestionState.WITHDRAWN, QuestionState.OUT_OF_SCOPE,
)  # fmt: skip


@dataclass(frozen=True)
class SectorCount:
    """How many schools of a sector have the question; "" is a sector that is not known."""

    sector: str
    count: int


def can_join(actor: Actor, question: Question) -> bool:
    """Whether the school one acts for can have the question too: another than the asker's."""
    school = actor.acting_for
    return (
        school is not None
        and school.kind is OrganisationKind.SCHOOL
        and question.acting_for_id != school.id
        and question.visibility is QuestionVisibility.PROGRAMME
        and question.state not in CLOSED
    )


def can_confirm(actor: Actor, organisation_id: int) -> bool:
    return actor.has_role(Role.SCHOOL_LEADER, organisation_id=organisation_id)


def join(
    actor: Actor, question: Question, context: str = "", *, confirmed: bool = False
) -> SchoolToo:
    """Say that the school one acts for has this question: its leader at once, others propose it.

    Doing it again changes the words about the school, until the leader confirmed them.
    """
    words = context.strip()
    if len(words) > LONGEST:
        said = _("Dit is te lang: hoogstens %(most)s tekens.", most=LONGEST)
        raise InvalidError(said, {"context": [said]})
    with transaction() as session:
        lock(question)
        school = actor.acting_for
        if school is None or not can_join(actor, question):
            _refuse(actor, question)
        assert school is not None
        pupil_guard.check(words, confirmed=confirmed)
        is_leader = can_confirm(actor, school.id)
        is_new = insert_new(
            SchoolToo, question_id=question.id, organisation_id=school.id, context=words,
            proposed_by_id=actor.id, created_at=now(),
        )  # fmt: skip
        row = session.scalars(
            select(SchoolToo).filter_by(question_id=question.id, organisation_id=school.id)
        ).one()
        if row.confirmed_at is not None and not is_leader:
            raise ConflictError(_("Jullie school doet al mee met deze vraag."))
        row.context = words
        following.follow(actor, name_of(question))
        if is_leader:
            _confirm(actor, question, row)
        elif is_new:
            people = question_people.leaders_of(school.id)
            emit(actor, question_events.TOO_PROPOSED, question, people,
                 key=f"too:{question.id}:{school.id}")  # fmt: skip
        _record(actor, question, "joined", row)
    return row


def confirm(actor: Actor, question: Question, organisation_id: int) -> None:
    """Say yes as the leader of a school to what somebody of it proposed; from then it counts."""
    with transaction():
        row = _get(actor, question, organisation_id)
        if row.confirmed_at is None:
            _confirm(actor, question, row)
            _record(actor, question, "too_confirmed", row)


def leave(actor: Actor, question: Question, organisation_id: int) -> None:
    """Take a school out again: its leader, or who proposed it while it waits."""
    with transaction() as session:
        row = session.scalar(
            select(SchoolToo).filter_by(question_id=question.id, organisation_id=organisation_id)
        )
        is_own = row is not None and row.proposed_by_id == actor.id and row.confirmed_at is None
        if row is None or not (is_own or can_confirm(actor, organisation_id)):
            raise NotFoundError(_("Jullie school staat niet bij deze vraag."))
        session.delete(row)
        _record(actor, question, "too_left", row)


def find_own(actor: Actor, question: Question) -> SchoolToo | None:
    """Give what the school one acts for said of a question."""
    if actor.acting_for_id is None:
        return None
    query = select(SchoolToo).filter_by(
        question_id=question.id, organisation_id=actor.acting_for_id
    )
    return db.session.scalar(query)


def list_schools(question: Question) -> Sequence[SchoolToo]:
    """Give the schools that have the question too, as their leaders confirmed."""
    query = (
        select(SchoolToo)
        .where(SchoolToo.question_id == question.id, SchoolToo.confirmed_at.is_not(None))
        .options(joinedload(SchoolToo.organisation))
        .order_by(SchoolToo.confirmed_at, SchoolToo.id)
    )
    return db.session.scalars(query).all()


def count_by_sector(rows: Sequence[SchoolToo]) -> list[SectorCount]:
    """Count schools by sector, the most first."""
    counts: dict[str, int] = {}
    for row in rows:
        sector = row.organisation.sector.value if row.organisation.sector else ""
        counts[sector] = counts.get(sector, 0) + 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [SectorCount(sector, count) for sector, count in ordered]


def list_proposed(actor: Actor) -> Sequence[SchoolToo]:
    """Give what waits for a leader of a school, the oldest first."""
    schools = [a.organisation_id for a in actor.affiliations if a.role is Role.SCHOOL_LEADER]
    if not schools:
        return []
    query = (
        select(SchoolToo)
        .where(SchoolToo.organisation_id.in_(schools), SchoolToo.confirmed_at.is_(None))
        .options(joinedload(SchoolToo.question))
        .order_by(SchoolToo.id)
    )
    return db.session.scalars(query).all()


def _refuse(actor: Actor, question: Question) -> None:
    if actor.acting_for is None or actor.acting_for.kind is not OrganisationKind.SCHOOL:
        raise ForbiddenError(_("Alleen voor een school kun je met een vraag meedoen."))
    if question.acting_for_id == actor.acting_for_id:
        raise ConflictError(_("Jullie school heeft deze vraag zelf gesteld."))
    raise ConflictError(_("Met deze vraag kun je nu niet meedoen."))


def _get(actor: Actor, question: Question, organisation_id: int) -> SchoolToo:
    row = db.session.scalar(
        select(SchoolToo).filter_by(question_id=question.id, organisation_id=organisation_id)
    )
    if row is None or organisation_id not in actor.organisation_ids:
        raise NotFoundError(_("Jullie school staat niet bij deze vraag."))
    if not can_confirm(actor, organisation_id):
        raise ForbiddenError(_("Alleen de schoolleider beslist hierover."))
    return row


def _confirm(actor: Actor, question: Question, row: SchoolToo) -> None:
    if row.confirmed_at is not None:
        return
    row.confirmed_by_id, row.confirmed_at = actor.id, now()
    emit(
        actor, question_events.TOO_CONFIRMED, question, question_people.askers_of(question),
        key=f"too:{question.id}:{row.organisation_id}",
    )  # fmt: skip


def _record(actor: Actor, question: Question, action: str, row: SchoolToo) -> None:
    audit.record(
        actor.id, f"questions.{action}", question, on_behalf_of=actor.acting_for_id,
        changes={"organisation": [None, row.organisation_id]},
    )  # fmt: skip
