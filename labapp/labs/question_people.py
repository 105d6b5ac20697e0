"""Whom a question concerns: who asked it, and who helps askers on."""

from sqlalchemy import Select, or_, select

from labapp.accounts.models import Affiliation, AffiliationStatus, Role
from labapp.clock import today
from labapp.database import db
from labapp.labs.question_models import Question


def holders(*roles: Role, organisation_id: int | None = None) -> Select[int]:
    """Give the ids of who holds a role today, anywhere or at one organisation, as a query."""
    day = today()
    query = select(Affiliation.user_id).where(
        Affiliation.role.in_(roles),
        Affiliation.status == AffiliationStatus.CONFIRMED,
        Affiliation.from_on <= day,
        or_(Affiliation.until_on.is_(None), Affiliation.until_on > day),
    )
    if organisation_id is not None:
        query = query.where(Affiliation.organisation_id == organisation_id)
    return query


def brokers() -> set[int]:
    """Give who helps askers on, as their work."""
    return set(db.session.scalars(holders(Role.KNOWLEDGE_BROKER)))


def leaders_of(organisation_id: int) -> set[int]:
    return set(db.session.scalars(holders(Role.SCHOOL_LEADER, organisation_id=organisation_id)))


def askers_of(question: Question) -> set[int]:
    """Give who asked; when nobody is known any more, who leads the school it was asked for."""
    if question.asker_id is not None:
        return {question.asker_id}
    return leaders_of(question.acting_for_id) if question.acting_for_id is not None else set()
