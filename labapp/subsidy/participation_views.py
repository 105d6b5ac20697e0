"""Deelnames and verleningen of a version: entered, changed and taken back by the office."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts import schools
from labapp.accounts.joining_views import chosen_school
from labapp.accounts.login import current_actor, sign_in_required
from labapp.accounts.models import Organisation
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy import grants, participations
from labapp.subsidy.form_answers import handle, posted_version
from labapp.subsidy.form_fields import read_fields, show_fields, write_fields
from labapp.subsidy.grants import GrantInput, Instalment
from labapp.subsidy.participations import ParticipationInput
from labapp.subsidy.scheme_edit_views import back_to, editable
from labapp.subsidy.scheme_fields import GRANT, INSTALMENT, PARTICIPATION
from labapp.subsidy.scheme_forms import Errors, FormPage, Section, Texts
from labapp.subsidy.scheme_locks import require_office
from labapp.subsidy.scheme_models import Grant, Participation, SchemeVersion

pages = Blueprint("participations", __name__)
VERSION = "/regelingen/versies/<int:version_id>"
BOTH = ["GET", "POST"]
FEWEST_ROWS = 4


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Each form is for the programme office."""


@pages.route(f"{VERSION}/deelnames/nieuw", methods=BOTH)
def add_participation(version_id: int) -> ResponseReturnValue:
    """Let a branch take part."""
    actor, version = current_actor(), editable(version_id)

    def make(texts: Texts, errors: Errors) -> FormPage:
        action = url_for("participations.add_participation", version_id=version_id)
        sections = [Section("", show_fields(PARTICIPATION, texts, errors))]
        page = _page(version, _("Nieuwe deelname"), action, sections, errors)
        page.picker = picked(request.args.get("vestiging", 0, type=int))
        return page

    def submit(posted: Mapping[str, str]) -> Errors | str:
        values, errors = read_fields(PARTICIPATION, posted)
        if errors:
            return errors
        participations.create_participation(
            actor, version, chosen_branch(), ParticipationInput(**values)
        )
        return back_to(version_id)

    return _handle(make, lambda: _days_of(version), submit, _("De deelname is genoteerd."))


@pages.route("/regelingen/deelnames/<int:participation_id>", methods=BOTH)
def edit_participation(participation_id: int) -> ResponseReturnValue:
    actor = current_actor()
    row = participations.get_participation(actor, participation_id)
    require_office(actor)
    version = row.scheme_version

    def make(texts: Texts, errors: Errors) -> FormPage:
        action = url_for("participations.edit_participation", participation_id=participation_id)
        sections = [Section("", show_fields(PARTICIPATION, texts, errors))]
        page = _page(version, _("Deelname"), action, sections, errors)
        page.lead, page.version = row.organisation.name, row.version
        page.remove = url_for(
            "participations.remove_participation", participation_id=participation_id
        )
        return page

    def submit(posted: Mapping[str, str]) -> Errors | str:
        values, errors = read_fields(PARTICIPATION, posted)
        if errors:
            return errors
        participations.change_participation(
            actor, row, ParticipationInput(**values), expected=posted_version()
        )
        return back_to(version.id)

    def saved() -> dict[str, str]:
        fresh: Participation = participations.get_participation(actor, participation_id)
        return write_fields(PARTICIPATION, fresh)

    return _handle(make, saved, submit, _("Bewaard."))


@pages.post("/regelingen/deelnames/<int:participation_id>/weg")
def remove_participation(participation_id: int) -> ResponseReturnValue:
    actor = current_actor()
    row = participations.get_participation(actor, participation_id)
    version_id = row.scheme_version_id
    participations.remove_participation(actor, row, expected=posted_version())
    flash(_("De deelname is weggehaald."), "success")
    return redirect(back_to(version_id), 303)


@pages.route(f"{VERSION}/verleningen/nieuw", methods=BOTH)
def add_grant(version_id: int) -> ResponseReturnValue:
    """Register the external decision for a branch; `vestiging` fills in what its sector gets."""
    actor, version = current_actor(), editable(version_id)
    number = request.args.get("vestiging", 0, type=int)

    def make(texts: Texts, errors: Errors) -> FormPage:
        action = url_for("participations.add_grant", version_id=version_id)
        page = _page(version, _("Nieuwe verlening"), action, _grant_sections(texts, errors), errors)
        page.picker = picked(number)
        return page

    def submit(posted: Mapping[str, str]) -> Errors | str:
        values, errors = read_grant(posted)
        if errors:
            return errors
        grants.create_grant(actor, version, chosen_branch(), GrantInput(**values))
        return back_to(version_id)

    def proposed() -> dict[str, str]:
        branch = schools.get_school(number) if number else None
        return grant_texts(grants.proposed(version, branch)) if branch else _days_of(version)

    return _handle(make, proposed, submit, _("De verlening is geregistreerd."))


