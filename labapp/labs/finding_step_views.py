"""Steps with a finding on the page: signing, publishing, repairs, errata, taking back."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge.forms import choice
from labapp.labs import corrections, finding_steps, findings, signing
from labapp.labs import finding_contributors as people
from labapp.labs import finding_rights as rights
from labapp.labs.finding_choices import Choices
from labapp.labs.finding_form import FindingForm
from labapp.labs.finding_models import PUBLIC, Finding, FindingVersion, VersionState
from labapp.labs.finding_page import FindingPage
from labapp.labs.finding_repairs import REPAIRABLE, content_of
from labapp.labs.finding_states import MACHINE, OWN_STEPS, FindingAction
from labapp.labs.finding_views import is_gone, render_version, tombstone
from labapp.labs.finding_words import label_of

pages = Blueprint("finding_steps", __name__)
A = FindingAction
Errors = dict[str, list[str]]
DONE = {
    A.SUBMIT: _l("Het lab kan nu meelezen."),
    A.START_SIGNING: _l("De trekkers van beide kanten krijgen bericht."),
    A.TAKE_BACK: _l("Teruggehaald. Handtekeningen zijn vervallen."),
    A.SIGN: _l("Getekend voor jouw kant."),
    A.REQUEST_CHANGES: _l("De schrijver krijgt je opmerking."),
    A.RESUME: _l("Je kunt weer verder schrijven."),
    A.PUBLISH: _l("Gepubliceerd. Leraren kunnen de bevinding nu vinden."),
    A.SCHEDULE: _l("Goedgekeurd. De bevinding verschijnt als het embargo voorbij is."),
    A.REPAIR: _l("Hersteld."),
    A.CORRECT: _l("Het erratum staat bij de bevinding."),
    A.START_VERSION: _l("De nieuwe versie staat klaar om te wijzigen."),
    A.ASK_RETRACTION: _l("De andere trekker krijgt bericht."),
    A.REFUSE_RETRACTION: _l("De bevinding blijft staan."),
    A.RETRACT: _l("De bevinding is ingetrokken."),
}


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Only people take steps."""


@pages.post("/bevindingen/<int:finding_id>/stap")
def take_step(finding_id: int) -> ResponseReturnValue:
    """Do what the button says, with the version that was read."""
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    action = choice(FindingAction, request.form.get("action"), A.COMPLETE)
    if action in OWN_STEPS:
        raise InvalidError(_("Deze stap bestaat niet."))
    made = findings.acted_on(actor, finding, request.form.get("number", type=int))
    try:
        finding_steps.perform(
            actor, made, action,
            version=request.form.get("version", 0, type=int),
            reason=request.form.get("reason", ""),
            **_more(action),
        )  # fmt: skip
    except InvalidError as error:
        return _again(finding_id, made.number, action, error.fields or {"_": [str(error)]}), 422
    except ConflictError as error:
        return _again(finding_id, made.number, action, {"_": [str(error)]}), 409
    flash(str(DONE[action]))
    return redirect(_next(actor, finding_id, action), 303)


@pages.get("/bevindingen/<int:finding_id>/ondertekenen")
def show_signing(finding_id: int) -> ResponseReturnValue:
    """Show the whole text that is signed, with its hash, and the button below it."""
    return _shown(finding_id, _signing_page, VersionState.SIGNING)


@pages.get("/bevindingen/<int:finding_id>/herstellen")
def show_repair(finding_id: int) -> ResponseReturnValue:
    return _shown(finding_id, _repair_page, *PUBLIC)


@pages.get("/bevindingen/<int:finding_id>/erratum")
def show_erratum(finding_id: int) -> ResponseReturnValue:
    return _shown(finding_id, _erratum_page, *PUBLIC)


@pages.get("/bevindingen/<int:finding_id>/intrekken")
def show_retraction(finding_id: int) -> ResponseReturnValue:
    return _shown(finding_id, _retraction_page, *PUBLIC, VersionState.SCHEDULED)


@pages.route("/bevindingen/<int:finding_id>/medewerkers", methods=["GET", "POST"])
def change_contributors(finding_id: int) -> ResponseReturnValue:
    """Set right who contributed to what is out."""
    if request.method == "GET":
        return _shown(finding_id, _contributors_page, *PUBLIC)
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    made = findings.acted_on(actor, finding, request.form.get("number", type=int))
    form = FindingForm.of_request(request.form)
    version = request.form.get("version", 0, type=int)
    try:
        corrections.change_contributors(actor, made, form.contributors, version=version)
    except InvalidError as error:
        return _again(finding_id, made.number, None, error.fields), 422
    except ConflictError as error:
        return _again(finding_id, made.number, None, {"_": [str(error)]}), 409
    flash(_("De medewerkers zijn bijgewerkt."))
    return redirect(url_for("findings.show_finding", finding_id=finding_id), 303)


