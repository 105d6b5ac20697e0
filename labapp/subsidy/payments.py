"""Paying what was granted: batches of a scheme version, and setting off what boards owe.

A negative claim (a correction) is set off against what the same board gets in the same batch. Where
that leaves less than nothing, the batch is refused and the claim becomes a recovery.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.clock import now
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import bank_accounts, four_eyes, ledger, policies, reconciliation, transitions
from labapp.subsidy.budget_models import Budget, BudgetEventType
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.money import decimal_text
from labapp.subsidy.payment_files import payment_file
from labapp.subsidy.payment_models import (
    BatchState,
    PaymentBatch,
    PaymentLine,
    Recovery,
    RecoveryState,
)
from labapp.subsidy.problems import Problem, refuse
from labapp.subsidy.scheme_models import SchemeVersion
from labapp.subsidy.transitions import ClaimAction

PAYABLE = (ClaimState.GRANTED, ClaimState.PARTIAL)
MOST_LISTED = 200


def require_reader(actor: Actor) -> None:
    """Let the office and the auditor look at batches; to others they do not exist."""
    if not (policies.is_office(actor) or policies.reads_all(actor)):
        raise NotFoundError(_("Deze betaalbatch bestaat niet, of je mag haar niet zien."))


def require_office(actor: Actor) -> None:
    require_reader(actor)
    if not policies.is_office(actor):
        raise ForbiddenError(_("Alleen het programmabureau betaalt."))
    if not actor.may("claims:assess"):
        raise ForbiddenError(_("Dit token mag niet betalen."))


def list_batches(actor: Actor, version_id: int | None = None) -> list[PaymentBatch]:
    """Give the batches, the newest first."""
    require_reader(actor)
    query = select(PaymentBatch).order_by(PaymentBatch.id.desc()).limit(MOST_LISTED)
    if version_id is not None:
        query = query.where(PaymentBatch.scheme_version_id == version_id)
    return list(db.session.scalars(query))


def get_batch(actor: Actor, batch_id: int) -> PaymentBatch:
    require_reader(actor)
    batch = db.session.get(PaymentBatch, batch_id)
    if batch is None:
        raise NotFoundError(_("Deze betaalbatch bestaat niet, of je mag haar niet zien."))
    return batch


def list_payable(actor: Actor, version_id: int) -> list[Claim]:
    """Give what was granted under a version and is in no batch yet, by number."""
    require_reader(actor)
    in_batch = select(PaymentLine.claim_id)
    return list(
        db.session.scalars(
            select(Claim)
            .where(
                Claim.scheme_version_id == version_id,
                Claim.state.in_(PAYABLE),
                Claim.id.not_in(in_batch),
            )
            .options(joinedload(Claim.board), joinedload(Claim.organisation))
            .order_by(Claim.sequence)
        )
    )


def create_batch(
    actor: Actor, version_id: int, claim_ids: Collection[int] | None = None
) -> PaymentBatch:
    """Put granted claims in a batch: these, or all that wait. It is paid when it is released."""
    require_office(actor)
    with ledger.money_transaction() as session:
        if session.get(SchemeVersion, version_id) is None:
            raise NotFoundError(_("Deze regeling bestaat niet, of je mag haar niet zien."))
        ledger.lock(version_id)
        waiting = list_payable(actor, version_id)
        chosen = [claim for claim in waiting if claim_ids is None or claim.id in claim_ids]
        _refuse_strange(chosen, claim_ids)
        refuse(_("Zo kan er niet betaald worden."), _negative_boards(chosen))
        last = select(PaymentBatch.number).where(PaymentBatch.scheme_version_id == version_id)
        batch = PaymentBatch(
            scheme_version_id=version_id,
            number=max(session.scalars(last), default=0) + 1,
            total_cents=sum(_granted(claim) for claim in chosen),
            created_by_id=actor.require_user().id,
            lines=[PaymentLine(claim_id=claim.id, cents=_granted(claim)) for claim in chosen],
        )
        session.add(batch)
        audit.record(
            actor.id, "batch.created", batch, on_behalf_of=actor.acting_for_id,
            changes={"claims": [None, [claim.number for claim in chosen]]},
        )  # fmt: skip
    return batch


def remove_batch(actor: Actor, batch: PaymentBatch, *, version: int) -> None:
    """Throw away a batch that was not released; its claims wait again."""
    batch_id, version_id = batch.id, batch.scheme_version_id
    require_office(actor)
    with ledger.money_transaction() as session:
        ledger.lock(version_id)
        batch = _locked(batch_id, version)
        if batch.state is not BatchState.DRAFT:
            raise ConflictError(_("Deze batch is betaald."))
        audit.record(actor.id, "batch.removed", batch, on_behalf_of=actor.acting_for_id)
        session.delete(batch)


def release_batch(actor: Actor, batch: PaymentBatch, *, version: int) -> PaymentBatch:
    """Pay a batch: its file is made once, its claims are paid, and nothing of it changes again.

    Who decided about one of its claims does not release it.
    """
    batch_id, version_id = batch.id, batch.scheme_version_id
    require_office(actor)
    with ledger.money_transaction() as session:
        budget = ledger.lock(version_id)
        batch = _locked(batch_id, version)
        if batch.state is not BatchState.DRAFT:
            raise ConflictError(_("Deze batch is al betaald."))
        claims = _lock_claims(batch)
        four_eyes.require_payer(actor, claims)
        boards = boards_of(batch)
        paid = [board for board, lines in boards.items() if sum(line.cents for line in lines) > 0]
        refuse(
            _("Zo kan er niet betaald worden."),
            [
                *_negative_boards(claims),
                *bank_accounts.account_problems(paid),
                *_unreconciled(batch.scheme_version),
            ],
        )
        for line in batch.lines:
            _pay(actor, budget, batch, line)
        batch.file = payment_file(batch, name_of_batch(batch), boards)
        batch.file_sha256 = hashlib.sha256(batch.file.encode()).hexdigest()
        batch.state = BatchState.RELEASED
        batch.released_by_id, batch.released_at = actor.require_user().id, now()
        session.flush()
        audit.record(
            actor.id, "batch.released", batch, on_behalf_of=actor.acting_for_id,
            changes={
                "total_cents": [None, batch.total_cents], "sha256": [None, batch.file_sha256],
            },
        )  # fmt: skip
    return batch


def boards_of(batch: PaymentBatch) -> dict[Organisation, list[PaymentLine]]:
    """Give the lines of a batch by board."""
    found: dict[Organisation, list[PaymentLine]] = defaultdict(list)
    for line in batch.lines:
        found[line.claim.board].append(line)
    return dict(found)


def name_of_batch(batch: PaymentBatch) -> str:
    """Give what a batch is called, such as CODE-2026-B003."""
    version = batch.scheme_version
    return f"{version.scheme.code}-{version.school_year}.{version.number}-B{batch.number:03d}"


def _pay(actor: Actor, budget: Budget, batch: PaymentBatch, line: PaymentLine) -> None:
    """Note the payment of a claim; one below zero is what comes back by setting off."""
    claim = line.claim
    claim.state = transitions.after(claim, ClaimAction.SETTLE)
    ledger.move(
        budget, BudgetEventType.PAY, line.cents, actor_id=actor.id, claim=claim, batch=batch
    )
    if line.cents >= 0:
        return
    recovery = db.session.scalar(select(Recovery).where(Recovery.claim_id == claim.id))
    if recovery is not None:
        recovery.state = RecoveryState.SET_OFF
        recovery.closed_by_id, recovery.closed_at = actor.id, now()
    ledger.move(
        budget, BudgetEventType.RECOVER, -line.cents, actor_id=actor.id, claim=claim, batch=batch,
        recovery=recovery,
    )  # fmt: skip


def _locked(batch_id: int, version: int) -> PaymentBatch:
    batch = db.session.scalar(
        select(PaymentBatch)
        .where(PaymentBatch.id == batch_id)
        .with_for_update(of=PaymentBatch)
        .execution_options(populate_existing=True)
    )
    if batch is None or batch.version != version:
        raise ConflictError(_("Deze batch is intussen veranderd. Laad de pagina opnieuw."))
    return batch


def _lock_claims(batch: PaymentBatch) -> list[Claim]:
    return list(
        db.session.scalars(
            select(Claim)
            .where(Claim.id.in_([line.claim_id for line in batch.lines]))
            .order_by(Claim.id)
            .with_for_update(of=Claim)
            .execution_options(populate_existing=True)
        )
    )


def _refuse_strange(chosen: Sequence[Claim], claim_ids: Collection[int] | None) -> None:
    if claim_ids is not None and {claim.id for claim in chosen} != set(claim_ids):
        raise ConflictError(_("Niet al deze claims wachten op betaling onder deze regeling."))
    if not chosen:
        raise ConflictError(_("Er wacht geen claim op betaling."))


def _negative_boards(claims: Sequence[Claim]) -> list[Problem]:
    totals: dict[Organisation, int] = defaultdict(int)
    for claim in claims:
        totals[claim.board] += _granted(claim)
    return [
        Problem(
            "negative_total",
            _("%(name)s zou %(amount)s terug moeten betalen. Maak van de negatieve claim een"
              " terugvordering, of betaal later.",
              name=board.name, amount=decimal_text(-cents)),
            {"board_id": board.id, "cents": cents},
        )
        for board, cents in totals.items()
        if cents < 0
    ]  # fmt: skip


def _unreconciled(version: SchemeVersion) -> list[Problem]:
    """Note each identity of the books that does not hold: nothing is paid before it does."""
    return [
        Problem(
            "not_reconciled",
            _("De boeken kloppen niet: %(what)s.", what=fault.label),
            {"identity": fault.code, "difference": fault.difference},
        )
        for fault in reconciliation.blocking(version)
    ]


def _granted(claim: Claim) -> int:
    return claim.granted_cents or 0
