"""What notifications keep about a person: for their download, and for their erasure."""

from typing import Any

from sqlalchemy import delete, select

from labapp.database import db, transaction
from labapp.notifications.models import (
    Channel,
    Delivery,
    Event,
    NotificationSettings,
    Subscription,
)


def export_personal(user_id: int) -> dict[str, Any]:
    """Give what somebody was told, what they follow, and how they want to hear of it."""
    session = db.session
    told = (
        select(Event.type, Event.about, Delivery.created_at, Delivery.settled_at)
        .join(Delivery.event)
        .where(Delivery.user_id == user_id, Delivery.channel == Channel.IN_APP)
        .order_by(Delivery.id)
    )
    chosen = select(Subscription).where(Subscription.user_id == user_id).order_by(Subscription.id)
    settings = session.get(NotificationSettings, user_id)
    made_at = settings.feed_made_at if settings else None
    return {
        "notifications": [
            {"type": row.type, "about": row.about, "at": row.created_at.isoformat(),
             "read_at": row.settled_at.isoformat() if row.settled_at else None}
            for row in session.execute(told)
        ],
        "choices": [
            {"about": s.scope, "following": s.is_following,
             "frequency": s.frequency.value if s.frequency else None}
            for s in session.scalars(chosen)
        ],
        "feed_made_at": made_at.isoformat() if made_at else None,
    }  # fmt: skip


def erase_personal(user_id: int) -> None:
    """Remove what somebody was told and chose; events they caused show the name that is left."""
    with transaction() as session:
        for model in (Delivery, Subscription, NotificationSettings):
            session.execute(delete(model).where(model.user_id == user_id))