def _more(action: FindingAction) -> dict[str, Any]:
    more: dict[str, Any] = {
        "content_hash": request.form.get("content_hash", ""),
        "no_interest": request.form.get("no_interest") == "1",
        "reason_code": request.form.get("reason_code", ""),
    }
    if action is A.REPAIR:
        form = FindingForm.of_request(request.form)
        content = form.check()
        if set(form.errors) & set(REPAIRABLE):
            raise InvalidError(_("Er klopt iets niet in wat je invulde."), form.errors)
        more["changes"] = {
            name: content[name]
            for name in REPAIRABLE
            if name in content and (name in request.form or name == "subjects")
        }
    return more


def _shown(
    finding_id: int, render: Callable[..., str], *states: VersionState
) -> ResponseReturnValue:
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    if is_gone(finding):
        return tombstone(actor, finding)
    made = findings.acted_on(actor, finding)
    if made.state not in states:
        made = findings.shown_version(actor, finding)
    if made.state not in states:
        raise ConflictError(_("Dit kan nu niet met deze bevinding."))
    return render(actor, finding, made, {})


def _again(finding_id: int, number: int, action: FindingAction | None, errors: Errors) -> str:
    """Show the page from which a step was asked once more, with what was typed and why not."""
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    made = findings.acted_on(actor, finding, number)
    return _PAGES.get(action, render_version)(actor, finding, made, errors)


def _next(actor: Actor, finding_id: int, action: FindingAction) -> str:
    """Give where to go after a step: an editor may no longer read what was given back."""
    if action in (A.START_VERSION, A.RESUME):
        return url_for("finding_writing.show", finding_id=finding_id)
    try:
        findings.get_finding(actor, finding_id)
    except NotFoundError:
        return url_for("findings.list_waiting")
    return url_for("findings.show_finding", finding_id=finding_id)


def _signing_page(actor: Actor, finding: Finding, made: FindingVersion, errors: Errors) -> str:
    page_of = FindingPage(actor, finding, made)
    return _render("labs/finding_sign.html", page_of, errors, text=signing.valid_signatures(made))


def _repair_page(actor: Actor, finding: Finding, made: FindingVersion, errors: Errors) -> str:
    _require_action(actor, made, A.REPAIR)
    form = (
        FindingForm.of_request(request.form)
        if errors
        else FindingForm.of_content(content_of(made), [])
    )
    page_of = FindingPage(actor, finding, made)
    return _render("labs/finding_repair.html", page_of, errors, form=form)


def _erratum_page(actor: Actor, finding: Finding, made: FindingVersion, errors: Errors) -> str:
    _require_action(actor, made, A.CORRECT)
    return _render("labs/finding_erratum.html", FindingPage(actor, finding, made), errors)


def _retraction_page(actor: Actor, finding: Finding, made: FindingVersion, errors: Errors) -> str:
    page_of = FindingPage(actor, finding, made)
    wanted = (A.RETRACT, A.ASK_RETRACTION, A.REFUSE_RETRACTION)
    if not errors and not any(one in page_of.actions for one in wanted):
        raise ForbiddenError(_("Intrekken doen beide trekkers samen, of het programmabureau."))
    asked = rights.retraction_of(finding.id)
    return _render("labs/finding_retract.html", page_of, errors, asked=asked)


def _contributors_page(actor: Actor, finding: Finding, made: FindingVersion, errors: Errors) -> str:
    if not rights.looks_after(actor, made):
        raise ForbiddenError(_("Dit doet de schrijver of een trekker van het lab."))
    form = (
        FindingForm.of_request(request.form)
        if errors
        else FindingForm.of_content(content_of(made), people.plain(made))
    )
    page_of = FindingPage(actor, finding, made)
    return _render("labs/finding_contributors.html", page_of, errors, form=form)


def _require_action(actor: Actor, made: FindingVersion, action: FindingAction) -> None:
    """Refuse the form of a step to who may not take it; what stands in the way is said later."""
    if not MACHINE.may[action](actor, made):
        raise ForbiddenError(_("Dit mag je hier niet doen."))


def _render(template: str, page_of: FindingPage, errors: Errors, **more: Any) -> str:
    return render_template(
        template,
        page_of=page_of,
        finding=page_of.finding,
        made=page_of.made,
        errors=errors,
        labels={name: label_of(name) for name in errors},
        label=label_of,
        choices=Choices(),
        repairable=REPAIRABLE,
        **more,
    )


_PAGES: dict[FindingAction | None, Callable[..., str]] = {
    A.SIGN: _signing_page,
    A.REPAIR: _repair_page,
    A.CORRECT: _erratum_page,
    A.ASK_RETRACTION: _retraction_page,
    A.REFUSE_RETRACTION: _retraction_page,
    A.RETRACT: _retraction_page,
    None: _contributors_page,
}
