"""What is put in the search, asked of it, and given back. It knows nothing of what it finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from labapp.search.ranking import DEFAULTS


@dataclass(frozen=True)
class Document:
    """One object that can be found.

    `texts` are plain text, the answer first. `audience` are the keys of those who may find it, and
    the search only compares them. `facets` are values to filter by and count; `numbers` sort and
    cut off, and one that is missing is unknown. `identifiers` are found exactly. `translated` are
    the title, answer and keywords in Dutch of a text in another language. `questions` are other
    ways to ask what it answers, each a passage of its own.
    """

    kind: str
    id: int
    language: str
    title: str
    texts: tuple[str, ...] = ()
    audience: frozenset[str] = frozenset()
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()
    translated: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """A question to the search.

    Within a facet of `filters` values are alternatives; between facets all must hold. `minimum`
    leaves out what is lower or unknown. `prefer` ranks what has a value a little higher and never
    leaves anything out. Pages count from 1; `sort` is relevance, or the name of a number with a
    minus for the highest first (`-months`). `counts` is False for who shows no numbers: facets,
    kinds and advice are then not counted, and no other spelling is looked for. `near_cut` is how
    near in meaning a hit must be, of 1 for the nearest; what shares enough words is found anyway.
    Who shows few of many hits sets `quotes` to False, and has those few quoted (`services.quote`).
    """

    text: str = ""
    audiences: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    minimum: Mapping[str, float] = field(default_factory=dict)
    prefer: Mapping[str, str] = field(default_factory=dict)
    sort: str = "relevance"
    page: int = 1
    per_page: int = 10
    explain: bool = False
    counts: bool = True
    near_cut: float = DEFAULTS.near_cut
    quotes: bool = True


@dataclass(frozen=True)
class Hit:
    """One object that was found, and why.

    `passage` is the best passage, in its own language; `sentence` is the best of it, `highlights`
    are (from, to) places of matched words in that; `parts` are the parts of the score (only asked
    for with `explain`).
    """

    kind: str
    id: int
    language: str
    score: float
    passage: str = ""
    passage_language: str = ""
    sentence: str = ""
    highlights: tuple[tuple[int, int], ...] = ()
    matched_words: tuple[str, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Results:
    """A page of what was found.

    `total` and `facets` count the whole result, not the page: the values of a facet that holds one
    value for each object add up to the total. `advice` is the number of results without each of
    the filters, for a search that found nothing. `meaning_available` is False when the model is out
    of order and only words were compared.
    """

    total: int
    hits: list[Hit]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    did_you_mean: str | None = None
    meaning_available: bool = True
    advice: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
