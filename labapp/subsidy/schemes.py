"""Schemes and their versions: read, entered by the programme office, put in force and closed.

Each change asks for the version number that was read (`expected`): who comes second is told, and
loses nothing unseen. What a submitted claim used does not change any more; a new version does.
"""

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.hour_models import Declaration, HourProposal
from labapp.subsidy.scheme_changes import change_faults
from labapp.subsidy.scheme_inputs import (
    Faults,
    SchemeInput,
    VersionInput,
    scheme_faults,
    version_faults,
)
from labapp.subsidy.scheme_locks import (
    keep_complete,
    lock_version,
    refuse,
    refuse_incomplete,
    require_office,
    require_open_to_change,
    require_version,
)
from labapp.subsidy.scheme_models import (
    ActivityCategory,
    Cap,
    FixedAmount,
    Grant,
    Participation,
    Rate,
    Scheme,
    SchemeVersion,
    VersionStatus,
)

PARTS = (Rate, Cap, FixedAmount, ActivityCategory)
IN_USE = (Declaration, HourProposal, Participation, Grant, Claim)


def list_versions(
    actor: Actor, *, on: date | None = None, active_only: bool = False
) -> list[SchemeVersion]:
    """Give the versions one may see, by scheme, the latest first; `on` only those of that day."""
    query = (
        select(SchemeVersion)
        .join(SchemeVersion.scheme)
        .where(policies.versions_visible_to(actor))
        .order_by(Scheme.code, SchemeVersion.school_year.desc(), SchemeVersion.number.desc())
    )
    if on is not None:
        query = query.where(SchemeVersion.valid_from <= on, SchemeVersion.valid_to >= on)
    if active_only:
        query = query.where(SchemeVersion.status == VersionStatus.ACTIVE)
    return list(db.session.scalars(query))


def list_schemes(actor: Actor) -> list[Scheme]:
    """Give the schemes one may see, by code; the office also sees those without a version."""
    query = select(Scheme).options(selectinload(Scheme.versions)).order_by(Scheme.code)
    if not policies.manages_schemes(actor) and not policies.reads_all(actor):
        query = query.where(Scheme.versions.any(policies.versions_visible_to(actor)))
    return list(db.session.scalars(query))


def get_version(actor: Actor, version_id: int) -> SchemeVersion:
    """Give a version that one may see, with all that belongs to it."""
    version = db.session.scalar(
        select(SchemeVersion)
        .where(SchemeVersion.id == version_id, policies.versions_visible_to(actor))
        .options(
            selectinload(SchemeVersion.categories),
            selectinload(SchemeVersion.rates),
            selectinload(SchemeVersion.caps),
            selectinload(SchemeVersion.fixed_amounts),
        )
    )
    if version is None:
        raise NotFoundError(_("Deze regeling bestaat niet, of je mag haar niet zien."))
    return version


def get_scheme(actor: Actor, scheme_id: int) -> Scheme:
    """Give a scheme that one may see."""
    scheme = db.session.get(Scheme, scheme_id)
    if scheme is None or scheme not in list_schemes(actor):
        raise NotFoundError(_("Deze regeling bestaat niet, of je mag haar niet zien."))
    return scheme


def create_scheme(actor: Actor, values: SchemeInput) -> Scheme:
    """Enter a new scheme; what it says stands in its versions."""
    require_office(actor)
    refuse(scheme_faults(values))
    with transaction() as session:
        refuse(_code_faults(session, values.code, None))
        scheme = Scheme(**values.values())
        session.add(scheme)
        audit.record(
            actor.id,
            "scheme.created",
            scheme,
            changes=_made(values),
            on_behalf_of=actor.acting_for_id,
        )
    return scheme


def create_whole(actor: Actor, names: SchemeInput, rules: VersionInput) -> SchemeVersion:
    """Enter a new scheme with its first version, both or neither."""
    with transaction() as session:
        scheme = create_scheme(actor, names)
        session.flush()
        version = create_version(actor, scheme, rules)
        session.flush()
    return version


def change_scheme(actor: Actor, scheme: Scheme, values: SchemeInput, *, expected: int) -> Scheme:
    """Change the names of a scheme. The code stays once a version was in force: numbers bear it."""
    require_office(actor)
    refuse(scheme_faults(values))
    with transaction() as session:
        row = session.get_one(Scheme, scheme.id, with_for_update=True, populate_existing=True)
        require_version(row.version, expected)
        if values.code != row.code:
            if any(v.status is not VersionStatus.DRAFT for v in row.versions):
                words = _("De code staat in claimnummers en verandert niet meer.")
                raise InvalidError(words, {"code": [words]})
            refuse(_code_faults(session, values.code, row.id))
        _assign(actor, "scheme.changed", row, SchemeInput.of(row), values)
    return row


