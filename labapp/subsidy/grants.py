"""Grants (verleningen): what the external decision gives a branch, and in which instalments."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.clock import today
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.money import decimal_text
from labapp.subsidy.participations import branch_faults, day_faults, lock_branch
from labapp.subsidy.scheme_inputs import MOST_CENTS, Faults, Input
from labapp.subsidy.scheme_locks import refuse, require_office, require_version
from labapp.subsidy.scheme_models import Grant, SchemeVersion, VersionStatus

CLAIMS_NOTHING = (
    ClaimState.DRAFT,
    ClaimState.REJECTED,
    ClaimState.EXPIRED,
    ClaimState.WITHDRAWN,
)
ASKED = func.coalesce(Claim.granted_cents, Claim.total_cents)
MOST_INSTALMENTS = 24
LONGEST_NUMBER = 80


@dataclass(frozen=True, kw_only=True)
class Instalment:
    due_on: date
    cents: int


@dataclass(frozen=True, kw_only=True)
class GrantInput(Input):
    decision_number: str
    decided_on: date
    amount_cents: int
    from_on: date
    to_on: date
    min_minutes: int = 0
    min_participants: int = 0
    instalments: list[Instalment] = field(default_factory=list)

    @classmethod
    def of(cls, row: Any) -> "GrantInput":
        values = {
            name: getattr(row, name) for name in cls.__dataclass_fields__ if name != "instalments"
        }
        return cls(**values, instalments=instalments_of(row))

    def values(self) -> dict[str, Any]:
        """Give the columns; the instalments as they are kept."""
        kept = [{"due_on": i.due_on.isoformat(), "cents": i.cents} for i in self.instalments]
        return {**super().values(), "instalments": kept}


def instalments_of(grant: Grant) -> list[Instalment]:
    return [
        Instalment(due_on=date.fromisoformat(one["due_on"]), cents=one["cents"])
        for one in grant.instalments
    ]


def get_grant(version: SchemeVersion, branch: Organisation) -> Grant | None:
    """Give the grant of a branch under a version, for the services of claims."""
    return db.session.scalar(
        select(Grant).where(
            Grant.scheme_version_id == version.id, Grant.organisation_id == branch.id
        )
    )


def read_grant(actor: Actor, grant_id: int) -> Grant:
    """Give a grant that one may see."""
    found = db.session.scalar(
        select(Grant).where(Grant.id == grant_id, policies.grants_visible_to(actor))
    )
    if found is None:
        raise NotFoundError(_("Deze verlening bestaat niet, of je mag haar niet zien."))
    return found


def list_grants(
    actor: Actor, *, version_id: int | None = None, organisation_id: int | None = None
) -> list[Grant]:
    """Give the grants one may see, by the name of the branch."""
    query = (
        select(Grant)
        .join(Grant.organisation)
        .where(policies.grants_visible_to(actor))
        .order_by(Organisation.name, Grant.id)
    )
    if version_id is not None:
        query = query.where(Grant.scheme_version_id == version_id)
    if organisation_id is not None:
        query = query.where(Grant.organisation_id == organisation_id)
    return list(db.session.scalars(query))


def create_grant(
    actor: Actor, version: SchemeVersion, branch: Organisation | None, values: GrantInput
) -> Grant:
    """Register the external decision for a branch."""
    require_office(actor)
    with transaction() as session:
        if version.status is VersionStatus.ARCHIVED:
            raise ConflictError(_("Deze versie is afgesloten. Maak een nieuwe versie."))
        place = lock_branch(branch)
        held = select(SchemeVersion.id).where(SchemeVersion.id == version.id)
        session.execute(held.with_for_update(key_share=True))  # whoever submits a claim waits
        faults = {**_faults(version, values), **branch_faults(version, place)}
        if place is not None and get_grant(version, place) is not None:
            faults["organisation_id"] = [_("Deze vestiging heeft al een verlening.")]
        claimed = _claimed_already(version, place)
        if values.amount_cents < claimed:
            words = _("Er is al € %(claimed)s geclaimd.", claimed=decimal_text(claimed))
            faults["amount_cents"] = [*faults.get("amount_cents", []), words]
        refuse(faults)
        row = Grant(
            scheme_version=version, organisation=place, created_by_id=actor.id, **values.values()
        )
        session.add(row)
        made = {name: [None, value] for name, value in values.values().items()}
        made["organisation_id"] = [None, row.organisation.id]
        audit.record(actor.id, "grant.created", row, changes=made, on_behalf_of=actor.acting_for_id)
    return row


def change_grant(actor: Actor, grant: Grant, values: GrantInput, *, expected: int) -> Grant:
    """Register a later decision. What was claimed already cannot be taken away here."""
    require_office(actor)
    with transaction():
        row = _lock(grant.id, expected)
        refuse(_faults(row.scheme_version, values))
        _refuse_claimed(row, values)
        before, after = GrantInput.of(row).values(), values.values()
        changes = {
            name: [before[name], after[name]] for name in after if before[name] != after[name]
        }
        if changes:
            for name in changes:
                setattr(row, name, after[name])
            audit.record(
                actor.id, "grant.changed", row, changes=changes, on_behalf_of=actor.acting_for_id
            )
    return row


def remove_grant(actor: Actor, grant: Grant, *, expected: int) -> None:
    """Take back a grant that no claim was made under."""
    require_office(actor)
    with transaction() as session:
        row = _lock(grant.id, expected)
        if session.scalar(select(Claim.id).where(Claim.grant_id == row.id).limit(1)) is not None:
            raise ConflictError(_("Onder deze verlening is al een claim gemaakt."))
        audit.record(
            actor.id, "grant.removed", row, on_behalf_of=actor.acting_for_id,
            changes={"amount_cents": [row.amount_cents, None]},
        )  # fmt: skip
        session.delete(row)


def proposed(version: SchemeVersion, branch: Organisation) -> GrantInput:
    """Give what a fixed version says for the sector of a branch, to start a grant from."""
    amount = next((a for a in version.fixed_amounts if a.sector is branch.sector), None)
    day = today()
    return GrantInput(
        decision_number="",
        decided_on=day,
        amount_cents=amount.amount_cents if amount else 0,
        from_on=version.valid_from,
        to_on=version.valid_to,
        min_minutes=amount.min_minutes if amount else 0,
        min_participants=amount.min_participants if amount else 0,
    )


def claimed_cents(grant: Grant) -> int:
    """Give what was claimed under a grant: what was granted, else what is asked."""
    return claimed_by_grant([grant.id]).get(grant.id, 0)


def claimed_by_grant(ids: Sequence[int]) -> dict[int, int]:
    """Give what was claimed under each of these grants."""
    rows = db.session.execute(
        select(Grant.id, func.sum(ASKED))
        .join(
            Claim,
            (Claim.scheme_version_id == Grant.scheme_version_id)
            & (Claim.organisation_id == Grant.organisation_id),
        )
        .where(Grant.id.in_(ids), Claim.state.not_in(CLAIMS_NOTHING))
        .group_by(Grant.id)
    )
    return {int(number): int(total) for number, total in rows}


def _claimed_already(version: SchemeVersion, branch: Organisation | None) -> int:
    """Give what a branch claimed before its grant was registered."""
    if branch is None:
        return 0
    asked = select(func.coalesce(func.sum(ASKED), 0)).where(
        Claim.scheme_version_id == version.id,
        Claim.organisation_id == branch.id,
        Claim.state.not_in(CLAIMS_NOTHING),
    )
    return int(db.session.scalar(asked) or 0)


def _refuse_claimed(grant: Grant, values: GrantInput) -> None:
    claimed = claimed_cents(grant)
    if values.amount_cents < claimed:
        words = _("Er is al € %(claimed)s geclaimd.", claimed=decimal_text(claimed))
        raise InvalidError(words, {"amount_cents": [words]})
    numbers = db.session.scalars(
        select(Claim.instalment).where(
            Claim.grant_id == grant.id,
            Claim.instalment.is_not(None),
            Claim.state.not_in(CLAIMS_NOTHING),
        )
    )
    before = instalments_of(grant)
    for number in numbers:
        assert number is not None
        same = values.instalments[number - 1 : number] == before[number - 1 : number]
        if not same:
            words = _("Termijn %(number)s is al geclaimd en verandert niet.", number=number)
            raise InvalidError(words, {"instalments": [words]})


def _faults(version: SchemeVersion, values: GrantInput) -> Faults:
    faults: Faults = defaultdict(list, day_faults(version, values.from_on, values.to_on))
    if not 1 <= len(values.decision_number.strip()) <= LONGEST_NUMBER:
        faults["decision_number"].append(_("Vul het nummer van de beschikking in."))
    if values.decided_on > today():
        faults["decided_on"].append(_("Deze dag moet nog komen."))
    if not 0 <= values.amount_cents <= MOST_CENTS:
        faults["amount_cents"].append(_("Vul een bedrag in van nul of meer."))
    for name in ("min_minutes", "min_participants"):
        if not 0 <= getattr(values, name) <= 100_000_000:  # noqa: PLR2004
            faults[name].append(_("Dit kan niet minder dan nul zijn."))
    parts = values.instalments
    if len(parts) > MOST_INSTALMENTS or any(one.cents <= 0 for one in parts):
        faults["instalments"].append(_("Elke termijn is meer dan nul; er zijn er hoogstens 24."))
    elif parts and sum(one.cents for one in parts) != values.amount_cents:
        faults["instalments"].append(
            _(
                "De termijnen zijn samen € %(sum)s; dat moet het bedrag van de verlening zijn.",
                sum=decimal_text(sum(one.cents for one in parts)),
            )
        )
    return faults


def _lock(grant_id: int, expected: int) -> Grant:
    row = db.session.scalar(
        select(Grant)
        .where(Grant.id == grant_id)
        .with_for_update(of=Grant)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError(_("Deze verlening bestaat niet, of je mag haar niet zien."))
    require_version(row.version, expected)
    return row
