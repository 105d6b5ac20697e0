"""A rating as its source published it, in words and number signs that the reader knows."""

import re

from labapp.i18n import current_language
from labapp.i18n import gettext as _

DECIMALS = re.compile(r"(?<![\d.,])(0[.,]\d+|\d+[.,]\d{1,2})(?![\d.,])")  # 1,250 may be thousands


def value_words(value: str) -> str:
    """Give the value: a known verdict in the reader's language, a number with the right comma."""
    known = {
        "positive effects": _("Positief effect"),
        "potentially positive effects": _("Mogelijk positief effect"),
        "mixed effects": _("Wisselend effect"),
        "no discernible effects": _("Geen aantoonbaar effect"),
        "potentially negative effects": _("Mogelijk negatief effect"),
        "negative effects": _("Negatief effect"),
    }
    return known.get(value.strip().lower()) or with_decimals(value)


def scale_words(scale: str) -> str:
    """Give the name of the scale on which it was published."""
    known = {
        "wwc effectiveness rating": _("oordeel van het WWC"),
        "wwc improvement index (percentile points)": _("percentielpunten, WWC"),
    }
    return known.get(scale.strip().lower()) or scale


def with_decimals(text: str) -> str:
    """Write 0.31 as 0,31 in Dutch, and 0,31 as 0.31 in English."""
    sign = "," if current_language() == "nl" else "."
    return DECIMALS.sub(lambda found: re.sub("[.,]", sign, found[0]), text)
