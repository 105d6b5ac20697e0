"""Jobs of accounts: letters with links, and forgetting old sessions."""

from datetime import timedelta
from typing import Any

from flask_security.confirmable import generate_confirmation_token
from flask_security.recoverable import generate_reset_password_token

from labapp.accounts import letters, sessions
from labapp.accounts.models import User
from labapp.accounts.recovery import CONFIRMATION, EXISTING, RESET
from labapp.database import db
from labapp.jobs.services import handler


def _person(payload: dict[str, Any]) -> User | None:
    user = db.session.get(User, payload["user"]) if payload["user"] else None
    return user if user and user.active else None


@handler(RESET)
def send_reset(payload: dict[str, Any]) -> None:
    """Send the link to choose a new password; opening it proves the address too."""
    user = _person(payload)
    if user is not None:
        letters.send_reset(user, generate_reset_password_token(user))


@handler(CONFIRMATION)
def send_confirmation(payload: dict[str, Any]) -> None:
    user = _person(payload)
    if user is not None and user.confirmed_at is None:
        letters.send_confirmation(user, generate_confirmation_token(user))


@handler(EXISTING)
def send_existing(payload: dict[str, Any]) -> None:
    user = _person(payload)
    if user is not None:
        letters.send_existing(user)


@handler("accounts.remove_old_sessions", every=timedelta(days=1))
def remove_old_sessions(_payload: dict[str, Any]) -> None:
    sessions.remove_old()
