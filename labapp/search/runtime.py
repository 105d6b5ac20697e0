"""What a process holds for each database it searches: settings, index, and who gives documents."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labapp.database import db
from labapp.search.documents import Document
from labapp.search.encoders import Encoder, load_encoder
from labapp.search.index import Index

Source = Callable[[], Iterator[Document]]


@dataclass
class Runtime:
    """The search of one database in this process."""

    instance: Path
    model: str
    engine: str
    index: Index
    sources: dict[str, Source] = field(default_factory=dict)

    def encoder(self) -> Encoder:
        """The model; raises UnavailableError with a sentence for people."""
        return load_encoder(self.model, self.instance)


_runtimes: dict[str, Runtime] = {}


def register(address: str, runtime: Runtime) -> None:
    _runtimes[address] = runtime


def current() -> Runtime:
    """The search of the database at hand."""
    return _runtimes[db.engine.url.render_as_string(hide_password=False)]