@pages.route("/regelingen/verleningen/<int:grant_id>", methods=BOTH)
def edit_grant(grant_id: int) -> ResponseReturnValue:
    actor = current_actor()
    row = grants.read_grant(actor, grant_id)
    require_office(actor)
    version = row.scheme_version

    def make(texts: Texts, errors: Errors) -> FormPage:
        action = url_for("participations.edit_grant", grant_id=grant_id)
        page = _page(version, _("Verlening"), action, _grant_sections(texts, errors), errors)
        page.lead, page.version = row.organisation.name, row.version
        page.remove = url_for("participations.remove_grant", grant_id=grant_id)
        return page

    def submit(posted: Mapping[str, str]) -> Errors | str:
        values, errors = read_grant(posted)
        if errors:
            return errors
        grants.change_grant(actor, row, GrantInput(**values), expected=posted_version())
        return back_to(version.id)

    def saved() -> dict[str, str]:
        fresh: Grant = grants.read_grant(actor, grant_id)
        return grant_texts(GrantInput.of(fresh))

    return _handle(make, saved, submit, _("Bewaard."))


@pages.post("/regelingen/verleningen/<int:grant_id>/weg")
def remove_grant(grant_id: int) -> ResponseReturnValue:
    actor = current_actor()
    row = grants.read_grant(actor, grant_id)
    version_id = row.scheme_version_id
    grants.remove_grant(actor, row, expected=posted_version())
    flash(_("De verlening is weggehaald."), "success")
    return redirect(back_to(version_id), 303)


def read_grant(posted: Mapping[str, str]) -> tuple[dict[str, Any], Errors]:
    """Give the fields of a grant with its instalments; empty rows count for nothing."""
    values, errors = read_fields(GRANT, posted)
    values |= {name: values.get(name) or 0 for name in ("min_minutes", "min_participants")}
    parts = []
    for place in range(grants.MOST_INSTALMENTS):
        prefix = f"termijn-{place}-"
        row, found = read_fields(INSTALMENT, posted, prefix)
        errors |= found
        if not found and row["due_on"] and row["cents"] is not None:
            parts.append(Instalment(**row))
        elif not found and (row["due_on"] or row["cents"] is not None):
            errors[prefix + ("cents" if row["due_on"] else "due_on")] = [_("Vul dit in.")]
    return {**values, "instalments": parts}, errors


def grant_texts(values: GrantInput) -> dict[str, str]:
    texts = write_fields(GRANT, values)
    for place, part in enumerate(values.instalments):
        texts |= write_fields(INSTALMENT, part, f"termijn-{place}-")
    return texts


def picked(number: int) -> tuple[str, str]:
    """Give id and text of the branch in the picker: what was chosen, else what is asked for."""
    if request.method == "POST":
        return request.form.get("organisation", ""), request.form.get("organisation_text", "")
    branch = schools.get_school(number) if number else None
    return (str(branch.id), schools.describe(branch)) if branch else ("", "")


def chosen_branch() -> Organisation | None:
    number = chosen_school()
    return schools.get_school(number) if number else None


def _grant_sections(texts: Texts, errors: Errors) -> list[Section]:
    places = [
        int(name.split("-")[1])
        for name, text in texts.items()
        if name.startswith("termijn-") and text and name.split("-")[1].isdigit()
    ]
    rows = min(max(FEWEST_ROWS, max(places, default=-1) + 2), grants.MOST_INSTALMENTS)
    return [
        Section("", show_fields(GRANT, texts, errors)),
        *(
            Section(
                _("Termijn %(number)s", number=place + 1),
                show_fields(INSTALMENT, texts, errors, f"termijn-{place}-"),
            )
            for place in range(rows)
        ),
    ]


def _page(
    version: SchemeVersion, title: str, action: str, sections: list[Section], errors: Errors
) -> FormPage:
    lead = f"{version.scheme.name_nl} {version.school_year_label}"
    return FormPage(title, lead, action, back_to(version.id), 0, sections, errors)


def _days_of(version: SchemeVersion) -> dict[str, str]:
    first, last = version.valid_from, version.valid_to
    return {"from_on": _text(first), "to_on": _text(last)}


def _text(day: date) -> str:
    return day.isoformat()


def _handle(make: Any, saved: Any, submit: Any, words: str) -> ResponseReturnValue:
    """As `handle`, with the words of the service about the branch at the picker."""

    def submit_with_branch(posted: Mapping[str, str]) -> Errors | str:
        try:
            answered: Errors | str = submit(posted)
        except InvalidError as error:
            answered = {
                "organisation" if name == "organisation_id" else name: said
                for name, said in error.fields.items()
            }
        return answered

    return handle(make, saved, submit_with_branch, words)
