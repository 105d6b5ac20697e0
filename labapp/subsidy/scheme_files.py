"""Schemes as YAML: taken over from a file, all or nothing, and written out the same way.

    schemes:
      - code: PROEF                # known by its code
        name_nl: Proefregeling
        is_fictional: true
        versions:
          - number: 1              # known by its number within the scheme
            status: active         # draft unless said; never back
            kind: hourly           # or fixed
            school_year: 2026      # 1 August 2026 until 31 July 2027
            valid_from: 2026-08-01
            valid_to: 2027-07-31
            ceiling_cents: 25000000
            categories: [{code: sessie, label_nl: Teamsessie}]
            rates: [{rate_cents: 4800, role: teacher}]        # days: those of the version
            caps: [{scope: person_year, unit: minutes, value: 4800}]
            fixed_amounts: []      # of a fixed version: sector, amount_cents, min_minutes ...

Money is in whole cents, durations in minutes, percentages in basis points (10000 is 100 %). The
other names are those of `VersionInput` in `scheme_inputs`. Loading a file again changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Any

import yaml
from sqlalchemy import select

from labapp import strict_yaml
from labapp.accounts.actors import Actor
from labapp.clock import LOCAL_ZONE
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError, LabappError
from labapp.i18n import gettext as _
from labapp.subsidy import scheme_parts, schemes
from labapp.subsidy.scheme_inputs import (
    CapInput,
    CategoryInput,
    FixedAmountInput,
    RateInput,
    SchemeInput,
    VersionInput,
)
from labapp.subsidy.scheme_locks import in_one_go, keep_complete
from labapp.subsidy.scheme_models import Scheme, SchemeVersion, VersionStatus
from labapp.subsidy.scheme_parts import LISTED

VERSIONS = "versions"
PARTS: dict[str, Any] = {
    "categories": CategoryInput,
    "rates": RateInput,
    "caps": CapInput,
    "fixed_amounts": FixedAmountInput,
}
SAVE: dict[str, Any] = {
    "categories": scheme_parts.set_categories,
    "rates": scheme_parts.set_rates,
    "caps": scheme_parts.set_caps,
    "fixed_amounts": scheme_parts.set_fixed_amounts,
}
STEPS = {
    VersionStatus.DRAFT: (VersionStatus.ACTIVE, schemes.activate),
    VersionStatus.ACTIVE: (VersionStatus.CLOSED, schemes.close),
    VersionStatus.CLOSED: (VersionStatus.ARCHIVED, schemes.archive),
}
ORDER = list(VersionStatus)


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as one reads it."""


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _write_text)


