"""One's own feeds: their addresses hold one secret, which is made, shown once and revoked."""

import secrets

from flask_babel import LazyString
from sqlalchemy import select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.accounts.sessions import digest
from labapp.clock import now
from labapp.database import db, insert_new, transaction
from labapp.errors import ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.notifications.models import NotificationSettings
from labapp.notifications.preferences import FIRST_VERSION

_feeds: dict[str, LazyString] = {}
"""What each feed is called, by its endpoint, which takes `feed_token`."""


def register(endpoint: str, words: LazyString) -> None:
    """Let one's secret open another feed."""
    _feeds[endpoint] = words


def list_feeds() -> dict[str, LazyString]:
    """Give what each feed is called, by its endpoint."""
    return dict(_feeds)


def get_feed(actor: Actor) -> NotificationSettings | None:
    """Give when one's feed was made, if there is one."""
    row = db.session.get(NotificationSettings, actor.require_user().id)
    return row if row is not None and row.feed_hash else None


def make_feed(actor: Actor) -> str:
    """Make the secret of one's feed, in place of an earlier one; it is shown only now."""
    if actor.scopes is not None:
        raise ForbiddenError(_("Een token kan geen feed maken."))
    token = secrets.token_urlsafe(32)
    _keep(actor, digest(token), "feed.created")
    return token


def revoke_feed(actor: Actor) -> None:
    """Let the address of one's feed work no more."""
    _keep(actor, None, "feed.revoked")


def find_reader(token: str) -> Actor:
    """Give whose feed an address is of; an unknown one, or of a closed account, is not found."""
    query = (
        select(User)
        .join(NotificationSettings, NotificationSettings.user_id == User.id)
        .where(NotificationSettings.feed_hash == digest(token), User.active)
    )
    user = db.session.scalar(query)
    if user is None:
        raise NotFoundError(_("Deze feed bestaat niet."))
    return Actor.of(user)


def _keep(actor: Actor, feed_hash: str | None, action: str) -> None:
    user_id = actor.require_user().id
    with transaction() as session:
        insert_new(NotificationSettings, user_id=user_id, version=FIRST_VERSION)
        row = session.get_one(NotificationSettings, user_id, with_for_update=True)
        if feed_hash is None and row.feed_hash is None:
            return
        row.feed_hash, row.feed_made_at = feed_hash, now() if feed_hash else None
        session.flush()
        audit.record(user_id, action, f"users:{user_id}")
