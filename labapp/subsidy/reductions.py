"""What an assessor or a decision takes off the lines of a claim, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy.claim_models import ClaimLine, ReductionReason

REASON_WORDS = {
    ReductionReason.NOT_CARRIED_OUT: _l("Niet uitgevoerd"),
    ReductionReason.NO_EVIDENCE: _l("Geen bewijs"),
    ReductionReason.NOT_ELIGIBLE: _l("Valt niet onder de regeling"),
    ReductionReason.ABOVE_CAP: _l("Boven het maximum"),
    ReductionReason.ERROR: _l("Fout in de opgave"),
    ReductionReason.OTHER: _l("Anders"),
}
LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Reduction:
    """Cents taken off a line; `reusable` frees its hours, where the whole line is taken."""

    line: int
    cents: int
    reason: ReductionReason
    text: str = ""
    reusable: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "line": self.line, "cents": self.cents, "reason": self.reason.value,
            "text": self.text, "reusable": self.reusable,
        }  # fmt: skip

    @classmethod
    def of_json(cls, values: dict[str, Any]) -> "Reduction":
        return cls(**{**values, "reason": ReductionReason(values["reason"])})


def check(lines: Sequence[ClaimLine], wanted: Sequence[Reduction]) -> None:
    """Refuse reductions of lines that are not there, or of more than is in them."""
    known = {line.number: line for line in lines}
    fields: dict[str, list[str]] = {}
    seen: set[int] = set()
    trimmed = {_group(line) for line in lines if line.is_cap_adjustment}
    for one in wanted:
        line = known.get(one.line)
        is_trimmed = line is not None and _group(line) in trimmed
        words = _fault(line, one, is_second=one.line in seen, is_trimmed=is_trimmed)
        seen.add(one.line)
        if words:
            fields.setdefault(f"reductions-{one.line}", []).append(words)
    if fields:
        raise InvalidError(_("Er klopt iets niet in de verminderingen."), fields)
    if wanted and sum(one.cents for one in wanted) > sum(line.cents for line in lines):
        too_much = _("Er kan niet meer afgetrokken worden dan er gevraagd is.")
        raise InvalidError(too_much, {"reductions": [too_much]})


def _group(line: ClaimLine) -> tuple[int | None, str, int, int]:
    return line.user_id, line.category_code, line.rate_cents, line.percentage_bp


def _fault(line: ClaimLine | None, one: Reduction, *, is_second: bool, is_trimmed: bool) -> str:
    if line is None:
        return _("Deze regel bestaat niet.")
    whole = one.cents == line.cents and line.user_id is not None
    faults = (
        (is_second, _("Geef per regel één vermindering.")),
        (not 0 < one.cents <= line.cents, _("Trek iets af tussen 0 en het bedrag van de regel.")),
        (one.reusable and not whole, _("Uren komen alleen vrij als de hele regel vervalt.")),
        (one.reusable and is_trimmed, _("Van deze regel ging het maximum af: die uren zijn op.")),
        (one.reason is ReductionReason.OTHER and not one.text.strip(), _("Zeg waarom.")),
        (len(one.text) > LONGEST_TEXT, _("Schrijf hoogstens 2000 tekens.")),
    )
    return next((words for is_wrong, words in faults if is_wrong), "")
