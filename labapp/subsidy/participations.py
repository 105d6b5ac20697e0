"""Which branch takes part in which track of a scheme; tracks that shut one another out (D3)."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind
from labapp.database import db, transaction
from labapp.errors import ConflictError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.hour_models import Declaration
from labapp.subsidy.scheme_checks import shut_out
from labapp.subsidy.scheme_inputs import LONGEST_TEXT, Faults, Input
from labapp.subsidy.scheme_locks import refuse, require_office, require_version
from labapp.subsidy.scheme_models import (
    Grant,
    Participation,
    SchemeVersion,
    VersionStatus,
)

OPEN = (VersionStatus.DRAFT, VersionStatus.ACTIVE)


@dataclass(frozen=True, kw_only=True)
class ParticipationInput(Input):
    from_on: date
    to_on: date
    activity_plan: str = ""


def list_participations(
    actor: Actor, *, version_id: int | None = None, organisation_id: int | None = None
) -> list[Participation]:
    """Give what one may see, by the name of the branch."""
    query = (
        select(Participation)
        .join(Participation.organisation)
        .join(Participation.scheme_version)
        .where(policies.participations_visible_to(actor), policies.versions_visible_to(actor))
        .order_by(Organisation.name, Participation.id)
    )
    if version_id is not None:
        query = query.where(Participation.scheme_version_id == version_id)
    if organisation_id is not None:
        query = query.where(Participation.organisation_id == organisation_id)
    return list(db.session.scalars(query))


def get_participation(actor: Actor, participation_id: int) -> Participation:
    found = db.session.scalar(
        select(Participation)
        .join(Participation.scheme_version)
        .where(
            Participation.id == participation_id,
            policies.participations_visible_to(actor),
            policies.versions_visible_to(actor),
        )
    )
    if found is None:
        raise NotFoundError(_("Deze deelname bestaat niet, of je mag haar niet zien."))
    return found


def create_participation(
    actor: Actor, version: SchemeVersion, branch: Organisation | None, values: ParticipationInput
) -> Participation:
    """Note that a branch takes part. What it takes part in already may shut it out."""
    require_office(actor)
    with transaction() as session:
        if version.status not in OPEN:
            raise ConflictError(_("Deze versie is afgesloten. Maak een nieuwe versie."))
        place = lock_branch(branch)
        faults = _faults(version, values)
        faults |= branch_faults(version, place)
        if place is not None:
            faults |= _exclusion_faults(version, place)
        refuse(faults)
        row = Participation(
            scheme_version=version, organisation=place, created_by_id=actor.id, **values.values()
        )
        session.add(row)
        made: dict[str, Any] = {
            "scheme_version_id": [None, version.id],
            "organisation_id": [None, row.organisation.id],
            "from_on": [None, values.from_on],
            "to_on": [None, values.to_on],
        }
        audit.record(
            actor.id, "participation.created", row, changes=made, on_behalf_of=actor.acting_for_id
        )
    return row


def change_participation(
    actor: Actor, participation: Participation, values: ParticipationInput, *, expected: int
) -> Participation:
    """Change the days or the activity plan; ending early is an earlier last day."""
    require_office(actor)
    with transaction():
        row = _lock(participation.id, expected)
        refuse(_faults(row.scheme_version, values))
        before = ParticipationInput.of(row)
        changes = {
            name: [getattr(before, name), value]
            for name, value in values.values().items()
            if getattr(before, name) != value
        }
        if changes:
            for name, (_old, value) in changes.items():
                setattr(row, name, value)
            audit.record(
                actor.id, "participation.changed", row, changes=changes,
                on_behalf_of=actor.acting_for_id,
            )  # fmt: skip
    return row


def remove_participation(actor: Actor, participation: Participation, *, expected: int) -> None:
    """Take a slip of the pen back; with hours, a grant or a claim it can only end early."""
    require_office(actor)
    with transaction() as session:
        row = _lock(participation.id, expected)
        for model in (Declaration, Grant, Claim):
            hit: Any = select(model.id).where(
                model.scheme_version_id == row.scheme_version_id,
                model.organisation_id == row.organisation_id,
            )
            if session.scalar(hit.limit(1)) is not None:
                raise ConflictError(
                    _("Er zijn al uren, een verlening of een claim. Kies een eerdere laatste dag.")
                )
        audit.record(
            actor.id, "participation.removed", row, on_behalf_of=actor.acting_for_id,
            changes={"organisation_id": [row.organisation_id, None]},
        )  # fmt: skip
        session.delete(row)


def excluded_by(version: SchemeVersion, branch: Organisation) -> list[SchemeVersion]:
    """Give what a branch takes part in that year that does not go together with a version.

    Either of the two may name the other's track.
    """
    others = db.session.scalars(
        select(SchemeVersion)
        .join(Participation, Participation.scheme_version_id == SchemeVersion.id)
        .where(
            Participation.organisation_id == branch.id,
            SchemeVersion.school_year == version.school_year,
            SchemeVersion.id != version.id,
        )
    )
    return [other for other in others if shut_out(version, other)]


def lock_branch(branch: Organisation | None) -> Organisation | None:
    """Give a branch as it is now, held for the caller's transaction: its tracks are counted."""
    if branch is None:
        return None
    held = select(Organisation).where(Organisation.id == branch.id).with_for_update()
    return db.session.scalar(held)