def create_version(actor: Actor, scheme: Scheme, values: VersionInput) -> SchemeVersion:
    """Enter a new version of a scheme, as a draft without activities, rates and maxima."""
    require_office(actor)
    refuse(version_faults(values))
    with transaction() as session:
        row = session.get_one(Scheme, scheme.id, with_for_update=True)
        last = session.scalar(
            select(func.max(SchemeVersion.number)).where(SchemeVersion.scheme_id == row.id)
        )
        version = SchemeVersion(
            scheme=row, number=(last or 0) + 1, created_by_id=actor.id, **values.values()
        )
        session.add(version)
        audit.record(
            actor.id, "scheme_version.created", version, changes=_made(values),
            on_behalf_of=actor.acting_for_id,
        )  # fmt: skip
    return version


def change_version(
    actor: Actor, version: SchemeVersion, values: VersionInput, *, expected: int
) -> SchemeVersion:
    """Change the rules of a version.

    Of one that a claim used only the window, the exclusions and the day of checking may change.
    """
    require_office(actor)
    refuse(version_faults(values))
    with transaction():
        row = lock_version(actor, version.id, expected)
        before = VersionInput.of(row)
        free = {"opens_at", "closes_at", "excluded_tracks", "source_checked_on"}
        if {n for n, v in values.values().items() if v != getattr(before, n)} - free:
            require_open_to_change(row)
            refuse(change_faults(row, values))
        _assign(actor, "scheme_version.changed", row, before, values)
    return row


def activate(actor: Actor, version: SchemeVersion, *, expected: int) -> SchemeVersion:
    """Put a draft in force, when nothing is missing."""
    require_office(actor)
    with transaction():
        row = lock_version(actor, version.id, expected)
        _require_status(row, VersionStatus.DRAFT, _("Alleen een concept kan in werking treden."))
        refuse_incomplete(row)
        _set_status(actor, row, VersionStatus.ACTIVE, "scheme_version.activated")
    return row


def close(actor: Actor, version: SchemeVersion, *, expected: int) -> SchemeVersion:
    """Close the school year of a version: from now on no new hours, only corrections."""
    require_office(actor)
    with transaction():
        row = lock_version(actor, version.id, expected)
        words = _("Alleen een regeling die in werking is kan worden afgesloten.")
        _require_status(row, VersionStatus.ACTIVE, words)
        _set_status(actor, row, VersionStatus.CLOSED, "scheme_version.closed")
    return row


def archive(actor: Actor, version: SchemeVersion, *, expected: int) -> SchemeVersion:
    """Put a closed version away; it stays readable."""
    require_office(actor)
    with transaction():
        row = lock_version(actor, version.id, expected)
        words = _("Sluit het schooljaar eerst af.")
        _require_status(row, VersionStatus.CLOSED, words)
        _set_status(actor, row, VersionStatus.ARCHIVED, "scheme_version.archived")
    return row


def discard(actor: Actor, version: SchemeVersion, *, expected: int) -> None:
    """Throw a draft away that nobody has written hours, deelnames or verleningen on."""
    require_office(actor)
    with transaction() as session:
        row = lock_version(actor, version.id, expected)
        words = _("Alleen een concept kan worden weggegooid.")
        _require_status(row, VersionStatus.DRAFT, words)
        for model in IN_USE:
            hit = select(model.id).where(model.scheme_version_id == row.id).limit(1)
            if session.scalar(hit) is not None:
                raise ConflictError(
                    _("Er horen al deelnames, verleningen of uren bij dit concept.")
                )
        audit.record(actor.id, "scheme_version.discarded", row, on_behalf_of=actor.acting_for_id)
        for part in PARTS:
            for each in session.scalars(select(part).where(part.scheme_version_id == row.id)):
                session.delete(each)
        session.flush()
        session.expire(row)
        session.delete(row)


def has_ended(version: SchemeVersion) -> bool:
    """Whether its last day has passed: the school year can be closed."""
    return version.valid_to < today()


def _assign(actor: Actor, action: str, row: Any, before: Any, values: Any) -> None:
    changes = {
        name: [getattr(before, name), value]
        for name, value in values.values().items()
        if getattr(before, name) != value
    }
    if not changes:
        return
    for name in changes:
        setattr(row, name, getattr(values, name))
    if isinstance(row, SchemeVersion):
        keep_complete(row)
    audit.record(actor.id, action, row, changes=changes, on_behalf_of=actor.acting_for_id)


def _set_status(actor: Actor, row: SchemeVersion, status: VersionStatus, action: str) -> None:
    changes = {"status": [row.status, status]}
    row.status = status
    audit.record(actor.id, action, row, changes=changes, on_behalf_of=actor.acting_for_id)


def _require_status(row: SchemeVersion, status: VersionStatus, words: str) -> None:
    if row.status is not status:
        raise ConflictError(words)


def _code_faults(session: Session, code: str, own_id: int | None) -> Faults:
    same = select(Scheme.id).where(func.lower(Scheme.code) == code.lower())
    known = session.scalar(same)
    if known is None or known == own_id:
        return {}
    return {"code": [_("Er is al een regeling met deze code.")]}


def _made(values: Any) -> dict[str, Any]:
    return {name: [None, value] for name, value in values.values().items()}
