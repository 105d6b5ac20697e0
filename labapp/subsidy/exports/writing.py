"""What the files share: how a day, an hour and a text that looks like a formula are written."""

import re
from datetime import date
from typing import Any

from labapp.subsidy.claim_lines import person_key
from labapp.subsidy.money import decimal_text, hours_text

LOOKS_LIKE_A_FORMULA = frozenset("=+-@\t\r")


def text_cell(text: str) -> str:
    """Give a text so that no spreadsheet takes it for a formula. Never for a number."""
    return f"'{text}" if text[:1] in LOOKS_LIKE_A_FORMULA else text


class Cells:
    """Writes texts as cells of a CSV file, quoted where they must be, as `csv.writer` does."""

    def __init__(self, delimiter: str) -> None:
        self.needs_quotes = re.compile(rf'[{delimiter}"\r\n]').search
        self.known = KnownCells(self)

    def cell(self, text: str) -> str:
        """Give a cell; no text becomes a formula."""
        if text[:1] in LOOKS_LIKE_A_FORMULA:
            text = f"'{text}"
        if self.needs_quotes(text):
            return '"' + text.replace('"', '""') + '"'
        return text


class KnownCells(dict[str, str]):
    """Cells of texts that come back: names and activities, never what people wrote at hours."""

    def __init__(self, cells: Cells) -> None:
        super().__init__()
        self.cells = cells

    def __missing__(self, text: str) -> str:
        self[text] = cell = self.cells.cell(text)
        return cell


def as_day(value: Any) -> date:
    """Give a day that the database gave as a day or, unread, as text."""
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


class DutchDays(dict[Any, str]):
    """01-09-2026, each written once: there are a million rows and a few hundred days."""

    def __missing__(self, value: Any) -> str:
        self[value] = text = as_day(value).strftime("%d-%m-%Y")
        return text


class IsoDays(dict[Any, str]):
    def __missing__(self, value: Any) -> str:
        self[value] = text = as_day(value).isoformat()
        return text


class People(dict[int | None, str]):
    """P000012, each written once."""

    def __missing__(self, value: int | None) -> str:
        self[value] = text = person_key(value)
        return text


class Hours(dict[int, str]):
    """Minutes as hours with two decimals."""

    def __init__(self, point: str) -> None:
        super().__init__()
        self.point = point

    def __missing__(self, minutes: int) -> str:
        self[minutes] = text = hours_text(minutes, point=self.point)
        return text


def percentage_text(basis_points: int, point: str = ",") -> str:
    """5500 is 55,00."""
    return decimal_text(basis_points, point=point)
