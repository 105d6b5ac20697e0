"""Sessions of people in their browsers: begun, listed, ended.

The cookie holds a random key; the table its hash. A session that is not in the table is none.
"""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select, update

from labapp import audit
from labapp.accounts.access_models import SignIn
from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _

SEEN_EVERY = timedelta(minutes=10)  # noting each request would make each a write
KEPT = timedelta(days=30)


def digest(secret: str) -> str:
    """Give what is kept of a random secret; it has too many bits to need a slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def begin_session(user: User, browser: str) -> str:
    """Note that a person signed in; give the key for the cookie, which is kept nowhere else."""
    key = secrets.token_urlsafe(32)
    with transaction() as session:
        session.add(
            SignIn(user_id=user.id, key_hash=digest(key), browser=browser[:120], seen_at=now())
        )
    return key


def find_user(uniquifier: str, key: str, lifetime: timedelta) -> User | None:
    """Give the person whose session this is, while it lasts."""
    row = db.session.execute(
        select(User, SignIn.id, SignIn.seen_at)
        .join(SignIn, SignIn.user_id == User.id)
        .where(
            User.fs_uniquifier == uniquifier,
            User.active,
            SignIn.key_hash == digest(key),
            SignIn.revoked_at.is_(None),
            SignIn.created_at > now() - lifetime,
        )
    ).first()
    if row is None:
        return None
    user, sign_in_id, seen_at = row
    if now() - seen_at > SEEN_EVERY:
        _note_seen(sign_in_id)
    return user


def list_sessions(actor: Actor, lifetime: timedelta) -> list[SignIn]:
    """Give one's own sessions that still count, the latest first."""
    mine = select(SignIn).where(
        SignIn.user_id == actor.require_user().id,
        SignIn.revoked_at.is_(None),
        SignIn.created_at > now() - lifetime,
    )
    return list(db.session.scalars(mine.order_by(SignIn.seen_at.desc(), SignIn.id.desc())))


def end_session(key: str) -> None:
    """End the session of a cookie: somebody signs out."""
    with transaction() as session:
        session.execute(
            update(SignIn)
            .where(SignIn.key_hash == digest(key), SignIn.revoked_at.is_(None))
            .values(revoked_at=now())
        )


def revoke_session(actor: Actor, sign_in_id: int) -> None:
    """End one of one's own sessions, wherever it is."""
    user_id = actor.require_user().id
    with transaction() as session:
        sign_in = session.get(SignIn, sign_in_id)
        if sign_in is None or sign_in.user_id != user_id:
            raise NotFoundError(_("Deze sessie bestaat niet."))
        if sign_in.revoked_at is None:
            sign_in.revoked_at = now()
            audit.record(user_id, "session.revoked", sign_in)


def revoke_all(user_id: int, *, but_key: str = "") -> int:
    """End every session of a person, but perhaps the one that asks; give how many."""
    with transaction() as session:
        ended: int = session.execute(
            update(SignIn)
            .where(
                SignIn.user_id == user_id,
                SignIn.revoked_at.is_(None),
                SignIn.key_hash != digest(but_key),
            )
            .values(revoked_at=now())
        ).rowcount  # type: ignore[attr-defined]
        return ended


def remove_old() -> None:
    """Forget sessions that ended long ago."""
    with transaction() as session:
        session.execute(delete(SignIn).where(SignIn.created_at < now() - KEPT))


def _note_seen(sign_in_id: int) -> None:
    with transaction() as session:
        session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=now()))
