"""Files with what people write: added, listed, opened and removed by the rule of that object.

A file is never got by its own number alone: who may not read what it hangs on finds nothing.
"""

from dataclasses import dataclass
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.files import services as files
from labapp.files.services import Upload
from labapp.files.storage import MEGABYTE
from labapp.i18n import gettext as _
from labapp.labs import attachment_rows, policies, pupil_guard
from labapp.labs.attachment_holders import Holder, find_holder
from labapp.labs.machine import lock
from labapp.labs.thread_models import Attachment, Contribution
from labapp.pupil_data.files import find_in_file

MOST = 10  # on one object
LONGEST_TITLE = 200


@dataclass
class Room:
    """How much the files of one lab may take together (LABAPP_LAB_FILES_MAX_MB)."""

    most: int = 1000 * MEGABYTE


room = Room()


def configure(most_mb: int) -> None:
    """Set how much the files of a lab may take, once, at start-up."""
    room.most = most_mb * MEGABYTE


@dataclass(frozen=True)
class Added:
    """What was kept, and what its owner should know: that nobody could look through it."""

    attachment: Attachment
    notices: list[str]


def list_attachments(actor: Actor, name: str) -> list[Attachment]:
    """Give the files of an object that one may read, the first one first."""
    return list_of(name, find_holder(actor, name))


def list_of(name: str, holder: Holder) -> list[Attachment]:
    """Give the files of an object that was found for somebody."""
    return [one for one in attachment_rows.rows_of(name) if _is_shown(holder, one)]


def get_attachment(actor: Actor, attachment_id: int) -> Attachment:
    """Give a file to who may read what it hangs on; for all others it is not there."""
    found = db.session.scalar(
        select(Attachment)
        .where(
            Attachment.id == attachment_id,
            Attachment.removed_at.is_(None),
            Attachment.is_hidden.is_(False),
        )
        .options(joinedload(Attachment.file))
    )
    gone = NotFoundError(_("Dit bestand bestaat niet, of je mag het niet lezen."))
    if found is None:
        raise gone
    try:
        holder = find_holder(actor, found.object)
    except (NotFoundError, ForbiddenError):
        raise gone from None
    if not _is_shown(holder, found):
        raise gone
    return found


def add_attachment(
    actor: Actor,
    name: str,
    stream: IO[bytes],
    filename: str,
    *,
    title: str = "",
    confirmed: bool = False,
) -> Added:
    """Keep a file with an object, after it was looked through for data of pupils.

    What looks like such data is refused until its owner looked and confirmed. The file is received
    and read before the transaction, which asks again who may.
    """
    _require_add(actor, name)
    title = " ".join(title.split())
    if len(title) > LONGEST_TITLE:
        said = _("Een titel is hoogstens %(most)s tekens.", most=LONGEST_TITLE)
        raise InvalidError(said, {"title": [said]})
    with files.received(stream, filename) as upload:
        warned_of, notices = _look_through(upload, title, confirmed=confirmed)
        with transaction() as session:
            holder = _require_add(actor, name)
            lock(holder.lab or holder.thing)  # two who add at once do not pass the limits together
            _require_room(holder, name, upload)
            attachment = Attachment(
                object=name,
                contribution_id=holder.thing.id if isinstance(holder.thing, Contribution) else None,
                lab_id=holder.lab.id if holder.lab else None,
                question_id=holder.question.id if holder.question else None,
                file=files.keep(upload, uploaded_by_id=actor.id),
                title=title or upload.name,
                added_by_id=actor.id,
                acting_for_id=actor.acting_for_id,
                warned_of=warned_of,
            )
            session.add(attachment)
            session.flush()
            _record(actor, "attachments.add", attachment)
    return Added(attachment, notices)


def may_remove(actor: Actor, holder: Holder, attachment: Attachment) -> bool:
    """Whether one may take a file away: one's own, or as lead; never from a published text."""
    if holder.fixed_until is not None and attachment.created_at <= holder.fixed_until:
        return False
    is_mine = actor.id is not None and attachment.added_by_id == actor.id
    return holder.may_add and (
        is_mine or (holder.lab is not None and policies.is_lead(actor, holder.lab))
    )


def remove_attachment(actor: Actor, attachment: Attachment) -> None:
    """Take a file away: nobody opens it any more."""
    with transaction():
        holder = find_holder(actor, attachment.object)
        lock(attachment)
        if attachment.removed_at is not None:
            raise ConflictError(_("Dit bestand is al weggehaald."))
        if not may_remove(actor, holder, attachment):
            raise ForbiddenError(_("Dit bestand kun je hier niet weghalen."))
        attachment_rows.drop(attachment)
        _record(actor, "attachments.remove", attachment)


def _is_shown(holder: Holder, attachment: Attachment) -> bool:
    return holder.shown_until is None or attachment.created_at <= holder.shown_until


def _require_add(actor: Actor, name: str) -> Holder:
    holder = find_holder(actor, name)
    actor.require_user()
    if not holder.may_add:
        raise ForbiddenError(_("Hier kun je nu geen bestand toevoegen."))
    return holder


def _require_room(holder: Holder, name: str, upload: Upload) -> None:
    if attachment_rows.count_of(name) >= MOST:
        raise _refused(
            _("Er passen hier %(most)s bestanden bij. Haal er eerst een weg.", most=MOST)
        )
    if holder.lab is None:
        return
    if attachment_rows.bytes_in(holder.lab.id) + upload.size > room.most:
        most = room.most // MEGABYTE
        raise _refused(
            _("De bestanden van dit lab nemen samen hoogstens %(most)s MB. Haal er weg.", most=most)
        )


def _refused(words: str) -> InvalidError:
    return InvalidError(words, {"file": [words]})


def _look_through(upload: Upload, title: str, *, confirmed: bool) -> tuple[list[str], list[str]]:
    """Refuse what looks like data of pupils; give the kinds that were seen, and what to say."""
    report = find_in_file(upload.path, upload.media_type)
    in_name = pupil_guard.find(f"{title}\n{upload.name.rpartition('.')[0]}")
    kinds = pupil_guard.require_looked(
        [*in_name, *report.findings],
        confirmed=confirmed,
        words=_(
            "In dit bestand lijken gegevens van leerlingen te staan. Het is niet bewaard. "
            "Haal ze eruit, of kies het opnieuw en zeg dat je het hebt bekeken."
        ),
    )
    if report.is_unread:
        said = _("We konden dit bestand niet lezen. Kijk zelf na of er leerlingen in staan.")
        return kinds, [said]
    if report.is_partial:
        said = _("We lazen een deel van dit bestand. Kijk zelf na of er leerlingen in staan.")
        return kinds, [said]
    return kinds, []


def _record(actor: Actor, action: str, attachment: Attachment) -> None:
    audit.record(
        actor.id,
        action,
        attachment,
        changes={"object": attachment.object, "warned_of": attachment.warned_of},
        on_behalf_of=actor.acting_for_id,
    )
