"""What the knowledge base keeps about a person: for their download, and for their erasure."""

from typing import Any

from sqlalchemy import delete, or_, select, update

from labapp.accounts.models import User
from labapp.accounts.privacy import erased_name
from labapp.database import db, transaction
from labapp.knowledge.models import Card, CardDraft, CardVersion
from labapp.knowledge.use_models import Collection, Feedback, PastSearch, SavedSearch


def export_personal(user_id: int) -> dict[str, Any]:
    """Give what somebody wrote, kept, judged and searched."""
    session = db.session
    owned = select(Collection).where(Collection.owner_id == user_id).order_by(Collection.id)
    judged = select(Feedback).where(Feedback.user_id == user_id).order_by(Feedback.id)
    saved = select(SavedSearch).where(SavedSearch.user_id == user_id).order_by(SavedSearch.id)
    past = select(PastSearch).where(PastSearch.user_id == user_id).order_by(PastSearch.id)
    written = (
        select(Card.external_id, Card.title)
        .where(
            or_(
                Card.author_id == user_id,
                Card.id.in_(select(CardVersion.card_id).where(CardVersion.author_id == user_id)),
            )
        )
        .order_by(Card.id)
    )
    return {
        "cards_written": [{"id": code, "title": title} for code, title in session.execute(written)],
        "collections": [
            {
                "name": c.name,
                "description": c.description,
                "of_team": c.organisation_id is not None,
                "cards": [{"id": item.card_id, "note": item.note} for item in c.items],
            }
            for c in session.scalars(owned)
        ],
        "feedback": [
            {"card": f.card_id, "question": f.query, "useful": f.is_useful, "comment": f.comment}
            for f in session.scalars(judged)
        ],
        "saved_searches": [
            {"name": s.name, "parameters": s.parameters} for s in session.scalars(saved)
        ],
        "past_searches": [
            {"at": p.created_at.isoformat(), "parameters": p.parameters}
            for p in session.scalars(past)
        ],
    }


def erase_personal(user_id: int) -> None:
    """Remove what is only theirs; keep, without the name, what others build on."""
    with transaction() as session:
        private = select(Collection).where(
            Collection.owner_id == user_id, Collection.organisation_id.is_(None)
        )
        for collection in session.scalars(private):
            session.delete(collection)
        session.execute(delete(SavedSearch).where(SavedSearch.user_id == user_id))
        session.execute(delete(PastSearch).where(PastSearch.user_id == user_id))
        session.execute(
            update(Feedback).where(Feedback.user_id == user_id).values(user_id=None, comment="")
        )
        _erase_reviewer(session.get_one(User, user_id))
        session.flush()


def _erase_reviewer(user: User) -> None:
    """Take a name out of the texts that it was written in as reviewer."""
    name = user.name
    reviewed = select(CardVersion.card_id).where(CardVersion.reviewer_id == user.id)
    for card in db.session.scalars(
        select(Card).where(Card.id.in_(reviewed), Card.reviewer == name)
    ):
        card.reviewer = erased_name()
    mine = CardVersion.card_id.in_(reviewed)
    for version in db.session.scalars(select(CardVersion).where(mine)):
        version.content = _without(name, version.content)
    drafts = select(CardDraft).where(CardDraft.card_id.in_(reviewed))
    for draft in db.session.scalars(drafts):
        draft.content = _without(name, draft.content)


def _without(name: str, content: dict[str, Any]) -> dict[str, Any]:
    return content | {"reviewer": erased_name()} if content.get("reviewer") == name else content
