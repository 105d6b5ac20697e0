"""Whether a card helped with a question, and what the knowledge brokers learn from it."""

import csv
import io

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.i18n import gettext as _
from labapp.knowledge import cards, feedback, finding
from labapp.knowledge.search_page import clean
from labapp.web import wants_fragment

pages = Blueprint("feedback", __name__)


@pages.post("/kennis/<int:card_id>/oordeel")
@sign_in_required
def give(card_id: int) -> ResponseReturnValue:
    """Note whether a card was useful for a question."""
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    question = clean(request.form.get("vraag", ""))
    given = feedback.give_feedback(
        actor,
        card,
        is_useful=request.form.get("nuttig") == "1",
        query=question,
        comment=request.form.get("toelichting", ""),
    )
    message = _("Dank je. Je antwoord helpt de kaart en de zoekmachine beter te maken.")
    if wants_fragment():
        return render_template(
            "knowledge/_feedback_answer.html",
            card=card,
            question=question,
            given=given,
            counts=feedback.count_feedback(card),
            message=message,
        )
    flash(message)
    where = url_for("cards.show_card", card_id=card_id, van=question or None, _anchor="oordeel")
    return redirect(where, 303)


@pages.get("/kennis/analyse")
@sign_in_required
def show_analytics() -> str:
    """Show what was asked and not found: the work list of the knowledge brokers."""
    without_hits, without_clicks = finding.list_unanswered(current_actor())
    return render_template(
        "knowledge/analytics.html", without_hits=without_hits, without_clicks=without_clicks
    )


@pages.get("/kennis/analyse/oordelen.csv")
@sign_in_required
def download_judgements() -> Response:
    """Give the judgements of the benchmark: question, card, useful or not; not who said it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["question", "card", "useful"])
    for question, external_id, useful in feedback.list_judgements(current_actor()):
        writer.writerow([disarmed(question), external_id, useful])
    return Response(
        "\ufeff" + text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=oordelen.csv"},
    )


def disarmed(text: str) -> str:
    """Keep a spreadsheet from reading text as a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
