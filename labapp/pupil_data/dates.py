"""Dates of birth: a date that is said to be one, or that fits the pupil beside whose name it is."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from labapp.clock import today
from labapp.pupil_data.findings import Finding, Kind, found
from labapp.pupil_data.people import NAME, is_person

MONTHS = ("januari", "februari", "maart", "april", "mei", "juni",
          "juli", "augustus", "september", "oktober", "november", "december")  # fmt: skip
SHORT = {"jan": 1, "feb": 2, "mrt": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
         "okt": 10, "nov": 11, "dec": 12}  # fmt: skip
NUMBERS = {name: number for number, name in enumerate(MONTHS, 1)} | SHORT
DATE = re.compile(
    r"(?<![\d./-])(?:(?P<y1>\d{4})-(?P<m1>\d{1,2})-(?P<d1>\d{1,2})"
    r"|(?P<d2>\d{1,2})(?P<s>[-/. ])(?P<m2>\d{1,2})(?P=s)(?P<y2>\d{4}|\d{2})"
    rf"|(?P<d3>\d{{1,2}})[\s-](?P<m3>{'|'.join(NUMBERS)})\.?[\s-](?P<y3>\d{{4}}))(?![\d/-])",
    re.IGNORECASE,
)
BORN = r"(?:geboren|geb\.?|geboorte\w{0,10}|jarig|verjaar\w{0,5}|born|birth\w{0,5}|dob)"
SAID_BEFORE = re.compile(rf"(?<!\w){BORN}(?!\w)[^.!?]{{0,30}}$", re.IGNORECASE)
SAID_AFTER = re.compile(r"[^.!?\d]{0,15}(?<!\w)(?:geboren|jarig)(?!\w)", re.IGNORECASE)
AGE_BEFORE = re.compile(r"(?<!\d)(\d{1,2})(?:\s|-)?jaar(?:\soud)?[^.!?\d]{0,20}$")
AGE_AFTER = re.compile(r"[\s,(]{0,4}(?:is\s|nu\s){0,2}(\d{1,2})(?:\s|-)?jaar")
NAME_BEFORE = re.compile(rf"(?P<name>{NAME})(?:\s?[,(:;*–-]\s?|\s)$")
WRITER = re.compile(r"(?:door|van|auteur|namens|geschreven|bron)\W{1,2}$", re.IGNORECASE)
BEFORE, AFTER = 70, 30
MOST_PLACES = 3_000
OLDEST, YOUNGEST = 105, 2
PUPIL = range(3, 21)  # years old; special education goes on until twenty


def find_birth_dates(text: str) -> Iterator[Finding]:
    """Give dates of birth. A date of which nothing is said, such as of a meeting, is none."""
    day = today()
    for match in islice(DATE.finditer(text), MOST_PLACES):
        born = _date(match, day)
        if born is None:
            continue
        age = (day - born).days // 365
        before = text[max(0, match.start() - BEFORE) : match.start()]
        after = text[match.end() : match.end() + AFTER]
        if _is_said(before, after, age) or (age in PUPIL and _is_beside_name(before)):
            yield found(Kind.BIRTH_DATE, text, match.start(), match.end())


def _is_said(before: str, after: str, age: int) -> bool:
    if YOUNGEST <= age <= OLDEST and (SAID_BEFORE.search(before) or SAID_AFTER.match(after)):
        return True
    said = AGE_BEFORE.search(before) or AGE_AFTER.match(after)
    return bool(said) and age in PUPIL and abs(int(said[1]) - age) <= 1  # type: ignore[index]


def _is_beside_name(before: str) -> bool:
    match = NAME_BEFORE.search(before)
    return bool(match and is_person(match["name"]) and not WRITER.search(before[: match.start()]))


def _date(match: re.Match[str], day: date) -> date | None:
    year = match["y1"] or match["y2"] or match["y3"]
    month = match["m1"] or match["m2"] or str(NUMBERS[match["m3"].lower()])
    number = int(year)
    if len(year) == 2:  # noqa: PLR2004
        number += 2000 if number <= day.year % 100 else 1900
    try:
        return date(number, int(month), int(match["d1"] or match["d2"] or match["d3"]))
    except ValueError:
        return None
