"""What can answer a question before it is asked: cards, questions, rounds, findings, labs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import documents as knowledge_documents
from labapp.knowledge import policies as knowledge_policies
from labapp.knowledge.models import Card
from labapp.labs import documents, policies, question_states, reading
from labapp.labs.finding_models import Finding
from labapp.labs.lab_models import Lab
from labapp.labs.question_models import Question
from labapp.labs.round_models import Round

CARD = knowledge_documents.KIND
TABLES = {
    CARD: "cards", documents.QUESTION: "questions", documents.ROUND: "rounds",
    documents.FINDING: "findings", documents.LAB: "labs",
}  # fmt: skip
KINDS = {table: kind for kind, table in TABLES.items()}
MOST_DIGITS = 9


@dataclass(frozen=True)
class Known:
    """What the database says of a hit that one may read."""

    title: str
    summary: str = ""
    themes: Sequence[str] = ()
    sectors: Sequence[str] = ()
    keywords: Sequence[str] = ()  # of a card, in Dutch
    answers: bool = False  # it holds an answer: a card, a question that has one
    fresh_on: date | None = None


def find(actor: Actor, kind: str, ids: Sequence[int]) -> dict[int, Known]:
    """Give those of the objects of a kind that one may read, by the rule of that kind."""
    return _FINDERS[kind](actor, ids) if ids else {}


def find_all(actor: Actor, names: Sequence[str]) -> dict[str, Known]:
    """Give those of the named objects (`cards:12`) that one may read: one question a kind."""
    ids: dict[str, list[int]] = {}
    for name in names:
        pair = split(name)
        if pair is not None:
            ids.setdefault(pair[0], []).append(pair[1])
    return {
        name_of(kind, number): known
        for kind, numbers in ids.items()
        for number, known in find(actor, kind, numbers).items()
    }


def name_of(kind: str, number: int) -> str:
    return f"{TABLES[kind]}:{number}"


def split(name: str) -> tuple[str, int] | None:
    """Give kind and id of a name; None when it names nothing that can answer."""
    table, _colon, number = name.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
    return (KINDS[table], int(number)) if table in KINDS and is_number else None


def _cards(actor: Actor, ids: Sequence[int]) -> dict[int, Known]:
    def known(card: Row[Any]) -> Known:
        dutch = card.dutch or {}
        return Known(
            title=dutch.get("title") or card.title,
            summary=dutch.get("answer") or card.answer,
            themes=card.themes,
            sectors=card.sectors,
            keywords=dutch.get("keywords") or card.keywords,
            answers=True,
            fresh_on=card.reviewed_on or card.updated_at.date(),
        )

    query = select(
        Card.id, Card.title, Card.answer, Card.dutch, Card.themes, Card.sectors, Card.keywords,
        Card.reviewed_on, Card.updated_at,
    ).where(Card.id.in_(ids), knowledge_policies.visible_to(actor))  # fmt: skip
    return {card.id: known(card) for card in db.session.execute(query)}


def _questions(actor: Actor, ids: Sequence[int]) -> dict[int, Known]:
    hidden = (*reading.UNASKED, *documents.GONE)
    query = select(
        Question.id, Question.title, Question.seen, Question.answer, Question.theme,
        Question.sector, Question.state, Question.answered_at,
    ).where(
        Question.id.in_(ids),
        Question.state.not_in(hidden),
        reading.questions_visible_to(actor),
    )  # fmt: skip
    return {
        one.id: Known(
            title=one.title,
            summary=one.answer or one.seen,
            themes=(one.theme,),
            sectors=(one.sector.value,) if one.sector else (),
            answers=one.state in question_states.ANSWERED,
            fresh_on=one.answered_at.date() if one.answered_at else None,
        )
        for one in db.session.execute(query)
    }


def _rounds(actor: Actor, ids: Sequence[int]) -> dict[int, Known]:
    rule = reading.rounds_visible_to(actor)
    query = select(Round).where(Round.id.in_(ids), rule).options(joinedload(Round.lab))
    return {
        one.id: Known(one.title, one.aim, (one.lab.theme,), tuple(one.lab.sectors))
        for one in db.session.scalars(query)
    }


def _findings(actor: Actor, ids: Sequence[int]) -> dict[int, Known]:
    rule = reading.findings_visible_to(actor)
    query = select(Finding).where(Finding.id.in_(ids), rule).options(joinedload(Finding.lab))
    return {
        one.id: Known(one.title, "", (one.lab.theme,), tuple(one.lab.sectors))
        for one in db.session.scalars(query)
    }


def _labs(actor: Actor, ids: Sequence[int]) -> dict[int, Known]:
    query = select(Lab).where(Lab.id.in_(ids), policies.labs_readable_by(actor))
    return {
        one.id: Known(one.title, one.goal, (one.theme,), tuple(one.sectors))
        for one in db.session.scalars(query)
    }


_FINDERS: Mapping[str, Callable[[Actor, Sequence[int]], dict[int, Known]]] = {
    CARD: _cards,
    documents.QUESTION: _questions,
    documents.ROUND: _rounds,
    documents.FINDING: _findings,
    documents.LAB: _labs,
}
