"""Rounds on the page: the list of a lab, the round with its phases, its texts, its decision."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.database import name_of
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import (
    activities,
    finding_writing,
    findings,
    plans,
    policies,
    round_decisions,
    round_duties,  # noqa: F401  # what waits is known
    round_forms,
    round_objects,  # noqa: F401  # rounds and meetings have names
    round_page,
    round_questions,
    round_rights,
    rounds,
    thread_page,
)
from labapp.labs.activity_states import KIND_WORDS
from labapp.labs.activity_states import STATE_WORDS as ACTIVITY_WORDS
from labapp.labs.privacy_sheet_states import STATE_WORDS as SHEET_WORDS
from labapp.labs.round_forms import Field, FormPage
from labapp.labs.round_models import Round
from labapp.labs.round_states import DECISION_WORDS, PHASE_WORDS, RoundAction
from labapp.labs.site_states import STATE_WORDS as CONSENT_WORDS
from labapp.labs.task_states import STATE_WORDS as TASK_WORDS

pages = Blueprint("rounds", __name__)
WORDS: dict[Any, Any] = {
    **PHASE_WORDS, **SHEET_WORDS, **CONSENT_WORDS, **TASK_WORDS, **ACTIVITY_WORDS, **KIND_WORDS,
    **DECISION_WORDS,
}  # fmt: skip
BOTH = ["GET", "POST"]
LABELS = {
    "title": _l("Titel"),
    "aim": _l("Waarom deze ronde?"),
    "known_already": _l("Wat is er al bekend?"),
    "diagnosis": _l("Wat is er aan de hand?"),
    "design": _l("Wat gaan we doen?"),
    "result_data": _l("Welke gegevens zijn er?"),
}


@pages.record_once
def add_words(setup: BlueprintSetupState) -> None:
    filters = setup.app.jinja_env.filters
    filters["rondewoord"] = lambda state: str(WORDS[state])
    filters["rondetoon"] = round_page.tone_of
    filters["fasen"] = round_page.phases_of


@pages.get("/labs/<int:lab_id>/rondes")
def list_all(lab_id: int) -> str:
    actor = current_actor()
    lab = rounds.get_lab_of_rounds(actor, lab_id)
    return render_template(
        "labs/rounds.html",
        lab=lab,
        rounds=rounds.list_rounds(actor, lab),
        may_create=rounds.can_create(actor, lab),
    )


@pages.route("/labs/<int:lab_id>/rondes/nieuw", methods=BOTH)
@sign_in_required
def create(lab_id: int) -> ResponseReturnValue:
    actor = current_actor()
    lab = rounds.get_lab_of_rounds(actor, lab_id)
    round_rights.require_lead(actor, lab)
    adopted = round_questions.list_adopted(actor, lab)
    if not adopted:
        return render_template("labs/round_without_question.html", lab=lab)

    def make() -> FormPage:
        back = url_for("rounds.list_all", lab_id=lab_id)
        fields = [
            _text_field("title"),
            Field("textarea", "aim", str(LABELS["aim"]), rows=4),
            Field("checkboxes", "questions", _("Met welke vragen begin je?"),
                  options=[(str(question.id), question.title) for question in adopted]),
        ]  # fmt: skip
        crumbs = [(lab.title, url_for("labs.show", lab_id=lab_id)), (_("Rondes"), back)]
        asked = request.args.get("vraag", type=int)
        values = {"questions": [one.id for one in adopted if one.id == asked]}
        return FormPage(_("Nieuwe ronde"), lab.title, crumbs, fields, values, _("Begin"), back)

    def submit() -> str:
        made = rounds.create_round(
            actor,
            lab,
            round_forms.texts_in(("title", "aim")),
            round_forms.numbers_in("questions"),
            confirmed=round_forms.is_confirmed(),
        )
        return url_for("rounds.show", round_id=made.id)

    return round_forms.handle(make, submit, _("De ronde is begonnen, in de fase Verkennen."))


@pages.get("/rondes/<int:round_id>")
def show(round_id: int) -> str:
    return _page(rounds.get_round(current_actor(), round_id))


@pages.route("/rondes/<int:round_id>/bewerken", methods=BOTH)
@sign_in_required
def change(round_id: int) -> ResponseReturnValue:
    """Change the texts; who looked for what is known already says so with a tick."""
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    round_rights.require_work(actor, one.lab)

    def make() -> FormPage:
        fields = [_text_field("title"), *(_text_area(name) for name in rounds.TEXTS[1:])]
        tick = Field(
            "checkbox", "known_checked",
            _("We hebben in de kennisbank en in eerdere bevindingen gezocht."),
        )  # fmt: skip
        fields.insert(3, tick)
        values = {name: getattr(one, name) for name in rounds.TEXTS}
        values["known_checked"] = one.known_checked_at is not None
        return form_of(one, _("Teksten van de ronde"), fields, values, _("Bewaar"))

    def submit() -> str:
        rounds.change_round(
            actor,
            one,
            round_forms.texts_in(rounds.TEXTS),
            version=round_forms.posted_version(),
            checked="known_checked" in request.form,
            confirmed=round_forms.is_confirmed(),
        )
        return url_of(one)

    return round_forms.handle(make, submit, _("Bewaard."))


@pages.post("/rondes/<int:round_id>/stap")
@sign_in_required
def step(round_id: int) -> ResponseReturnValue:
    """Propose the next step, or confirm what the other side proposed."""
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    try:
        action = round_forms.choice_in(RoundAction, "action")
        taken = rounds.perform(
            actor, one, action, version=round_forms.posted_version(),
            reason=request.form.get("reason", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _page(rounds.get_round(actor, round_id), error.fields), 422
    except ConflictError as error:
        if not error.problems:
            raise
        return _page(rounds.get_round(actor, round_id), {"action": [str(error)]}), 409
    if taken:
        flash(_("De ronde is nu: %(phase)s.", phase=str(PHASE_WORDS[one.phase])), "success")
    else:
        flash(_("Voorgesteld. De trekker van de andere kant bevestigt."), "success")
    return redirect(url_of(one), 303)


@pages.post("/rondes/<int:round_id>/voorstel")
@sign_in_required
def refuse(round_id: int) -> ResponseReturnValue:
    """Say no to a proposal, or take one's own back."""
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    try:
        rounds.refuse_step(actor, one, reason=request.form.get("reason", ""))
    except InvalidError as error:
        return _page(rounds.get_round(actor, round_id), error.fields), 422
    flash(_("Het voorstel is van tafel."), "success")
    return redirect(url_of(one), 303)


