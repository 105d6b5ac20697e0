"""Two numbers that must be the same, and a report of all of them."""

from dataclasses import dataclass, field

from labapp.accounts.models import Organisation
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy.measures import Sums
from labapp.subsidy.scheme_models import SchemeVersion

MINUTES, CENTS, NUMBER = "minutes", "cents", "number"
LABELS = {
    "logged": _l("Geschreven uren = open + ingediend + niet declarabel + nog vrij + in claims"),
    "counted": _l("Opgetelde uren in overzichten = geschreven uren"),
    "allocated": _l("Uren in claims = uren op de regels van die claims"),
    "frozen": _l("Uren in de momentopnamen = uren op de regels"),
    "changed": _l("Uren in claims die niet meer zijn wat ze waren bij indiening"),
    "cents": _l("Regels = totalen van de claims"),
    "rounding": _l("Regels die niet minuten × tarief × percentage zijn, één keer afgerond"),
    "reserved": _l("Gereserveerd − vrijgegeven = gevraagd of toegekend"),
    "committed": _l("Vastgelegd in het grootboek = toegekend"),
    "paid": _l("Betaald in het grootboek = betaalbatches"),
    "recovered": _l("Teruggekomen in het grootboek = verrekend + ontvangen"),
    "net": _l("Afgehandelde claims = betaalbatches − terugontvangen"),
    "batches": _l("Totalen van betaalbatches = hun regels"),
    "budget_reserved": _l("Teller gereserveerd = grootboek"),
    "budget_committed": _l("Teller vastgelegd = grootboek"),
    "budget_paid": _l("Teller betaald = grootboek"),
    "budget_recovered": _l("Teller teruggekomen = grootboek"),
    "events": _l("Boekingen zonder gat in de nummering"),
    "numbers": _l("Claims zonder gat in de nummering"),
    "ceiling": _l("Bedrag boven het plafond"),
    "snapshots": _l("Momentopnamen van claims die niet meer bij hun controlegetal passen"),
    "declarations": _l("Ondertekende urenstaten die niet meer bij hun controlegetal passen"),
}


@dataclass(frozen=True)
class Identity:
    """Two numbers that must be the same."""

    code: str
    left: int
    right: int
    unit: str = MINUTES

    @property
    def difference(self) -> int:
        return self.left - self.right

    @property
    def holds(self) -> bool:
        return self.difference == 0

    @property
    def label(self) -> str:
        return str(LABELS[self.code])


@dataclass
class Report:
    """A scheme version as a whole or one of its branches."""

    version: SchemeVersion
    branch: Organisation | None
    year: int | None
    identities: list[Identity] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        return all(one.holds for one in self.identities)

    @property
    def faults(self) -> list[Identity]:
        return [one for one in self.identities if not one.holds]


@dataclass(frozen=True)
class Pair:
    """An identity of which each branch has its own numbers."""

    code: str
    left: Sums
    right: Sums
    unit: str = MINUTES

    def of(self, branch_id: int | None) -> Identity:
        left, right = self.left, self.right
        if branch_id is None:
            return Identity(self.code, left.total(), right.total(), self.unit)
        return Identity(self.code, left[branch_id], right[branch_id], self.unit)

    def faulty_branches(self) -> set[int]:
        return {key for key in {*self.left, *self.right} if self.left[key] != self.right[key]}
