"""What is wrong with the search, in words: model, question translation, index."""

from pathlib import Path

from sqlalchemy import func, select

from labapp.database import db
from labapp.search import runtime, status
from labapp.search.model import check_model
from labapp.search.models import SearchPassage
from labapp.search.translation_model import check_translation


def examine(*, model: str, translation_model: str, instance: Path) -> list[str]:
    """Give a sentence for each fault of the model, the translation and the rows of the index."""
    waiting = db.session.scalar(
        select(func.count()).select_from(SearchPassage).where(SearchPassage.vector.is_(None))
    )
    faults = [*check_model(model, instance), *check_translation(translation_model or None)]
    if waiting:
        faults.append(f"{waiting} passages wait for their vector: run `labapp jobs run --once`")
    return faults + _faults_of_index()


def _faults_of_index() -> list[str]:
    found = status.report(runtime.current())
    faults = [found["engine_fault"]] if found["engine_fault"] else []
    if found["needs_rebuild"]:
        faults.append("the index is of another model or version: run `labapp search rebuild`")
    return faults
