"""What belongs to a version: activities, rates, maxima and fixed amounts.

Each is saved as a whole list: rows that are equal stay, others go or come. So a boundary between
two rates can move in one step, and an active version is complete at every moment.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from labapp.accounts.actors import Actor
from labapp.database import transaction
from labapp.errors import ConflictError
from labapp.i18n import gettext as _
from labapp.subsidy.hour_models import HourEntry, HourProposal
from labapp.subsidy.scheme_inputs import (
    CapInput,
    CategoryInput,
    FixedAmountInput,
    RateInput,
    cap_faults,
    category_faults,
    fixed_amount_faults,
    rate_faults,
)
from labapp.subsidy.scheme_locks import (
    lock_version,
    record_change,
    refuse,
    require_office,
    require_open_to_change,
)
from labapp.subsidy.scheme_models import ActivityCategory, Cap, FixedAmount, Rate, SchemeVersion


def category_inputs(version: SchemeVersion) -> list[CategoryInput]:
    return [CategoryInput.of(row) for row in version.categories]


def rate_inputs(version: SchemeVersion) -> list[RateInput]:
    """Give the rates as values, with codes in place of ids."""
    codes = {row.id: row.code for row in version.categories}
    return [
        RateInput(
            rate_cents=row.rate_cents,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            category=codes[row.category_id] if row.category_id else None,
            role=row.role,
            sector=row.sector,
        )
        for row in version.rates
    ]


def cap_inputs(version: SchemeVersion) -> list[CapInput]:
    return [CapInput.of(row) for row in version.caps]


def fixed_amount_inputs(version: SchemeVersion) -> list[FixedAmountInput]:
    return [FixedAmountInput.of(row) for row in version.fixed_amounts]


LISTED: dict[str, Callable[[SchemeVersion], list[Any]]] = {
    "categories": category_inputs,
    "rates": rate_inputs,
    "caps": cap_inputs,
    "fixed_amounts": fixed_amount_inputs,
}


def set_categories(
    actor: Actor, version: SchemeVersion, rows: Sequence[CategoryInput], *, expected: int
) -> SchemeVersion:
    """Make these, known by their code and in this order, the activities of a version.

    One with hours or a rate on it cannot go; it can be closed (`is_open`).
    """
    require_office(actor)
    refuse(category_faults(rows))
    with transaction() as session:
        row = lock_version(actor, version.id, expected)
        before = category_inputs(row)
        if list(rows) == before:
            return row
        require_open_to_change(row)
        _save_categories(session, row, rows)
        session.expire(row, ["categories"])
        _record(actor, row, "categories", before, rows)
    return row


def set_rates(
    actor: Actor, version: SchemeVersion, rows: Sequence[RateInput], *, expected: int
) -> SchemeVersion:
    """Make these the rates of a version; two for the same hours are refused."""
    require_office(actor)
    with transaction() as session:
        row = lock_version(actor, version.id, expected)
        ids = {category.code: category.id for category in row.categories}
        refuse(rate_faults(rows, set(ids)))
        before = rate_inputs(row)
        if _same(rows, before):
            return row
        require_open_to_change(row)
        wanted = list(rows)
        for rate, values in zip(list(row.rates), before, strict=True):
            if values in wanted:
                wanted.remove(values)
            else:
                session.delete(rate)
        session.flush()
        for values in wanted:
            columns = values.values()
            code = columns.pop("category")
            category_id = ids[code] if code else None
            session.add(Rate(scheme_version_id=row.id, category_id=category_id, **columns))
        session.flush()
        session.expire(row, ["rates"])
        _record(actor, row, "rates", before, rows)
    return row


def set_caps(
    actor: Actor, version: SchemeVersion, rows: Sequence[CapInput], *, expected: int
) -> SchemeVersion:
    """Make these the maxima of a version."""
    require_office(actor)
    refuse(cap_faults(rows))
    return _set_simple(actor, version, rows, expected=expected, model=Cap, name="caps")


def set_fixed_amounts(
    actor: Actor, version: SchemeVersion, rows: Sequence[FixedAmountInput], *, expected: int
) -> SchemeVersion:
    """Make these the amounts per branch of a `fixed` version."""
    require_office(actor)
    refuse(fixed_amount_faults(rows))
    return _set_simple(
        actor, version, rows, expected=expected, model=FixedAmount, name="fixed_amounts"
    )


def _set_simple(
    actor: Actor,
    version: SchemeVersion,
    rows: Sequence[Any],
    *,
    expected: int,
    model: Any,
    name: str,
) -> SchemeVersion:
    with transaction() as session:
        row = lock_version(actor, version.id, expected)
        known = list(getattr(row, name))
        before = LISTED[name](row)
        if _same(rows, before):
            return row
        require_open_to_change(row)
        for each, values in zip(known, before, strict=True):
            if values not in rows:
                session.delete(each)
        session.flush()
        for values in rows:
            if values not in before:
                session.add(model(scheme_version_id=row.id, **values.values()))
        session.flush()
        session.expire(row, [name])
        _record(actor, row, name, before, rows)
    return row


def _save_categories(
    session: Session, version: SchemeVersion, rows: Sequence[CategoryInput]
) -> None:
    known = {category.code: category for category in version.categories}
    for position, values in enumerate(rows):
        category = known.pop(values.code, None)
        if category is None:
            category = ActivityCategory(scheme_version_id=version.id)
            session.add(category)
        for name, value in values.values().items():
            setattr(category, name, value)
        category.position = position
    for category in known.values():
        for model in (HourEntry, HourProposal, Rate):
            of_it: Any = select(model.id).where(model.category_id == category.id)
            if session.scalar(of_it.limit(1)) is not None:
                raise ConflictError(
                    _(
                        "Op ‘%(name)s’ staan uren of een tarief. Sluit deze activiteit, of haal"
                        " eerst het tarief weg.",
                        name=category.label_nl,
                    )
                )
        session.delete(category)
    session.flush()


def _same(rows: Sequence[Any], before: Sequence[Any]) -> bool:
    return len(rows) == len(before) and all(row in before for row in rows)


def _record(
    actor: Actor, version: SchemeVersion, name: str, before: Sequence[Any], rows: Sequence[Any]
) -> None:
    changes = {name: [_listed(before), _listed(rows)]}
    record_change(actor, version, f"scheme_version.{name}_changed", changes)


def _listed(rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [row.values() for row in rows]
