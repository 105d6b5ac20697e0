"""A next version that starts as the one before, with all days moved along."""

from dataclasses import replace
from datetime import date
from typing import Any

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import transaction
from labapp.subsidy.scheme_inputs import VersionInput
from labapp.subsidy.scheme_models import ActivityCategory, SchemeVersion
from labapp.subsidy.schemes import create_version, get_version


def copy_version(actor: Actor, version: SchemeVersion, *, school_year: int) -> SchemeVersion:
    """Start a draft with everything that a version says; in another year all days move along."""
    years = school_year - version.school_year
    values = replace(
        VersionInput.of(version),
        school_year=school_year,
        valid_from=moved(version.valid_from, years),
        valid_to=moved(version.valid_to, years),
        excluded_tracks=list(version.excluded_tracks),
    )
    if years:
        values = replace(values, opens_at=None, closes_at=None, source_checked_on=None)
    with transaction() as session:
        source = get_version(actor, version.id)
        made = create_version(actor, source.scheme, values)
        session.flush()
        copies: dict[int, ActivityCategory] = {}
        for category in source.categories:
            copies[category.id] = _copied(category, made.id)
            session.add(copies[category.id])
        session.flush()
        for rate in source.rates:
            copy = _copied(rate, made.id)
            copy.category_id = copies[rate.category_id].id if rate.category_id else None
            copy.valid_from, copy.valid_to = (
                moved(rate.valid_from, years), moved(rate.valid_to, years),
            )  # fmt: skip
            session.add(copy)
        session.add_all(_copied(part, made.id) for part in [*source.caps, *source.fixed_amounts])
        audit.record(
            actor.id, "scheme_version.copied", made,
            changes={"copied_from": [None, source.id]}, on_behalf_of=actor.acting_for_id,
        )  # fmt: skip
    return get_version(actor, made.id)


def moved(day: date, years: int) -> date:
    """Give the same day some years later; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _copied(part: Any, version_id: int) -> Any:
    columns = [c.key for c in type(part).__table__.columns if c.key != "id"]
    values = {name: getattr(part, name) for name in columns}
    return type(part)(**{**values, "scheme_version_id": version_id})
