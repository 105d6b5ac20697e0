"""What the search knows of a card: its texts, its facets, and who may find it."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from labapp.database import db
from labapp.knowledge import markdown, policies
from labapp.knowledge.models import Card
from labapp.search import passages
from labapp.search import services as search
from labapp.search.documents import Document

KIND = "card"


def put(card: Card, *, later: bool = False) -> None:
    """Make a published card findable, in the caller's transaction."""
    search.put(document_of(card), later=later)


def remove(card: Card) -> None:
    """Make a card unfindable, in the caller's transaction."""
    search.remove(KIND, card.id)


def document_of(card: Card) -> Document:
    """Give a card as the search takes it."""
    extra = (card.question, card.for_whom, card.caveats, card.side_effects, card.dutch_context)
    steps = "\n".join(step["text"] for step in card.steps)
    dutch = card.dutch or {}
    return Document(
        kind=KIND,
        id=card.id,
        language=card.language,
        title=card.title,
        texts=tuple(
            text
            for text in (card.answer, markdown.plain(card.body), *extra, steps, _keywords(card))
            if text
        ),
        questions=tuple(passages.of_questions(card.also_asked)),
        audience=policies.audience(card),
        facets=facets_of(card),
        numbers=numbers_of(card),
        identifiers=identifiers_of(card),
        translated=tuple(
            text
            for text in (
                dutch.get("title", ""),
                dutch.get("answer", ""),
                ", ".join(dutch.get("keywords", [])),
            )
            if text
        ),
    )


def facets_of(card: Card) -> dict[str, tuple[str, ...]]:
    """Give the values by which a card can be filtered and counted."""
    return {
        "sector": tuple(card.sectors),
        "theme": tuple(card.themes),
        "kind": (card.kind.value,),
        "language": (card.language,),
        "subject": tuple(card.subjects),
        "outcome": tuple(sorted({rating.outcome for rating in card.ratings})),
        "status": (card.status.value,),
    }


def numbers_of(card: Card) -> dict[str, float]:
    """Give the numbers by which cards can be sorted or cut off; an unknown one is left out."""
    numbers: dict[str, float | None] = {
        "months": card.months,
        "evidence": card.evidence_strength,
        "cost": card.cost,
        "updated": card.updated_at.timestamp(),
        "age_from": card.age_from,
        "age_to": card.age_to,
    }
    return {name: float(number) for name, number in numbers.items() if number is not None}


def identifiers_of(card: Card) -> tuple[str, ...]:
    """Give the codes by which a card is found exactly: its own, and those of its sources."""
    codes = [card.external_id]
    for source in card.sources:
        codes += [code for code in (source.doi, source.eric, source.isbn) if code]
    return tuple(dict.fromkeys(codes))


def all_documents() -> Iterator[Document]:
    """Give every published card, for a rebuild of the index."""
    rows = db.session.scalars(
        select(Card)
        .where(Card.status.in_(policies.PUBLISHED))
        .options(selectinload(Card.ratings), selectinload(Card.sources))
        .order_by(Card.id)
        .execution_options(yield_per=200)
    )
    for card in rows:
        yield document_of(card)


def _keywords(card: Card) -> str:
    return ", ".join(card.keywords)
