"""The ledger of a scheme version: every movement of money is a row that is added.

The counters of `Budget` are what stands against the ceiling. They follow the events with positive
cents: reserved = reserve - release - commit, committed = commit - pay, paid = pay (less what came
back, where the scheme gives that back to the ceiling), recovered = recover. A claim that asks
money back has the same events with negative cents; these take no room and make none, since what
is owed is not there before it has come: then there is a `recover`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, func, select, text, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labapp.database import db, insert_new, transaction
from labapp.errors import ConflictError
from labapp.i18n import gettext as _
from labapp.subsidy.budget_models import Budget, BudgetEvent, BudgetEventType
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.money import decimal_text
from labapp.subsidy.payment_models import PaymentBatch, Recovery
from labapp.subsidy.problems import Problem, refuse
from labapp.subsidy.scheme_models import SchemeVersion

LOCK_SECONDS = 20  # how long PostgreSQL waits for another; SQLite has its own (database.py)


@contextmanager
def money_transaction() -> Iterator[Session]:
    """Open a transaction that moves money: it waits for a lock only so long.

    What the database refuses after all (a guard, an entry that another claim took) is a conflict.
    """
    try:
        with transaction() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
            yield session
            session.flush()
    except IntegrityError as error:
        raise ConflictError(
            _("Iemand anders deed dit intussen. Er is niets bewaard; laad de pagina opnieuw.")
        ) from error


def lock(version_id: int) -> Budget:
    """Wait for one's turn with a scheme and school year; give the budget of the version.

    The rows of all its versions in that year are locked, in order: caps and claim numbers count
    over them.
    """
    session = db.session()
    version = session.get_one(SchemeVersion, version_id)
    family = (
        select(SchemeVersion)
        .where(
            SchemeVersion.scheme_id == version.scheme_id,
            SchemeVersion.school_year == version.school_year,
        )
        .order_by(SchemeVersion.id)
        .with_for_update(key_share=True, of=SchemeVersion)
        .execution_options(populate_existing=True)
    )
    versions = session.scalars(family).unique().all()
    for one in versions:
        insert_new(Budget, scheme_version_id=one.id, ceiling_cents=one.ceiling_cents)
    budgets = session.scalars(
        select(Budget)
        .where(Budget.scheme_version_id.in_([one.id for one in versions]))
        .order_by(Budget.scheme_version_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    budget = next(one for one in budgets if one.scheme_version_id == version_id)
    if budget.ceiling_cents != version.ceiling_cents:  # changed before the first claim
        budget.ceiling_cents = version.ceiling_cents
        session.flush()
    return budget


def take_number(budget: Budget) -> int:
    """Give the next claim number of the scheme and school year; `lock` came before."""
    session = db.session()
    version = session.get_one(SchemeVersion, budget.scheme_version_id)
    last = session.scalars(
        select(Budget.last_number)
        .join(SchemeVersion, SchemeVersion.id == Budget.scheme_version_id)
        .where(
            SchemeVersion.scheme_id == version.scheme_id,
            SchemeVersion.school_year == version.school_year,
        )
    )
    number = max(last) + 1
    budget.last_number = number
    session.flush()
    return number


def move(
    budget: Budget,
    kind: BudgetEventType,
    cents: int,
    *,
    actor_id: int | None,
    claim: Claim | None = None,
    batch: PaymentBatch | None = None,
    recovery: Recovery | None = None,
) -> None:
    """Add a movement and change the counters by a guarded UPDATE; nothing for 0 cents.

    A reservation that does not fit under the ceiling is a conflict that says what is left.
    """
    if cents == 0:
        return
    session = db.session()
    session.flush()
    beside = used_beside(session.get_one(SchemeVersion, budget.scheme_version_id))
    changed = session.execute(
        update(Budget)
        .where(Budget.id == budget.id, _fits(kind, cents, beside))
        .values(last_seq=Budget.last_seq + 1, **_counters(budget, kind, cents))
        .returning(Budget.last_seq)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    session.refresh(budget)
    if changed is None:
        refuse(
            _("Dit past niet onder het plafond van de regeling."), [_above(budget, cents, beside)]
        )
        raise AssertionError
    session.add(
        BudgetEvent(
            scheme_version_id=budget.scheme_version_id,
            seq=changed.last_seq,
            type=kind,
            cents=cents,
            claim_id=claim.id if claim else None,
            grant_id=claim.grant_id if claim else None,
            batch_id=batch.id if batch else None,
            recovery_id=recovery.id if recovery else None,
            actor_id=actor_id,
        )
    )
    session.flush()


def budget_of(version_id: int) -> Budget | None:
    """Give the counters of a version; None before its first claim."""
    return db.session.scalar(select(Budget).where(Budget.scheme_version_id == version_id))


def room(version: SchemeVersion) -> int | None:
    """Give what is left under the ceiling; None where there is no ceiling."""
    budget = budget_of(version.id)
    if version.ceiling_cents is None:
        return None
    return version.ceiling_cents - (_used(budget) if budget else 0) - used_beside(version)


def ceiling_problem(version: SchemeVersion, requested: int) -> Problem | None:
    """Tell beforehand whether a reservation would not fit; `move` decides."""
    left = room(version)
    if left is None or requested <= 0 or requested <= left:
        return None
    budget = budget_of(version.id)
    return _above(
        budget or Budget(ceiling_cents=version.ceiling_cents), requested, used_beside(version)
    )


def list_events(version_id: int) -> list[BudgetEvent]:
    """Give the movements of a version in their order."""
    return list(
        db.session.scalars(
            select(BudgetEvent)
            .where(BudgetEvent.scheme_version_id == version_id)
            .order_by(BudgetEvent.seq)
        )
    )


def _used(budget: Budget) -> int:
    return (budget.reserved_cents or 0) + (budget.committed_cents or 0) + (budget.paid_cents or 0)


def used_beside(version: SchemeVersion) -> int:
    """Give what other versions use: a ceiling is of a scheme's school year, as caps are."""
    used = Budget.reserved_cents + Budget.committed_cents + Budget.paid_cents
    return int(
        db.session.scalar(
            select(func.coalesce(func.sum(used), 0))
            .join(SchemeVersion, SchemeVersion.id == Budget.scheme_version_id)
            .where(
                SchemeVersion.scheme_id == version.scheme_id,
                SchemeVersion.school_year == version.school_year,
                SchemeVersion.id != version.id,
            )
        )
        or 0
    )


