"""Gives the search its settings, and the kinds of object that it can be filled with."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from labapp.database import db
from labapp.errors import SettingError
from labapp.search import runtime
from labapp.search.index import Index


def init_app(app: Flask, sources: Mapping[str, runtime.Source] | None = None) -> None:
    """Register the search of the app's database; nothing is loaded yet."""
    with app.app_context():
        engine = db.engine
    name = app.config["SEARCH_ENGINE"]
    if name == "pgvector" and engine.name != "postgresql":
        raise SettingError("LABAPP_SEARCH_ENGINE=pgvector needs a PostgreSQL database.")
    instance = Path(app.config["INSTANCE"])
    index = Index(
        engine,
        folder=instance / "index",
        approximate_from=app.config["SEARCH_APPROXIMATE_FROM"],
        in_database=name == "pgvector",
    )
    runtime.register(
        engine,
        runtime.Runtime(
            instance=instance,
            model=app.config["EMBEDDING_MODEL"],
            engine=name,
            index=index,
            translation_model=app.config["TRANSLATION_MODEL"],
            sources=dict(sources or {}),
        ),
    )
