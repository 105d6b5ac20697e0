"""What the platform keeps about a person: given to them, and erased when they ask.

Other packages hand in what they keep: `labapp.app` calls `configure`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select

from labapp import audit
from labapp.accounts import passwords
from labapp.accounts.access_models import ApiToken, Invitation, SignIn
from labapp.accounts.actors import Actor
from labapp.accounts.models import (
    Affiliation,
    AffiliationStatus,
    Passkey,
    Role,
    User,
)
from labapp.audit import AuditEvent
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.mail.models import Letter

ERASED_NAME = ("Verwijderd", "persoon")
Exporter = Callable[[int], Any]  # the id of a person -> what JSON can hold
Eraser = Callable[[int], None]  # the id of a person; in the caller's transaction


@dataclass
class Registry:
    """What each package keeps about people."""

    exporters: Mapping[str, Exporter] = field(default_factory=dict)
    erasers: Sequence[Eraser] = ()


registry = Registry()


def erased_name() -> str:
    """The name that stands where an erased person's stood."""
    return " ".join(ERASED_NAME)


def configure(*, exporters: Mapping[str, Exporter], erasers: Sequence[Eraser]) -> None:
    """Hand in, once at start-up, what the packages above keep about a person."""
    registry.exporters, registry.erasers = exporters, erasers


def export_data(actor: Actor) -> dict[str, Any]:
    """Give a person everything that is kept about them."""
    user = actor.require_user()
    return {
        "made_at": now().isoformat(),
        "person": _export_person(user),
        "affiliations": [_export_affiliation(a) for a in user.affiliations],
        "sessions": [
            {"browser": s.browser, "from": s.created_at.isoformat(), "seen": s.seen_at.isoformat()}
            for s in _rows(SignIn, user.id)
        ],
        "tokens": [
            {"name": t.name, "scopes": t.scopes, "expires": t.expires_at.isoformat()}
            for t in _rows(ApiToken, user.id)
        ],
        "passkeys": [{"name": p.name, "usage": p.usage} for p in _rows(Passkey, user.id)],
        "letters": [
            {"at": x.created_at.isoformat(), "subject": x.subject, "text": x.text}
            for x in _rows(Letter, user.id)
        ],
        "actions": [
            {"at": e.at, "action": e.action, "object": e.object}
            for e in db.session.scalars(
                select(AuditEvent).where(AuditEvent.actor_id == user.id).order_by(AuditEvent.seq)
            )
        ],
        **{name: export(user.id) for name, export in registry.exporters.items()},
    }


def erase_me(actor: Actor, password: str) -> None:
    """Erase the person who asks, after their password."""
    user = actor.require_user()
    if not passwords.is_password(user.password, password):
        raise InvalidError(_("Dit is niet je wachtwoord."))
    erase_user(actor, user.id)


def erase_user(actor: Actor, user_id: int) -> None:
    """Erase a person: what must be kept is kept without the name."""
    if user_id != actor.id and not actor.is_administrator:
        raise ForbiddenError(_("Alleen jijzelf of een beheerder wist een account."))
    with transaction() as session:
        user = session.get(User, user_id)
        if user is None or user.erased_at is not None:
            raise NotFoundError(_("Deze persoon bestaat niet."))
        if _is_last_administrator(user):
            raise ConflictError(
                _("Er moet een beheerder blijven. Maak eerst iemand anders beheerder.")
            )
        for erase in registry.erasers:
            erase(user.id)
        _erase_person(user)
        audit.erase_salt(user.id)
        audit.record(actor.id, "user.erased", user)


def _erase_person(user: User) -> None:
    session = db.session
    email = user.email
    for model in (SignIn, ApiToken, Passkey, Letter):
        session.execute(delete(model).where(model.user_id == user.id))
    if email:
        session.execute(delete(Letter).where(Letter.to == email))
        session.execute(delete(Invitation).where(Invitation.email == email))
    day = today()
    for affiliation in user.affiliations:
        if affiliation.status is AffiliationStatus.REQUESTED:
            affiliation.status = AffiliationStatus.REFUSED
        if affiliation.until_on is None or affiliation.until_on > day:
            affiliation.until_on = max(day, affiliation.from_on)
    user.given_name, user.family_name = ERASED_NAME
    user.particle, user.email, user.password = "", None, None
    user.active, user.erased_at = False, now()
    user.fs_uniquifier, user.fs_webauthn_user_handle = uuid4().hex, None
    user.tf_primary_method = user.tf_totp_secret = user.totp_counter = None
    user.mf_recovery_codes = user.us_totp_secrets = None
    user.preferred_sector = user.acting_for_id = None
    session.flush()
    session.expire(user)


def _is_last_administrator(user: User) -> bool:
    day = today()
    rows = db.session.scalars(
        select(Affiliation)
        .join(User, User.id == Affiliation.user_id)
        .where(Affiliation.role == Role.ADMINISTRATOR, User.active)
    )
    holders = {a.user_id for a in rows if a.is_active_on(day)}
    return holders == {user.id}


def _export_person(user: User) -> dict[str, Any]:
    return {
        "given_name": user.given_name,
        "particle": user.particle,
        "family_name": user.family_name,
        "email": user.email,
        "language": user.language,
        "preferred_sector": user.preferred_sector.value if user.preferred_sector else None,
        "since": user.created_at.isoformat(),
        "second_factor": user.tf_primary_method,
    }


def _export_affiliation(affiliation: Affiliation) -> dict[str, Any]:
    return {
        "organisation": affiliation.organisation.name,
        "role": affiliation.role.value,
        "status": affiliation.status.value,
        "from": affiliation.from_on.isoformat(),
        "until": affiliation.until_on.isoformat() if affiliation.until_on else None,
    }


def _rows(model: Any, user_id: int) -> Sequence[Any]:
    return db.session.scalars(
        select(model).where(model.user_id == user_id).order_by(model.id)
    ).all()
