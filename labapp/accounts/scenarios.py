"""Organisations, people and where they work, from a YAML file: for demonstrations and trials.

The file has lists. `organisations`: key, kind, name, and for a school brin6, sector, municipality,
postcode and board (the key of another); time_zone, currency and iban where they matter. `people`:
email, given_name, particle, family_name and `affiliations` [{organisation (key), role, from_on,
until_on, fte_bp}]. Other packages add lists of their own (`register`): those of hours and subsidy
are described in `labapp.subsidy.scenarios`. Loading again changes nothing that is there already.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from labapp import audit, strict_yaml
from labapp.accounts.models import (
    Affiliation,
    Organisation,
    OrganisationKind,
    Role,
    Sector,
    User,
)
from labapp.accounts.passwords import hash_password
from labapp.accounts.schools import fold
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import InvalidError


@dataclass
class Loaded:
    """How many of each were new; `more` by the name of a list of another package."""

    organisations: int = 0
    people: int = 0
    affiliations: int = 0
    more: dict[str, int] = field(default_factory=dict)


@dataclass
class World:
    """What a loader of a further list may use.

    `is_trial`: things may be done in people's names, on the day on which the file says so.
    `until_today`: leave out what is still to come, in place of refusing it.
    """

    organisations: dict[str, Organisation]
    is_trial: bool = False
    until_today: bool = False

    def organisation(self, key: str) -> Organisation:
        """Give an organisation by its key in the file, its BRIN or its board number."""
        if key in self.organisations:
            return self.organisations[key]
        by_code = (Organisation.brin6 == key) | (Organisation.board_number == key)
        found = db.session.scalar(select(Organisation).where(by_code))
        if found is None:
            raise InvalidError(f"The scenario names an organisation that is not there: {key}.")
        return found


Loader = Callable[[list[Any], World], int]
_loaders: dict[str, Loader] = {}


def register(name: str, loader: Loader) -> None:
    """Let scenario files have a further list; lists are loaded in the order of registration."""
    _loaders[name] = loader


def known_lists() -> list[str]:
    return ["organisations", "people", *_loaders]


def read_scenario(path: Path) -> dict[str, Any]:
    """Give the contents of a scenario file; what is wrong in it is one clear error."""
    try:
        scenario = strict_yaml.load(path.read_bytes())
    except (OSError, InvalidError) as error:
        raise InvalidError(f"{path} cannot be read: {error}") from error
    lists = known_lists()
    if not isinstance(scenario, dict) or not set(scenario) <= set(lists):
        raise InvalidError(f"{path} must have the lists {', '.join(lists)}, and nothing else.")
    return scenario


def load_scenario(
    scenario: Mapping[str, Any],
    *,
    password: str,
    is_trial: bool = False,
    until_today: bool = False,
) -> Loaded:
    """Load a scenario whole or not at all; everybody gets the same password."""
    loaded = Loaded()
    with transaction():
        try:
            organisations = _load_organisations(scenario.get("organisations") or [], loaded)
            for row in scenario.get("people") or []:
                _load_person(row, organisations, password, loaded)
            world = World(organisations, is_trial=is_trial, until_today=until_today)
            for name, loader in _loaders.items():
                if count := loader(scenario.get(name) or [], world):
                    loaded.more[name] = count
        except (KeyError, ValueError, TypeError) as error:
            raise InvalidError(f"The scenario is not right: {error!r}.") from error
        if loaded != Loaded():
            audit.record(None, "scenario.loaded", "scenario", changes=vars(loaded))
    return loaded


def _load_organisations(rows: list[Any], loaded: Loaded) -> dict[str, Organisation]:
    session = db.session
    found: dict[str, Organisation] = {}
    for row in rows:
        values = {k: v for k, v in row.items() if k not in ("key", "board", "kind", "sector")}
        kind = OrganisationKind(row["kind"])
        same = select(Organisation).where(Organisation.kind == kind)
        by_code = Organisation.brin6 == row.get("brin6")
        by_name = Organisation.name == row["name"]
        organisation = session.scalar(same.where(by_code if row.get("brin6") else by_name))
        if organisation is None:
            organisation = Organisation(
                kind=kind,
                sector=Sector(row["sector"]) if row.get("sector") else None,
                search_name=fold(f"{row['name']} {row.get('municipality', '')}"),
                board=found[row["board"]] if row.get("board") else None,
                **values,
            )
            session.add(organisation)
            loaded.organisations += 1
        found[row["key"]] = organisation
    return found


def _load_person(
    row: Mapping[str, Any],
    organisations: Mapping[str, Organisation],
    password: str,
    loaded: Loaded,
) -> None:
    session = db.session
    user = session.scalar(select(User).where(User.email == row["email"].lower()))
    if user is None:
        user = User(
            email=row["email"].lower(),
            given_name=row["given_name"],
            particle=row.get("particle", ""),
            family_name=row["family_name"],
            password=hash_password(password),
            confirmed_at=now(),
        )
        session.add(user)
        session.flush()
        loaded.people += 1
    for place in row.get("affiliations") or []:
        organisation, role = organisations[place["organisation"]], Role(place["role"])
        session.flush()
        if any(a.organisation_id == organisation.id and a.role is role for a in user.affiliations):
            continue
        user.affiliations.append(
            Affiliation(
                organisation=organisation,
                role=role,
                from_on=_day(place.get("from_on")) or today(),
                until_on=_day(place.get("until_on")),
                fte_bp=place.get("fte_bp"),
            )
        )
        loaded.affiliations += 1


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
