"""A search as it stands in an address, and what the page shows of what was found."""

import unicodedata
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from flask import url_for
from werkzeug.datastructures import MultiDict

from labapp.formatting import getal
from labapp.i18n import current_language, ngettext
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import vocabulary
from labapp.knowledge.finding import FACETS, SORTS, CardQuery, FoundCards

LONGEST_QUESTION = 1000  # more than a model reads of a question
LAST_PAGE = 1000
LEGENDS = {
    "sector": _l("Sector"),
    "theme": _l("Thema"),
    "kind": _l("Soort kennis"),
    "months": _l("Leerwinst"),
    "evidence": _l("Bewijs"),
    "language": _l("Taal"),
    "subject": _l("Vak"),
    "outcome": _l("Uitkomst"),
}
SHOWN = {"theme": 8, "subject": 4, "outcome": 4}  # the rest is folded
SORT_NAMES = {
    "relevance": _l("Relevantie"),
    "newest": _l("Nieuwste eerst"),
    "effect": _l("Meeste leerwinst"),
    "evidence": _l("Sterkste bewijs"),
}
MINIMA: dict[str, tuple[float, ...]] = {"months": (1, 3, 5), "evidence": (2, 3, 4)}
LOWEST = {"months": -60.0, "evidence": 0.0}


def read_query(args: MultiDict[str, str]) -> CardQuery:
    """Read a search from an address; what makes no sense there is left out, never refused."""
    known = values_by_facet()
    filters = {}
    for name in FACETS:
        chosen = tuple(v for v in dict.fromkeys(args.getlist(name)) if v in known[name])
        if chosen:
            filters[name] = chosen
    sort = args.get("sort", "")
    return CardQuery(
        text=clean(args.get("q", "")),
        filters=filters,
        months=_number(args.get("months"), LOWEST["months"], 60),
        evidence=_number(args.get("evidence"), LOWEST["evidence"], 5),
        sort=sort if sort in SORTS else "relevance",
        page=int(_number(args.get("page"), 1, LAST_PAGE) or 1),
    )


def clean(text: str) -> str:
    """Give a question on one line, without control characters and no longer than is read."""
    spaced = "".join(" " if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text)
    return " ".join(spaced.split())[:LONGEST_QUESTION].strip()


def address(query: CardQuery, **extra: Any) -> str:
    """Give the address of a search; the first page and what was not chosen stay out of it."""
    values: dict[str, Any] = query.parameters | extra
    if query.page > 1:
        values["page"] = query.page
    return url_for("knowledge.search", **values)


def values_by_facet() -> dict[str, tuple[str, ...]]:
    """Give the values that each facet can have, in their own order."""
    return {
        "sector": vocabulary.SECTORS,
        "theme": tuple(vocabulary.themes()),
        "kind": tuple(vocabulary.kinds()),
        "language": ("nl", "en"),
        "subject": vocabulary.SUBJECTS,
        "outcome": tuple(vocabulary.outcomes()),
    }


@dataclass(frozen=True)
class Facet:
    """A group of filters: options are (value, words, count or None)."""

    name: str
    legend: str
    options: list[tuple[str, str, int | None]]
    chosen: tuple[str, ...]
    kind: str = "checkbox"
    more_after: int = 8


@dataclass(frozen=True)
class Advice:
    """What a search would find without one of its filters."""

    words: str
    url: str
    count: int


