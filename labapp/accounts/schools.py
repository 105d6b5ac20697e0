"""Organisations: read, and found by name, municipality or BRIN with typing errors forgiven."""

import re
import unicodedata
from datetime import date

from sqlalchemy import Select, func, select

from labapp.accounts.finder import Entry, Finder
from labapp.accounts.models import Organisation, OrganisationHistory, OrganisationKind
from labapp.clock import today
from labapp.database import db
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "æ": "ae", "đ": "d", "œ": "oe"})
ALSO_CALLED = {"s gravenhage": "den haag", "s hertogenbosch": "den bosch"}  # by everybody
finder = Finder()


def fold(text: str) -> str:
    """Small letters without diacritics or punctuation: what a search compares."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[a-z0-9]+", re.sub(r"['’`´.]", "", letters.translate(_LETTERS))))


def get_organisation(organisation_id: int) -> Organisation:
    """Give an organisation; that it exists is public."""
    organisation = db.session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFoundError(_("Deze organisatie bestaat niet."))
    return organisation


def get_school(organisation_id: int) -> Organisation | None:
    """Give an open school, or nothing."""
    school = db.session.get(Organisation, organisation_id)
    is_school = school is not None and school.kind is OrganisationKind.SCHOOL and school.is_open
    return school if is_school else None


def find_by_code(code: str | None) -> Organisation:
    """Give the organisation of a BRIN with location or a board number; else the first office."""
    query = select(Organisation).order_by(Organisation.id).limit(1)
    if code:
        wanted = code.strip().upper()
        query = query.where((Organisation.brin6 == wanted) | (Organisation.board_number == wanted))
    else:
        query = query.where(Organisation.kind == OrganisationKind.PROGRAMME_OFFICE)
    organisation = db.session.scalar(query)
    if organisation is None:
        raise NotFoundError(_("Deze organisatie bestaat niet."))
    return organisation


def list_history(organisation: Organisation) -> list[OrganisationHistory]:
    """Give what imports changed of an organisation, the latest first."""
    return list(
        db.session.scalars(
            select(OrganisationHistory)
            .where(OrganisationHistory.organisation_id == organisation.id)
            .order_by(OrganisationHistory.changed_on.desc(), OrganisationHistory.id.desc())
        )
    )


def search_organisations(
    text: str, *, kind: OrganisationKind | None = None, open_only: bool = True, limit: int = 10
) -> list[Organisation]:
    """Give the organisations that fit best what was typed, the best first."""
    _refresh()
    ids = finder.find(fold(text[:200]), limit if kind is None and not open_only else limit * 3)
    if not ids:
        return []
    found = {o.id: o for o in db.session.scalars(_with_ids(ids))}
    wanted = [
        found[number]
        for number in ids
        if number in found
        and (kind is None or found[number].kind is kind)
        and (not open_only or found[number].is_open)
    ]
    return wanted[:limit]


def resolve_school(text: str) -> Organisation | None:
    """Give the one school that a typed text can only mean: without a script nobody can choose."""
    found = search_organisations(text, kind=OrganisationKind.SCHOOL, limit=5)
    folded = fold(text)
    exact = [
        school
        for school in found
        if folded in {fold(school.name), fold(school.brin6 or ""), fold(describe(school))}
    ]
    return exact[0] if len(exact) == 1 else None


def describe(organisation: Organisation) -> str:
    """Give name and place as one text."""
    parts = (organisation.name, organisation.municipality)
    return ", ".join(part for part in parts if part)


def search_name(name: str, municipality: str | None) -> str:
    """Give what is kept to search by."""
    return fold(f"{name} {municipality or ''}")[:400]


def _with_ids(ids: list[int]) -> Select[Organisation]:
    return select(Organisation).where(Organisation.id.in_(ids))


def _refresh() -> None:
    """Load the finder anew when any organisation was added or changed, here or elsewhere."""
    count = func.count(Organisation.id)
    versions, last = func.sum(Organisation.version), func.max(Organisation.id)
    row = db.session.execute(select(count, last, versions)).one()
    stamp = (int(row[0]), int(row[1] or 0), int(row[2] or 0), today().toordinal())
    if stamp != finder.stamp:
        columns = (
            Organisation.id, Organisation.name, Organisation.municipality, Organisation.brin6,
            Organisation.closed_on,
        )  # fmt: skip
        day = today()
        finder.load(
            stamp,
            [
                Entry(number, fold(name), _place(place), (brin or "").lower(), _open(end, day))
                for number, name, place, brin, end in db.session.execute(select(*columns))
            ],
        )


def _place(municipality: str | None) -> str:
    place = fold(municipality or "")
    return f"{place} {ALSO_CALLED.get(place, '')}".strip()


def _open(closed_on: date | None, day: date) -> bool:
    return closed_on is None or closed_on > day
