"""Claims on the page: the board assembles, signs and submits; the office assesses and decides."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy import (
    assessments,
    claim_checks,
    claim_forms,
    claim_page,
    claim_plans,
    claims,
    corrections,
    payments,
    policies,
    schemes,
    snapshots,
    submission,
)
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.reductions import REASON_WORDS
from labapp.subsidy.transitions import STATE_WORDS

pages = Blueprint("claims", __name__)
PER_PAGE = 50


@pages.record_once
def add_words(setup: BlueprintSetupState) -> None:
    setup.app.jinja_env.filters.setdefault("euro", claim_page.euro)
    setup.app.jinja_env.filters["claimstaat"] = claim_page.state_words


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Claims are of boards and of the programme office."""


@pages.get("/claims")
def list_all() -> str:
    actor = current_actor()
    wanted = request.args.get("staat", "")
    states = [state for state in ClaimState if state.value == wanted]
    number = max(1, min(request.args.get("page", 1, type=int), 10_000))
    found = claims.list_claims(actor, states=states, page=number, per_page=PER_PAGE)
    return render_template(
        "subsidy/claims.html",
        found=found,
        page_number=number,
        pages=-(-found.total // PER_PAGE),
        page_url=lambda page: url_for("claims.list_all", staat=wanted or None, page=page),
        wanted=wanted,
        states=[(state.value, words) for state, words in STATE_WORDS.items()],
        tones=claim_page.TONES,
        turn_of=claim_page.turn_of,
        may_assemble=bool(claims.list_branches(actor)),
        is_office=policies.is_office(actor) or policies.reads_all(actor),
    )


@pages.get("/claims/nieuw")
def show_new() -> str:
    return _new_page({})


@pages.post("/claims/nieuw")
def assemble() -> ResponseReturnValue:
    branch, version = (
        claim_forms.number_in(request.form, name) for name in ("branch_id", "version_id")
    )
    if not branch or not version:
        words = _("Kies een vestiging en een regeling.")
        return _new_page({"branch_id" if not branch else "version_id": [words]}), 422
    made = claims.assemble(current_actor(), version_id=version, branch_id=branch)
    flash(_("De claim staat klaar als concept. Er is nog niets ingediend."))
    return _to(made.id)


@pages.get("/claims/<int:claim_id>")
def show(claim_id: int) -> str:
    return _page(claims.get_claim(current_actor(), claim_id))


@pages.post("/claims/<int:claim_id>")
def change(claim_id: int) -> ResponseReturnValue:
    """Say which hours stay out, and for a fixed scheme which instalment is asked."""
    actor = current_actor()
    claim = claims.get_claim(actor, claim_id)
    offered, kept = (set(request.form.getlist(name)) for name in ("uren", "mee"))
    try:
        claims.change_claim(
            actor,
            claim,
            version=claim_forms.version_in(request.form),
            excluded_entries=sorted((set(claim.excluded_entries) - offered) | (offered - kept)),
            note=request.form.get("note", ""),
            instalment=request.form.get("instalment", type=int),
        )
    except InvalidError as error:
        return _page(claims.get_claim(actor, claim_id), error.fields), 422
    flash(_("Bewaard."))
    return _to(claim_id)


@pages.post("/claims/<int:claim_id>/indienen")
def submit(claim_id: int) -> ResponseReturnValue:
    actor = current_actor()
    claim = claims.get_claim(actor, claim_id)
    if request.form.get("akkoord") != "1":
        words = _("Zet een vinkje om te ondertekenen.")
        return _page(claim, {"akkoord": [words]}), 422
    try:
        submission.submit(actor, claim, version=claim_forms.version_in(request.form))
    except ConflictError as error:
        if not error.problems:
            raise
        return _page(claims.get_claim(actor, claim_id)), 409
    claim = claims.get_claim(actor, claim_id)
    flash(_("Ingediend als %(number)s. Het programmabureau beoordeelt de claim.",
            number=claim.number))  # fmt: skip
    return _to(claim_id)


@pages.post("/claims/<int:claim_id>/intrekken")
def withdraw(claim_id: int) -> ResponseReturnValue:
    actor, claim, version = _asked(claim_id)
    submission.withdraw(actor, claim, version=version)
    flash(_("De claim is ingetrokken. De uren kunnen in een andere claim."))
    return _to(claim_id)


@pages.post("/claims/<int:claim_id>/weggooien")
def remove(claim_id: int) -> ResponseReturnValue:
    actor, claim, version = _asked(claim_id)
    claims.remove_draft(actor, claim, version=version)
    flash(_("Het concept is weggegooid. De uren blijven goedgekeurd."))
    return redirect(url_for("claims.list_all"), 303)


@pages.post("/claims/<int:claim_id>/corrigeren")
def correct(claim_id: int) -> ResponseReturnValue:
    actor = current_actor()
    made = claims.correct(actor, claims.get_claim(actor, claim_id))
    flash(_("De correctie staat klaar als concept."))
    return _to(made.id)


@pages.post("/claims/<int:claim_id>/teruggeven")
def give_back(claim_id: int) -> ResponseReturnValue:
    actor, claim, version = _asked(claim_id)
    try:
        reason = request.form.get("return_reason", "")
        assessments.return_claim(actor, claim, reason, version=version)
    except InvalidError as error:
        words = {"return_reason": next(iter(error.fields.values()), [str(error)])}
        return _page(claims.get_claim(actor, claim_id), words), 422
    flash(_("Teruggegeven. Het bestuur heeft veertien dagen."))
    return _to(claim_id)


@pages.post("/claims/<int:claim_id>/beoordelen")
def assess(claim_id: int) -> ResponseReturnValue:
    actor, claim, version = _asked(claim_id)
    try:
        proposed = claim_forms.reductions_in(request.form, _lines(claim))
        assessments.assess(actor, claim, proposed, request.form.get("text", ""), version=version)
    except InvalidError as error:
        return _page(claims.get_claim(actor, claim_id), error.fields), 422
    flash(_("Beoordeeld. Een ander beslist."))
    return _to(claim_id)


@pages.post("/claims/<int:claim_id>/beslissen")
def decide(claim_id: int) -> ResponseReturnValue:
    actor, claim, version = _asked(claim_id)
    try:
        ruling = claim_forms.ruling_in(request.form, _lines(claim))
        assessments.decide(actor, claim, ruling, version=version)
    except InvalidError as error:
        return _page(claims.get_claim(actor, claim_id), error.fields), 422
    flash(_("De beslissing is vastgelegd."))
    return _to(claim_id)


def _asked(claim_id: int) -> tuple[Actor, Claim, int]:
    actor = current_actor()
    claim = claims.get_claim(actor, claim_id)
    return actor, claim, claim_forms.version_in(request.form)


def _lines(claim: Claim) -> list[Any]:
    return snapshots.lines_of(claim.snapshot) if claim.snapshot else []


def _to(claim_id: int) -> ResponseReturnValue:
    return redirect(url_for("claims.show", claim_id=claim_id), 303)


def _new_page(errors: dict[str, list[str]]) -> str:
    actor = current_actor()
    return render_template(
        "subsidy/claim_new.html",
        branches=claims.list_branches(actor),
        versions=schemes.list_versions(actor, active_only=True),
        errors=errors,
    )


def _page(claim: Claim, errors: dict[str, list[str]] | None = None) -> str:
    actor = current_actor()
    rights = claim_page.rights_of(actor, claim)
    is_draft = claim.state in claims.CHANGEABLE and claims.may_preview(actor, claim)
    plan = claims.preview(actor, claim) if is_draft else None
    return render_template(
        "subsidy/claim.html",
        claim=claim,
        rights=rights,
        plan=plan,
        lines=plan.lines if plan else _lines(claim),
        instalments=claim_plans.instalments(claim_checks.grant_of(claim)),
        statement=submission.STATEMENT,
        tone=claim_page.TONES[claim.state],
        turn=claim_page.turn_of(claim),
        steps=claim_page.STEPS,
        step=claim_page.step_of(claim),
        history=claim_page.history_of(claim),
        corrections=_visible_corrections(claim),
        assessment=assessments.assessment_of(claim) if claim.number else None,
        decision=assessments.decision_of(claim),
        reasons=[(reason.value, words) for reason, words in REASON_WORDS.items()],
        may_pay=policies.is_office(actor) and claim.state in payments.PAYABLE,
        errors=errors or {},
    )


def _visible_corrections(claim: Claim) -> list[Claim]:
    """Give the submitted claims that correct this one: "gecorrigeerd door"."""
    return [one for one in corrections.list_corrections(claim) if one.number]
