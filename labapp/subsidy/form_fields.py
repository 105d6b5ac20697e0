"""Fields of the forms of the programme office: how a value is written, and read back in words."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from labapp.clock import LOCAL_ZONE
from labapp.i18n import gettext as _
from labapp.subsidy.money import MINUTES_PER_HOUR, decimal_text

Options = Sequence[tuple[str, Any]]
AMOUNT = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?")  # 1.234,56 or 1234,5
AMOUNT_WITH_POINT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)\.(\d{1,2})")  # 1,234.56
WHOLE = re.compile(r"\d{1,9}")
DECIMAL = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?")
CLOCK = re.compile(r"([0-9]{1,7}):([0-5][0-9])")
MOMENT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Kind:
    """How a sort of value is read and written; `control` is the part of the page for it."""

    control: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    inputmode: str | None = None


@dataclass(frozen=True)
class Field:
    name: str
    label: Any
    kind: Kind
    hint: Any = ""
    options: Options = ()
    empty: Any = None  # the words of no choice
    optional: bool = False
    rows: int = 3


@dataclass(frozen=True)
class Shown:
    """A field with what stands in it."""

    field: Field
    id: str
    value: str
    errors: list[str]


class WrongError(ValueError):
    """What was typed cannot be read; the words say how to write it."""


def read_fields(
    fields: Sequence[Field], posted: Mapping[str, str], prefix: str = ""
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Give the values of a form, and the words at each field that cannot be read."""
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for field in fields:
        name = prefix + field.name
        text = posted.get(name, "").strip()
        try:
            if not text and field.kind.control not in ("check", "area", "line", "list"):
                if not field.optional:
                    raise WrongError(_("Vul dit in."))  # noqa: TRY301
                values[field.name] = None
            else:
                values[field.name] = field.kind.read(text)
        except WrongError as error:
            errors[name] = [str(error)]
    return values, errors


def write_fields(fields: Sequence[Field], values: Any, prefix: str = "") -> dict[str, str]:
    """Give the texts that stand in a form for some values."""
    texts = {}
    for field in fields:
        value = getattr(values, field.name)
        texts[prefix + field.name] = "" if value is None else field.kind.write(value)
    return texts


def show_fields(
    fields: Sequence[Field],
    texts: Mapping[str, str],
    errors: Mapping[str, list[str]],
    prefix: str = "",
) -> list[Shown]:
    return [
        Shown(field, prefix + field.name, texts.get(prefix + field.name, ""),
              errors.get(prefix + field.name, []))
        for field in fields
    ]  # fmt: skip


def read_cents(text: str) -> int:
    plain = text.replace("€", "").replace("\u00a0", " ").replace(" ", "")
    found = AMOUNT.fullmatch(plain) or AMOUNT_WITH_POINT.fullmatch(plain)
    if found is None or not plain.isascii() or len(plain) > 20:  # noqa: PLR2004
        raise WrongError(_("Vul een bedrag in, bijvoorbeeld 1.250,50."))
    whole = re.sub(r"[.,]", "", found[1])
    return int(whole) * 100 + int((found[2] or "").ljust(2, "0"))


def read_minutes(text: str) -> int:
    """Read hours such as 80, 1,25 or 1:20; only what is exact in minutes."""
    if clock := CLOCK.fullmatch(text):
        return int(clock[1]) * MINUTES_PER_HOUR + int(clock[2])
    found = DECIMAL.fullmatch(text) if text.isascii() else None
    if found is None:
        raise WrongError(_("Vul uren in als getal, bijvoorbeeld 80 of 1,25."))
    hundredths = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    minutes, rest = divmod(hundredths * MINUTES_PER_HOUR, 100)
    if rest:
        raise WrongError(_("Vul uren in die precies in minuten passen."))
    return minutes


def write_minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, MINUTES_PER_HOUR)
    hundredths, odd = divmod(rest * 100, MINUTES_PER_HOUR)
    if odd:
        return f"{hours}:{rest:02d}"
    return f"{hours},{hundredths:02d}".removesuffix(",00")


def read_percentage(text: str) -> int:
    found = DECIMAL.fullmatch(text.removesuffix("%").strip()) if text.isascii() else None
    if found is None:
        raise WrongError(_("Vul een percentage in, bijvoorbeeld 100 of 62,5."))
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def read_whole(text: str) -> int:
    if not text.isascii() or not WHOLE.fullmatch(text):
        raise WrongError(_("Vul een geheel getal in."))
    return int(text)


def read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongError(_("Vul een datum in.")) from error


def read_moment(text: str) -> datetime:
    """Read a moment on the clock of the Netherlands."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL_ZONE)
    except ValueError as error:
        raise WrongError(_("Vul een datum en een tijd in.")) from error


def choice(kind: type[Enum]) -> Kind:
    def read(text: str) -> Enum:
        try:
            return kind(text)
        except ValueError as error:
            raise WrongError(_("Kies uit de lijst.")) from error

    return Kind("select", read, lambda value: str(value.value))


def one_of(values: Sequence[int]) -> Kind:
    def read(text: str) -> int:
        if text not in {str(value) for value in values}:
            raise WrongError(_("Kies uit de lijst."))
        return int(text)

    return Kind("select", read, str)


def _read_lines(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;]+", text) if part]


LINE = Kind("line", lambda text: " ".join(text.split()), str)
AREA = Kind("area", lambda text: text.replace("\r\n", "\n"), str)
CHOICE = Kind("select", str, str)
CHECK = Kind("check", bool, lambda value: "1" if value else "")
LIST = Kind("list", _read_lines, ", ".join)
DAY = Kind("date", read_day, lambda value: value.isoformat())
MOMENT_KIND = Kind(
    "datetime-local", read_moment, lambda value: value.astimezone(LOCAL_ZONE).strftime(MOMENT)
)
NUMBER = Kind("number", read_whole, str, "numeric")
EURO = Kind("euro", read_cents, decimal_text, "decimal")
HOURS = Kind("hours", read_minutes, write_minutes, "decimal")
PERCENTAGE = Kind(
    "percentage", read_percentage, lambda bp: decimal_text(bp).removesuffix(",00"), "decimal"
)
