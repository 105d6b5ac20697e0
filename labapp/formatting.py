"""How dates, numbers and sizes look to people: the filters of the templates."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import lists
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import format_date, format_percent

from labapp.i18n import current_language, gettext, ngettext

HERE = ZoneInfo("Europe/Amsterdam")
MINUS = "\u2212"
UNITS = ("B", "kB", "MB", "GB")


def dag(value: date, pattern: str = "d MMM y") -> str:
    """24 nov 2026; another pattern for other needs, such as "EEE d MMM"."""
    if isinstance(value, datetime):
        value = value.astimezone(HERE)
    return str(format_date(value, pattern, rebase=False)).replace(".", "")


def tijd(value: datetime) -> str:
    """14:03, on the clock of the Netherlands."""
    return value.astimezone(HERE).strftime("%H:%M")


def moment(value: datetime) -> str:
    """24 nov 2026, 14:03."""
    return f"{dag(value)}, {tijd(value)}"


def getal(value: float, decimals: int = 2) -> str:
    """1.234,5 in Dutch and 1,234.5 in English, with a true minus sign."""
    return _number(value, decimals, current_language())


@lru_cache(maxsize=10_000)
def _number(value: float, decimals: int, language: str) -> str:
    """Write a number once: a page of results has a hundred, and mostly the same."""
    pattern = "#,##0." + "#" * decimals if decimals else "#,##0"
    return str(format_decimal(value, pattern, locale=language)).replace("-", MINUS)


def procent(value: float) -> str:
    """0.64 as 64%."""
    return str(format_percent(value, "#,##0%")).replace("-", MINUS)


def maanden(value: float | None) -> str:
    """A gain in months with its sign: +6, −2, 0 or ? when not known."""
    if value is None:
        return "?"
    sign = "+" if value > 0 else ""
    return sign + getal(value, 1)


def maanden_voluit(value: float | None) -> str:
    """The same in words: +6 maanden, nog niet bekend."""
    if value is None:
        return gettext("nog niet bekend")
    unit = ngettext("maand", "maanden", 1 if abs(value) == 1 else 2)
    return f"{maanden(value)} {unit}"


def bestandsgrootte(size: int) -> str:
    """34 kB."""
    amount, unit = float(size), 0
    while amount >= 1000 and unit < len(UNITS) - 1:  # noqa: PLR2004
        amount, unit = amount / 1000, unit + 1
    return f"{getal(amount, 1 if unit > 1 else 0)} {UNITS[unit]}"


def opsomming(parts: Iterable[object]) -> str:
    """lezen, schrijven en rekenen."""
    return lists.format_list([str(part) for part in parts], locale=current_language())


def voorletters(name: str) -> str:
    """SV for Sanne de Vries: first letters of the first and the last word."""
    words = [word for word in name.split() if word[:1].isalpha()]
    chosen = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()


def kort(text: str, length: int = 200) -> str:
    """The beginning of a text, cut between words."""
    if len(text) <= length:
        return text
    cut = text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:.")
    return f"{cut}\u2026"


FILTERS = (
    dag, tijd, moment, getal, procent, maanden, maanden_voluit,
    bestandsgrootte, opsomming, voorletters, kort,
)  # fmt: skip


def init_app(app: Flask) -> None:
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = function
