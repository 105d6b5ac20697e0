"""Citizen service numbers (BSN): eight or nine digits that pass the eleven test."""

import re
from collections.abc import Iterator
from itertools import islice

from labapp.pupil_data.findings import Finding, Kind, found

DIGITS = 9
WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
# Not a part of a longer number, a name, an address, a DOI or a decimal number.
PLAIN = re.compile(r"(?<![\w/=#@+])(?<!\d[.,-])\d{8,9}(?![\w/@])(?![.,-]\d|-\w)")
GROUPS = re.compile(
    r"(?<![\w/=#@+])(?<!\d[.,\- ])"
    r"(?:\d{3}([. -])\d{3}\1\d{3}|\d{4}([. -])\d{2}\2\d{3}|\d{2}([. -])\d{3}\3\d{3})"
    r"(?![\w/@])(?![.,\- ]\d)"
)
SAID = re.compile(
    r"(?:bsn|burgerservice|sofi|onderwijsnummer|pgn)\W{0,3}(?:\w{1,12}\W{1,3}){0,4}$", re.IGNORECASE
)
OTHER_BEFORE = re.compile(
    r"(?:€|\beur|\$|tel\.?|telefoon\w*|mobiel|fax|kvk|isbn|issn|iban|doi|pmid|eric|btw|rsin|brin"
    r"|factuur\w*|bestel\w*|order\w*|dossier\w*|referentie\w*|artikel\w*|zaak\w*|vestiging\w*"
    r"|https?\S{0,80}|www\S{0,80}|\b0\d{1,3}|\+\d{2}|\b[A-Z]{2}\d{2})"
    r"(?:[ -]?nummer|[ -]?nr\.?|[ -]?code)?[\s:.#-]{0,3}$",
    re.IGNORECASE,
)
OTHER_AFTER = re.compile(
    r"\s?(?:€|euro|%|procent|miljoen|inwoners|leerlingen|records|rijen)", re.IGNORECASE
)
BEFORE, AFTER = 60, 12
MOST_PLACES = 3_000
CENTURY = range(1900, 2100)


def passes_eleven_test(digits: str) -> bool:
    """Tell whether 8 or 9 digits can be a BSN; one of 8 begins with a zero that was left out."""
    number = digits.zfill(DIGITS)
    if len(number) != DIGITS or len(set(number)) == 1:
        return False
    return sum(w * int(d) for w, d in zip(WEIGHTS, number, strict=True)) % 11 == 0


def find_numbers(text: str) -> Iterator[Finding]:
    for pattern in (PLAIN, GROUPS):
        for match in islice(pattern.finditer(text), MOST_PLACES):
            digits = re.sub(r"\D", "", match[0])
            if passes_eleven_test(digits) and _is_alone(text, match.start(), match.end(), digits):
                yield found(Kind.BSN, text, match.start(), match.end())


def _is_alone(text: str, start: int, end: int, digits: str) -> bool:
    """Tell whether nothing says that it is another number; where BSN is said it always is one."""
    before = text[max(0, start - BEFORE) : start]
    if SAID.search(before):
        return True
    if OTHER_BEFORE.search(before) or OTHER_AFTER.match(text[end : end + AFTER]):
        return False
    return not (len(digits) == 8 and _is_day(digits))  # noqa: PLR2004  # as in 20140312


def _is_day(digits: str) -> bool:
    """Tell whether eight digits are a day: year first, or year last."""
    orders = ((digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[2:4], digits[:2]))
    return any(
        int(year) in CENTURY and int(month) in range(1, 13) and int(day) in range(1, 32)
        for year, month, day in orders
    )
