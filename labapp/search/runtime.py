"""What a process holds for each database it searches: settings, index, and who gives documents."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy import Engine

from labapp.database import db
from labapp.errors import SettingError
from labapp.search.documents import Document
from labapp.search.encoders import Encoder, load_encoder
from labapp.search.index import Index
from labapp.search.translation_model import load_translator

log = structlog.get_logger()

Source = Callable[[], Iterator[Document]]


@dataclass
class Runtime:
    """The search of one database in this process."""

    instance: Path
    model: str
    engine: str
    index: Index
    translation_model: str = ""
    sources: dict[str, Source] = field(default_factory=dict)

    def encoder(self) -> Encoder:
        """The model; raises UnavailableError with a sentence for people."""
        return load_encoder(self.model, self.instance)

    def translate(self, question: str) -> str:
        """A Dutch question in English; nothing without a model that can do it."""
        try:
            translator = load_translator(self.translation_model)
        except SettingError as error:
            log.warning("search.without_translation", reason=str(error))
            return ""
        return translator.translate(question) if translator else ""


_runtimes: dict[Engine, Runtime] = {}


def register(engine: Engine, runtime: Runtime) -> None:
    """Remember what an application searches; two on one database keep apart."""
    _runtimes[engine] = runtime


def current() -> Runtime:
    """The search of the database at hand."""
    return _runtimes[db.engine]
