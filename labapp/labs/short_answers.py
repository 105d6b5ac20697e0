"""The short answer of a broker: a card in the knowledge base, in the step that answers a question.

The card is written for readers: a title of its own, the answer in a sentence, the explanation, and
at least one source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from labapp import links
from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import db, name_of
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import cards
from labapp.knowledge import content as contents
from labapp.knowledge.models import Card, CardKind, Visibility
from labapp.labs import pupil_guard
from labapp.labs.question_models import Question, QuestionVisibility
from labapp.links import LinkKind

GOOD_FOR = timedelta(days=365)
LONGEST = {"title": 200, "answer": 600, "body": 20_000}
MOST_SOURCES = 20
LONGEST_SOURCE = 2_000


@dataclass(frozen=True)
class Source:
    """A publication that an answer rests on: who, what, when, where."""

    title: str
    organisation: str = ""
    year: int | None = None
    url: str = ""


@dataclass(frozen=True)
class ShortAnswer:
    """What a broker writes: for readers who never saw the question."""

    answer: str
    body: str
    sources: Sequence[Source] = ()
    title: str = ""
    sectors: Sequence[str] = ()
    theme: str = ""
    visibility: Visibility = Visibility.PUBLIC
    confirmed: bool = False


def check_answer(question: Question, given: ShortAnswer) -> dict[str, Any]:
    """Give the content of the card; what is missing or too long is told at each field."""
    fields: dict[str, list[str]] = {}
    for name, longest in LONGEST.items():
        if len(getattr(given, name)) > longest:
            fields[name] = [_("Dit is te lang: hoogstens %(most)s tekens.", most=longest)]
    if not given.sources:
        fields["sources"] = [_("Noem minstens één bron.")]
    if len(given.sources) > MOST_SOURCES:
        fields["sources"] = [_("Noem hoogstens %(most)s bronnen.", most=MOST_SOURCES)]
    for source in given.sources:
        is_long = max(len(source.title), len(source.url)) > LONGEST_SOURCE
        if not source.title.strip() or is_long or len(source.organisation) > LONGEST["title"]:
            fields["sources"] = [_("Geef bij elke bron een titel, niet te lang.")]
        if source.url and not source.url.startswith(("https://", "http://")):
            fields["sources"] = [_("Een adres begint met https://.")]
    content = contents.empty_content() | _content_of(question, given)
    missing = contents.missing_for_publication(content)
    fields = {**missing, **fields}
    if fields:
        raise InvalidError(_("Er ontbreekt nog iets aan het antwoord."), fields)
    text = f"{given.title}\n{given.answer}\n{given.body}"
    pupil_guard.check(text, confirmed=given.confirmed)
    return content


def publish_answer(actor: Actor, question: Question, content: Mapping[str, Any]) -> Card:
    """Publish the card of an answer and tie it to its question, in the caller's transaction.

    A question that was opened again and gets another answer has the next version of its card.
    """
    name = name_of(question)
    card = _card_of(name) or Card(
        external_id=f"vraag-{question.id}", title=content["title"], version_number=0
    )
    if question.visibility is QuestionVisibility.ORGANISATION:
        card.organisation_id = question.acting_for_id
    cards.publish(actor, card, content, author_id=actor.id, summary=_("Antwoord op een vraag"))
    links.connect(name, LinkKind.PUBLISHED_AS, name_of(card), actor_id=actor.id)
    links.connect(name_of(card), LinkKind.ANSWERS, name, actor_id=actor.id)
    return card


def _card_of(question_name: str) -> Card | None:
    for link in links.links_of(question_name):
        if link.kind is LinkKind.PUBLISHED_AS and link.from_object == question_name:
            return db.session.get(Card, int(link.to_object.partition(":")[2]))
    return None


def _content_of(question: Question, given: ShortAnswer) -> dict[str, Any]:
    is_own = question.visibility is QuestionVisibility.ORGANISATION
    sectors = list(given.sectors) or ([question.sector.value] if question.sector else [])
    theme = given.theme or question.theme
    return {
        "title": (given.title or question.title).strip(),
        "question": question.title,
        "answer": " ".join(given.answer.split()),
        "body": given.body.strip(),
        "language": question.language,
        "sectors": sectors,
        "themes": [theme] if theme else [],
        "subjects": [question.subject] if question.subject else [],
        "kind": CardKind.QUESTION_ANSWERED.value,
        "visibility": (Visibility.ORGANISATION if is_own else given.visibility).value,
        "reviewed_on": today().isoformat(),
        "review_due_on": (today() + GOOD_FOR).isoformat(),
        "sources": [_source(place, one) for place, one in enumerate(given.sources, start=1)],
    }


def _source(place: int, one: Source) -> dict[str, Any]:
    return {
        "key": f"s{place}", "title": one.title.strip(), "organisation": one.organisation.strip(),
        "year": one.year, "url": one.url.strip(),
    }  # fmt: skip
