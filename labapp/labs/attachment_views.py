"""Pages of files: adding one to what one reads, opening it, taking it away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import InvalidError
from labapp.files.checking import ACCEPT
from labapp.files.serving import send
from labapp.files.storage import MEGABYTE, chosen
from labapp.i18n import gettext as _
from labapp.labs import attachments
from labapp.labs.attachment_holders import find_holder
from labapp.labs.pupil_guard import FIELD
from labapp.labs.thread_models import Attachment
from labapp.labs.thread_page import Line
from labapp.notifications import objects

pages = Blueprint("attachments", __name__)


@dataclass(frozen=True)
class Box:
    """The files of one object, for the partial `labs/_attachments.html`."""

    name: str
    files: Sequence[Attachment]
    removable: frozenset[int]
    may_add: bool


@pages.app_template_global("attachments_of")
def attachments_of(name: str) -> Box:
    """Give the files of an object that whoever looks may read: `attachments_of("rounds:4")`."""
    actor = current_actor()
    holder = find_holder(actor, name)
    found = attachments.list_of(name, holder)
    removable = frozenset(one.id for one in found if attachments.may_remove(actor, holder, one))
    has_room = len(found) < attachments.MOST
    return Box(name, found, removable, holder.may_add and has_room)


@pages.app_template_global("attachments_at")
def attachments_at(line: Line) -> Box:
    """Give the files of a contribution that is on a page, without asking the database again."""
    one = line.contribution
    found = [a for a in one.attachments if a.removed_at is None and not a.is_hidden]
    may_add = line.may_edit and len(found) < attachments.MOST
    removable = frozenset(a.id for a in found if line.may_edit)
    return Box(f"contributions:{one.id}", found, removable, may_add)


@pages.get("/bijlagen/nieuw")
@sign_in_required
def new() -> ResponseReturnValue:
    """Show the form that adds a file to an object."""
    name = request.args.get("bij", "")
    if not find_holder(current_actor(), name).may_add:
        return redirect(objects.url_of(name), 303)
    return _form(current_actor(), name, {})


@pages.post("/bijlagen")
@sign_in_required
def add() -> ResponseReturnValue:
    """Keep a file; after a warning it is chosen anew, since nothing of it was kept."""
    actor, name = current_actor(), request.form.get("bij", "")
    file = request.files.get("file")
    find_holder(actor, name)
    if file is None or not file.filename:
        return _form(actor, name, {"file": [_("Kies een bestand.")]}), 422
    try:
        added = attachments.add_attachment(
            actor,
            name,
            file.stream,
            file.filename,
            title=request.form.get("title", ""),
            confirmed=request.form.get("confirmed") == "1",
        )
    except InvalidError as error:
        return _form(actor, name, error.fields), 422
    for notice in added.notices:
        flash(notice, "info")
    flash(_("Het bestand staat erbij."))
    return redirect(objects.url_of(name), 303)


@pages.get("/bijlagen/<int:attachment_id>")
def download(attachment_id: int) -> Response:
    return send(attachments.get_attachment(current_actor(), attachment_id).file)


@pages.post("/bijlagen/<int:attachment_id>/verwijderen")
@sign_in_required
def remove(attachment_id: int) -> ResponseReturnValue:
    actor = current_actor()
    attachment = attachments.get_attachment(actor, attachment_id)
    attachments.remove_attachment(actor, attachment)
    flash(_("Het bestand is weggehaald."))
    return redirect(objects.url_of(attachment.object), 303)


def _form(actor: Actor, name: str, errors: Mapping[str, Sequence[str]]) -> str:
    holder = find_holder(actor, name)
    return render_template(
        "labs/attachment_new.html",
        name=name,
        title=holder.title,
        back=objects.url_of(name),
        is_about_question=holder.question is not None,
        errors=errors,
        warnings=errors.get(FIELD, []),
        accept=ACCEPT,
        largest=chosen.largest // MEGABYTE,
        most=attachments.MOST,
        typed=request.form.get("title", ""),
    )
