"""The plan and the privacy sheet of a round on the page."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import (
    plan_answers,
    plans,
    policies,
    privacy_sheets,
    round_forms,
    round_page,
    round_rights,
    rounds,
)
from labapp.labs.plan_answers import KEYS
from labapp.labs.privacy_sheet_states import LABELS as SHEET_LABELS
from labapp.labs.privacy_sheet_states import MACHINE as SHEETS
from labapp.labs.privacy_sheet_states import SheetAction
from labapp.labs.round_forms import Field, FormPage
from labapp.labs.round_models import PrivacySheet, Round
from labapp.labs.round_seal import SHEET
from labapp.labs.round_views import BOTH, crumbs_of

pages = Blueprint("plans", __name__)
WHOLE = _l("Je kunt tussendoor bewaren. Voor Beproeven moet alles ingevuld zijn.")


@pages.get("/rondes/<int:round_id>/plan")
def show_plan(round_id: int) -> str:
    """Show a version of the plan, and what it changed of the one before."""
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    newest = plans.latest_plan(one)
    number = request.args.get("versie", newest.number if newest else 1, type=int)
    plan = plans.get_plan(one, number) if newest else None
    before = plans.get_plan(one, number - 1) if plan and plan.number > 1 else None
    return render_template(
        "labs/round_plan.html",
        round=one,
        lab=one.lab,
        tabs=round_page.tabs_of(actor, one, "plans.show_plan"),
        plan=plan,
        newest=newest,
        keys=KEYS,
        labels=plan_answers.LABELS,
        differences=plans.compare_plans(before, plan) if before and plan else {},
        changed=plans.changed_since_start(one),
        may_save=plans.can_save(actor, one),
    )


@pages.route("/rondes/<int:round_id>/plan/bewerken", methods=BOTH)
@sign_in_required
def change_plan(round_id: int) -> ResponseReturnValue:
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    if not plans.can_save(actor, one):
        raise ForbiddenError(_("Je kunt het plan nu niet wijzigen."))

    def make() -> FormPage:
        plan = plans.latest_plan(one)
        fields = [
            Field(
                "textarea", key, str(plan_answers.LABELS[key]), str(plan_answers.HINTS[key]), rows=4
            )
            for key in KEYS
        ]
        values = dict(plan.answers) if plan else {}
        intro = str(WHOLE)
        if plan is not None and (plan.frozen_at is not None or plan.number > 1):
            fields.append(
                Field("textarea", "justification", _("Waarom wijzigen jullie het plan?"), rows=3)
            )
            values["justification"] = "" if plan.frozen_at else plan.justification
            intro = _("Het eerste plan blijft staan. Iedereen ziet wat er anders is, en waarom.")
        return FormPage(
            _("Plan van de ronde"), one.title, crumbs_of(one), fields, values, _("Bewaar"),
            _plan_url(one), plans.mark_of(one), intro,
        )  # fmt: skip

    def submit() -> str:
        plans.save_plan(
            actor,
            one,
            round_forms.texts_in(KEYS),
            mark=round_forms.posted_version(),
            justification=request.form.get("justification", ""),
            confirmed=round_forms.is_confirmed(),
        )
        return _plan_url(one)

    return round_forms.handle(make, submit, _("Bewaard."))


@pages.get("/rondes/<int:round_id>/privacy")
@sign_in_required
def show_privacy(round_id: int) -> str:
    return _privacy_page(rounds.get_round(current_actor(), round_id))


@pages.route("/rondes/<int:round_id>/privacy/bewerken", methods=BOTH)
@sign_in_required
def change_privacy(round_id: int) -> ResponseReturnValue:
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    privacy_sheets.find_sheet(actor, one)
    round_rights.require_work(actor, one.lab)

    def make() -> FormPage:
        sheet = one.privacy_sheet
        fields = [Field("textarea", name, str(SHEET_LABELS[name]), rows=3) for name in SHEET]
        values = {name: getattr(sheet, name) if sheet else "" for name in SHEET}
        intro = _("Schrijf geen namen van leerlingen op: alleen welke soort gegevens het zijn.")
        intro = f"{intro} {WHOLE}"
        return FormPage(
            _("Privacyblad"), one.title, crumbs_of(one), fields, values, _("Bewaar"),
            _privacy_url(one), sheet.version if sheet else 0, intro,
        )  # fmt: skip

    def submit() -> str:
        privacy_sheets.save_sheet(
            actor,
            one,
            round_forms.texts_in(SHEET),
            version=round_forms.posted_version(),
            confirmed=round_forms.is_confirmed(),
        )
        return _privacy_url(one)

    return round_forms.handle(make, submit, _("Bewaard."))


@pages.post("/rondes/<int:round_id>/privacy/stap")
@sign_in_required
def step_privacy(round_id: int) -> ResponseReturnValue:
    """Hand in, approve, give back or take up the privacy sheet."""
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    sheet = privacy_sheets.get_sheet(actor, one)
    try:
        privacy_sheets.perform(
            actor, sheet, round_forms.choice_in(SheetAction, "action"),
            version=round_forms.posted_version(), reason=request.form.get("reason", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _privacy_page(rounds.get_round(actor, round_id), error.fields), 422
    except ConflictError as error:
        if not error.problems:
            raise
        return _privacy_page(rounds.get_round(actor, round_id), {"action": [str(error)]}), 409
    flash(_("Het privacyblad is nu: %(state)s.", state=str(SHEETS.words[sheet.state])), "success")
    return redirect(_privacy_url(one), 303)


def _privacy_page(one: Round, errors: round_forms.Errors | None = None) -> str:
    actor = current_actor()
    sheet = privacy_sheets.find_sheet(actor, one)
    works = round_rights.can_work_on(actor, one.lab) and round_page.is_running(one)
    judge = one.lab.privacy_person
    return render_template(
        "labs/round_privacy.html",
        round=one,
        lab=one.lab,
        tabs=round_page.tabs_of(actor, one, "plans.show_privacy"),
        sheet=sheet,
        names=SHEET,
        labels=SHEET_LABELS,
        may_save=works and (sheet is None or sheet.state in privacy_sheets.WRITABLE),
        actions=_actions(sheet) if sheet and round_page.is_running(one) else [],
        judge=judge.name if judge and policies.can_see_members(actor, one.lab) else "",
        has_judge=judge is not None,
        errors=errors or {},
    )  # fmt: skip


def _actions(sheet: PrivacySheet) -> list[tuple[str, str, list[str], bool]]:
    """Give what one can do with a sheet: value, words, what is missing, whether it asks why."""
    return [
        (
            action.value,
            str(SHEETS.action_words[action]),
            SHEETS.missing(sheet, action),
            action in SHEETS.reasons,
        )
        for action in SHEETS.actions(current_actor(), sheet)
    ]


def _plan_url(one: Round) -> str:
    return url_for("plans.show_plan", round_id=one.id)


def _privacy_url(one: Round) -> str:
    return url_for("plans.show_privacy", round_id=one.id)
