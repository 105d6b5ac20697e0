"""Bringing cards in from a file: first what it would do, then doing it, and taking it back."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import batches, exporters, importing, policies, uploads
from labapp.knowledge.import_plans import ImportReport
from labapp.knowledge.models import Card

pages = Blueprint("imports", __name__)
FORMATS = {
    "wwc": _l("What Works Clearinghouse (export als .zip)"),
    "csv": _l("Tabel (CSV)"),
    "xlsx": _l("Tabel (Excel, .xlsx)"),
    "bibtex": _l("Literatuur (BibTeX)"),
    "ris": _l("Literatuur (RIS)"),
    "csl-json": _l("Literatuur (CSL-JSON)"),
    "json": _l("Kaarten uit een export van deze site (JSON)"),
    "markdown": _l("Markdown met gegevens erboven (.md, of een .zip)"),
    "pdf": _l("PDF: een concept per document"),
    "docx": _l("Word (.docx): een concept per document"),
}
SHOWN_ERRORS = 200
KEPT = timedelta(hours=6)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Importing and exporting are for people with an account."""


@pages.get("/kennis/invoeren")
def show() -> str:
    return _import_page({})


@pages.post("/kennis/invoeren")
def try_out() -> ResponseReturnValue:
    """Say what a file would do, row by row; nothing is imported yet."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _import_page({"file": [_("Kies een bestand.")]}), 422
    _check()
    form = _read_form()
    token = uploads.keep(_folder(), file.stream, str(current_actor().id), KEPT)
    try:
        report = _run(token, form | {"name": file.filename}, dry_run=True)
    except InvalidError as error:
        uploads.drop(_folder(), token, str(current_actor().id))
        return _import_page(error.fields or {"file": [str(error)]}), 422
    status = 422 if report.errors else 200
    page = render_template(
        "knowledge/import_report.html",
        report=report,
        errors=report.errors[:SHOWN_ERRORS],
        form=form | {"token": token, "name": file.filename},
        format_name=FORMATS.get(form["format"], form["format"]),
    )
    return page, status


@pages.post("/kennis/invoeren/bevestigen")
def confirm() -> ResponseReturnValue:
    """Import the file that was tried out, whole or not at all."""
    _check()
    token = request.form.get("token", "")
    form = _read_form() | {"name": request.form.get("name", "")[:200]}
    report = _run(token, form, dry_run=False)
    report.raise_errors()
    uploads.drop(_folder(), token, str(current_actor().id))
    flash(
        _(
            "%(created)s kaarten nieuw, %(updated)s bijgewerkt, %(unchanged)s ongewijzigd.",
            created=report.created,
            updated=report.updated,
            unchanged=report.unchanged,
        )
    )
    return redirect(url_for("imports.show"), 303)


@pages.post("/kennis/invoeren/<string(maxlength=40):code>/terugdraaien")
def undo(code: str) -> ResponseReturnValue:
    batches.undo_batch(current_actor(), code)
    flash(_("De invoer is teruggedraaid."))
    return redirect(url_for("imports.show"), 303)


@pages.get("/kennis/uitvoer/<string(maxlength=20):form>")
def export(form: str) -> Response:
    """Give every card that one may read, as one file."""
    pieces = exporters.export_cards(current_actor(), form, _address)
    suffix = {"bibtex": "bib", "csl-json": "json"}.get(form, form)
    return Response(
        stream_with_context(pieces),
        mimetype=exporters.FORMATS.get(form, "text/plain"),
        headers={"Content-Disposition": f"attachment; filename=kaarten.{suffix}"},
    )


def _address(card: Card) -> str:
    return url_for("cards.show_card", card_id=card.id, _external=True)


def _check() -> None:
    if not policies.can_import(current_actor()):
        raise ForbiddenError(_("Alleen beheerders, kennismakelaars en onderzoekers voeren in."))


def _folder() -> Path:
    return Path(current_app.config["INSTANCE"], "uploads")


def _read_form() -> dict[str, Any]:
    chosen = request.form.get("format", "")
    if chosen not in importing.READERS:
        words = _("Kies het soort bestand.")
        raise InvalidError(words, {"format": [words]})
    language = request.form.get("language", "nl")
    return {
        "format": chosen,
        "language": language if language in ("nl", "en") else "nl",
        "mapping": request.form.get("mapping", "").strip(),
    }


def _run(token: str, form: dict[str, Any], *, dry_run: bool) -> ImportReport:
    words = _("De koppeling is geen JSON.")
    try:
        mapping = json.loads(form["mapping"]) if form["mapping"] else None
    except (ValueError, RecursionError) as error:
        raise InvalidError(words, {"mapping": [words]}) from error
    if mapping is not None and not isinstance(mapping, dict):
        raise InvalidError(words, {"mapping": [words]})
    with (
        uploads.kept(_folder(), token, str(current_actor().id)).open("rb") as stream,
        uploads.saved(stream, form["format"], form["name"]) as path,
    ):
        return importing.import_path(
            current_actor(),
            path,
            format=form["format"],
            language=form["language"],
            mapping=mapping,
            dry_run=dry_run,
            origin=form["name"],
        )


def _import_page(errors: dict[str, list[str]]) -> str:
    return render_template(
        "knowledge/import.html",
        batches=batches.list_batches(current_actor()),
        formats=[(name, str(FORMATS.get(name, name))) for name in importing.READERS],
        exports=sorted(exporters.FORMATS),
        errors=errors,
    )
