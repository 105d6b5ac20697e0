"""A new generation of the index, made beside the one that is searched, checked, and put in place.

The documents come from those who own them, so what went missing comes back and what should have
gone goes. Changes made meanwhile go into both generations. One that is killed goes on where it was,
and a kept generation of the same model is gone on with.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from labapp.database import db, transaction
from labapp.errors import ConflictError, UnavailableError
from labapp.i18n import gettext as _
from labapp.search import embedding, matching, storing
from labapp.search.content import Content, State
from labapp.search.documents import Document
from labapp.search.encoders import Encoder
from labapp.search.models import (
    ONLY,
    SearchGeneration,
    SearchObject,
    SearchPassage,
    SearchRevision,
)
from labapp.search.questions import analyse
from labapp.search.runtime import Runtime

AT_ONCE = 50
CHECKED = 25
FOUND_AGAIN = 0.8
AGREEMENT = 0.99
"""The cosine of a vector with that of the same text, encoded again."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild has put in place."""

    generation: int
    objects: int
    passages: int
    checksum: str


def rebuild(
    here: Runtime, *, again: bool = False, progress: embedding.Progress | None = None
) -> Rebuilt:
    """Make everything anew and search that from then on; `again` also encodes what is known."""
    here.index.folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(here.index.folder / "rebuild.lock", timeout=0):
            return _rebuild(here, again=again, progress=progress)
    except Timeout:
        raise ConflictError(_("De index wordt al opnieuw gemaakt.")) from None


def _rebuild(here: Runtime, *, again: bool, progress: embedding.Progress | None) -> Rebuilt:
    encoder = here.encoder()
    number, copied_from = _start(encoder, again=again)
    for kind, source in here.sources.items():
        since = _revision()
        documents = list(source())
        db.session.rollback()
        for some in _batches(documents):
            with transaction() as session:
                _fill(session, some, number, copied_from, since)
        _remove_others(kind, {document.id for document in documents}, since)
    embedding.embed_waiting(here, number, progress)
    content = _load(here, number)
    _verify(content, encoder)
    rebuilt = _put_in_place(here, encoder, number)
    here.index.catch_up()
    here.index.save()
    return rebuilt


def _start(encoder: Encoder, *, again: bool) -> tuple[int, int | None]:
    """The generation to fill, and the one to copy vectors from."""
    with transaction() as session:
        storing.next_revision(session)
        current = session.scalars(storing.CURRENT).one()
        wanted = (encoder.fingerprint, storing.WAY)
        others = session.scalars(
            select(SearchGeneration).where(SearchGeneration.number != current.number)
        ).all()
        same = [one for one in others if (one.fingerprint, one.words) == wanted]
        chosen = next((one for one in same if one.is_building or not again), None)
        for one in others:
            if one.is_building and one is not chosen:
                _forget(session, one.number)
        if chosen is None:
            highest = session.scalar(select(func.max(SearchGeneration.number))) or 0
            chosen = SearchGeneration(
                number=highest + 1,
                fingerprint=encoder.fingerprint,
                dimension=encoder.dimension,
                words=storing.WAY,
            )
            session.add(chosen)
        chosen.is_building = True
        is_same_model = current.fingerprint == encoder.fingerprint and not again
        return chosen.number, current.number if is_same_model else None


def _fill(
    session: Session,
    documents: Sequence[Document],
    number: int,
    copied_from: int | None,
    since: int,
) -> None:
    """Bring some documents into the new generation, but those that were changed after `since`."""
    _hold(session)
    generation = session.get_one(SearchGeneration, number)
    for document in documents:
        row = session.scalar(
            select(SearchObject).where(
                SearchObject.kind == document.kind, SearchObject.object_id == document.id
            )
        )
        if row is not None and row.revision > since:
            continue  # whoever changed it put it in this generation too
        pieces = storing.pieces_of(document)
        if row is None or _differs(row, document):
            row, _is_new = storing.save_object(session, document)
            for active in session.scalars(storing.ACTIVE):
                storing.save_passages(session, row, active, pieces)
        storing.save_passages(session, row, generation, pieces, copied_from=copied_from)
        storing.save_words(session, pieces)


def _differs(row: SearchObject, document: Document) -> bool:
    facets = {name: sorted(set(values)) for name, values in document.facets.items()}
    return bool(
        row.is_removed
        or row.content_hash != storing.hash_of(document)
        or row.audience != sorted(document.audience)
        or row.facets != facets
        or row.numbers != dict(document.numbers)
    )


