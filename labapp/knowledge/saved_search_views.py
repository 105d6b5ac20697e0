"""The searches that a person follows, and what they asked before."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from labapp.accounts.login import current_actor, sign_in_required
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import saved_searches
from labapp.knowledge.forms import choice
from labapp.knowledge.search_page import read_query, words_of_filters
from labapp.knowledge.use_models import DigestFrequency

pages = Blueprint("searches", __name__)
FREQUENCIES: dict[DigestFrequency, LazyString] = {
    DigestFrequency.WEEKLY: _l("Elke week"),
    DigestFrequency.DAILY: _l("Elke dag"),
    DigestFrequency.NEVER: _l("Niet"),
}


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """A person's searches are theirs alone."""


def frequency_names() -> dict[str, str]:
    """Give how often a digest can come, in words."""
    return {frequency.value: str(words) for frequency, words in FREQUENCIES.items()}


@pages.get("/mijn/zoekopdrachten")
def show_searches() -> str:
    actor = current_actor()
    saved = saved_searches.list_saved_searches(actor)
    return render_template(
        "knowledge/searches.html",
        saved=[(one, words_of_filters(saved_searches.query_of(one.parameters))) for one in saved],
        history=saved_searches.list_past_searches(actor, limit=saved_searches.KEPT),
        frequencies=frequency_names(),
    )


@pages.post("/mijn/zoekopdrachten")
def save() -> ResponseReturnValue:
    saved_searches.save_search(
        current_actor(),
        request.form.get("name", ""),
        read_query(request.form),
        choice(DigestFrequency, request.form.get("frequency"), DigestFrequency.WEEKLY),
    )
    flash(_("Bewaard. Nieuwe kaarten komen vanzelf naar je toe."))
    return _back()


@pages.post("/mijn/zoekopdrachten/<int:search_id>/bericht")
def set_frequency(search_id: int) -> ResponseReturnValue:
    actor = current_actor()
    saved = saved_searches.get_saved_search(actor, search_id)
    frequency = choice(DigestFrequency, request.form.get("frequency"), saved.frequency)
    saved_searches.set_frequency(actor, saved, frequency)
    flash(_("Bewaard."))
    return _back()


@pages.post("/mijn/zoekopdrachten/<int:search_id>/verwijderen")
def remove(search_id: int) -> ResponseReturnValue:
    actor = current_actor()
    saved_searches.remove_saved_search(actor, saved_searches.get_saved_search(actor, search_id))
    flash(_("Verwijderd."))
    return _back()


@pages.post("/mijn/zoekgeschiedenis/wissen")
def forget() -> ResponseReturnValue:
    saved_searches.forget_past_searches(current_actor())
    flash(_("Je zoekgeschiedenis is gewist."))
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("searches.show_searches"), 303)
