"""The pages of reports of use: of a card with the form, one with its steps."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import cards
from labapp.knowledge.models import Card
from labapp.labs import use_report_rights as rights
from labapp.labs import use_reports
from labapp.labs.review_models import UseReport
from labapp.labs.round_forms import (
    Field,
    FormPage,
    choice_in,
    handle,
    is_confirmed,
    posted_version,
)
from labapp.labs.use_report_states import ACTION_WORDS, STATE_WORDS, UseReportAction
from labapp.labs.use_reports import LONGEST, LONGEST_GROUP, PER_PAGE, UseReportInput
from labapp.notifications import objects

pages = Blueprint("use_reports", __name__)
A = UseReportAction
SHOWN = 3  # on the page of the card or finding itself
TONES = {"draft": "neutral", "submitted": "sky", "returned": "red", "published": "ok"}
DONE = {
    A.SUBMIT: _l("De schoolleider krijgt bericht."),
    A.CONFIRM: _l("Bevestigd. Andere scholen kunnen het nu lezen."),
    A.RETURN: _l("De schrijver krijgt je opmerking."),
    A.REPLY: _l("Jullie reactie staat bij het verslag."),
    A.WITHDRAW: _l("Teruggetrokken. Het verslag is nergens meer te lezen."),
}


@pages.record
def add_to_templates(state: BlueprintSetupState) -> None:
    """Let the pages of cards and findings show who used it."""
    state.app.jinja_env.globals.update(use_of_card=use_of_card, use_place=place_of)


def use_of_card(card: Card) -> tuple[list[UseReport], int]:
    """Give the latest confirmed reports of a card and how many there are, for templates."""
    return use_reports.list_of_card(current_actor(), card, per_page=SHOWN)


def place_of(report: UseReport) -> str:
    """Give where it was used, as whoever asks may know it."""
    with_name = rights.knows_school(current_actor(), report)
    return rights.place_words(report, with_name=with_name)


@pages.get("/kennis/<int:card_id>/gebruik")
def list_of_card(card_id: int) -> str:
    """Show what schools did with a card, and to who works at one the way to the form."""
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    number = max(1, request.args.get("page", 1, type=int))
    found, total = use_reports.list_of_card(actor, card, page=number)
    return render_template(
        "labs/use_reports.html",
        card=card,
        rows=found,
        total=total,
        number=number,
        pages=-(-total // PER_PAGE),
        page_url=lambda page: url_for("use_reports.list_of_card", card_id=card.id, page=page),
        open_ones=use_reports.list_open(actor, card) if actor.id else [],
        may_write=rights.school_of(actor) is not None and card.is_published,
        states=STATE_WORDS,
        tones=TONES,
    )


@pages.route("/kennis/<int:card_id>/gebruik/nieuw", methods=["GET", "POST"])
@sign_in_required
def start(card_id: int) -> ResponseReturnValue:
    """Write a report of what one's school did with a card."""
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    if rights.school_of(actor) is None:
        raise ForbiddenError(_("Een gebruiksverslag schrijf je namens een school."))
    waiting = use_reports.own_open(actor, card)
    if waiting is not None:
        flash(_("Je bent al bezig met een verslag hierover. Maak dat eerst af."))
        return redirect(url_for("use_reports.show", report_id=waiting.id), 303)

    def submit() -> str:
        made = use_reports.start_report(actor, card, _input(), confirmed=is_confirmed())
        return url_for("use_reports.show", report_id=made.id)

    back = url_for("use_reports.list_of_card", card_id=card.id)
    return handle(lambda: _form(card, {}, back), submit, _("Bewaard als concept."))


@pages.get("/gebruik/<int:report_id>")
def show(report_id: int) -> str:
    """Show one report with what one can do with it."""
    return _render(report_id, {})


