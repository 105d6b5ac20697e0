"""Keeping cards: the bookmark, and collections of one's own and of the team."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import cards, collections, origins, policies
from labapp.knowledge.card_list import Result
from labapp.knowledge.models import Card
from labapp.knowledge.use_models import Collection
from labapp.web import wants_fragment

pages = Blueprint("collections", __name__)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Collections are of people, and of the teams they are in."""


@pages.post("/kennis/<int:card_id>/bewaren")
def keep(card_id: int) -> ResponseReturnValue:
    """Put a card in one's own collection or in a chosen one, or take it out (`aan` is 0)."""
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    is_kept = request.form.get("aan") != "0"
    if not is_kept:
        collections.drop_card(actor, card)
        message = _("Niet meer bewaard.")
    else:
        number = request.form.get("verzameling", type=int)
        chosen = collections.get_collection(actor, number) if number else None
        target = collections.keep_card(actor, card, chosen)
        message = _("Bewaard in ‘%(name)s’.", name=target.name)
    if wants_fragment():
        return render_template(
            "knowledge/_keep_answer.html",
            card=cards.get_card(actor, card_id),
            is_kept=is_kept,
            message=message,
        )
    flash(message)
    return redirect(safe_address(request.form.get("terug"), url_for_card(card_id)), 303)


@pages.post("/kennis/<int:card_id>/gebruiken")
def use(card_id: int) -> ResponseReturnValue:
    """Take a card into the cycle of one's team: for now in the team's collection."""
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    target = collections.use_card(actor, card)
    flash(_("Staat klaar voor jullie team in ‘%(name)s’.", name=target.name))
    return redirect(url_for("collections.show", collection_id=target.id), 303)


@pages.get("/mijn/verzamelingen")
def show_collections() -> str:
    actor = current_actor()
    found = collections.list_collections(actor)
    return render_template(
        "knowledge/collections.html",
        collections=found,
        counts=collections.count_items(actor, found),
    )


@pages.post("/mijn/verzamelingen")
def create() -> ResponseReturnValue:
    actor = current_actor()
    try:
        made = collections.create_collection(
            actor,
            request.form.get("name", ""),
            description=request.form.get("description", ""),
            for_team=request.form.get("for_team") == "1",
        )
    except InvalidError as error:
        found = collections.list_collections(actor)
        counts = collections.count_items(actor, found)
        page = render_template(
            "knowledge/collections.html", collections=found, counts=counts, errors=error.fields
        )
        return page, 422
    flash(_("De verzameling staat klaar."))
    return redirect(url_for("collections.show", collection_id=made.id), 303)


@pages.get("/mijn/verzamelingen/<int:collection_id>")
def show(collection_id: int) -> str:
    """Show what is kept, with the notes; printed it is a list to take along."""
    return _collection_page(collection_id)


@pages.post("/mijn/verzamelingen/<int:collection_id>")
def change(collection_id: int) -> ResponseReturnValue:
    actor = current_actor()
    collection = collections.get_collection(actor, collection_id)
    try:
        collections.change_collection(
            actor,
            collection,
            name=request.form.get("name", ""),
            description=request.form.get("description", ""),
        )
    except InvalidError as error:
        return _collection_page(collection_id, errors=error.fields), 422
    flash(_("Bewaard."))
    return _to(collection_id)


@pages.post("/mijn/verzamelingen/<int:collection_id>/verwijderen")
def remove(collection_id: int) -> ResponseReturnValue:
    actor = current_actor()
    collections.remove_collection(actor, collections.get_collection(actor, collection_id))
    flash(_("De verzameling is verwijderd. De kaarten zelf blijven bestaan."))
    return redirect(url_for("collections.show_collections"), 303)


@pages.post("/mijn/verzamelingen/<int:collection_id>/kaarten/<int:card_id>")
def change_item(collection_id: int, card_id: int) -> ResponseReturnValue:
    """Do with a card what the button says: write a note, move it up or down, take it out."""
    actor = current_actor()
    collection, card = _both(collection_id, card_id)
    action = request.form.get("actie", "notitie")
    if action == "weg":
        collections.drop_card(actor, card, collection)
        flash(_("Uit de verzameling gehaald."))
    elif action in ("omhoog", "omlaag"):
        collections.move_card(actor, collection, card, -1 if action == "omhoog" else 1)
    else:
        collections.note_on_card(actor, collection, card, request.form.get("note", ""))
        flash(_("Notitie bewaard."))
    return _to(collection_id, f"kaart-{card_id}")


def safe_address(wanted: str | None, otherwise: str) -> str:
    """Give an address of this site to go back to; never one of another site."""
    parts = urlsplit(wanted or "")
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/")
    return wanted if wanted and inside and "\\" not in wanted else otherwise


def url_for_card(card_id: int) -> str:
    return url_for("cards.show_card", card_id=card_id)


def _both(collection_id: int, card_id: int) -> tuple[Collection, Card]:
    actor = current_actor()
    return collections.get_collection(actor, collection_id), cards.get_card(actor, card_id)


def _collection_page(collection_id: int, errors: dict[str, list[str]] | None = None) -> str:
    actor = current_actor()
    collection = collections.get_collection(actor, collection_id)
    items = collections.list_items(actor, collection)
    return render_template(
        "knowledge/collection.html",
        collection=collection,
        items=[(item, Result(item.card)) for item in items],
        origins=origins.origins_of(actor, [item.card for item in items]),
        may_edit=policies.can_edit_collection(actor, collection),
        may_remove=policies.can_remove_collection(actor, collection),
        errors=errors or {},
    )


def _to(collection_id: int, anchor: str = "") -> ResponseReturnValue:
    where = url_for("collections.show", collection_id=collection_id, _anchor=anchor or None)
    return redirect(where, 303)
