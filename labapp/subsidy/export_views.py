"""Taking files out: claims in every form, the dossier of a branch, and what was taken before."""

from pathlib import Path

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.clock import today
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy import overviews
from labapp.subsidy.claim_models import ExportRecord
from labapp.subsidy.exports import claims, declarations, dossier, records
from labapp.subsidy.exports.formats import FORMATS

pages = Blueprint("exports", __name__)
TYPES = {
    ".zip": "application/zip",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Files are for who has the right to take them out."""


@pages.get("/overzicht/export")
def list_all() -> str:
    """List what one may take out, and what was taken out before."""
    actor = current_actor()
    overviews.visible_to(actor)
    return render_template(
        "subsidy/exports.html",
        claims=claims.list_claims(actor),
        branches=dossier.branches_of(actor),
        years=[(one, f"{one}-{one + 1}") for one in overviews.school_years(actor)],
        year=overviews.school_year_of(today()),
        records=records.list_records(actor),
    )


@pages.get("/overzicht/export/claims/<int:claim_id>")
def show_claim(claim_id: int) -> str:
    """Show in which forms a claim can be had; in red where its bytes are not what they were."""
    actor = current_actor()
    claim = claims.get_claim(actor, claim_id)
    frozen = claims.freeze(claim)
    return render_template(
        "subsidy/export_claim.html",
        claim=claim,
        frozen=frozen,
        formats=list(FORMATS.values()),
        people=claims.list_people(frozen),
        records=records.list_records(actor, frozen.subject),
    )


@pages.post("/overzicht/export/claims/<int:claim_id>")
def export_claim(claim_id: int) -> ResponseReturnValue:
    made = claims.export_claim(current_actor(), claim_id, instance(), request.form.getlist("vorm"))
    return _hand_over(made, url_for("exports.show_claim", claim_id=claim_id))


@pages.post("/overzicht/export/claims/<int:claim_id>/persoon")
def export_person(claim_id: int) -> ResponseReturnValue:
    """Make the hour declaration of one person and month: `wie` is 12:2026-09."""
    number, _colon, month = request.form.get("wie", "").partition(":")
    if not (number.isascii() and number.isdigit()):
        words = _("Kies een persoon en maand.")
        raise InvalidError(words, {"wie": [words]})
    made = claims.export_person(
        current_actor(), claim_id, instance(), user_id=int(number), month=month
    )
    return _hand_over(made, url_for("exports.show_claim", claim_id=claim_id))


@pages.post("/overzicht/export/urenstaten/<int:declaration_id>")
def export_declaration(declaration_id: int) -> ResponseReturnValue:
    made = declarations.export_declaration(current_actor(), declaration_id, instance())
    return _hand_over(made, url_for("exports.list_all"))


@pages.post("/overzicht/export/dossier")
def export_dossier() -> ResponseReturnValue:
    """Make the sample dossier of a branch and school year."""
    branch_id = request.form.get("vestiging", type=int)
    year = request.form.get("jaar", type=int)
    if branch_id is None or year is None:
        words = _("Kies een vestiging en een schooljaar.")
        raise InvalidError(words, {"vestiging": [words]})
    record = dossier.export_dossier(current_actor(), branch_id, year, instance())
    return send_record(record, instance() / records.FOLDER / record.sha256)


@pages.get("/overzicht/export/bestanden/<int:record_id>")
def take_again(record_id: int) -> ResponseReturnValue:
    """Give the bytes of an earlier export once more."""
    actor = current_actor()
    record = records.get_record(actor, record_id)
    return send_record(record, records.take_again(actor, instance(), record))


def instance() -> Path:
    return Path(current_app.config["INSTANCE"])


def send_record(record: ExportRecord, path: Path) -> Response:
    """Send bytes that were kept, from the disk and not from memory."""
    response = send_file(
        path,
        mimetype=TYPES.get(Path(record.file_name).suffix, "application/octet-stream"),
        as_attachment=True,
        download_name=record.file_name,
        etag=record.sha256,
        max_age=0,
    )
    response.headers["X-Content-SHA256"] = record.sha256
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _hand_over(made: claims.Export, page: str) -> ResponseReturnValue:
    """Send the download; when it differs from an earlier one, show that first."""
    if made.matches_earlier:
        return send_record(made.zip, instance() / records.FOLDER / made.zip.sha256)
    flash(_("Deze export is niet gelijk aan een eerdere. Bekijk het verschil hieronder."), "error")
    return redirect(page, 303)
