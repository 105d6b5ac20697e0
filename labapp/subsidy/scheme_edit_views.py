"""The forms in which the programme office enters a scheme and its versions."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy import scheme_forms, scheme_parts, schemes
from labapp.subsidy.form_answers import handle, posted_version, show
from labapp.subsidy.form_fields import read_fields, show_fields, write_fields
from labapp.subsidy.scheme_fields import NAMES, RULES, START
from labapp.subsidy.scheme_forms import Errors, FormPage, RowsForm, Section, Texts
from labapp.subsidy.scheme_inputs import YEARS, SchemeInput, VersionInput
from labapp.subsidy.scheme_locks import require_office
from labapp.subsidy.scheme_models import Scheme, SchemeVersion

pages = Blueprint("scheme_forms", __name__)
VERSION = "/regelingen/versies/<int:version_id>"
BOTH = ["GET", "POST"]
ROWS = {"activiteiten": scheme_forms.CATEGORIES, "tarieven": scheme_forms.RATES}
GROUPS = (
    (_l("Soort en dagen"), ("kind", "school_year", "valid_from", "valid_to", "opens_at",
                            "closes_at")),
    (_l("Geld"), ("currency", "ceiling_cents", "returns_recovered", "percentage_bp",
                  "over_cap_policy")),
    (_l("Uren"), ("granularity_minutes", "max_day_minutes", "entry_window_days",
                  "small_appointments_count", "retention_years")),
    (_l("Trajecten"), ("track", "excluded_tracks")),
    (_l("Teksten en bron"), ("statement", "conditions", "source_url", "source_checked_on")),
)  # fmt: skip


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Each form is for the programme office; who may not see a scheme hears 404."""


@pages.route("/regelingen/nieuw", methods=BOTH)
def new() -> ResponseReturnValue:
    """Start a scheme with its first version, a draft."""
    actor = current_actor()
    require_office(actor)
    fields = (*NAMES, *START)

    def make(texts: Texts, errors: Errors) -> FormPage:
        return FormPage(
            _("Nieuwe regeling"), _("Je begint met een concept. Niemand anders ziet het nog."),
            url_for("scheme_forms.new"), url_for("schemes.show_schemes"), 0,
            [Section("", show_fields(fields, texts, errors))], errors, submit=_("Maak de regeling"),
        )  # fmt: skip

    def submit(posted: Mapping[str, str]) -> Errors | str:
        values, errors = read_fields(fields, posted)
        if errors:
            return errors
        kind, year = values.pop("kind"), values.pop("school_year")
        if year not in YEARS:
            raise InvalidError("", {"school_year": [_("Kies een schooljaar.")]})
        rules = VersionInput(
            kind=kind, school_year=year, valid_from=date(year, 8, 1), valid_to=date(year + 1, 7, 31)
        )
        made = schemes.create_whole(actor, SchemeInput(**values), rules)
        return url_for("schemes.show_version", version_id=made.id)

    return handle(make, dict, submit, _("De regeling is gemaakt. Vul haar nu aan."))


@pages.route("/regelingen/<int:scheme_id>/naam", methods=BOTH)
def edit_names(scheme_id: int) -> ResponseReturnValue:
    actor = current_actor()
    scheme = schemes.get_scheme(actor, scheme_id)
    require_office(actor)

    def make(texts: Texts, errors: Errors) -> FormPage:
        return FormPage(
            _("Naam van de regeling"), scheme.name_nl,
            url_for("scheme_forms.edit_names", scheme_id=scheme_id),
            url_for("schemes.show_schemes"), scheme.version,
            [Section("", show_fields(NAMES, texts, errors))], errors,
        )  # fmt: skip

    def submit(posted: Mapping[str, str]) -> Errors | str:
        values, errors = read_fields(NAMES, posted)
        if errors:
            return errors
        schemes.change_scheme(actor, scheme, SchemeInput(**values), expected=posted_version())
        return url_for("schemes.show_schemes")

    return handle(make, lambda: write_fields(NAMES, _fresh(scheme)), submit, _("Bewaard."))


@pages.route(f"{VERSION}/voorwaarden", methods=BOTH)
def edit_rules(version_id: int) -> ResponseReturnValue:
    actor, version = current_actor(), editable(version_id)

    def make(texts: Texts, errors: Errors) -> FormPage:
        by_name = {one.name: one for one in RULES}
        sections = [
            Section(title, show_fields([by_name[name] for name in names], texts, errors))
            for title, names in GROUPS
        ]
        return form_page(version, _("Voorwaarden"), "edit_rules", sections, errors)

    def submit(posted: Mapping[str, str]) -> Errors | str:
        values, errors = read_fields(RULES, posted)
        if errors:
            return errors
        schemes.change_version(actor, version, VersionInput(**values), expected=posted_version())
        return back_to(version_id)

    return handle(make, lambda: write_fields(RULES, editable(version_id)), submit, _("Bewaard."))