@pages.post("/rondes/<int:round_id>/vragen")
@sign_in_required
def set_question(round_id: int) -> ResponseReturnValue:
    """Add a question that the lab adopted, or take one off."""
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    number = round_forms.number_in("question_id") or 0
    try:
        if request.form.get("remove"):
            round_questions.remove_question(actor, one, number)
        else:
            round_questions.add_question(actor, one, number)
    except InvalidError as error:
        return _page(rounds.get_round(actor, round_id), error.fields), 422
    flash(_("Bewaard."), "success")
    return redirect(url_of(one), 303)


def _page(one: Round, errors: round_forms.Errors | None = None) -> str:
    actor = current_actor()
    questions = round_questions.list_questions(actor, one)
    is_lead = policies.is_lead(actor, one.lab)
    known = {question.id for question in questions}
    return render_template(
        "labs/round.html",
        round=one,
        lab=one.lab,
        tabs=round_page.tabs_of(actor, one, "rounds.show"),
        asks=round_page.ASKS[one.phase],
        questions=questions,
        adoptable=_adoptable(one, known) if is_lead and round_page.is_running(one) else [],
        proposal=round_page.shown_proposal(actor, one),
        steps=round_page.possible_steps(actor, one),
        history=round_page.history_of(actor, one),
        talk=thread_page.of_subject(actor, name_of(one), request.args.get("page", type=int)),
        changed=plans.changed_since_start(one),
        meetings=activities.list_activities(actor, one.lab, round_id=one.id, limit=5),
        findings=findings.list_of_round(actor, one),
        may_report=finding_writing.can_start(actor, one),
        works=round_rights.can_work_on(actor, one.lab) and round_page.is_running(one),
        works_in=policies.works_in(actor, one.lab),
        is_lead=is_lead,
        may_decide=round_decisions.can_decide(actor, one),
        may_review=round_decisions.can_review(actor, one),
        labels=LABELS,
        errors=errors or {},
    )


def _adoptable(one: Round, known: set[int]) -> list[tuple[int, str]]:
    """Give the questions of the lab that the round could take along."""
    found = round_questions.list_adopted(current_actor(), one.lab)
    return [(question.id, question.title) for question in found if question.id not in known]


def form_of(
    one: Round, title: str, fields: list[Field], values: dict[str, Any], button: str
) -> FormPage:
    """Give a form that belongs to a round and leads back to it."""
    crumbs = crumbs_of(one)
    return FormPage(title, one.title, crumbs, fields, values, button, url_of(one), one.version)


def crumbs_of(one: Round) -> list[tuple[str, str]]:
    """Give the way up from a page of a round."""
    return [
        (one.lab.title, url_for("labs.show", lab_id=one.lab_id)),
        (_("Rondes"), url_for("rounds.list_all", lab_id=one.lab_id)),
        (one.title, url_of(one)),
    ]


def _text_field(name: str) -> Field:
    return Field("text", name, str(LABELS[name]), attrs={"maxlength": 160})


def _text_area(name: str) -> Field:
    return Field("textarea", name, str(LABELS[name]), optional=True)


def url_of(one: Round) -> str:
    return url_for("rounds.show", round_id=one.id)
