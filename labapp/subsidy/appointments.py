"""Who worked where on a day, and in which role: what hours and rates hang on."""

from collections.abc import Iterable
from datetime import date

from labapp.accounts.models import Affiliation, Role

# A person may hold several roles at a branch; an hour is worked in the first of these.
ORDER = (Role.TEACHER, Role.INTERNAL_COACH, Role.EXPERT_COACH, Role.SCHOOL_LEADER)


def active_on(
    affiliations: Iterable[Affiliation], user_id: int, organisation_id: int, day: date
) -> list[Affiliation]:
    """Give a person's appointments at a branch that count on a day."""
    return [
        a
        for a in affiliations
        if a.user_id == user_id and a.organisation_id == organisation_id and a.is_active_on(day)
    ]


def role_on(
    affiliations: Iterable[Affiliation], user_id: int, organisation_id: int, day: date
) -> Role | None:
    """Give the one role in which hours of that day were worked; None without an appointment."""
    held = {a.role for a in active_on(affiliations, user_id, organisation_id, day)}
    known = [role for role in ORDER if role in held]
    return next(iter(known or sorted(held, key=lambda role: role.value)), None)
