"""The forms of schemes as pages: filled from what is saved or from what was typed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labapp.accounts.models import Sector
from labapp.accounts.schools import fold
from labapp.accounts.words import SECTORS
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy import scheme_parts
from labapp.subsidy.form_fields import (
    EURO,
    HOURS,
    Field,
    Shown,
    read_fields,
    show_fields,
    write_fields,
)
from labapp.subsidy.scheme_fields import AMOUNT, CATEGORY, RATE, SCOPES, UNITS
from labapp.subsidy.scheme_inputs import (
    MOST_ROWS,
    CapInput,
    CategoryInput,
    FixedAmountInput,
    RateInput,
)
from labapp.subsidy.scheme_models import CapScope, CapUnit, SchemeVersion
from labapp.subsidy.scheme_parts import LISTED

Errors = dict[str, list[str]]
Texts = Mapping[str, str]
REMOVE = "weg"
FORM = "formulier"


@dataclass
class Section:
    """A group of fields; `remove` is the name of the box that takes a row away."""

    title: Any
    fields: list[Shown]
    remove: str = ""


@dataclass
class FormPage:
    """What the template of a form needs. `theirs` is what somebody else saved meanwhile."""

    title: Any
    lead: Any
    action: str
    cancel: str
    version: int
    sections: list[Section]
    errors: Errors = field(default_factory=dict)
    theirs: list[tuple[str, str]] = field(default_factory=list)
    adds_rows: bool = False
    picker: tuple[str, str] | None = None  # id and text of the branch that was chosen
    submit: Any = ""
    remove: str = ""  # where the button that takes it away goes

    @property
    def labels(self) -> dict[str, str]:
        """The words for each field in the list of errors; of a row with the row before it."""
        found = {}
        for section in self.sections:
            for shown in section.fields:
                name = str(shown.field.label)
                found[shown.id] = f"{section.title}: {name}" if section.remove else name
        return {**{name: _("Deze versie") for name in self.errors}, **found,
                "organisation": _("Vestiging")}  # fmt: skip

    @property
    def ids(self) -> dict[str, str]:
        known = {shown.id for section in self.sections for shown in section.fields}
        return {name: name if name in known else FORM for name in self.errors} | (
            {"organisation": "organisation"} if self.picker else {}
        )


@dataclass(frozen=True)
class RowsForm:
    """A list of rows that is saved whole: activities or rates."""

    part: str
    title: Any
    lead: Any
    row: Any
    fields: Sequence[Field]
    kind: Callable[..., Any]
    save: Callable[..., Any]
    says: tuple[str, ...]  # a row in which none of these is filled is an empty one
    start: Callable[[SchemeVersion], dict[str, str]]


@dataclass
class PostedRows:
    values: list[Any]
    places: list[int]  # of each value: its row in the form
    errors: Errors


CATEGORIES = RowsForm(
    "categories", _l("Activiteiten"), _l("Waarop mensen hun uren schrijven."), _l("Activiteit"),
    CATEGORY, CategoryInput, scheme_parts.set_categories, ("label_nl", "label_en", "code"),
    lambda _version: {"evidence": "none", "claimable": "1", "is_open": "1"},
)  # fmt: skip
RATES = RowsForm(
    "rates", _l("Tarieven"),
    _l("Het meest precieze tarief telt: activiteit en rol, dan activiteit, dan rol, dan algemeen."),
    _l("Tarief"), RATE, RateInput, scheme_parts.set_rates, ("rate_cents", "category", "role",
    "sector"),
    lambda version: {
        "valid_from": version.valid_from.isoformat(), "valid_to": version.valid_to.isoformat(),
    },
)  # fmt: skip


def count_rows(form: RowsForm, posted: Texts) -> int:
    """Give how many rows were posted."""
    pattern = re.compile(rf"{form.part}-(\d{{1,3}})-{form.says[0]}")
    found = [int(match[1]) for match in map(pattern.fullmatch, posted) if match]
    return min(max(found, default=-1) + 1, MOST_ROWS)


def read_rows(form: RowsForm, posted: Texts) -> PostedRows:
    """Give the rows that stay, without the empty ones."""
    read = PostedRows([], [], {})
    for place in range(count_rows(form, posted)):
        prefix = f"{form.part}-{place}-"
        if posted.get(prefix + REMOVE) or not any(posted.get(prefix + n) for n in form.says):
            continue
        texts = dict(posted)
        if form is CATEGORIES and not texts.get(prefix + "code", "").strip():
            texts[prefix + "code"] = fold(texts.get(prefix + "label_nl", "")).replace(" ", "-")[:40]
        values, errors = read_fields(form.fields, texts, prefix)
        read.errors |= errors
        if not errors:
            read.values.append(form.kind(**values))
            read.places.append(place)
    return read


def row_errors(form: RowsForm, places: Sequence[int], fields: Mapping[str, list[str]]) -> Errors:
    """Give what the service said of `rates.1.valid_to` at the row of the form."""
    errors: Errors = {}
    for name, words in fields.items():
        parts = name.split(".")
        if len(parts) == 3 and parts[1].isdigit():  # noqa: PLR2004  # list, row, field
            name = f"{form.part}-{places[int(parts[1])]}-{parts[2]}"  # noqa: PLW2901
        errors[name] = words
    return errors


def row_texts(form: RowsForm, version: SchemeVersion) -> dict[str, str]:
    """Give the saved rows as texts, and one empty row behind them."""
    texts: dict[str, str] = {}
    rows = LISTED[form.part](version)
    for place, row in enumerate(rows):
        texts |= write_fields(form.fields, row, f"{form.part}-{place}-")
    return texts | empty_row(form, version, len(rows))


def empty_row(form: RowsForm, version: SchemeVersion, place: int) -> dict[str, str]:
    prefix = f"{form.part}-{place}-"
    start = {f.name: "" for f in form.fields} | form.start(version)
    return {prefix + name: text for name, text in start.items()}


def row_sections(
    form: RowsForm, version: SchemeVersion, texts: Texts, errors: Errors
) -> list[Section]:
    fields = with_categories(form.fields, version)
    return [
        Section(
            f"{form.row} {place + 1}",
            show_fields(fields, texts, errors, f"{form.part}-{place}-"),
            f"{form.part}-{place}-{REMOVE}",
        )
        for place in range(count_rows(form, texts))
    ]


def with_categories(fields: Sequence[Field], version: SchemeVersion) -> list[Field]:
    """Give the fields, with the activities of a version to choose from."""
    options = [(category.code, category.label_nl) for category in version.categories]
    return [
        Field(f.name, f.label, f.kind, f.hint, options, f.empty, f.optional)
        if f.name == "category"
        else f
        for f in fields
    ]


# Maxima and fixed amounts have a field for each thing that there can be.


def cap_fields() -> list[tuple[Field, CapScope, CapUnit]]:
    return [
        (
            Field(
                f"{scope.value}-{unit.value}",
                f"{SCOPES[scope]} ({UNITS[unit]})",
                HOURS if unit is CapUnit.MINUTES else EURO,
                optional=True,
            ),
            scope,
            unit,
        )
        for scope in CapScope
        for unit in CapUnit
    ]


def cap_texts(version: SchemeVersion) -> dict[str, str]:
    saved = {(cap.scope, cap.unit): cap.value for cap in version.caps}
    return {
        one.name: one.kind.write(saved[scope, unit])
        for one, scope, unit in cap_fields()
        if (scope, unit) in saved
    }


def read_caps(posted: Texts) -> tuple[list[CapInput], Errors]:
    values, errors = read_fields([one for one, _scope, _unit in cap_fields()], posted)
    caps = [
        CapInput(scope=scope, unit=unit, value=values[one.name])
        for one, scope, unit in cap_fields()
        if values.get(one.name) is not None
    ]
    return caps, errors


def cap_sections(texts: Texts, errors: Errors) -> list[Section]:
    shown = show_fields([one for one, _scope, _unit in cap_fields()], texts, errors)
    return [Section("", shown)]


def amount_texts(version: SchemeVersion) -> dict[str, str]:
    texts: dict[str, str] = {}
    for amount in version.fixed_amounts:
        texts |= write_fields(AMOUNT, amount, f"{amount.sector.value}-")
    return texts


def read_amounts(posted: Texts) -> tuple[list[FixedAmountInput], Errors]:
    """Give an amount for each sector that has one; a least number without an amount is a slip."""
    amounts: list[FixedAmountInput] = []
    errors: Errors = {}
    for sector in Sector:
        prefix = f"{sector.value}-"
        values, found = read_fields(AMOUNT, posted, prefix)
        errors |= found
        if found or all(value is None for value in values.values()):
            continue
        if values["amount_cents"] is None:
            errors[prefix + "amount_cents"] = [_("Vul dit in.")]
            continue
        kept = {name: value or 0 for name, value in values.items()}
        amounts.append(FixedAmountInput(sector=sector, **kept))
    return amounts, errors


def amount_sections(texts: Texts, errors: Errors) -> list[Section]:
    return [
        Section(SECTORS[sector], show_fields(AMOUNT, texts, errors, f"{sector.value}-"))
        for sector in Sector
    ]
