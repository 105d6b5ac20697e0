"""The search page: one box, results as evidence cards, everything in the address."""

from contextlib import suppress

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from labapp.accounts.login import current_actor
from labapp.i18n import gettext as _
from labapp.knowledge import collections, finding, saved_searches, vocabulary
from labapp.knowledge.card_list import results_of
from labapp.knowledge.limits import limited
from labapp.knowledge.saved_search_views import frequency_names
from labapp.knowledge.search_page import SearchPage, clean, read_query
from labapp.web import wants_fragment

pages = Blueprint("knowledge", __name__)
HISTORY_SHOWN = 5


@pages.get("/kennis")
@limited
def search() -> ResponseReturnValue:
    """Find cards; HTMX gets the results and the counts, never the filters that have focus."""
    actor = current_actor()
    query = read_query(request.args)
    explain = actor.is_administrator and request.args.get("uitleg") == "1"
    found = finding.search_cards(actor, query, explain=explain)
    page = SearchPage(query, found, explain)
    shown = {
        "search": page,
        "results": results_of(found.items, with_why=bool(query.text)),
        "frequencies": frequency_names(),
        "kept": collections.kept_card_ids(actor, [item.card.id for item in found.items]),
    }
    if wants_fragment():
        part = Response(render_template("knowledge/_search_answer.html", **shown))
        part.headers["HX-Push-Url"] = page.address
        return part
    answer = render_template(
        "knowledge/search.html",
        **shown,
        sector=_sector_that_ranks(query),
        history=[] if query.text else saved_searches.list_past_searches(actor, HISTORY_SHOWN),
    )
    finding.note_search(query, found)
    with suppress(OperationalError):  # a search is answered also when nothing can be written
        saved_searches.note_past_search(actor, query)
    return answer


@pages.get("/kennis/suggesties")
@limited
def suggest() -> Response:
    """Give titles and words that begin so, for the search box."""
    prefix = clean(request.args.get("q", ""))[:100]
    words = finding.suggest(current_actor(), prefix) if prefix else []
    answer = jsonify([{"value": word, "label": word} for word in words])
    answer.headers["Cache-Control"] = "private, max-age=60"
    return answer


def _sector_that_ranks(query: finding.CardQuery) -> str:
    sector = finding.preferred_sector(current_actor())
    if not query.text or sector is None or "sector" in query.filters:
        return ""
    return _(
        "Kaarten voor %(sector)s staan iets hoger, omdat je daar werkt.",
        sector=vocabulary.label("sector", sector).lower(),
    )
