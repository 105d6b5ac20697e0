"""Bringing questions in from a table: first what it would do, then doing it, and taking it back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import uploads
from labapp.labs import question_imports
from labapp.labs.question_import_rows import COLUMNS
from labapp.labs.question_imports import QuestionReport
from labapp.labs.round_forms import Errors, is_confirmed

pages = Blueprint("question_imports", __name__)
KEPT = timedelta(hours=6)
SHOWN = 200


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Brokers bring questions in."""


@pages.get("/vragen/invoeren")
def show() -> str:
    _check()
    return _page({})


@pages.post("/vragen/invoeren")
def try_out() -> ResponseReturnValue:
    """Say what a file would do, row by row; nothing is read in yet."""
    _check()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page({"file": [_("Kies een bestand.")]}), 422
    me = str(current_actor().id)
    token = uploads.keep(_folder(), file.stream, me, KEPT)
    form = {"token": token, "name": file.filename[:200], "origin": request.form.get("origin", "")}
    try:
        report = _run(form, dry_run=True)
    except InvalidError as error:
        uploads.drop(_folder(), token, me)
        return _page(error.fields or {"file": [str(error)]}), 422
    return _report_page(report, form)


@pages.post("/vragen/invoeren/bevestigen")
def confirm() -> ResponseReturnValue:
    """Read the file in that was tried out, whole or not at all."""
    _check()
    form = {name: request.form.get(name, "")[:200] for name in ("token", "name", "origin")}
    try:
        report = _run(form, dry_run=False)
    except InvalidError as error:
        return _page(error.fields or {"file": [str(error)]}), 422
    if report.faults:
        return _report_page(report, form)
    uploads.drop(_folder(), form["token"], str(current_actor().id))
    flash(
        _("%(created)s vragen nieuw, %(changed)s bijgewerkt, %(unchanged)s ongewijzigd.",
          created=report.created, changed=report.changed, unchanged=report.unchanged),
        "success",
    )  # fmt: skip
    return redirect(url_for("question_imports.show"), 303)


@pages.post("/vragen/invoeren/<int:import_id>/terugdraaien")
def undo(import_id: int) -> ResponseReturnValue:
    actor = current_actor()
    batch = question_imports.get_import(actor, import_id)
    try:
        kept = question_imports.undo_import(actor, batch)
    except ConflictError as error:
        flash(str(error), "error")
        return redirect(url_for("question_imports.show"), 303)
    words = _("De invoer is teruggedraaid.")
    if kept:
        words = _("Teruggedraaid. %(kept)s vragen bleven, want er is al aan gewerkt.", kept=kept)
    flash(words, "success")
    return redirect(url_for("question_imports.show"), 303)


def _check() -> None:
    if not question_imports.can_import(current_actor()):
        raise ForbiddenError(_("Alleen kennismakelaars en het programmabureau voeren vragen in."))


def _folder() -> Path:
    return Path(current_app.config["INSTANCE"], "uploads")


def _run(form: dict[str, Any], *, dry_run: bool) -> QuestionReport:
    me = str(current_actor().id)
    with (
        uploads.kept(_folder(), form["token"], me).open("rb") as stream,
        uploads.saved(stream, "csv", form["name"]) as path,
    ):
        return question_imports.import_questions(
            current_actor(), path, origin=form["origin"], dry_run=dry_run, filename=form["name"],
            confirmed=is_confirmed(),
        )  # fmt: skip


def _report_page(report: QuestionReport, form: dict[str, Any]) -> ResponseReturnValue:
    page = render_template(
        "labs/question_import_report.html", report=report, faults=report.faults[:SHOWN], form=form
    )
    return page, 422 if report.faults else 200


def _page(errors: Errors) -> str:
    return render_template(
        "labs/question_import.html",
        batches=question_imports.list_imports(current_actor()),
        columns=sorted(COLUMNS),
        errors=errors,
    )
