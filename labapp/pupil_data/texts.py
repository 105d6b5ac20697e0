"""Looking through a text, before it is saved."""

from collections.abc import Callable, Iterator
from itertools import islice

from labapp.pupil_data.dates import find_birth_dates
from labapp.pupil_data.findings import Finding
from labapp.pupil_data.numbers import find_numbers
from labapp.pupil_data.people import find_addresses, find_people

FINDERS: tuple[Callable[[str], Iterator[Finding]], ...] = (
    find_numbers,
    find_birth_dates,
    find_people,
    find_addresses,
)
MOST = 100  # of one sort: one is enough to warn


def find_in_text(text: str) -> list[Finding]:
    """Give what looks like data of pupils, by place; of what overlaps the longest."""
    found = [one for finder in FINDERS for one in islice(finder(text), MOST)]
    found.sort(key=lambda one: (one.kind.value, one.start, -one.end))
    kept: list[Finding] = []
    for one in found:
        if kept and kept[-1].kind is one.kind and one.start < kept[-1].end:
            continue
        kept.append(one)
    return sorted(kept, key=lambda one: (one.start, one.end))
