"""Vectors for passages that wait: some at a time, without holding the database meanwhile."""

from collections.abc import Callable

from sqlalchemy import func, select, update

from labapp.database import db, transaction
from labapp.search import hubness, storing
from labapp.search.encoders import Encoder
from labapp.search.models import SearchGeneration, SearchPassage
from labapp.search.runtime import Runtime

AT_ONCE = 64
Progress = Callable[[int, int], None]
"""How many passages are done, of how many."""


def embed_waiting(here: Runtime, number: int, progress: Progress | None = None) -> int:
    """Make all vectors of a generation that wait; whoever is killed goes on where it was."""
    total = count_waiting(number)
    if not total:
        db.session.rollback()
        return 0  # without loading the model, which takes seconds
    encoder = here.encoder()
    done = last = 0
    while True:
        db.session.rollback()
        rows = db.session.execute(
            storing.waiting(number, last)
            .with_only_columns(SearchPassage.id, SearchPassage.row_id, SearchPassage.text)
            .limit(AT_ONCE)
        ).all()
        db.session.rollback()
        if not rows:
            return done
        vectors = encoder.encode_passages([row.text for row in rows])
        shares = hubness.of(vectors, encoder, here.index.folder)
        _save(number, encoder, [(row.id, row.row_id) for row in rows], vectors, shares)
        done, last = done + len(rows), rows[-1].id
        if progress:
            progress(done, max(done, total))


def count_waiting(number: int) -> int:
    return int(
        db.session.scalar(
            select(func.count()).select_from(storing.waiting(number).order_by(None).subquery())
        )
        or 0
    )


def _save(
    number: int,
    encoder: Encoder,
    ids: list[tuple[int, int]],
    vectors: storing.Floats,
    shares: storing.Floats,
) -> None:
    """Save vectors, but of passages that were replaced meanwhile."""
    with transaction() as session:
        generation = session.get_one(SearchGeneration, number)
        storing.adopt(generation, encoder)
        there = set(
            session.scalars(
                select(SearchPassage.id).where(SearchPassage.id.in_([own for own, _row in ids]))
            )
        )
        found = [
            {"id": own, "vector": storing.to_bytes(vector), "hubness": float(share)}
            for (own, _row), vector, share in zip(ids, vectors, shares, strict=True)
            if own in there
        ]
        if found:
            session.execute(update(SearchPassage), found)
        if found and not generation.is_building:
            storing.touch(session, {row for own, row in ids if own in there})