@dataclass(frozen=True)
class SearchPage:
    """A search and what it found, as the templates show it."""

    query: CardQuery
    found: FoundCards
    explain: bool = False

    @property
    def address(self) -> str:
        return address(self.query, **({"uitleg": 1} if self.explain else {}))

    @property
    def sorts(self) -> list[tuple[str, str]]:
        return [(name, str(words)) for name, words in SORT_NAMES.items()]

    @property
    def pages(self) -> int:
        return min(ceil(self.found.total / self.query.per_page), LAST_PAGE)

    def page_url(self, number: int) -> str:
        return address(replace(self.query, page=number))

    @property
    def facets(self) -> list[Facet]:
        """The filters, the values with most results first and those without any last."""
        language, counts = current_language(), self.found.results.facets
        facets = []
        for name in ("sector", "theme", "kind", "months", "evidence", "language", *_LAST):
            if name in MINIMA:
                facets.append(_minimum_facet(self.query, name))
                continue
            of_facet = counts.get(name, {})
            options = [
                (value, vocabulary.label(name, value, language), of_facet.get(value, 0))
                for value in values_by_facet()[name]
            ]
            if name not in ("sector", "language"):
                options.sort(key=lambda option: (-option[2], option[1]))
            facets.append(
                Facet(
                    name,
                    str(LEGENDS[name]),
                    [*options],
                    self.query.filters.get(name, ()),
                    more_after=SHOWN.get(name, 8),
                )
            )
        return facets

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Each filter that is on, with the address without it."""
        return [(words, address(query)) for words, query, _name in _without_one(self.query)]

    @property
    def clear_url(self) -> str:
        return address(CardQuery(text=self.query.text, sort=self.query.sort))

    @property
    def advice(self) -> list[Advice]:
        """For a search that found nothing: which filter to take off, the most helpful first."""
        counts = self.found.results.advice
        by_facet: dict[str, Advice] = {}
        for words, query, name in _without_one(self.query):
            wider = query if name in MINIMA else _without_facet(self.query, name)
            shown = by_facet[name].words + ", " + words if name in by_facet else words
            if counts.get(name):
                by_facet[name] = Advice(shown, address(wider), counts[name])
        return sorted(by_facet.values(), key=lambda advice: -advice.count)

    def correction_url(self, text: str) -> str:
        return address(replace(self.query, text=text, page=1))


_LAST = ("subject", "outcome")


def words_of_filters(query: CardQuery) -> list[str]:
    """Give the filters of a search in words."""
    return [words for words, _query, _name in _without_one(query)]


def _minimum_facet(query: CardQuery, name: str) -> Facet:
    chosen = getattr(query, name)
    options: list[tuple[str, str, int | None]] = [("", _("Maakt niet uit"), None)]
    options += [(f"{value:g}", minimum_words(name, value), None) for value in MINIMA[name]]
    return Facet(
        name,
        str(LEGENDS[name]),
        options,
        ("" if chosen is None else f"{chosen:g}",),
        kind="radio",
    )


def minimum_words(name: str, value: float) -> str:
    """+3 maanden of meer; bewijs redelijk of sterker."""
    if name == "months":
        unit = ngettext("maand", "maanden", 1 if abs(value) == 1 else 2)
        sign = "+" if value > 0 else ""
        return _("%(number)s %(unit)s of meer", number=f"{sign}{getal(value, 1)}", unit=unit)
    words = {
        1: _("Zeer beperkt of sterker"),
        2: _("Beperkt of sterker"),
        3: _("Redelijk of sterker"),
        4: _("Sterk of zeer sterk"),
        5: _("Zeer sterk"),
    }
    return words.get(int(value), _("Bewijs %(number)s of meer", number=getal(value, 1)))


def _without_one(query: CardQuery) -> list[tuple[str, CardQuery, str]]:
    """Give each filter that is on, the search without it, and its name."""
    language, found = current_language(), []
    for name, chosen in query.filters.items():
        for value in chosen:
            rest = tuple(v for v in chosen if v != value)
            filters = {**query.filters, name: rest}
            narrower = replace(query, filters={k: v for k, v in filters.items() if v}, page=1)
            found.append((vocabulary.label(name, value, language), narrower, name))
    if query.months is not None:
        words = minimum_words("months", query.months)
        found.append((words, replace(query, months=None, page=1), "months"))
    if query.evidence is not None:
        words = minimum_words("evidence", query.evidence)
        found.append((words, replace(query, evidence=None, page=1), "evidence"))
    return found


def _without_facet(query: CardQuery, name: str) -> CardQuery:
    filters = {other: values for other, values in query.filters.items() if other != name}
    return replace(query, filters=filters, page=1)


def _number(text: str | None, low: float, high: float) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if low <= value <= high else None
