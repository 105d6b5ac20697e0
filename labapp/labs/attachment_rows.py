"""The rows of attachments, without asking who may: for the services that have asked."""

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from labapp.clock import now
from labapp.database import db, transaction
from labapp.files import services as files
from labapp.files.models import StoredFile
from labapp.labs.thread_models import Attachment


def rows_of(name: str) -> list[Attachment]:
    """Give the files that hang on an object and stand there, the first one first."""
    query = (
        select(Attachment)
        .where(
            Attachment.object == name,
            Attachment.removed_at.is_(None),
            Attachment.is_hidden.is_(False),
        )
        .options(joinedload(Attachment.file))
        .order_by(Attachment.id)
    )
    return list(db.session.scalars(query))


def count_of(name: str) -> int:
    """Count the files of an object, hidden ones too: what is hidden can come back."""
    query = select(func.count()).where(Attachment.object == name, Attachment.removed_at.is_(None))
    return db.session.scalar(query) or 0


def bytes_in(lab_id: int) -> int:
    """Give how much the files of a lab take together."""
    query = (
        select(func.coalesce(func.sum(StoredFile.size), 0))
        .join(Attachment, Attachment.file_id == StoredFile.id)
        .where(Attachment.lab_id == lab_id, Attachment.removed_at.is_(None))
    )
    return int(db.session.scalar(query) or 0)


def drop(attachment: Attachment) -> None:
    """Remove a file in the caller's transaction: nobody opens it any more, and its bytes go."""
    with transaction() as session:
        attachment.removed_at = attachment.removed_at or now()
        files.remove(attachment.file)
        session.flush()


def drop_all(name: str) -> None:
    """Remove the files of an object that is gone, in the caller's transaction."""
    query = (
        select(Attachment)
        .where(Attachment.object == name, Attachment.removed_at.is_(None))
        .options(joinedload(Attachment.file))
    )
    with transaction():
        for attachment in db.session.scalars(query).all():
            drop(attachment)
