"""The pages of reviews: of a finding or card, one's own, and one with its steps."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import cards
from labapp.labs import policies, review_page, review_targets, reviews, rubric
from labapp.labs.conflicts import DECLARED
from labapp.labs.review_page import ReviewPage, ReviewsPage
from labapp.labs.review_scores import reviews_of
from labapp.labs.review_states import DECLINE_WORDS, OWN_STEPS, STATE_WORDS, ReviewAction
from labapp.labs.reviews import ReviewInput
from labapp.labs.round_forms import choice_in, is_confirmed, number_in, posted_version

pages = Blueprint("lab_reviews", __name__)
pages.add_app_template_filter(lambda state: str(STATE_WORDS[state]), "beoordelingsstand")
A = ReviewAction
Errors = Mapping[str, list[str]]
PREFIX = "declared-"
DONE = {
    A.ACCEPT: _l("Fijn dat je het doet. Schrijf hieronder je beoordeling."),
    A.DECLINE: _l("De redactie weet dat je het niet doet."),
    A.SUBMIT: _l("Ingeleverd. De redactie leest je beoordeling en publiceert haar."),
    A.RETURN: _l("De beoordelaar krijgt je vraag."),
    A.PUBLISH: _l("De beoordeling is te lezen."),
    A.REPLY: _l("Jullie reactie staat bij de beoordeling."),
    A.DISPUTE: _l("De redactie beslist. Tot die tijd telt de beoordeling niet mee."),
    A.UPHOLD: _l("De beoordeling blijft staan."),
    A.WITHDRAW: _l("Teruggetrokken."),
    A.INVITE_AGAIN: _l("De uitnodiging is opnieuw verstuurd."),
    A.RESUME: _l("Je kunt nu schrijven."),
}


@pages.get("/bevindingen/<int:finding_id>/beoordelingen")
def list_of_finding(finding_id: int) -> str:
    """Show the reviews of a finding."""
    return _render_list(f"findings:{finding_id}", {})


@pages.get("/kennis/<int:card_id>/beoordelingen")
def list_of_card(card_id: int) -> ResponseReturnValue:
    """Show the reviews of a card; those of a finding's card stand with the finding."""
    card = cards.get_card(current_actor(), card_id)
    if card.made_from.startswith("findings:"):
        number = int(card.made_from.partition(":")[2])
        return redirect(url_for("lab_reviews.list_of_finding", finding_id=number), 303)
    return _render_list(f"cards:{card_id}", {})


@pages.post("/bevindingen/<int:finding_id>/beoordelingen")
@sign_in_required
def begin_of_finding(finding_id: int) -> ResponseReturnValue:
    """Ask somebody for a review of a finding, or begin one's own."""
    return _begin(f"findings:{finding_id}")


@pages.post("/kennis/<int:card_id>/beoordelingen")
@sign_in_required
def begin_of_card(card_id: int) -> ResponseReturnValue:
    return _begin(f"cards:{card_id}")


@pages.get("/beoordelingen")
@sign_in_required
def show_mine() -> str:
    """Show what one reviews, and to editors what waits for them."""
    actor = current_actor()
    mine, waiting = reviews.list_mine(actor), reviews.list_waiting(actor)
    return render_template(
        "labs/reviews_mine.html",
        mine=mine,
        waiting=waiting,
        titles=review_targets.titles_of({review.about for review in (*mine, *waiting)}),
        tones=review_page.TONES,
        edits=policies.is_broker(actor),
    )


@pages.get("/beoordelingen/<int:review_id>")
def show(review_id: int) -> str:
    """Show one review, and what one can do with it."""
    return _render_one(review_id, {})


@pages.post("/beoordelingen/<int:review_id>/stap")
@sign_in_required
def take_step(review_id: int) -> ResponseReturnValue:
    """Do what the button says, with the version that was read."""
    actor = current_actor()
    review = reviews.get_review(actor, review_id)
    try:
        action = _action()
        reviews.perform(
            actor, review, action, version=posted_version(),
            reason=request.form.get("reason", ""), given=_given(),
        )  # fmt: skip
    except InvalidError as error:
        return _render_one(review_id, error.fields or {"action": [str(error)]}), 422
    except ConflictError as error:
        return _render_one(review_id, {"action": [str(error)]}), 409
    flash(str(DONE[action]))
    return redirect(url_for("lab_reviews.show", review_id=review_id), 303)


def _begin(about: str) -> ResponseReturnValue:
    actor = current_actor()
    try:
        if request.form.get("action") == "start":
            own = reviews.start(actor, about, _declared())
            return redirect(url_for("lab_reviews.show", review_id=own.id), 303)
        made = reviews.invite(actor, about, request.form.get("email", ""))
    except InvalidError as error:
        return _render_list(about, error.fields), 422
    except ConflictError as error:
        return _render_list(about, {"email": [str(error)]}), 409
    flash(_("De uitnodiging is verstuurd."))
    return redirect(review_page.list_address(made.about), 303)


def _action() -> ReviewAction:
    action = choice_in(ReviewAction, "action")
    if action in OWN_STEPS:
        raise InvalidError(_("Deze stap bestaat niet."))
    return action


def _declared() -> dict[str, bool]:
    """Give the answers that were given; a question that was left open is not in it."""
    given = ((name, request.form.get(PREFIX + name)) for name in DECLARED)
    return {name: answer == "yes" for name, answer in given if answer in ("yes", "no")}


def _given() -> ReviewInput:
    return ReviewInput(
        impact=number_in("impact"),
        scalability=number_in("scalability"),
        certainty=number_in("certainty"),
        strengths=request.form.get("strengths", ""),
        concerns=request.form.get("concerns", ""),
        declared=_declared(),
        decline_reason=request.form.get("decline_reason", ""),
        confirmed=is_confirmed(),
    )


def _render_list(about: str, errors: Errors) -> str:
    actor = current_actor()
    target = review_targets.get_target(actor, about)
    page_of = ReviewsPage(actor, reviews_of(actor, target))
    return _render("labs/reviews.html", page_of, errors)


def _render_one(review_id: int, errors: Errors) -> str:
    actor = current_actor()
    page_of = ReviewPage(actor, reviews.get_review(actor, review_id))
    return _render("labs/review.html", page_of, errors)


def _render(template: str, page_of: Any, errors: Errors, **more: Any) -> str:
    about = page_of.target.about
    return render_template(
        template,
        page_of=page_of,
        target=page_of.target,
        errors=errors,
        labels=_labels(),
        rubric=rubric.questions(),
        declared=[(PREFIX + name, name, str(words)) for name, words in DECLARED.items()],
        declines=[(code, str(words)) for code, words in DECLINE_WORDS.items()],
        about_url=review_page.address_of(about),
        list_url=review_page.list_address(about),
        **more,
    )


def _labels() -> dict[str, str]:
    return {
        **{name: str(words) for name, words in DECLARED.items()},
        **{one.name: one.title for one in rubric.questions()},
        "strengths": _("Wat is er sterk aan?"),
        "concerns": _("Waar moet een andere school op letten?"),
        "decline_reason": _("Waarom niet?"),
        "email": _("E-mailadres"),
        "reason": _("Toelichting"),
        "action": _("Stap"),
        "pupil_data": _("Gegevens van leerlingen"),
    }
