"""Documents and queries with as little said as possible."""

from itertools import count

from labapp.search.documents import Document, Query

PUBLIC = frozenset({"public"})
numbers = count(1)


def document(title="Feedback die werkt", *texts, **extra):
    values = {
        "kind": "card",
        "id": next(numbers),
        "language": "nl",
        "title": title,
        "texts": texts or ("Zeg wat de volgende stap is.",),
        "audience": PUBLIC,
    }
    return Document(**{**values, **extra})


def query(text="", **extra):
    return Query(text=text, **{"audiences": PUBLIC, **extra})


def ids(results):
    return [hit.id for hit in results.hits]
