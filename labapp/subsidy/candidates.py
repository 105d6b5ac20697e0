"""Which hours may go into a claim: approved, of a claimable activity, and in no other claim.

A reversal or replacement goes where its original is: into the same claim while that can still
change, else into a claim that corrects it (spec/subsidy.md 3.8).
"""

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from labapp.accounts.models import User
from labapp.database import db
from labapp.subsidy.claim_models import Allocation, Claim, ClaimKind
from labapp.subsidy.hour_models import Declaration, DeclarationState, EntryKind, HourEntry
from labapp.subsidy.scheme_models import ActivityCategory

ACTIVE = Allocation.released_at.is_(None)


def list_candidates(claim: Claim) -> list[HourEntry]:
    """Give the hours that a claim could hold, those left out too, by day."""
    elsewhere = exists().where(
        Allocation.entry_id == HourEntry.id, ACTIVE, Allocation.claim_id != claim.id
    )
    found = (
        db.session.scalars(
            select(HourEntry)
            .join(HourEntry.declaration)
            .join(HourEntry.category)
            .where(
                HourEntry.organisation_id == claim.organisation_id,
                HourEntry.scheme_version_id == claim.scheme_version_id,
                Declaration.state == DeclarationState.APPROVED,
                ActivityCategory.claimable,
                ~elsewhere,
            )
            .options(
                contains_eager(HourEntry.declaration).joinedload(Declaration.approved_by),
                contains_eager(HourEntry.category),
                joinedload(HourEntry.user).options(selectinload(User.affiliations)),
                joinedload(HourEntry.organisation),
            )
            .order_by(HourEntry.work_date, HourEntry.id)
            .execution_options(populate_existing=True)
        )
        .unique()
        .all()
    )
    homes = Homes(claim, found)
    return [entry for entry in found if homes.belongs(entry)]


def chosen(claim: Claim, candidates: Sequence[HourEntry]) -> list[HourEntry]:
    """Give the candidates that the board did not leave out.

    What takes hours back goes where they go: it cannot be left out by itself.
    """
    left_out, here = set(claim.excluded_entries), {entry.id for entry in candidates}

    def stays(entry: HourEntry) -> bool:
        if entry.kind is not EntryKind.REVERSAL:
            return entry.id not in left_out
        return entry.corrects_id not in here & left_out

    return [entry for entry in candidates if stays(entry)]


def holding(entry_ids: Sequence[str]) -> dict[str, Claim]:
    """Give the claim that holds each of these entries now."""
    rows = db.session.execute(
        select(Allocation.entry_id, Claim)
        .join(Allocation.claim)
        .where(ACTIVE, Allocation.entry_id.in_(entry_ids))
    )
    return {entry_id: claim for entry_id, claim in rows}  # noqa: C416  # dict(rows) takes no Row


def root_of(claim: Claim) -> int:
    """Give the id of the claim at the beginning of a row of corrections."""
    return claim.corrects_id or claim.id


class Homes:
    """Where corrected hours belong: the claim of the original, or none.

    All is read at once: what the entries correct, what that corrects in its turn, and the claims.
    """

    def __init__(self, claim: Claim, entries: Sequence[HourEntry]) -> None:
        self._claim = claim
        self._parents: dict[str, str | None] = {}
        wanted = {entry.corrects_id for entry in entries if entry.corrects_id}
        while wanted:
            rows = db.session.execute(
                select(HourEntry.id, HourEntry.corrects_id).where(HourEntry.id.in_(wanted))
            )
            found = {entry_id: corrects_id for entry_id, corrects_id in rows}  # noqa: C416
            self._parents |= found
            wanted = {parent for parent in found.values() if parent} - self._parents.keys()
        self._held = holding(list(self._parents)) if self._parents else {}

    def belongs(self, entry: HourEntry) -> bool:
        home = self._home(entry.corrects_id)
        if self._claim.kind is ClaimKind.CORRECTION:
            return home == self._claim.corrects_id
        return home is None or home == self._claim.id

    def _home(self, original: str | None) -> int | None:
        while original is not None:
            if original in self._held:
                return root_of(self._held[original])
            original = self._parents.get(original)
        return None
