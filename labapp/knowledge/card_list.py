"""A card in a list: its words in the language of the reader, and why it was found."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from labapp.formatting import MINUS, dag, getal, kort
from labapp.i18n import current_language, ngettext
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.knowledge.finding import FoundCard
from labapp.knowledge.models import Card, CardStatus
from labapp.knowledge.published import scale_words, value_words
from labapp.search.documents import Hit

NUMBER = re.compile(r"(?:[dg]\s?=\s?)?(?P<sign>[+\-−]?)(?P<digits>\d*[.,]?\d+%?)")

SHORTEST_REASON = 25  # a shorter sentence is a heading
MOST_WORDS = 4


@dataclass(frozen=True)
class Result:
    """A card in a list: in the words of the reader's language where the card has them."""

    card: Card
    hit: Hit | None = None

    @property
    def is_foreign(self) -> bool:
        return self.card.language != current_language()

    @property
    def dutch(self) -> Mapping[str, Any]:
        """The Dutch words of an English card, for a reader in Dutch."""
        if self.card.language == "en" and current_language() == "nl":
            return self.card.dutch or {}
        return {}

    @property
    def title(self) -> str:
        return self.dutch.get("title") or self.card.title

    @property
    def original(self) -> str:
        return self.card.title if self.dutch.get("title") else ""

    @property
    def answer(self) -> str:
        return str(self.dutch.get("answer") or self.card.answer)

    @property
    def summary(self) -> str | Markup:
        """The answer, with the matched words marked where it is why the card was found."""
        told = self._told
        if told is not None and told.sentence.startswith(self.answer):
            size = len(self.answer)
            places = tuple(place for place in told.highlights if place[1] <= size)
            return highlighted(replace(told, sentence=self.answer, highlights=places))
        return self.answer

    @property
    def passage(self) -> Markup | str:
        """Why it was found: the best sentence, unless the card says it already."""
        told = self._told
        if told is None or len(told.sentence) < SHORTEST_REASON:
            return ""
        said = (self.title, self.card.title, self.answer, self.card.answer)
        if told.sentence.startswith(self.answer) or any(told.sentence in text for text in said):
            return ""
        if all(word in self._keywords for word in told.sentence.split(", ")):
            return ""  # a list of keywords explains nothing
        translated = f"{self.card.dutch.get('title')} {self.card.dutch.get('answer')}"
        language = "nl" if told.sentence in translated else self.card.language
        if language == current_language():
            return highlighted(told)
        return Markup('<span lang="{}">{}</span>').format(language, highlighted(told))

    @property
    def _told(self) -> Hit | None:
        """Why it was found, without the title that stands above it."""
        if self.hit is None:
            return None
        return without_start(self.hit, f"{self.title}. ", f"{self.card.title}. ")

    @property
    def _keywords(self) -> set[str]:
        return {*self.card.keywords, *(self.card.dutch or {}).get("keywords", [])}

    @property
    def why(self) -> str:
        if self.hit is None or not self.hit.score:
            return ""
        if self.hit.matched_words:
            unique = dict.fromkeys(word.lower() for word in self.hit.matched_words)
            words = ", ".join(f"‘{word}’" for word in list(unique)[:MOST_WORDS])
            return _("Gevonden op: %(words)s", words=words)
        return _("Gevonden op betekenis: de tekst lijkt op je vraag.")

    @property
    def ratings(self) -> dict[str, Any]:
        """The three ratings for `ui.metrics`: months, or the value on the source's own scale."""
        card, rating = self.card, self.card.headline_rating
        shown: dict[str, Any] = {
            "months": card.months,
            "cost": card.cost,
            "strength": card.evidence_strength,
        }
        if rating is None or rating.months is not None:
            return shown
        value, scale = value_words(rating.value), scale_words(rating.scale)
        number = NUMBER.fullmatch(value)
        shown["gain_label"] = _("Effect")
        if number:
            scale = scale.split("(")[0].split(",")[0].strip()
            sign = MINUS if number["sign"] == "-" else number["sign"]
            return shown | {"gain": sign + number["digits"], "gain_unit": kort(scale, 30)}
        return shown | {"gain_unit": kort(value, 40)}

    @property
    def score_parts(self) -> list[tuple[str, str]]:
        parts = self.hit.parts if self.hit else {}
        return [(name, getal(value, 4)) for name, value in parts.items()]

    @property
    def sectors(self) -> str:
        language = current_language()
        return ", ".join(vocabulary.label("sector", s, language) for s in self.card.sectors)

    @property
    def meta(self) -> list[tuple[str, str]]:
        """Icons and words under the summary: studies, last review, whether it still holds."""
        card, parts = self.card, []
        if card.studies:
            number = getal(card.studies)
            words = ngettext("%(number)s studie", "%(number)s studies", card.studies, number=number)
            parts.append(("library", words))
        day = card.reviewed_on or card.updated_at
        parts.append(("calendar", _("Bijgewerkt %(day)s", day=dag(day))))
        if card.status is CardStatus.OUTDATED:
            parts.append(("triangle-alert", _("Verouderd")))
        return parts


def results_of(items: Iterable[FoundCard], *, with_why: bool = True) -> list[Result]:
    """Give the cards of a page; without a question there is no reason to give."""
    return [Result(item.card, item.hit if with_why else None) for item in items]


def rows_of(cards: Iterable[Card]) -> list[Result]:
    """Give cards that were not searched for."""
    return [Result(card) for card in cards]


def without_start(hit: Hit, *starts: str) -> Hit:
    """Give a hit without the title that its sentence starts with."""
    for start in starts:
        if hit.sentence.startswith(start):
            size = len(start)
            places = ((begin - size, end - size) for begin, end in hit.highlights)
            return replace(
                hit,
                sentence=hit.sentence[size:],
                highlights=tuple(place for place in places if place[0] >= 0),
            )
    return hit


def highlighted(hit: Hit) -> Markup:
    """Give the best sentence with the matched words marked; places that overlap are one."""
    parts, place = [], 0
    for start, end in sorted(hit.highlights):
        begin = max(start, place)
        if end > begin:
            parts += [Markup.escape(hit.sentence[place:begin])]
            parts += [Markup("<mark>{}</mark>").format(hit.sentence[begin:end])]
            place = end
    return Markup("").join([*parts, Markup.escape(hit.sentence[place:])])
