"""Documents to rows: passages, their words and their vectors, for one generation or more."""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from labapp.errors import UnavailableError
from labapp.search import analysis, hubness, passages
from labapp.search.documents import Document
from labapp.search.encoders import Encoder
from labapp.search.models import (
    ONLY,
    SearchGeneration,
    SearchIdentifier,
    SearchObject,
    SearchPassage,
    SearchRevision,
    SearchWord,
)
from labapp.search.tokens import normalise, words

Floats = NDArray[np.float32]

KEY_LENGTH = 120
SPLITTING = 1
"""Raise it when passages are made in another way: it makes all of them anew at a rebuild."""

DUTCH = "nl"
WAY = f"passages {SPLITTING}, {analysis.NAME}"


CURRENT = select(SearchGeneration).join(
    SearchRevision, SearchRevision.generation == SearchGeneration.number
)
ACTIVE = (
    select(SearchGeneration)
    .join(SearchRevision, SearchRevision.id == ONLY)
    .where(
        or_(
            SearchRevision.generation == SearchGeneration.number,
            SearchGeneration.is_building.is_(True),
        )
    )
)
"""The generations that a change goes into: the one searched, and one that is being built."""


@dataclass(frozen=True)
class Piece:
    """A passage to be: shown as `text`, compared by `words` and by the vector of `text`."""

    language: str
    text: str
    words: bytes

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(f"{self.language}\0{self.text}".encode()).hexdigest()


def next_revision(session: Session) -> int:
    """Take the number of a change; until the end of the transaction no other process gets one."""
    number = session.scalar(
        update(SearchRevision)
        .where(SearchRevision.id == ONLY)
        .values(number=SearchRevision.number + 1)
        .returning(SearchRevision.number)
        .execution_options(synchronize_session=False)
    )
    if number is not None:
        return int(number)
    row = {"id": ONLY, "key": secrets.token_hex(8), "number": 0, "generation": 1}
    insert_new(session, SearchRevision, [row], "id")
    insert_new(session, SearchGeneration, [{"number": 1, "words": WAY}], "number")
    return next_revision(session)


def insert_new(
    session: Session, model: type, rows: Sequence[Mapping[str, object]], key: str
) -> None:
    """Insert rows, but for those that are there."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(model).on_conflict_do_nothing(index_elements=key.split(","))
    session.execute(statement, [dict(row) for row in rows])


def pieces_of(document: Document) -> list[Piece]:
    """The passages of a document. What is translated is a Dutch passage of its own."""
    found = [
        Piece(document.language, text, analysis.pack(analysis.count_terms(text, document.language)))
        for text in passages.split(clean(document.title), [clean(text) for text in document.texts])
    ]
    if document.translated:
        text = ". ".join(clean(text).rstrip(".") for text in document.translated) + "."
        found.append(Piece(DUTCH, text, analysis.pack(analysis.count_terms(text, DUTCH))))
    for text in filter(None, (" ".join(clean(text).split()) for text in document.questions)):
        language = analysis.detect_language(text, document.language)
        found.append(Piece(language, text, analysis.pack(analysis.count_terms(text, language))))
    return found


def clean(text: str) -> str:
    """PostgreSQL keeps no NUL, and no half of a surrogate pair can be encoded."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def hash_of(document: Document) -> str:
    """What tells whether the texts of a document are others than before."""
    texts = [document.language, document.title, document.texts, document.translated]
    texts += [document.questions, WAY]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def save_object(session: Session, document: Document) -> tuple[SearchObject, bool]:
    """Save the row of a document; tells too whether its texts are new."""
    revision = next_revision(session)
    row = session.scalar(
        select(SearchObject).where(
            SearchObject.kind == document.kind, SearchObject.object_id == document.id
        )
    )
    if row is None:
        row = SearchObject(kind=document.kind, object_id=document.id, content_hash="")
        session.add(row)
    content_hash = hash_of(document)
    is_new = row.content_hash != content_hash or bool(row.is_removed)
    row.language, row.title = document.language, clean(document.title)
    row.title_key = normalise(row.title)[:KEY_LENGTH]
    row.audience = sorted(document.audience)
    row.facets = {name: sorted(set(values)) for name, values in document.facets.items()}
    row.numbers = dict(document.numbers)
    row.is_removed, row.revision, row.content_hash = False, revision, content_hash
    session.flush()
    _save_identifiers(session, row.id, document)
    return row, is_new


def remove_object(session: Session, kind: str, object_id: int) -> None:
    """Empty the row of an object, and remove its passages in every generation."""
    revision = next_revision(session)
    row_id = session.scalar(
        update(SearchObject)
        .where(SearchObject.kind == kind, SearchObject.object_id == object_id)
        .values(is_removed=True, revision=revision, title="", title_key="", content_hash="")
        .returning(SearchObject.id)
        .execution_options(synchronize_session=False)
    )
    if row_id is not None:
        session.execute(delete(SearchPassage).where(SearchPassage.row_id == row_id))
        session.execute(delete(SearchIdentifier).where(SearchIdentifier.row_id == row_id))


