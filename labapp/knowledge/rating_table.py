"""The ratings of a card as a table: on the scale of its source, without empty columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from labapp.formatting import dag, getal, maanden
from labapp.i18n import current_language, ngettext
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.knowledge.models import Rating
from labapp.knowledge.published import scale_words, value_words

Words = Callable[[str], Markup | str]
Column = tuple[str, list[Any], bool]


def columns(
    ratings: Sequence[Rating], source_numbers: Mapping[str, int], words: Words
) -> list[Column]:
    """Give (head, cells, is numeric); a column of which nothing is known is left out."""
    sometimes: list[Column] = [
        (_("Maanden"), [_months(rating) for rating in ratings], True),
        (_("Bereik"), [_bounds(rating) for rating in ratings], False),
        (_("Studies"), [studies_words(rating) for rating in ratings], False),
        (_("Leerlingen"), [_pupils(rating) for rating in ratings], True),
    ]
    unknown = _("onbekend")
    return [
        (_("Uitkomst"), [outcome_label(rating) for rating in ratings], False),
        (_("Zoals gepubliceerd"), [_published(rating, words) for rating in ratings], False),
        *(
            (head, [c or unknown for c in cells], num)
            for head, cells, num in sometimes
            if any(cells)
        ),
        (_("Bron"), [_source(rating, source_numbers) for rating in ratings], False),
    ]


def outcome_label(rating: Rating) -> str:
    return vocabulary.label("outcome", rating.outcome, current_language())


def studies_words(rating: Rating) -> str:
    """435 studies; of 4 van 12 studies, when some did not meet the standard."""
    if rating.studies is None:
        return ""
    if rating.studies_eligible is not None:
        return _(
            "%(met)s van %(eligible)s studies",
            met=getal(rating.studies),
            eligible=getal(rating.studies_eligible),
        )
    number = getal(rating.studies)
    return ngettext("%(number)s studie", "%(number)s studies", rating.studies, number=number)


def _published(rating: Rating, words: Words) -> Markup | str:
    value, scale = value_words(rating.value), scale_words(rating.scale)
    shown = f"{value} ({scale})"
    return words(shown) if scale == rating.scale else shown  # else it is in the reader's language


def _months(rating: Rating) -> str:
    return "" if rating.months is None else maanden(rating.months)


def _bounds(rating: Rating) -> str:
    if rating.range_low is None or rating.range_high is None:
        return ""
    return f"{getal(rating.range_low)} – {getal(rating.range_high)}"


def _pupils(rating: Rating) -> str:
    return "" if rating.sample is None else getal(rating.sample)


def _source(rating: Rating, numbers: Mapping[str, int]) -> Markup:
    number = numbers.get(rating.source)
    day = f", {dag(rating.dated_on, 'MMM y')}" if rating.dated_on else ""
    if number is None:
        return Markup("{}").format((rating.source or _("onbekend")) + day)
    link = Markup('<span><a href="#bron-{}">{} {}</a>{}</span>')
    return link.format(number, _("Bron"), number, day)
