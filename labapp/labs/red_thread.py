"""The red thread: from what came out back to who asked, through the typed links."""

from collections.abc import Collection

from sqlalchemy import or_, select

from labapp.accounts.models import Affiliation, AffiliationStatus, Role
from labapp.clock import today
from labapp.database import Model, db
from labapp.labs import policies
from labapp.labs.finding_models import Finding
from labapp.labs.question_models import Question, SchoolToo
from labapp.labs.round_models import Round
from labapp.links import Link, LinkKind
from labapp.notifications import following

FORWARD = (
    LinkKind.STUDIED_BY,
    LinkKind.RESULTED_IN,
    LinkKind.PUBLISHED_AS,
    LinkKind.APPLIED_IN,
    LinkKind.LOGGED_AS,
)
MOST_STEPS = 8


def upstream(name: str) -> set[str]:
    """Give the names of all from which an object came, itself included: `questions:4`."""
    found = wave = {name}
    for _step in range(MOST_STEPS):
        rows = db.session.scalars(
            select(Link.from_object).where(Link.to_object.in_(wave), Link.kind.in_(FORWARD))
        )
        wave = set(rows) - found
        if not wave:
            break
        found = found | wave
    return found


def upstream_people(name: str) -> set[int]:
    """Give the ids of everybody upstream, each once: askers, schools with the same question,
    followers, and the people of the labs.

    Who may see what they are told about is asked when they are told.
    """
    names = upstream(name)
    questions = _with_merged(_ids(names, "questions"))
    labs = _labs(names, questions)
    names |= {f"questions:{number}" for number in questions} | {f"labs:{n}" for n in labs}
    people = set(following.followers_of(*sorted(names)))
    asked = select(Question.asker_id).where(Question.id.in_(questions))
    people |= {number for number in db.session.scalars(asked) if number is not None}
    people |= _school_leaders(questions)
    for lab_id in labs:
        people |= set(db.session.scalars(policies.members_of(lab_id)))
    return people


def _ids(names: Collection[str], kind: str) -> set[int]:
    found = (name.partition(":") for name in names)
    return {int(number) for table, _colon, number in found if table == kind}


def _with_merged(questions: set[int]) -> set[int]:
    """Give the questions with those that were merged into them."""
    found = wave = questions
    while wave:
        merged = select(Question.id).where(Question.merged_into_id.in_(wave))
        wave = set(db.session.scalars(merged)) - found
        found = found | wave
    return found


def _labs(names: Collection[str], questions: Collection[int]) -> set[int]:
    found = _ids(names, "labs")
    models: tuple[tuple[type[Model], Collection[int]], ...] = (
        (Question, questions),
        (Round, _ids(names, "rounds")),
        (Finding, _ids(names, "findings")),
    )
    for model, ids in models:
        query = select(model.lab_id).where(model.id.in_(ids))  # type: ignore[attr-defined]
        found |= {number for number in db.session.scalars(query) if number is not None}
    return found


def _school_leaders(questions: Collection[int]) -> set[int]:
    """Give who leads a school that said to have one of the questions too."""
    day = today()
    schools = select(SchoolToo.organisation_id).where(
        SchoolToo.question_id.in_(questions), SchoolToo.confirmed_at.is_not(None)
    )
    query = select(Affiliation.user_id).where(
        Affiliation.organisation_id.in_(schools),
        Affiliation.role == Role.SCHOOL_LEADER,
        Affiliation.status == AffiliationStatus.CONFIRMED,
        Affiliation.from_on <= day,
        or_(Affiliation.until_on.is_(None), Affiliation.until_on > day),
    )
    return set(db.session.scalars(query))
