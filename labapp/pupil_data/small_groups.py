"""Groups that are too small in a text: its Markdown tables, and sentences such as `n = 2`."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from labapp.i18n import gettext as _
from labapp.pupil_data.small_cells import TOTAL, Cell, SmallCell, rule, small_cells

PUPILS = (
    r"(?:leerlingen|leerling|kinderen|kind|jongens|meisjes|jongen|meisje|kleuters?|brugklassers?"
    r"|respondenten|deelnemers|pupils?|students?|children|boys|girls)"
)
COUNTS = re.compile(rf"\W*(?:n|aantal\W?.*|{PUPILS}|freq\w*|totaal|total)\W*", re.IGNORECASE)
MEASURES = re.compile(
    r".*(?:%|procent|percentage|gem\b|gemiddeld|mean|\bsd\b|\bm\b|\bp\b|\bd\b|score|punt|cijfer|effect"
    r"|jaar|week|weken|maand|minuten|minuut|uur|uren|lessen|ronde|groep|klas|leerjaar|vraag|item|nr"
    r"|school|scholen|klassen|leerkracht|leraren|team).*",
    re.IGNORECASE,
)
NUMBER = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d{1,9})(?:\s*\(\s*\d{1,3}(?:[.,]\d+)?\s*%\s*\))?")
HIDDEN = re.compile(r"(?:[-–—*•x.?]{1,3}|n\.?b\.?|n\.?v\.?t\.?|[<≤]\s?\d{1,2}|)", re.IGNORECASE)
RULER = re.compile(r":?-+:?")
WORDS = {"één": 1, "twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8,
         "negen": 9}  # fmt: skip
COUNT = rf"(?<![\d.,–-])(?P<number>\d{{1,6}}|{'|'.join(WORDS)})"
SENTENCES = (
    re.compile(
        rf"{COUNT}\svan\s(?:de\s|alle\s)?(?P<total>\d{{1,6}})\s(?:\w{{1,20}}\s)?{PUPILS}\b",
        re.IGNORECASE,
    ),
    re.compile(rf"{COUNT}\s(?:\w{{1,20}}[ae]\s|\w{{1,20}}e\s)?{PUPILS}\b", re.IGNORECASE),
    re.compile(r"(?<!\w)n\s?=\s?(?P<number>\d{1,6})(?![\d.,]\d)", re.IGNORECASE),
)
# A way of working, a bound or a time, not a number of pupils who did something.
NO_COUNT = re.compile(
    r"(?:(?:groepjes?|groepen|teams?|tweetallen|per|telkens|steeds|elke|iedere|om|minstens"
    r"|ten minste|minimaal|maximaal|hoogstens|ten hoogste|minder dan|meer dan|tot|of"
    r"|met (?:zijn|z['’]n)|laat|kies|vraag|wijs|geef|neem|stel)\W{1,2}(?:van\s|aan\s)?(?:de\s)?"
    r"|(?:groep|klas|leerjaar)\s)$",
    re.IGNORECASE,
)
MOST, BEFORE, MOST_COLUMNS, MOST_ROWS, LONGEST_CELL = 50, 30, 50, 500, 200


def find_small_cells_in_markdown(text: str, minimum: int | None = None) -> list[SmallCell]:
    """Give the numbers of pupils in a text that may not be shown, in its tables and sentences."""
    least = rule.smallest if minimum is None else minimum
    lines = text.splitlines()
    found: list[SmallCell] = []
    in_table: set[int] = set()
    for place, head, rows in _tables(lines):
        in_table.update(range(place, place + len(rows) + 2))
        for table in (_by_columns(head, rows), _by_rows(head, rows)):
            if table:
                found += small_cells(*table, minimum=least)
    prose = "\n".join("" if n in in_table else line for n, line in enumerate(lines))
    return [*found[:MOST], *islice(_in_sentences(prose, least), MOST)]


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """Give place, heading and rows of each table."""
    n = 0
    while n < len(lines) - 1:
        if "|" in lines[n] and all(RULER.fullmatch(cell) for cell in _cells(lines[n + 1])):
            end = n + 2
            while end < len(lines) and "|" in lines[end] and end - n < MOST_ROWS:
                end += 1
            yield n, _cells(lines[n]), [_cells(line) for line in lines[n + 2 : end]]
            n = end
        else:
            n += 1


def _cells(line: str) -> list[str]:
    line = line.strip().removeprefix("|").removesuffix("|")
    return [
        cell.strip(" *_`")[:LONGEST_CELL] for cell in line.split("|", MOST_COLUMNS)[:MOST_COLUMNS]
    ]


def _by_columns(
    head: list[str], rows: list[list[str]]
) -> tuple[list[str], list[list[Cell]]] | None:
    """Give the columns that count pupils: those that say so, or all of a table with totals."""
    names = range(1, len(head))
    counting = [j for j in names if COUNTS.fullmatch(head[j])]
    has_total = any(TOTAL.fullmatch(head[j]) for j in names) or any(
        row and TOTAL.fullmatch(row[0]) for row in rows
    )
    if has_total:
        others = {j for j in names if not MEASURES.fullmatch(head[j])}
        counting = sorted({*counting, *(j for j in others if _is_numbers(rows, j))})
    if not counting:
        return None
    return [head[0], *(head[j] for j in counting)], [
        [row[0] if row else "", *(_cell(row[j]) if j < len(row) else "" for j in counting)]
        for row in rows
    ]


def _by_rows(head: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[Cell]]] | None:
    """Give the rows that are headed by n or a number of pupils, where no column is."""
    counting = [row for row in rows if row and COUNTS.fullmatch(row[0])]
    if not counting or any(COUNTS.fullmatch(name) for name in head[1:]):
        return None
    return head, [[row[0], *(_cell(cell) for cell in row[1:])] for row in counting]


def _is_numbers(rows: list[list[str]], j: int) -> bool:
    cells = [_cell(row[j]) for row in rows if j < len(row)]
    return any(isinstance(cell, int) for cell in cells) and not any(
        isinstance(cell, str) for cell in cells
    )


def _cell(text: str) -> Cell:
    """Give a number, None for a sign that hides one, else the text."""
    number = NUMBER.fullmatch(text)
    if number:
        return int(number[1].replace(".", ""))
    return None if HIDDEN.fullmatch(text) else text


def _in_sentences(text: str, least: int) -> Iterator[SmallCell]:
    taken: set[int] = set()
    for pattern in SENTENCES:
        for match in pattern.finditer(text):
            start = match.start("number")
            if start in taken or NO_COUNT.search(text[max(0, start - BEFORE) : start]):
                continue
            taken.add(start)
            total = match.groupdict().get("total")
            taken.update({match.start("total")} if total else ())
            number = WORDS.get(match["number"].lower()) or int(match["number"])
            words = _words(" ".join(match[0].split()), number, int(total) if total else None, least)
            if words:
                yield SmallCell("", "", is_derived=not 0 < number < least, words=words)


def _words(said: str, number: int, total: int | None, least: int) -> str:
    if 0 < number < least:
        return _(
            "“%(said)s”: minder dan %(least)s leerlingen kunnen herkenbaar zijn. "
            "Voeg groepen samen of noem geen aantal.",
            said=said,
            least=least,
        )
    if total is not None and 0 < total - number < least:
        return _(
            "“%(said)s”: daaruit volgt dat er %(rest)s overblijven, en dat is minder dan "
            "%(least)s. Noem geen totaal of geen aantal.",
            said=said,
            rest=total - number,
            least=least,
        )
    return ""