def branch_faults(version: SchemeVersion, branch: Organisation | None) -> Faults:
    """Give why an organisation cannot be a branch of a version."""
    if branch is None or branch.kind is not OrganisationKind.SCHOOL:
        return {"organisation_id": [_("Kies een vestiging uit de lijst.")]}
    if branch.currency != version.currency:
        words = _(
            "Deze vestiging rekent in %(theirs)s, de regeling in %(ours)s.",
            theirs=branch.currency,
            ours=version.currency,
        )
        return {"organisation_id": [words]}
    return {}


def day_faults(version: SchemeVersion, from_on: date, to_on: date) -> Faults:
    """Give what is wrong with days that must lie within those of a version."""
    faults: Faults = defaultdict(list)
    if from_on > to_on:
        faults["to_on"].append(_("Het einde ligt voor het begin."))
    for name, day in (("from_on", from_on), ("to_on", to_on)):
        if not version.is_valid_on(day):
            faults[name].append(
                _(
                    "De regeling geldt van %(first)s tot en met %(last)s.",
                    first=f"{version.valid_from:%d-%m-%Y}",
                    last=f"{version.valid_to:%d-%m-%Y}",
                )
            )
    return faults


def _faults(version: SchemeVersion, values: ParticipationInput) -> Faults:
    faults = day_faults(version, values.from_on, values.to_on)
    if len(values.activity_plan) > LONGEST_TEXT:
        words = _("Gebruik hoogstens %(longest)s tekens.", longest=LONGEST_TEXT)
        faults["activity_plan"] = [words]
    return faults


def _exclusion_faults(version: SchemeVersion, branch: Organisation) -> Faults:
    known = db.session.scalar(
        select(Participation.id).where(
            Participation.scheme_version_id == version.id,
            Participation.organisation_id == branch.id,
        )
    )
    if known is not None:
        return {"organisation_id": [_("Deze vestiging doet al mee aan deze regeling.")]}
    others = excluded_by(version, branch)
    if not others:
        return {}
    words = _(
        "Deze vestiging doet dat schooljaar mee aan %(names)s. Dat mag niet samengaan.",
        names=", ".join(f"{other.scheme.name_nl} ({other.track})" for other in others),
    )
    return {"organisation_id": [words]}


def _lock(participation_id: int, expected: int) -> Participation:
    row = db.session.scalar(
        select(Participation)
        .where(Participation.id == participation_id)
        .with_for_update(of=Participation)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError(_("Deze deelname bestaat niet, of je mag haar niet zien."))
    require_version(row.version, expected)
    return row
