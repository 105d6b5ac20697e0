"""A card's content as plain values under its own field names: compared, kept and given out.

Content is what a draft, a version, an import and an export hold: a dict with the keys of FIELDS,
days as ISO text, `ratings` and `sources` as lists of dicts.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from labapp.clock import now
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge.markdown import render
from labapp.knowledge.models import Card, CardKind, CardStatus, Rating, Source, Visibility

LISTS = (
    "also_asked",
    "sectors",
    "subjects",
    "themes",
    "evidence_reasons",
    "steps",
    "keywords",
)
TEXTS = (
    "title",
    "question",
    "answer",
    "body",
    "language",
    "cost_basis",
    "for_whom",
    "caveats",
    "side_effects",
    "dutch_context",
    "time_needed",
    "money_needed",
    "reviewer",
)
NUMBERS = ("age_from", "age_to", "evidence_strength", "cost")
DAYS = ("reviewed_on", "review_due_on")
RATING_FIELDS = (
    "outcome",
    "outcome_label",
    "scale",
    "value",
    "months",
    "conversion",
    "range_low",
    "range_high",
    "studies",
    "studies_eligible",
    "sample",
    "source",
    "dated_on",
)
SOURCE_FIELDS = (
    "key",
    "kind",
    "authors",
    "organisation",
    "title",
    "year",
    "container",
    "volume",
    "issue",
    "pages",
    "publisher",
    "doi",
    "eric",
    "isbn",
    "url",
    "licence",
    "accessed_on",
)
FIELDS = (
    *TEXTS,
    "translated_from",
    *NUMBERS,
    "kind",
    "visibility",
    *LISTS,
    "dutch",
    *DAYS,
    "ratings",
    "sources",
)


def empty_content(language: str = "nl") -> dict[str, Any]:
    """Give the content of a card of which nothing is known yet."""
    content: dict[str, Any] = dict.fromkeys(TEXTS, "")
    content |= dict.fromkeys((*NUMBERS, *DAYS, "translated_from"))
    content |= {name: [] for name in (*LISTS, "ratings", "sources")}
    return content | {
        "language": language,
        "kind": CardKind.REVIEW.value,
        "visibility": Visibility.PUBLIC.value,
        "dutch": {},
    }


def content_of(card: Card) -> dict[str, Any]:
    """Give the published content of a card."""
    content: dict[str, Any] = {name: getattr(card, name) for name in FIELDS if name not in _OWN}
    content["kind"], content["visibility"] = card.kind.value, card.visibility.value
    content |= {name: _day_text(getattr(card, name)) for name in DAYS}
    content["ratings"] = [_plain(rating, RATING_FIELDS) for rating in card.ratings]
    content["sources"] = [_plain(source, SOURCE_FIELDS) for source in card.sources]
    return content


_OWN = ("kind", "visibility", "ratings", "sources", *DAYS)


def apply_content(card: Card, content: Mapping[str, Any]) -> None:
    """Write content into the columns and rows of a card, in the caller's transaction."""
    whole = empty_content() | dict(content)
    for name in (*TEXTS, "translated_from", *NUMBERS, *LISTS, "dutch"):
        setattr(card, name, whole[name])
    card.kind, card.visibility = CardKind(whole["kind"]), Visibility(whole["visibility"])
    for name in DAYS:
        setattr(card, name, _day(whole[name]))
    card.body_html = render(whole["body"])
    card.content_hash = hash_of(whole)
    card.ratings = [_rating(row, place) for place, row in enumerate(whole["ratings"])]
    card.sources = _sources(card.sources, whole["sources"])


def card_of(content: Mapping[str, Any], card_id: int | None = None) -> Card:
    """Give a card that is in no database, to show a draft or a version as the page shows cards."""
    card = Card(id=card_id, status=CardStatus.DRAFT, version_number=0, updated_at=now())
    apply_content(card, content)
    return card


def hash_of(content: Mapping[str, Any]) -> str:
    """Give the hash (64 hex digits) by which content is recognised as unchanged."""
    whole = empty_content() | {name: content[name] for name in FIELDS if name in content}
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Give {field: [old, new]} of what differs."""
    return {
        name: [old.get(name), new.get(name)] for name in FIELDS if old.get(name) != new.get(name)
    }


def missing_for_publication(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give what a card still needs before teachers may see it: {field: [words]}.

    An English card carries a Dutch title, answer and keywords, so that a Dutch question finds it.
    """
    missing: dict[str, list[str]] = {}
    for name, words in _REQUIRED.items():
        if not content.get(name):
            missing[name] = [str(words)]
    if content.get("language") == "en":
        dutch = content.get("dutch") or {}
        if not all(dutch.get(name) for name in ("title", "answer", "keywords")):
            missing["dutch"] = [
                str(
                    _l(
                        "Geef de Nederlandse titel, het antwoord in één zin "
                        "en Nederlandse trefwoorden."
                    )
                )
            ]
    if content.get("evidence_strength") is not None and not content.get("evidence_reasons"):
        missing["evidence_reasons"] = [str(_l("Schrijf op waarom het bewijs deze sterkte heeft."))]
    keys = {source.get("key") for source in content.get("sources") or []}
    if any(row.get("source") and row["source"] not in keys for row in content.get("ratings") or []):
        missing["ratings"] = [
            str(_l("Noem bij elke waardering een bron die bij deze kaart staat."))
        ]
    return missing


_REQUIRED = {
    "title": _l("Geef een titel."),
    "question": _l("Schrijf de vraag op die deze kaart beantwoordt."),
    "answer": _l("Geef het antwoord in één zin."),
    "body": _l("Schrijf de tekst van de kaart."),
    "sectors": _l("Kies minstens één sector."),
    "themes": _l("Kies minstens één thema."),
    "sources": _l("Noem minstens één bron."),
}


def _rating(row: Mapping[str, Any], place: int) -> Rating:
    values = {name: row.get(name) for name in RATING_FIELDS if name != "dated_on"}
    values |= {name: values[name] or "" for name in ("outcome_label", "source")}
    return Rating(position=place, dated_on=_day(row.get("dated_on")), **values)


def _sources(old: list[Source], rows: list[dict[str, Any]]) -> list[Source]:
    """Give the sources; one whose key was there is changed: a key may be there only once."""
    by_key = {source.key: source for source in old}
    sources = []
    for place, row in enumerate(rows):
        source = _source(row, place)
        kept = by_key.get(source.key)
        if kept is not None:
            for name in (*SOURCE_FIELDS, "position"):
                setattr(kept, name, getattr(source, name))
        sources.append(kept or source)
    return sources


def _source(row: Mapping[str, Any], place: int) -> Source:
    values = {name: row.get(name) for name in SOURCE_FIELDS if name != "accessed_on"}
    for name, value in values.items():
        if value is None and name not in ("year", "authors"):
            values[name] = ""
    values["key"] = values["key"] or f"s{place + 1}"
    values["kind"] = values["kind"] or "report"
    values["authors"] = values["authors"] or []
    return Source(position=place, accessed_on=_day(row.get("accessed_on")), **values)


def _plain(row: Rating | Source, names: tuple[str, ...]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


def _day(value: str | date | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None


def _day_text(value: date | None) -> str | None:
    return value.isoformat() if value else None
