"""How people write hours, and how we write them back: `1,5`, `1:30`, `1u30` and `90m` are 90."""

import re

from labapp.errors import InvalidError
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.subsidy.money import MINUTES_PER_HOUR

DAY = 24 * MINUTES_PER_HOUR
DECIMAL = re.compile(r"([0-9]{1,2})(?:[.,]([0-9]{1,2}))?")
CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
WORDS = re.compile(r"([0-9]{1,2}) ?(?:uur|u|h) ?(?:([0-5]?[0-9]) ?(?:min|m)?)?")
MINUTES = re.compile(r"([0-9]{1,4}) ?(?:min|m)")


def parse_minutes(text: str) -> int:
    """Give the minutes that a text says; what it says unclearly is refused."""
    written = text.strip().lower()
    minutes = _read(written)
    if minutes is None or minutes > DAY:
        words = _("Vul uren in als getal, bijvoorbeeld 1,5 of 1:30.")
        raise InvalidError(words, {"minutes": [words]})
    return minutes


def _read(written: str) -> int | None:
    if found := DECIMAL.fullmatch(written):
        hundredths = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
        minutes, rest = divmod(hundredths * MINUTES_PER_HOUR, 100)
        return None if rest else minutes
    if found := CLOCK.fullmatch(written) or WORDS.fullmatch(written):
        return int(found[1]) * MINUTES_PER_HOUR + int(found[2] or 0)
    if found := MINUTES.fullmatch(written):
        return int(found[1])
    return None


def write_hours(minutes: int) -> str:
    """Write minutes as a person would: 1,5 or 1.5 by the language, without zeros behind."""
    sign = "\u2212" if minutes < 0 else ""
    hours, rest = divmod(abs(minutes), MINUTES_PER_HOUR)
    hundredths, odd = divmod(rest * 100, MINUTES_PER_HOUR)
    if odd:
        return f"{sign}{hours}:{rest:02}"
    point = "." if current_language() == "en" else ","
    return f"{sign}{hours}" + (f"{point}{hundredths:02}".rstrip("0") if hundredths else "")
