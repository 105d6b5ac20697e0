"""What goes along when a question goes into another, and comes back when that is undone."""

from typing import Any

from sqlalchemy import select, update

from labapp import links
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, name_of
from labapp.labs.question_models import Question, QuestionMerge, SchoolToo
from labapp.links import LinkKind
from labapp.notifications import following

MOVED_LINKS = (LinkKind.PUBLISHED_AS, LinkKind.ASKED_IN, LinkKind.STUDIED_BY)


def move(actor: Actor, question: Question, into: Question) -> dict[str, Any]:
    """Let schools, followers and links go along; give what is new there, to undo it."""
    session = db.session()
    there = set(session.scalars(select(SchoolToo.organisation_id).filter_by(question_id=into.id)))
    rows = session.scalars(select(SchoolToo).filter_by(question_id=question.id)).all()
    schools = [row for row in rows if row.organisation_id not in {*there, into.acting_for_id}]
    for row in schools:
        row.question_id = into.id
    own = _join_own(question, into, {*there, *(row.organisation_id for row in rows)})
    first, second = name_of(question), name_of(into)
    before = set(following.followers_of(second))
    following.copy_followers(first, second)
    followers = sorted(set(following.followers_of(first)) - before)
    known = {(link.kind, link.to_object) for link in links.links_of(second)}
    moved = [
        [link.kind.value, link.to_object]
        for link in links.links_of(first)
        if link.from_object == first
        and link.kind in MOVED_LINKS
        and (link.kind, link.to_object) not in known
    ]
    for kind, other in moved:
        links.connect(second, LinkKind(kind), other, actor_id=actor.id)
    return {
        "schools": [row.organisation_id for row in schools],
        "own_school": own,
        "followers": followers,
        "links": moved,
    }


def _join_own(question: Question, into: Question, there: set[int]) -> int | None:
    """Let the school that asked be one that has the other question too."""
    school = question.acting_for_id
    if school is None or school == into.acting_for_id or school in there:
        return None
    row = SchoolToo(
        question_id=into.id, organisation_id=school, context=question.seen[:2000],
        proposed_by_id=question.asker_id, confirmed_at=now(),
    )  # fmt: skip
    db.session.add(row)
    return school


def give_back(merge: QuestionMerge) -> None:
    """Take back from the other question what came along with this one."""
    moved, into = merge.moved, name_of(merge.into)
    session = db.session()
    session.execute(
        update(SchoolToo)
        .where(
            SchoolToo.question_id == merge.into_id,
            SchoolToo.organisation_id.in_(moved.get("schools", [])),
        )
        .values(question_id=merge.question_id)
    )
    if moved.get("own_school"):
        row = session.scalar(
            select(SchoolToo).filter_by(
                question_id=merge.into_id, organisation_id=moved["own_school"]
            )
        )
        if row is not None and row.confirmed_by_id is None:
            session.delete(row)
    following.remove_followers(into, moved.get("followers", []))
    for kind, other in moved.get("links", []):
        links.disconnect(into, LinkKind(kind), other)
