"""A second person looks: what waits, publishing or giving back, and taking out what is wrong."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import card_lists, cards, diffing, policies
from labapp.knowledge import content as contents
from labapp.knowledge.card_page import CardPage
from labapp.knowledge.field_labels import label_of
from labapp.knowledge.models import Card

pages = Blueprint("reviews", __name__)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Only people review."""


@pages.get("/kennis/beoordelen")
def list_waiting() -> str:
    return render_template(
        "knowledge/reviews.html", drafts=card_lists.list_to_review(current_actor())
    )


@pages.get("/kennis/<int:card_id>/beoordelen")
def show(card_id: int) -> str:
    return _review_page(card_id)


@pages.post("/kennis/<int:card_id>/beoordelen")
def decide(card_id: int) -> ResponseReturnValue:
    """Publish, or give back with a note."""
    actor = current_actor()
    draft = cards.get_draft(actor, card_id)
    try:
        if request.form.get("besluit") == "terug":
            cards.return_draft(actor, draft, request.form.get("note", ""))
            flash(_("Teruggegeven aan de schrijver."))
            return redirect(url_for("reviews.list_waiting"), 303)
        cards.publish_draft(actor, draft, request.form.get("summary", "").strip())
    except InvalidError as error:
        return _review_page(card_id, error.fields), 422
    flash(_("Gepubliceerd. Leraren kunnen de kaart nu vinden."))
    return redirect(url_for("cards.show_card", card_id=card_id), 303)


@pages.get("/kennis/<int:card_id>/verouderd")
def ask_outdated(card_id: int) -> str:
    return render_template("knowledge/outdated.html", card=_withdrawable(card_id), errors={})


@pages.post("/kennis/<int:card_id>/verouderd")
def mark_outdated(card_id: int) -> ResponseReturnValue:
    card = _withdrawable(card_id)
    try:
        cards.mark_outdated(current_actor(), card, request.form.get("reason", ""))
    except InvalidError as error:
        page = render_template("knowledge/outdated.html", card=card, errors=error.fields)
        return page, 422
    flash(_("De kaart zegt nu dat zij verouderd is."))
    return redirect(url_for("cards.show_card", card_id=card_id), 303)


@pages.get("/kennis/<int:card_id>/intrekken")
def ask_withdrawal(card_id: int) -> str:
    return render_template("knowledge/withdraw.html", card=_withdrawable(card_id), errors={})


@pages.post("/kennis/<int:card_id>/intrekken")
def withdraw(card_id: int) -> ResponseReturnValue:
    """Withdraw a card; `replaced_by` is the number or the address of the card that replaces it."""
    actor = current_actor()
    card = _withdrawable(card_id)
    try:
        cards.withdraw_card(actor, card, request.form.get("reason", ""), _replacement(card_id))
    except InvalidError as error:
        page = render_template("knowledge/withdraw.html", card=card, errors=error.fields)
        return page, 422
    flash(_("De kaart is ingetrokken en niet meer te vinden."))
    return redirect(url_for("knowledge.search"), 303)


def _withdrawable(card_id: int) -> Card:
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    if not policies.can_withdraw(actor, card):
        raise ForbiddenError(_("Je kunt deze kaart niet intrekken."))
    return card


def _replacement(card_id: int) -> Card | None:
    typed = request.form.get("replaced_by", "").strip().rstrip("/").rsplit("/", 1)[-1]
    if not typed:
        return None
    words = _("Geef het nummer of het adres van een andere kaart.")
    try:
        other = cards.get_card(current_actor(), int(typed) if typed.isdecimal() else 0)
    except (NotFoundError, OverflowError) as error:
        raise InvalidError(words, {"replaced_by": [words]}) from error
    if other.id == card_id or not other.is_published:
        raise InvalidError(words, {"replaced_by": [words]})
    return other


def _review_page(card_id: int, errors: dict[str, list[str]] | None = None) -> str:
    actor = current_actor()
    draft = cards.get_draft(actor, card_id)
    card = draft.card
    published = contents.content_of(card) if card.is_published else None
    return render_template(
        "knowledge/review.html",
        card=card,
        draft=draft,
        page_of=CardPage(contents.card_of(draft.content, card.id)),
        differences=diffing.compare(published, draft.content) if published else None,
        may_review=policies.can_review(actor, card),
        errors=errors or {},
        labels={name: label_of(name) for name in errors or {}},
    )
