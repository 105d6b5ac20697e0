"""Cards as files: JSON that loses nothing and comes back in, CSV, and lists of literature."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import citation_files, citations, policies
from labapp.knowledge import content as contents
from labapp.knowledge.models import Card, CardDraft, CardStatus

FORMATS = {
    "json": "application/json",
    "csv": "text/csv",
    "bibtex": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl-json": "application/vnd.citationstyles.csl+json",
}
VERSION = 1
AT_ONCE = 200
STRUCTURED = ("steps", "ratings", "sources")
DUTCH = ("dutch_title", "dutch_answer", "dutch_keywords")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Address = Callable[[Card], str]


def export_cards(actor: Actor, form: str, address: Address = lambda _card: "") -> Iterator[str]:
    """Give every card that the actor may read, as pieces of a file of this form.

    JSON and CSV have the actor's drafts too. `address` gives the web address of a card.
    """
    if form not in FORMATS:
        raise InvalidError(_("Dit formaat is onbekend: %(format)s.", format=form))
    if form == "json":
        return _json(_cards(actor, with_drafts=True))
    if form == "csv":
        return _csv(_cards(actor, with_drafts=True))
    items = _items(_cards(actor, with_drafts=False), address)
    if form == "csl-json":
        return iter([json.dumps(list(items), ensure_ascii=False, indent=1), "\n"])
    write = citation_files.bibtex if form == "bibtex" else citation_files.ris
    return iter([write(items)])


def exported(card: Card) -> dict[str, Any]:
    """Give a card as the JSON export has it: its published content, else its draft."""
    content = contents.content_of(card)
    if card.draft is not None and not card.is_published:
        content = contents.empty_content() | card.draft.content
    return {"external_id": card.external_id, "status": card.status.value, **content}


def _cards(actor: Actor, *, with_drafts: bool) -> Iterator[Card]:
    wanted = policies.visible_to(actor)
    if with_drafts:
        wanted = or_(wanted, _readable_drafts(actor))
    return _rows(
        select(Card)
        .outerjoin(Card.draft)
        .where(wanted)
        .options(
            selectinload(Card.ratings),
            selectinload(Card.sources),
            joinedload(Card.draft),
            joinedload(Card.author),
        )
        .order_by(Card.external_id)
        .execution_options(yield_per=AT_ONCE)
    )


def _rows(query: Select[Card]) -> Iterator[Card]:
    """Ask when the first is wanted: an answer that is streamed has a session of its own."""
    yield from db.session.scalars(query)


def _readable_drafts(actor: Actor) -> ColumnElement[bool]:
    unpublished = Card.status.in_((CardStatus.DRAFT, CardStatus.IN_REVIEW))
    has_text = unpublished & CardDraft.id.is_not(None)
    return has_text if actor.is_administrator else has_text & policies.drafts_of(actor)


def _json(cards: Iterable[Card]) -> Iterator[str]:
    moment = now().isoformat(timespec="seconds")
    yield f'{{"format": "labapp-cards", "version": {VERSION}, "exported_at": "{moment}", "cards": ['
    for place, card in enumerate(cards):
        yield (",\n" if place else "\n") + json.dumps(exported(card), ensure_ascii=False)
    yield "\n]}\n"


def _csv(cards: Iterable[Card]) -> Iterator[str]:
    """Give a row a card, with a mark at the start that tells a spreadsheet it is UTF-8."""
    fields = [name for name in contents.FIELDS if name != "dutch"]
    columns = ["external_id", "status", *fields, *DUTCH]
    yield "\ufeff" + _line(columns)
    for card in cards:
        row = exported(card)
        dutch = row.pop("dutch") or {}
        row |= {name: dutch.get(name.removeprefix("dutch_")) for name in DUTCH}
        yield _line([_cell(name, row[name]) for name in columns])


def _cell(name: str, value: Any) -> Any:
    if value is None or value == []:
        return ""
    if name in STRUCTURED:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        value = " | ".join(value) if len(value) > 1 else f"{value[0]} |"
    return disarmed(value) if isinstance(value, str) else value


def disarmed(text: str) -> str:
    """Put a mark before text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _items(cards: Iterable[Card], address: Address) -> Iterator[citations.Item]:
    """Give each card followed by what it rests on; a publication stands there once."""
    known: set[str] = set()
    for card in cards:
        yield citations.item_of_card(card, address(card))
        for source in card.sources:
            mark = source.doi.casefold() or f"{source.title.casefold()} {source.year}"
            if mark not in known:
                known.add(mark)
                yield citations.item_of_source(source, f"{card.external_id}-{source.key}")
