"""What is one's own in the knowledge base: drafts, what waits for a review, what one kept."""

from flask import Blueprint, render_template

from labapp.accounts.login import current_actor, sign_in_required
from labapp.knowledge import card_lists, collections, policies, saved_searches

pages = Blueprint("mine", __name__)


@pages.get("/mijn/kennis")
@sign_in_required
def show() -> str:
    actor = current_actor()
    found = collections.list_collections(actor)
    return render_template(
        "knowledge/mine.html",
        drafts=card_lists.list_own_drafts(actor),
        to_review=card_lists.list_to_review(actor),
        collections=found,
        counts=collections.count_items(actor, found),
        saved=saved_searches.list_saved_searches(actor),
        may_write=policies.can_write(actor),
    )