@dataclass
class Taken:
    """How many versions a file brought."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class FileVersion:
    """A version as it stands in a file."""

    number: int
    status: VersionStatus
    rules: VersionInput
    parts: Mapping[str, list[Any]]


@dataclass(frozen=True)
class FileScheme:
    names: SchemeInput
    versions: list[FileVersion]


def import_schemes(actor: Actor, text: str | bytes) -> Taken:
    """Take over the schemes of a YAML file, all or nothing."""
    content = strict_yaml.load(text)
    strict_yaml.check_keys(content, {"schemes"}, "schemes")
    return import_rows(actor, content.get("schemes"))


def codes_in(text: str | bytes) -> set[str]:
    """Give the codes of the schemes in a file."""
    rows = strict_yaml.rows(strict_yaml.load(text).get("schemes"), "schemes")
    return {str(row["code"]) for row in rows}


def import_rows(actor: Actor, raw: Any) -> Taken:
    """Take over the list `schemes` of a file that was read."""
    wanted = [
        _read_scheme(row, f"schemes[{number}]")
        for number, row in enumerate(strict_yaml.rows(raw, "schemes"))
    ]
    taken = Taken()
    with transaction():
        for one in wanted:
            _save_scheme(actor, one, taken)
    return taken


def export_schemes(actor: Actor, chosen: Iterable[Scheme]) -> str:
    """Write schemes with the versions that one may see."""
    visible = {version.id for version in schemes.list_versions(actor)}
    content = [
        {
            **SchemeInput.of(scheme).values(),
            VERSIONS: [_written(version) for version in scheme.versions if version.id in visible],
        }
        for scheme in chosen
    ]
    text: str = yaml.dump(
        {"schemes": content}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def _read_scheme(raw: Any, path: str) -> FileScheme:
    names = {key: value for key, value in _mapping(raw, path).items() if key != VERSIONS}
    found = strict_yaml.read(SchemeInput, names, path)
    versions = [
        _read_version(row, f"{path}.{VERSIONS}[{number}]", number + 1)
        for number, row in enumerate(strict_yaml.rows(raw.get(VERSIONS), f"{path}.{VERSIONS}"))
    ]
    numbers = [version.number for version in versions]
    if len(set(numbers)) < len(numbers):
        raise strict_yaml.wrong(f"{path}.{VERSIONS}", _("een nummer staat er twee keer"))
    return FileScheme(found, versions)


def _read_version(raw: Any, path: str, number: int) -> FileVersion:
    values = dict(_mapping(raw, path))
    parts = {name: values.pop(name, None) for name in PARTS}
    status = values.pop("status", VersionStatus.DRAFT.value)
    number = values.pop("number", number)
    if type(number) is not int or number < 1:
        raise strict_yaml.wrong(f"{path}.number", _("hier hoort: %(kind)s", kind=_("geheel getal")))
    if status not in [one.value for one in VersionStatus]:
        known = ", ".join(one.value for one in VersionStatus)
        raise strict_yaml.wrong(f"{path}.status", _("kies uit: %(known)s", known=known))
    rules = strict_yaml.read(VersionInput, values, path)
    days = {"valid_from": rules.valid_from, "valid_to": rules.valid_to}
    read = {
        name: [
            strict_yaml.read(
                PARTS[name], row, f"{path}.{name}[{at}]", days if name == "rates" else None
            )
            for at, row in enumerate(strict_yaml.rows(found, f"{path}.{name}"))
        ]
        for name, found in parts.items()
    }
    return FileVersion(number, VersionStatus(status), rules, read)


def _save_scheme(actor: Actor, wanted: FileScheme, taken: Taken) -> None:
    scheme = db.session.scalar(select(Scheme).where(Scheme.code == wanted.names.code))
    if scheme is None:
        scheme = schemes.create_scheme(actor, wanted.names)
        db.session.flush()
    else:
        schemes.change_scheme(actor, scheme, wanted.names, expected=scheme.version)
    for version in sorted(wanted.versions, key=lambda each: each.number):
        try:
            _save_version(actor, scheme, version, taken)
        except (InvalidError, ConflictError) as error:
            raise _with_place(error, f"{scheme.code} {version.number}") from error


def _save_version(actor: Actor, scheme: Scheme, wanted: FileVersion, taken: Taken) -> None:
    version = db.session.scalar(
        select(SchemeVersion).where(
            SchemeVersion.scheme_id == scheme.id, SchemeVersion.number == wanted.number
        )
    )
    is_new = version is None
    if version is None:
        version = schemes.create_version(actor, scheme, wanted.rules)
        db.session.flush()
        if version.number != wanted.number:
            words = _("Het nummer moet %(number)s zijn.", number=version.number)
            raise InvalidError(words, {"number": [words]})
    before = version.version
    rules = replace(wanted.rules, excluded_tracks=list(wanted.rules.excluded_tracks))
    with in_one_go():
        _save_rules_and_parts(actor, version, rules, wanted)
    keep_complete(version)
    _move_on(actor, version, wanted.status)
    db.session.flush()
    if is_new:
        taken.created += 1
    elif version.version != before:
        taken.updated += 1
    else:
        taken.unchanged += 1


def _save_rules_and_parts(
    actor: Actor, version: SchemeVersion, rules: VersionInput, wanted: FileVersion
) -> None:
    """Rates refer to activities: those that go, go after the rates that named them."""
    schemes.change_version(actor, version, rules, expected=version.version)
    categories = list(wanted.parts["categories"])
    codes = {row.code for row in categories}
    kept = [row for row in LISTED["categories"](version) if row.code not in codes]
    for name, rows in (
        ("categories", [*categories, *kept]),
        *((name, wanted.parts[name]) for name in ("rates", "caps", "fixed_amounts")),
        ("categories", categories),
    ):
        db.session.flush()
        SAVE[name](actor, version, rows, expected=version.version)
    db.session.flush()


def _move_on(actor: Actor, version: SchemeVersion, status: VersionStatus) -> None:
    if ORDER.index(status) < ORDER.index(version.status):
        raise ConflictError(_("Een versie gaat niet terug naar een eerdere toestand."))
    while version.status is not status:
        _next, step = STEPS[version.status]
        db.session.flush()
        step(actor, version, expected=version.version)


def _written(version: SchemeVersion) -> dict[str, Any]:
    rules = {name: _plain(value) for name, value in VersionInput.of(version).values().items()}
    parts = {
        name: [{key: _plain(v) for key, v in row.values().items()} for row in listed(version)]
        for name, listed in LISTED.items()
    }
    return {"number": version.number, "status": version.status.value, **rules, **parts}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(LOCAL_ZONE).isoformat()
    if isinstance(value, date):
        return value
    return value.value if isinstance(value, Enum) else value


def _mapping(raw: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise strict_yaml.wrong(path, _("hier hoort een lijst van namen en waarden"))
    return raw


def _with_place(error: LabappError, place: str) -> LabappError:
    words = f"{place}: {error}"
    if isinstance(error, InvalidError):
        return InvalidError(words, {f"{place}: {k}": v for k, v in error.fields.items()})
    return ConflictError(words)