def _fits(kind: BudgetEventType, cents: int, beside: int) -> ColumnElement[bool]:
    if kind is not BudgetEventType.RESERVE or cents < 0:
        return true()
    used = Budget.reserved_cents + Budget.committed_cents + Budget.paid_cents
    return Budget.ceiling_cents.is_(None) | (used + cents + beside <= Budget.ceiling_cents)


def _counters(budget: Budget, kind: BudgetEventType, cents: int) -> dict[str, Any]:
    if cents < 0:
        return {}
    reserved = Budget.reserved_cents
    if kind is BudgetEventType.RESERVE:
        return {"reserved_cents": reserved + cents}
    if kind is BudgetEventType.RELEASE:
        return {"reserved_cents": reserved - cents}
    if kind is BudgetEventType.COMMIT:
        committed = Budget.committed_cents + cents
        return {"reserved_cents": reserved - cents, "committed_cents": committed}
    if kind is BudgetEventType.PAY:
        committed = Budget.committed_cents - cents
        return {"committed_cents": committed, "paid_cents": Budget.paid_cents + cents}
    values: dict[str, Any] = {"recovered_cents": Budget.recovered_cents + cents}
    version = db.session.get_one(SchemeVersion, budget.scheme_version_id)
    if version.returns_recovered:
        values["paid_cents"] = Budget.paid_cents - cents
    return values


def _above(budget: Budget, requested: int, beside: int) -> Problem:
    limit, used = budget.ceiling_cents or 0, _used(budget) + beside
    left = max(0, limit - used)
    return Problem(
        "cap_exceeded",
        _("Het plafond van de regeling is bereikt: er is nog %(left)s over, je vraagt %(asked)s.",
          left=decimal_text(left), asked=decimal_text(requested)),
        {
            "scope": "ceiling", "unit": "cents", "limit": limit, "used": used,
            "requested": requested, "remaining": left,
        },
    )  # fmt: skip