def save_passages(
    session: Session,
    row: SearchObject,
    generation: SearchGeneration,
    pieces: Sequence[Piece],
    *,
    copied_from: int | None = None,
) -> None:
    """Replace the passages of an object; what stays the same keeps its vector.

    Vectors may also be copied from another generation of the same model.
    """
    own = (SearchPassage.row_id == row.id) & (SearchPassage.generation == generation.number)
    sources = {generation.number, copied_from or generation.number}
    known = {
        content_hash: (vector, share)
        for content_hash, vector, share in session.execute(
            select(SearchPassage.content_hash, SearchPassage.vector, SearchPassage.hubness).where(
                SearchPassage.row_id == row.id,
                SearchPassage.generation.in_(sources),
                SearchPassage.vector.is_not(None),
            )
        )
    }
    session.execute(delete(SearchPassage).where(own))
    rows = []
    for position, piece in enumerate(pieces):
        vector, share = known.get(piece.content_hash, (None, 0.0))
        rows.append(
            {
                "row_id": row.id,
                "generation": generation.number,
                "position": position,
                "language": piece.language,
                "text": piece.text,
                "words": piece.words,
                "vector": vector,
                "hubness": share,
                "content_hash": piece.content_hash,
            }
        )
    if rows:
        session.execute(insert(SearchPassage), rows)


def save_words(session: Session, pieces: Sequence[Piece]) -> None:
    """Remember the words as they stand in the texts, for suggestions."""
    found = {
        (word.text, piece.language)
        for piece in pieces
        for word in words(piece.text)
        if not analysis.is_stop_word(word.text, piece.language) and not word.text.isdigit()
    }
    rows = [{"word": word, "language": language} for word, language in sorted(found)]
    if rows:
        insert_new(session, SearchWord, rows, "word,language")


def embed(rows: Sequence[SearchPassage], encoder: Encoder, folder: Path) -> None:
    """Give passages their vectors, and how near each is to ordinary questions."""
    vectors = encoder.encode_passages([row.text for row in rows])
    shares = hubness.of(vectors, encoder, folder)
    for row, vector, share in zip(rows, vectors, shares, strict=True):
        row.vector, row.hubness = to_bytes(vector), float(share)


def touch(session: Session, row_ids: Collection[int]) -> None:
    """Let every process read these objects again."""
    revision = next_revision(session)
    session.execute(
        update(SearchObject)
        .where(SearchObject.id.in_(row_ids))
        .values(revision=revision)
        .execution_options(synchronize_session=False)
    )


def waiting(generation: int, after: int = 0) -> Select[SearchPassage]:
    """The passages without a vector, in the order of their ids."""
    return (
        select(SearchPassage)
        .where(
            SearchPassage.generation == generation,
            SearchPassage.vector.is_(None),
            SearchPassage.id > after,
        )
        .order_by(SearchPassage.id)
    )


def adopt(generation: SearchGeneration, encoder: Encoder) -> None:
    """Let a generation without vectors yet be of this model; of another it is out of order."""
    if not generation.fingerprint:
        generation.fingerprint, generation.dimension = encoder.fingerprint, encoder.dimension
    if generation.fingerprint != encoder.fingerprint:
        raise UnavailableError(MODEL_CHANGED)


MODEL_CHANGED = "De index hoort bij een ander taalmodel: `labapp search rebuild` maakt hem opnieuw."


def to_bytes(vector: Floats) -> bytes:
    return vector.astype("<f2").tobytes()


def _save_identifiers(session: Session, row_id: int, document: Document) -> None:
    codes = {code for code in map(code_of, document.identifiers) if code}
    known = set(
        session.scalars(select(SearchIdentifier.code).where(SearchIdentifier.row_id == row_id))
    )
    if known - codes:
        session.execute(
            delete(SearchIdentifier).where(
                SearchIdentifier.row_id == row_id, SearchIdentifier.code.in_(known - codes)
            )
        )
    if codes - known:
        session.execute(
            insert(SearchIdentifier),
            [{"row_id": row_id, "code": code} for code in sorted(codes - known)],
        )


def code_of(text: str) -> str:
    """A code as it is compared: without the address around a DOI, capitals, spaces and dashes."""
    code = clean(text).strip().casefold()
    for start in ("https://", "http://", "dx.", "doi.org/", "doi:", "isbn:", "isbn"):
        code = code.removeprefix(start).strip()
    code = code.strip(".,;:()[]\"'")
    plain = code.replace("-", "").replace(" ", "")
    return (plain if plain[:-1].isdigit() else code)[:200]
