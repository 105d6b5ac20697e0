"""What every change of a scheme asks first: the right, the version that was read, no claim."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies, scheme_checks
from labapp.subsidy.claim_models import Claim, ClaimSnapshot
from labapp.subsidy.scheme_inputs import Faults
from labapp.subsidy.scheme_models import SchemeVersion, VersionStatus

_in_one_go: ContextVar[bool] = ContextVar("scheme_in_one_go", default=False)


def is_used(version: SchemeVersion) -> bool:
    """Whether a submitted claim used it: its rules and rates are frozen."""
    used = (
        select(ClaimSnapshot.id)
        .join(Claim, Claim.id == ClaimSnapshot.claim_id)
        .where(Claim.scheme_version_id == version.id)
    )
    return db.session.scalar(used.limit(1)) is not None


def require_office(actor: Actor) -> None:
    """Refuse who does not enter schemes: it is for the programme office, and a command."""
    if not policies.manages_schemes(actor):
        raise ForbiddenError(_("Regelingen worden beheerd door het programmabureau."))
    if not actor.may("schemes:write"):
        raise ForbiddenError(_("Dit token mag geen regelingen wijzigen."))


def lock_version(actor: Actor, version_id: int, expected: int) -> SchemeVersion:
    """Give a version as it is now, held for the caller's transaction; another version is a 409."""
    row = db.session.scalar(
        select(SchemeVersion)
        .where(SchemeVersion.id == version_id, policies.versions_visible_to(actor))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError(_("Deze regeling bestaat niet, of je mag haar niet zien."))
    require_version(row.version, expected)
    return row


def require_version(current: int, expected: int) -> None:
    if current != expected:
        raise ConflictError(
            _("Iemand anders heeft dit intussen gewijzigd. Laad de pagina opnieuw.")
        )


def require_open_to_change(version: SchemeVersion) -> None:
    """Refuse to change the rules of a version that a claim used, or that is closed."""
    if is_used(version):
        raise ConflictError(
            _("Een ingediende claim gebruikte deze versie. Maak een nieuwe versie.")
        )
    if version.status not in (VersionStatus.DRAFT, VersionStatus.ACTIVE):
        raise ConflictError(_("Deze versie is afgesloten. Maak een nieuwe versie."))


def refuse(faults: Faults) -> None:
    if faults:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), faults)


@contextmanager
def in_one_go() -> Iterator[None]:
    """Let several changes be one: what is in force need only be complete after the last."""
    token = _in_one_go.set(True)
    try:
        yield
    finally:
        _in_one_go.reset(token)


def keep_complete(version: SchemeVersion) -> None:
    """Refuse what would make a version that is in force lack something."""
    if version.status is VersionStatus.ACTIVE and not _in_one_go.get():
        db.session.flush()
        refuse_incomplete(version)


def refuse_incomplete(version: SchemeVersion) -> None:
    """Refuse a version that lacks something before it can be in force."""
    blocking = [f for f in scheme_checks.check(version) if f.is_blocking]
    if blocking:
        raise InvalidError(
            _("Deze versie kan zo niet in werking zijn."),
            {found.code: [found.words] for found in blocking},
        )


def record_change(
    actor: Actor, version: SchemeVersion, action: str, changes: dict[str, Any]
) -> None:
    """Note a change of something that belongs to a version: the version gets a new number."""
    keep_complete(version)
    flag_modified(version, "conditions")
    audit.record(actor.id, action, version, changes=changes, on_behalf_of=actor.acting_for_id)
