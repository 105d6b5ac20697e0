"""Asking for a letter: a new password, or the confirmation of an address.

Whoever asks gets the same answer in the same time: a row in the queue, whether or not there is
such a person. The letter is written by a job.
"""

from sqlalchemy import select

from labapp.accounts.models import User
from labapp.database import db, transaction
from labapp.jobs.services import enqueue

RESET = "accounts.send_reset"
CONFIRMATION = "accounts.send_confirmation"
EXISTING = "accounts.send_existing"


def find_by_email(email: str) -> User | None:
    """Give the person with an address; addresses are kept in small letters."""
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def request_reset(email: str) -> None:
    """Let a letter be sent with a link to choose a new password, if somebody has this address."""
    _request(RESET, email)


def request_confirmation(email: str) -> None:
    """Let the letter that confirms an address be sent again, if somebody waits for it."""
    _request(CONFIRMATION, email)


def _request(job: str, email: str) -> None:
    with transaction():
        user = find_by_email(email)
        enqueue(job, {"user": user.id if user else None})