@pages.route("/gebruik/<int:report_id>/bewerken", methods=["GET", "POST"])
@sign_in_required
def change(report_id: int) -> ResponseReturnValue:
    """Change a report that is a draft, or was given back."""
    actor = current_actor()
    report = use_reports.get_report(actor, report_id)
    if not use_reports.can_change(actor, report):
        raise ForbiddenError(_("Dit verslag kun je niet meer wijzigen."))
    card = rights.card_of(report)
    address = url_for("use_reports.show", report_id=report_id)

    def make() -> FormPage:
        values = {one: getattr(report, one) for one in UseReportInput.__dataclass_fields__}
        return _form(card, values, address, report.version)

    def submit() -> str:
        use_reports.save_report(
            actor, report, _input(), version=posted_version(), confirmed=is_confirmed()
        )
        return address

    return handle(make, submit, _("Bewaard."))


@pages.post("/gebruik/<int:report_id>/stap")
@sign_in_required
def take_step(report_id: int) -> ResponseReturnValue:
    """Do what the button says, with the version that was read."""
    actor = current_actor()
    report = use_reports.get_report(actor, report_id)
    card_id = int(report.object.partition(":")[2])
    try:
        action = choice_in(UseReportAction, "action")
        use_reports.perform(
            actor, report, action, version=posted_version(),
            reason=request.form.get("reason", ""), confirmed=is_confirmed(),
        )  # fmt: skip
    except InvalidError as error:
        return _render(report_id, error.fields or {"action": [str(error)]}), 422
    except ConflictError as error:
        return _render(report_id, {"action": [str(error)]}), 409
    flash(str(DONE[action]))
    if action is A.WITHDRAW:
        return redirect(url_for("use_reports.list_of_card", card_id=card_id), 303)
    return redirect(url_for("use_reports.show", report_id=report_id), 303)


def _input() -> UseReportInput:
    form = request.form
    return UseReportInput(
        did=form.get("did", ""),
        changed=form.get("changed", ""),
        group=form.get("group", ""),
        outcome=form.get("outcome", ""),
        has_failed="has_failed" in form,
        names_school="names_school" in form,
    )


def _form(card: Card | None, values: Mapping[str, Any], back: str, version: int = 0) -> FormPage:
    limit = {"maxlength": LONGEST}
    return FormPage(
        title=_("Vertel hoe jullie dit gebruikten"),
        lead=card.title if card else "",
        crumbs=[(card.title, url_for("cards.show_card", card_id=card.id))] if card else [],
        fields=[
            Field("textarea", "did", _("Wat deden jullie?"), attrs=limit),
            Field("textarea", "changed", _("Wat pasten jullie aan?"), optional=True, attrs=limit),
            Field("text", "group", _("Voor wie?"), optional=True,
                  hint=_("Bijvoorbeeld: groep 6, of brugklas vmbo."),
                  attrs={"maxlength": LONGEST_GROUP}),
            Field("textarea", "outcome", _("Wat gebeurde er?"), attrs=limit,
                  hint=_("Ook als het niet werkte: daar leren anderen het meest van.")),
            Field("checkbox", "has_failed", _("Het werkte bij ons niet")),
            Field("checkbox", "names_school", _("Noem onze school bij naam"),
                  hint=_("Anders staat er alleen in welke gemeente het was.")),
        ],
        values=values,
        button=_("Bewaar als concept"),
        back=back,
        version=version,
        intro=_("Een paar zinnen is genoeg. Je schoolleider bevestigt het; dan lezen anderen het."),
    )  # fmt: skip


def _steps(actor: Actor, report: UseReport) -> list[tuple[str, str, bool]]:
    """Give the steps of the buttons, their words, and whether they ask for a text."""
    return [
        (one.value, str(ACTION_WORDS[one]), one in (A.RETURN, A.REPLY))
        for one in use_reports.actions(actor, report)
    ]


def _render(report_id: int, errors: Mapping[str, list[str]]) -> str:
    actor = current_actor()
    report = use_reports.get_report(actor, report_id)
    card = rights.card_of(report)
    is_seen = objects.can_see(actor, report.object)
    return render_template(
        "labs/use_report.html",
        report=report,
        card=card if is_seen else None,
        place=place_of(report),
        steps=_steps(actor, report),
        may_change=use_reports.can_change(actor, report),
        errors=errors,
        state=(str(STATE_WORDS[report.state]), TONES.get(report.state.value, "neutral")),
    )
