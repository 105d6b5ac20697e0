"""Whole cents only: each claim line is rounded once, a total is a sum (spec/subsidy.md 3.5)."""

WHOLE = 10_000
"""A percentage of 100 in basis points."""

MINUTES_PER_HOUR = 60


def cents(minutes: int, rate_cents: int, percentage_bp: int = WHOLE) -> int:
    """Give minutes x rate x percentage in cents, rounded once, half away from zero.

    `rate_cents` is per hour, `percentage_bp` in basis points (10000 is 100 %).
    """
    exact = abs(minutes * rate_cents * percentage_bp)
    divisor = MINUTES_PER_HOUR * WHOLE
    rounded = (2 * exact + divisor) // (2 * divisor)
    return rounded if minutes * rate_cents * percentage_bp >= 0 else -rounded


def correction(
    original_minutes: int,
    original_cents: int,
    delta_minutes: int,
    rate_cents: int,
    percentage_bp: int = WHOLE,
    *,
    prior_minutes: int = 0,
    prior_cents: int = 0,
) -> int:
    """Give the cents of a correction with the frozen rate, so that no cent is left behind.

    `prior_*` are the sums of earlier corrections of the same line (3.8, delta method).
    """
    net = original_minutes + prior_minutes + delta_minutes
    return cents(net, rate_cents, percentage_bp) - (original_cents + prior_cents)


def decimal_text(amount: int, *, point: str = ",") -> str:
    """Write cents as `-12,09`: exact, without thousands separator."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 100)
    return f"{sign}{whole}{point}{rest:02d}"


def hours_text(minutes: int, *, point: str = ",") -> str:
    """Write minutes as hours with two decimals: 75 is `1,25`. Exact for whole 3 minutes."""
    hundredths, rest = divmod(abs(minutes) * 100, MINUTES_PER_HOUR)
    if rest:
        raise ValueError(f"{minutes} minutes are not exact in hundredths of an hour")
    return decimal_text(-hundredths if minutes < 0 else hundredths, point=point)