def _remove_others(kind: str, there: set[int], since: int) -> None:
    """Remove what its owner does not know, unless it came meanwhile."""
    with transaction() as session:
        _hold(session)
        rows = session.scalars(
            select(SearchObject).where(
                SearchObject.kind == kind,
                SearchObject.is_removed.is_(False),
                SearchObject.revision <= since,
            )
        ).all()
        for row in rows:
            if row.object_id not in there:
                storing.remove_object(session, kind, row.object_id)


def _load(here: Runtime, number: int) -> Content:
    generation = db.session.get_one(SearchGeneration, number)
    revision = db.session.get_one(SearchRevision, ONLY)
    state = State(
        revision.key, revision.number, number, generation.fingerprint, generation.dimension
    )
    db.session.rollback()
    with here.index.engine.connect() as connection:
        return here.index.load(connection, state)  # with vectors, also where the database has them


def _verify(content: Content, encoder: Encoder) -> None:
    """Raise unless every object has its passages, and a sample is found by its own title."""
    objects = np.flatnonzero(content.objects.is_alive.values)
    if not len(objects):
        return
    empty = content.objects.passages.values[objects] == 0
    rows = np.flatnonzero(content.vectors.languages >= 0)
    lengths = np.linalg.norm(content.vectors.take(rows[:: max(len(rows) // 1000, 1)]), axis=1)
    if empty.any() or not np.allclose(lengths, 1, atol=0.01):
        raise UnavailableError(_("De nieuwe index is niet volledig; de oude blijft in gebruik."))
    sample = objects[:: max(len(objects) // CHECKED, 1)]
    found = [_finds(content, encoder, int(slot)) for slot in sample]
    if sum(found) < FOUND_AGAIN * len(found):
        raise UnavailableError(
            _("De nieuwe index vindt zijn eigen teksten niet; de oude blijft in gebruik.")
        )


def _finds(content: Content, encoder: Encoder, slot: int) -> bool:
    """Whether an object is among the best for the text of its first passage."""
    first = content.objects.passages_of(slot)[0]
    text = db.session.scalar(
        select(SearchPassage.text).where(SearchPassage.id == int(content.passage_ids.values[first]))
    )
    db.session.rollback()
    if text is None:
        return True  # it was changed a moment ago
    vector = encoder.encode_passages([text])[0]
    if content.vectors.has_vector[first]:
        agreement = float(content.vectors.take(np.array([first]))[0] @ vector)
        if agreement < AGREEMENT:
            return False
    question = matching.Question(analyse(text[:200]), vector)
    ranked = matching.rank(question, content.vectors, content.words)
    same_text = content.vectors.take(ranked.rows[:10]) @ vector > AGREEMENT
    return slot in content.slots.values[ranked.rows[:10]] or bool(same_text.any())


def _put_in_place(here: Runtime, encoder: Encoder, number: int) -> Rebuilt:
    """Let everybody search the new generation; the one before is kept."""
    with transaction() as session:
        storing.next_revision(session)
        late = session.scalars(storing.waiting(number)).all()
        for some in _batches(late):
            storing.embed(some, encoder, here.index.folder)
        generation = session.get_one(SearchGeneration, number)
        revision = session.get_one(SearchRevision, ONLY)
        before = revision.generation
        revision.generation, generation.is_building = number, False
        generation.passages, generation.checksum = count_and_sum(session, number)
        for one in session.scalars(select(SearchGeneration.number)).all():
            if one not in {number, before}:
                _forget(session, one)
        objects = session.scalar(
            select(func.count()).select_from(SearchObject).where(SearchObject.is_removed.is_(False))
        )
        return Rebuilt(number, objects or 0, generation.passages, generation.checksum)


def count_and_sum(session: Session, number: int) -> tuple[int, str]:
    """How many passages a generation has, and a checksum of their words and vectors."""
    digest, count = hashlib.sha256(), 0
    rows = session.execute(
        select(SearchPassage.content_hash, SearchPassage.words, SearchPassage.vector)
        .where(SearchPassage.generation == number)
        .order_by(SearchPassage.row_id, SearchPassage.position)
        .execution_options(yield_per=1000)
    )
    for content_hash, words, vector in rows:
        digest.update(content_hash.encode() + words + (vector or b""))
        count += 1
    return count, digest.hexdigest()


def _forget(session: Session, number: int) -> None:
    session.execute(delete(SearchPassage).where(SearchPassage.generation == number))
    session.execute(delete(SearchGeneration).where(SearchGeneration.number == number))


def _hold(session: Session) -> None:
    """Let nobody change anything until the end of the transaction."""
    session.execute(
        update(SearchRevision)
        .where(SearchRevision.id == ONLY)
        .values(number=SearchRevision.number)
        .execution_options(synchronize_session=False)
    )


def _revision() -> int:
    number = db.session.scalar(select(SearchRevision.number)) or 0
    db.session.rollback()
    return int(number)


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
