"""What the page of a card shows, in its fixed order: first the answer, at the end the sources."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from labapp import charts
from labapp.clock import today
from labapp.formatting import maanden, maanden_voluit
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.knowledge import citations, rating_table, vocabulary
from labapp.knowledge.card_list import Result
from labapp.knowledge.models import Card, Rating, Source
from labapp.knowledge.published import scale_words, value_words
from labapp.knowledge.rating_table import outcome_label, studies_words

HEADING = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)
SLOTS = {
    "wat is het?": "what",
    "what is it?": "what",
    "hoe goed werkt het en voor wie?": "how_well",
    "how well does it work, and for whom?": "how_well",
    "hoe pak je het aan?": "how_to",
    "how to do it": "how_to",
    "kosten": "costs",
    "costs": "costs",
    "hoe zeker weten we dit?": "how_sure",
    "how sure are we?": "how_sure",
}
STEP_ORDER = ("do", "do_not", "adapt")


@dataclass(frozen=True)
class CardPage:
    """A card as it is read: published, as it was in a version, or as it will be."""

    card: Card

    @property
    def row(self) -> Result:
        """The card as it stands in lists: its title and answer for this reader."""
        return Result(self.card)

    @property
    def is_foreign(self) -> bool:
        return self.card.language != current_language()

    def words(self, text: str) -> Markup | str:
        """Mark text of the card with its language where the page has another."""
        if not self.is_foreign or not text:
            return text
        return Markup('<span lang="{}">{}</span>').format(self.card.language, text)

    @property
    def title(self) -> Markup | str:
        """The title for the reader: in Dutch where an English card has one."""
        return self.row.title if self.row.original else self.words(self.card.title)

    @property
    def lead(self) -> Markup | str:
        return self.row.dutch.get("answer") or self.words(self.card.answer)

    @property
    def is_due(self) -> bool:
        """Whether the day of the next check has passed."""
        return self.card.review_due_on is not None and self.card.review_due_on < today()

    @property
    def headline(self) -> str:
        """The three ratings in one sentence."""
        card, rating = self.card, self.card.headline_rating
        gain = _("De leerwinst is nog niet bekend")
        if card.months is not None:
            gain = _("Gemiddeld %(gain)s leerwinst", gain=maanden_voluit(card.months))
        elif rating is not None:
            gain = _(
                "Effect: %(value)s (%(scale)s)",
                value=value_words(rating.value),
                scale=scale_words(rating.scale),
            )
        return _(
            "%(gain)s; kosten: %(cost)s; bewijs: %(evidence)s.",
            gain=gain,
            cost=cost_word(card.cost).lower(),
            evidence=strength_word(card.evidence_strength).lower(),
        )

    @property
    def points(self) -> list[tuple[str, str, Markup | str]]:
        """The core points: (icon, word, text)."""
        card = self.card
        rows = [
            ("users", _("Voor wie"), card.for_whom),
            ("triangle-alert", _("Let op"), card.caveats),
            ("git-branch", _("Mogelijke bijwerkingen"), card.side_effects),
            ("map-pin", _("In Nederland"), card.dutch_context),
        ]
        return [(sign, word, self.words(text)) for sign, word, text in rows if text]

    @property
    def parts(self) -> dict[str, Markup]:
        """The text by its place on the page; what has another heading stays whole under `what`."""
        pieces = HEADING.split(self.card.body_html)
        found: dict[str, list[str]] = {"what": [pieces[0]]}
        for heading, html in zip(pieces[1::2], pieces[2::2], strict=True):
            slot = SLOTS.get(heading.strip().lower())
            if slot is None:
                found["what"].append(f"<h3>{heading}</h3>{html}")
            else:
                found.setdefault(slot, []).append(html)
        whole = {slot: "".join(html).strip() for slot, html in found.items()}
        # sanitised when the card was saved
        return {slot: Markup(html) for slot, html in whole.items() if html}  # noqa: S704

    @property
    def steps(self) -> list[tuple[str, Markup | str]]:
        ordered = sorted(self.card.steps, key=lambda step: STEP_ORDER.index(step["kind"]))
        return [(step["kind"], self.words(step["text"])) for step in ordered]

    @property
    def reach(self) -> str:
        """For which sectors, subjects and ages it was written."""
        card, language = self.card, current_language()
        parts = [self.row.sectors]
        parts += [vocabulary.label("subject", slug, language) for slug in card.subjects]
        if card.age_from is not None and card.age_to is not None:
            parts.append(_("%(low)s tot %(high)s jaar", low=card.age_from, high=card.age_to))
        return " · ".join(part for part in parts if part)

    @property
    def themes(self) -> list[tuple[str, str]]:
        language = current_language()
        return [(slug, vocabulary.label("theme", slug, language)) for slug in self.card.themes]

    @property
    def in_months(self) -> list[Rating]:
        return [rating for rating in self.card.ratings if rating.months is not None]

    @property
    def chart(self) -> Markup | None:
        """The ratings in months, as a drawing; None where no rating has them."""
        if not self.in_months:
            return None
        rows = [
            charts.Range(
                self._row_label(rating),
                rating.months,
                rating.range_low,
                rating.range_high,
                note=studies_words(rating),
            )
            for rating in self.in_months
        ]
        told = "; ".join(f"{row.label}: {maanden_voluit(row.value)}" for row in rows)
        title = _("Leerwinst in maanden, per uitkomst")
        return charts.range_chart(f"grafiek-{self.card.id or 0}", title, told, rows)

    def _row_label(self, rating: Rating) -> str:
        """The outcome; with the number of its source where two sources speak of it."""
        label = outcome_label(rating)
        same = [other for other in self.in_months if other.outcome == rating.outcome]
        number = self.source_numbers.get(rating.source)
        if len(same) == 1 or number is None:
            return label
        return _("%(outcome)s, bron %(number)s", outcome=label, number=number)

    @property
    def conclusion(self) -> str:
        """What the drawing says, in one sentence."""
        months = [rating.months for rating in self.in_months if rating.months is not None]
        if len(months) == 1:
            outcome = outcome_label(self.in_months[0]).lower()
            return _("%(gain)s op %(outcome)s", gain=maanden_voluit(months[0]), outcome=outcome)
        low, high = maanden(min(months)), maanden(max(months))
        ahead = sum(value > 0 for value in months)
        if low == high:
            return _("Alle %(count)s schattingen: %(gain)s maanden", count=len(months), gain=high)
        if ahead == len(months):
            return _(
                "Alle %(count)s schattingen zijn positief: van %(low)s tot %(high)s maanden",
                count=len(months),
                low=low,
                high=high,
            )
        return _(
            "%(ahead)s van de %(count)s schattingen positief: van %(low)s tot %(high)s maanden",
            ahead=ahead,
            count=len(months),
            low=low,
            high=high,
        )

    @cached_property
    def columns(self) -> list[rating_table.Column]:
        """Every rating whole, column by column."""
        return rating_table.columns(self.card.ratings, self.source_numbers, self.words)

    @property
    def table_head(self) -> list[str]:
        return [head for head, _cells, _is_numeric in self.columns]

    @property
    def table(self) -> list[tuple[Any, ...]]:
        """The same row by row."""
        return list(zip(*(cells for _head, cells, _is_numeric in self.columns), strict=True))

    @property
    def table_numeric(self) -> list[int]:
        return [place for place, column in enumerate(self.columns) if column[2]]

    @staticmethod
    def citation(source: Source) -> str:
        """A source as a line of a list of literature; its addresses stand apart, as links."""
        item = citations.item_of_source(source)
        bare = {name: value for name, value in item.items() if name not in ("DOI", "URL")}
        return citations.apa(bare, current_language())

    @staticmethod
    def links(source: Source) -> list[tuple[str, str]]:
        links = []
        if source.doi:
            links.append((f"doi.org/{source.doi}", f"https://doi.org/{source.doi}"))
        if source.eric:
            links.append((f"ERIC {source.eric}", f"https://eric.ed.gov/?id={source.eric}"))
        if source.url:
            links.append((urlsplit(source.url).netloc or source.url, source.url))
        return links

    @staticmethod
    def short(row: Result) -> str:
        """A similar card in a few words."""
        gain = maanden_voluit(row.card.months)
        return _("Leerwinst: %(gain)s. %(sectors)s", gain=gain, sectors=row.sectors)

    @property
    def source_numbers(self) -> dict[str, int]:
        return {source.key: place for place, source in enumerate(self.card.sources, start=1)}


def cost_word(value: int | None) -> str:
    words = (_("Zeer laag"), _("Laag"), _("Gemiddeld"), _("Hoog"), _("Zeer hoog"))
    return _("Onbekend") if value is None else words[value - 1]


def strength_word(value: int | None) -> str:
    words: Sequence[str] = (
        _("Te weinig"), _("Zeer beperkt"), _("Beperkt"), _("Redelijk"), _("Sterk"), _("Zeer sterk")
    )  # fmt: skip
    return _("Onbekend") if value is None else words[value]
