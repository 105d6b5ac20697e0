"""Pages of moderation: reporting, the one queue, one case."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import cases, moderation, reportables
from labapp.labs.case_states import ACTION_WORDS, DECISION_WORDS, STATE_WORDS, CaseAction
from labapp.labs.machine import list_steps
from labapp.labs.pupil_guard import FIELD
from labapp.labs.thread_models import ReportReason
from labapp.notifications import objects

pages = Blueprint("moderation", __name__)
REASONS = {
    ReportReason.PUPIL_DATA: _l("Er staan gegevens van leerlingen of andere mensen in"),
    ReportReason.RUDE: _l("Het is kwetsend"),
    ReportReason.SPAM: _l("Het is reclame of onzin"),
    ReportReason.WRONG: _l("Het klopt niet"),
    ReportReason.OTHER: _l("Iets anders"),
}


@pages.get("/moderatie")
@sign_in_required
def show_queue() -> str:
    """Show what waits, a page at a time, and the decisions on what one wrote oneself."""
    actor = current_actor()
    number = max(1, min(request.args.get("page", 1, type=int), 10_000))
    queue, total = cases.list_queue(actor, page=number)
    return render_template(
        "labs/moderation.html",
        queue=queue,
        total=total,
        page_number=number,
        pages=-(-total // cases.PER_PAGE),
        page_url=lambda page: url_for("moderation.show_queue", page=page),
        own=cases.list_own(actor),
        moderates=cases.may_moderate(actor),
        states=STATE_WORDS,
        decisions=DECISION_WORDS,
        reasons=REASONS,
    )


@pages.get("/moderatie/melden")
@sign_in_required
def ask() -> str:
    return _report_form(request.args.get("wat", ""), {})


@pages.post("/moderatie/melden")
@sign_in_required
def report() -> ResponseReturnValue:
    """Report something; what was typed stays when it is refused."""
    name = request.form.get("wat", "")
    reportables.find(current_actor(), name)
    try:
        reason = ReportReason(request.form.get("reason", ""))
    except ValueError:
        return _report_form(name, {"reason": [_("Kies een reden.")]}), 422
    text, confirmed = request.form.get("text", ""), request.form.get("confirmed") == "1"
    try:
        case = moderation.report(current_actor(), name, reason, text, confirmed=confirmed)
    except InvalidError as error:
        return _report_form(name, error.fields), 422
    flash(_("Dank je wel. Iemand kijkt ernaar. De schrijver hoort niet dat jij het meldde."))
    return redirect(url_for("moderation.show", case_id=case.id), 303)


@pages.get("/moderatie/<int:case_id>")
@sign_in_required
def show(case_id: int) -> str:
    return _case_page(current_actor(), case_id, {})


@pages.post("/moderatie/<int:case_id>/nemen")
@sign_in_required
def take(case_id: int) -> ResponseReturnValue:
    actor = current_actor()
    moderation.take(actor, cases.get_case(actor, case_id).case)
    return redirect(url_for("moderation.show", case_id=case_id), 303)


@pages.post("/moderatie/<int:case_id>/stap")
@sign_in_required
def step(case_id: int) -> ResponseReturnValue:
    """Decide, appeal, or have the last word."""
    actor = current_actor()
    case = cases.get_case(actor, case_id).case
    try:
        action = CaseAction(request.form.get("action", ""))
    except ValueError:
        raise NotFoundError(_("Deze stap bestaat niet.")) from None
    try:
        moderation.perform(
            actor,
            case,
            action,
            version=request.form.get("version", 0, type=int),
            reason=request.form.get("reason", ""),
            confirmed=request.form.get("confirmed") == "1",
        )
    except InvalidError as error:
        return _case_page(actor, case_id, error.fields, action), 422
    flash(_("Dat is vastgelegd."))
    return redirect(url_for("moderation.show", case_id=case_id), 303)


def _report_form(name: str, errors: Mapping[str, Sequence[str]]) -> str:
    reportables.find(current_actor(), name)
    kind, _number = reportables.kind_of(name)
    return render_template(
        "labs/report.html",
        name=name,
        what=kind.words,
        back=objects.url_of(name) or url_for("labs.list_all"),
        errors=errors,
        warnings=errors.get(FIELD, []),
        reasons=[(one.value, words) for one, words in REASONS.items()],
        reason=request.form.get("reason", ""),
        text=request.form.get("text", ""),
    )


def _case_page(
    actor: Actor,
    case_id: int,
    errors: Mapping[str, Sequence[str]],
    refused: CaseAction | None = None,
) -> str:
    seen = cases.get_case(actor, case_id)
    name = seen.case.object
    return render_template(
        "labs/case.html",
        seen=seen,
        case=seen.case,
        url=objects.url_of(name) if objects.can_see(actor, name) else "",
        steps=list_steps(f"moderation_cases:{case_id}") if seen.judges else [],
        errors=errors,
        warnings=errors.get(FIELD, []),
        chosen=refused.value if refused else "",
        typed=request.form.get("reason", ""),
        choices=[(one.value, ACTION_WORDS[one]) for one in seen.actions],
        states=STATE_WORDS,
        decisions=DECISION_WORDS,
        actions={one.value: words for one, words in ACTION_WORDS.items()},
        reasons=REASONS,
    )
