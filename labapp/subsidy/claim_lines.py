"""The lines of a claim: hours grouped by person, activity, rate and percentage, rounded once.

A line is `money.cents(minutes, rate, percentage)`; the total is the sum of the lines. Under a
`fixed` scheme one line has the granted instalment, and the hours count for nothing but themselves.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from labapp.accounts.models import Role
from labapp.i18n import gettext as _
from labapp.subsidy import money
from labapp.subsidy.appointments import role_on
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.hour_models import HourEntry
from labapp.subsidy.problems import Problem
from labapp.subsidy.rates import RateError, RateTable

Key = tuple[str, str, int, int]  # person, activity, cents per hour, basis points


@dataclass
class Line:
    """As `ClaimLine`, before it is frozen."""

    user_id: int | None
    person_name: str
    role: str
    category_code: str
    category_label: str
    period_from: date
    period_to: date
    minutes: int
    rate_cents: int
    percentage_bp: int
    cents: int = 0
    number: int = 0
    is_cap_adjustment: bool = False
    corrects_line: int | None = None

    @property
    def key(self) -> Key:
        return key_of(self.user_id, self.category_code, self.rate_cents, self.percentage_bp)


@dataclass
class Plan:
    """What a claim would ask for now: hours, lines, and what stands in the way."""

    entries: list[HourEntry] = field(default_factory=list)
    left_out: list[HourEntry] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=dict)  # of the line of an entry
    problems: list[Problem] = field(default_factory=list)

    @property
    def total_cents(self) -> int:
        return sum(line.cents for line in self.lines)

    @property
    def total_minutes(self) -> int:
        return sum(line.minutes for line in self.lines)

    def number_lines(self) -> dict[Key, int]:
        """Number the lines from 1; give the number of the line of hours with each key."""
        for number, line in enumerate(self.lines, start=1):
            line.number = number
        return {
            line.key: line.number
            for line in self.lines
            if line.user_id is not None and not line.is_cap_adjustment
        }


def person_key(user_id: int | None) -> str:
    """Give a person as files know one, and as they are sorted: P000012."""
    return "" if user_id is None else f"P{user_id:06d}"


def key_of(user_id: int | None, category: str, rate_cents: int, percentage_bp: int) -> Key:
    return person_key(user_id), category, rate_cents, percentage_bp


def role_of(entry: HourEntry) -> Role | None:
    """Give the role in which the hours were worked: the one that was signed."""
    signed = (entry.declaration.snapshot or {}).get("entries", ())
    role = next((one["role"] for one in signed if one["id"] == entry.id), None)
    if role is not None:
        return Role(role)
    held = entry.user.affiliations
    return role_on(held, entry.user_id, entry.organisation_id, entry.work_date)


def rate_of(table: RateTable, entry: HourEntry) -> int:
    """Give the cents per hour for an entry by its day, or raise RateError."""
    return table.resolve(
        category_id=entry.category_id,
        role=role_of(entry),
        sector=entry.organisation.sector,
        day=entry.work_date,
    ).rate_cents


def group(priced: Iterable[tuple[HourEntry, int, int]]) -> list[Line]:
    """Make a line, without cents, of all entries (entry, rate, percentage) of one key."""
    groups: dict[Key, list[tuple[HourEntry, int, int]]] = defaultdict(list)
    for entry, rate, percentage in priced:
        key = key_of(entry.user_id, entry.category.code, rate, percentage)
        groups[key].append((entry, rate, percentage))
    return [_line([one[0] for one in groups[key]], key) for key in sorted(groups)]


def hourly_lines(claim: Claim, plan: Plan) -> None:
    """Fill the plan with the lines of its entries, each rounded once; note rates that lack."""
    table = RateTable(claim.scheme_version.rates)
    percentage = claim.scheme_version.percentage_bp
    priced = []
    for entry in plan.entries:
        try:
            priced.append((entry, rate_of(table, entry), percentage))
        except RateError as error:
            note_rate(plan, error)
    fill(plan, priced)
    for line in plan.lines:
        line.cents = money.cents(line.minutes, line.rate_cents, line.percentage_bp)


def evidence_lines(plan: Plan) -> None:
    """Fill the plan with lines of 0 cents: hours that show that an obligation is met."""
    fill(plan, [(entry, 0, money.WHOLE) for entry in plan.entries])


def fill(plan: Plan, priced: Sequence[tuple[HourEntry, int, int]]) -> None:
    """Group the entries into lines, and remember which entry is in which."""
    plan.lines = group(priced)
    plan.keys = {
        entry.id: key_of(entry.user_id, entry.category.code, rate, percentage)
        for entry, rate, percentage in priced
    }


def check_minutes(plan: Plan) -> None:
    """Note lines from which more is taken back than is in them."""
    plan.problems.extend(
        below_zero(line.person_name) for line in plan.lines
        if line.minutes < 0 and not line.is_cap_adjustment
    )  # fmt: skip


def below_zero(name: str) -> Problem:
    return Problem(
        "nothing_to_reverse",
        _("Van %(name)s wordt meer teruggenomen dan er staat.", name=name),
    )


def note_rate(plan: Plan, error: RateError) -> None:
    problem = Problem(error.code, str(error))
    if problem not in plan.problems:
        plan.problems.append(problem)


def instalment_line(claim: Claim, cents: int) -> Line:
    """Give the line of a `fixed` scheme that carries the money."""
    version = claim.scheme_version
    return Line(
        user_id=None,
        person_name="",
        role="",
        category_code="",
        category_label=f"Termijn {claim.instalment}",
        period_from=version.valid_from,
        period_to=version.valid_to,
        minutes=0,
        rate_cents=0,
        percentage_bp=money.WHOLE,
        cents=cents,
    )


def _line(entries: list[HourEntry], key: Key) -> Line:
    first = entries[0]
    role = role_of(first)
    return Line(
        user_id=first.user_id,
        person_name=first.user.name,
        role=role.value if role else "",
        category_code=first.category.code,
        category_label=first.category.label_nl,
        period_from=min(entry.work_date for entry in entries),
        period_to=max(entry.work_date for entry in entries),
        minutes=sum(entry.minutes for entry in entries),
        rate_cents=key[2],
        percentage_bp=key[3],
    )