@pages.route(f"{VERSION}/<any(activiteiten, tarieven):part>", methods=BOTH)
def edit_rows(version_id: int, part: str) -> ResponseReturnValue:
    """Enter activities or rates, all rows in one form."""
    actor, version, form = current_actor(), editable(version_id), ROWS[part]

    def make(texts: Texts, errors: Errors) -> FormPage:
        sections = scheme_forms.row_sections(form, version, texts, errors)
        page = form_page(version, form.title, "edit_rows", sections, errors, part=part)
        page.lead, page.adds_rows = form.lead, True
        return page

    def submit(posted: Mapping[str, str]) -> Errors | str:
        read = scheme_forms.read_rows(form, posted)
        if read.errors:
            return read.errors
        try:
            form.save(actor, version, read.values, expected=posted_version())
        except InvalidError as error:
            return scheme_forms.row_errors(form, read.places, error.fields)
        return back_to(version_id)

    if request.method == "POST" and request.form.get("actie") == "rij":
        return show(make(_with_row(form, version), {}))
    return handle(
        make, lambda: scheme_forms.row_texts(form, editable(version_id)), submit, _("Bewaard.")
    )


@pages.route(f"{VERSION}/maxima", methods=BOTH)
def edit_caps(version_id: int) -> ResponseReturnValue:
    actor, version = current_actor(), editable(version_id)

    def make(texts: Texts, errors: Errors) -> FormPage:
        sections = scheme_forms.cap_sections(texts, errors)
        page = form_page(version, _("Maxima"), "edit_caps", sections, errors)
        page.lead = _("Wat hoogstens geclaimd kan worden. Leeg is geen maximum.")
        return page

    def submit(posted: Mapping[str, str]) -> Errors | str:
        caps, errors = scheme_forms.read_caps(posted)
        if errors:
            return errors
        scheme_parts.set_caps(actor, version, caps, expected=posted_version())
        return back_to(version_id)

    saved = lambda: scheme_forms.cap_texts(editable(version_id))  # noqa: E731
    return handle(make, saved, submit, _("Bewaard."))


@pages.route(f"{VERSION}/bedragen", methods=BOTH)
def edit_amounts(version_id: int) -> ResponseReturnValue:
    actor, version = current_actor(), editable(version_id)

    def make(texts: Texts, errors: Errors) -> FormPage:
        sections = scheme_forms.amount_sections(texts, errors)
        page = form_page(version, _("Vaste bedragen"), "edit_amounts", sections, errors)
        page.lead = _("Wat een vestiging krijgt, en wat er minstens tegenover staat.")
        return page

    def submit(posted: Mapping[str, str]) -> Errors | str:
        amounts, errors = scheme_forms.read_amounts(posted)
        if errors:
            return errors
        scheme_parts.set_fixed_amounts(actor, version, amounts, expected=posted_version())
        return back_to(version_id)

    saved = lambda: scheme_forms.amount_texts(editable(version_id))  # noqa: E731
    return handle(make, saved, submit, _("Bewaard."))


def editable(version_id: int) -> SchemeVersion:
    """Give a version to who may change it."""
    version = schemes.get_version(current_actor(), version_id)
    require_office(current_actor())
    return version


def form_page(
    version: SchemeVersion,
    title: Any,
    endpoint: str,
    sections: list[Section],
    errors: Errors,
    **address: Any,
) -> FormPage:
    """Give the page of a form that belongs to a version."""
    lead = f"{version.scheme.name_nl} {version.school_year_label}"
    action = url_for(f"scheme_forms.{endpoint}", version_id=version.id, **address)
    return FormPage(title, lead, action, back_to(version.id), version.version, sections, errors)


def back_to(version_id: int) -> str:
    return url_for("schemes.show_version", version_id=version_id)


def _with_row(form: RowsForm, version: SchemeVersion) -> dict[str, str]:
    """Give what was typed, and one more empty row."""
    texts = request.form.to_dict()
    place = scheme_forms.count_rows(form, texts)
    return texts | scheme_forms.empty_row(form, version, place)


def _fresh(scheme: Scheme) -> Scheme:
    return schemes.get_scheme(current_actor(), scheme.id)
