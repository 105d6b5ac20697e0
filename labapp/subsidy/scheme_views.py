"""Schemes: the list, one version with what it still lacks, putting it in force, closing a year."""

from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.accounts.words import ROLES, SECTORS
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy import (
    grants,
    participations,
    policies,
    scheme_checks,
    scheme_copies,
    scheme_files,
    schemes,
)
from labapp.subsidy.form_answers import posted_version
from labapp.subsidy.form_fields import PERCENTAGE
from labapp.subsidy.scheme_fields import EVIDENCE, KINDS, POLICIES, SCOPES, STATUSES
from labapp.subsidy.scheme_inputs import YEARS
from labapp.subsidy.scheme_locks import is_used, require_office
from labapp.subsidy.scheme_models import CapUnit, SchemeVersion, VersionStatus

pages = Blueprint("schemes", __name__)
VERSION = "/regelingen/versies/<int:version_id>"
LARGEST_FILE = 2 * 1024 * 1024
SHOWN = 200  # branches on the page of a version
PLACES = {
    "version": "scheme_forms.edit_rules",
    "caps": "scheme_forms.edit_caps",
    "fixed_amounts": "scheme_forms.edit_amounts",
}
ROWS = {"categories": "activiteiten", "rates": "tarieven"}


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Who signed in sees the schemes in force."""


@pages.get("/regelingen")
def show_schemes() -> str:
    """List the schemes with the versions that one may see."""
    actor = current_actor()
    visible = {version.id for version in schemes.list_versions(actor)}
    found = [
        (scheme, [v for v in reversed(scheme.versions) if v.id in visible])
        for scheme in schemes.list_schemes(actor)
    ]
    return render_template(
        "subsidy/schemes.html",
        schemes=found,
        statuses=STATUSES,
        kinds=KINDS,
        manages=policies.manages_schemes(actor),
    )


@pages.get(VERSION)
def show_version(version_id: int) -> str:
    return _version_page(version_id, {})


@pages.post(f"{VERSION}/activeren")
def activate(version_id: int) -> ResponseReturnValue:
    """Put a version in force; what it lacks is said on its page."""
    actor = current_actor()
    version = schemes.get_version(actor, version_id)
    try:
        schemes.activate(actor, version, expected=posted_version())
    except InvalidError as error:
        return _version_page(version_id, error.fields), 422
    flash(_("De regeling is in werking."), "success")
    return _to(version_id)


@pages.post(f"{VERSION}/sluiten")
def close(version_id: int) -> ResponseReturnValue:
    """Close the school year; there is no way back, so the box must be ticked."""
    if request.form.get("zeker") != "1":
        words = {"zeker": [_("Vink aan dat je het zeker weet.")]}
        return _version_page(version_id, words), 422
    return _do(version_id, schemes.close, _("Het schooljaar is afgesloten."))


@pages.post(f"{VERSION}/archiveren")
def archive(version_id: int) -> ResponseReturnValue:
    return _do(version_id, schemes.archive, _("De versie is gearchiveerd."))


@pages.post(f"{VERSION}/weggooien")
def discard(version_id: int) -> ResponseReturnValue:
    actor = current_actor()
    schemes.discard(actor, schemes.get_version(actor, version_id), expected=posted_version())
    flash(_("Het concept is weggegooid."), "success")
    return redirect(url_for("schemes.show_schemes"), 303)


@pages.post(f"{VERSION}/kopie")
def copy(version_id: int) -> ResponseReturnValue:
    """Start a next version with everything that this one says."""
    actor = current_actor()
    version = schemes.get_version(actor, version_id)
    require_office(actor)
    year = request.form.get("school_year", 0, type=int)
    if year not in YEARS:
        return _version_page(version_id, {"school_year": [_("Kies een schooljaar.")]}), 422
    made = scheme_copies.copy_version(actor, version, school_year=year)
    flash(_("Er staat een concept klaar."), "success")
    return _to(made.id)


@pages.get("/regelingen/bestand")
def show_file() -> str:
    require_office(current_actor())
    return render_template("subsidy/scheme_file.html", errors={}, taken=None)


@pages.post("/regelingen/bestand")
def import_file() -> ResponseReturnValue:
    """Take over the schemes of a YAML file, all or nothing."""
    require_office(current_actor())
    file = request.files.get("file")
    content = file.stream.read(LARGEST_FILE + 1) if file is not None else b""
    if not content:
        return _file_page([_("Kies een bestand.")], 422)
    try:
        taken = scheme_files.import_schemes(current_actor(), content)
    except InvalidError as error:
        said = [word for words in error.fields.values() for word in words]
        return _file_page([str(error), *(word for word in said if word not in str(error))], 422)
    except ConflictError as error:
        return _file_page([str(error)], 409)
    return render_template("subsidy/scheme_file.html", errors={}, taken=taken)


@pages.get("/regelingen/bestand.yaml")
def export_file() -> Response:
    """Give the schemes one may see as YAML; `code` for one."""
    actor = current_actor()
    code = request.args.get("code")
    chosen = [s for s in schemes.list_schemes(actor) if code is None or s.code == code]
    return Response(
        scheme_files.export_schemes(actor, chosen),
        mimetype="application/yaml",
        headers={"Content-Disposition": "attachment; filename=regelingen.yaml"},
    )


def _file_page(words: list[str], status: int) -> ResponseReturnValue:
    return render_template("subsidy/scheme_file.html", errors={"file": words}, taken=None), status


def _version_page(version_id: int, errors: dict[str, list[str]]) -> str:
    actor = current_actor()
    version = schemes.get_version(actor, version_id)
    manages = policies.manages_schemes(actor)
    joined = participations.list_participations(actor, version_id=version_id)
    granted = grants.list_grants(actor, version_id=version_id)
    return render_template(
        "subsidy/scheme_version.html",
        version=version, errors=errors, manages=manages, status=STATUSES[version.status],
        may_change=manages and _may_change(version), is_used=is_used(version),
        findings=scheme_checks.check(version) if manages else [], place=_place,
        kinds=KINDS, policies=POLICIES, roles=ROLES, sectors=SECTORS, evidence=EVIDENCE,
        scopes=SCOPES, caps=version.caps, in_money=CapUnit.CENTS,
        codes={c.id: c for c in version.categories}, percentage=PERCENTAGE.write,
        joined=joined[:SHOWN], joined_count=len(joined),
        granted={g.organisation_id: g for g in granted},
        has_ended=schemes.has_ended(version),
    )  # fmt: skip


def _may_change(version: SchemeVersion) -> bool:
    return version.status in (VersionStatus.DRAFT, VersionStatus.ACTIVE)


def _place(part: str, version_id: int) -> str:
    """Give where a finding can be mended."""
    if part in ROWS:
        return url_for("scheme_forms.edit_rows", version_id=version_id, part=ROWS[part])
    return url_for(PLACES[part], version_id=version_id)


def _do(version_id: int, change: Callable[..., SchemeVersion], words: str) -> ResponseReturnValue:
    actor = current_actor()
    change(actor, schemes.get_version(actor, version_id), expected=posted_version())
    flash(words, "success")
    return _to(version_id)


def _to(version_id: int) -> ResponseReturnValue:
    return redirect(url_for("schemes.show_version", version_id=version_id), 303)
