"""The page of a card: to read, to print, to cite, and its former versions."""

import json

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from labapp.accounts.login import current_actor
from labapp.i18n import current_language
from labapp.knowledge import (
    card_lists,
    cards,
    citation_files,
    citations,
    collections,
    diffing,
    feedback,
    finding,
    origins,
    policies,
    structured_data,
)
from labapp.knowledge import content as contents
from labapp.knowledge.card_list import rows_of
from labapp.knowledge.card_page import CardPage
from labapp.knowledge.models import Card, CardStatus
from labapp.knowledge.search_page import clean

pages = Blueprint("cards", __name__)
CITATIONS = {"bib": "BibTeX", "ris": "RIS", "json": "CSL-JSON"}


@pages.get("/kennis/<int:card_id>")
def show_card(card_id: int) -> ResponseReturnValue:
    """Show a card; `van` is the question that led here, counted without who asked it."""
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    if card.status is CardStatus.WITHDRAWN:
        return _tombstone(card)
    if not card.is_published:
        return render_template(
            "knowledge/not_published.html",
            card=card,
            may_edit=policies.can_edit(actor, card),
            may_review=policies.can_review(actor, card),
        )
    question = clean(request.args.get("van", ""))
    page = render_template(
        "knowledge/card.html",
        page_of=CardPage(card),
        card=card,
        question=question,
        similar=rows_of(finding.similar_cards(actor, card)),
        translations=card_lists.list_translations(actor, card),
        counts=feedback.count_feedback(card),
        given=feedback.given_by(actor, card, question),
        structured=_structured(card),
        citation=citations.apa(_item(card), current_language()),
        downloads=[
            (name, url_for("cards.download_citation", card_id=card.id, form=form))
            for form, name in CITATIONS.items()
        ],
        is_kept=card.id in collections.kept_card_ids(actor, [card.id]),
        collections=collections.list_collections(actor) if actor.is_signed_in else [],
        may_edit=policies.can_edit(actor, card),
        may_withdraw=policies.can_withdraw(actor, card),
        origin=origins.origins_of(actor, [card]).get(card.id),
    )
    finding.note_opened(question)
    return page


@pages.get("/kennis/<int:card_id>/citaat.<any(bib, ris, json):form>")
def download_citation(card_id: int, form: str) -> ResponseReturnValue:
    """Give the card and what it rests on, for a reference manager."""
    card = cards.get_card(current_actor(), card_id)
    if card.status is CardStatus.WITHDRAWN:
        return _tombstone(card)
    items = citations.items_of(card, _address(card))
    headers = {"Content-Disposition": f"attachment; filename={card.external_id}.{form}"}
    if form == "bib":
        return Response(citation_files.bibtex(items), 200, headers, "application/x-bibtex")
    if form == "ris":
        kind = "application/x-research-info-systems"
        return Response(citation_files.ris(items), 200, headers, kind)
    text = json.dumps(items, ensure_ascii=False, indent=1)
    return Response(text, 200, headers, "application/vnd.citationstyles.csl+json")


@pages.get("/kennis/<int:card_id>/praktijkkaart")
def show_practice_card(card_id: int) -> ResponseReturnValue:
    """Show the card on one side of A4, to take to class."""
    card = cards.get_card(current_actor(), card_id)
    if card.status is CardStatus.WITHDRAWN:
        return _tombstone(card)
    return render_template(
        "knowledge/practice_card.html", page_of=CardPage(card), card=card, address=_address(card)
    )


@pages.get("/kennis/<int:card_id>/versies")
def list_versions(card_id: int) -> ResponseReturnValue:
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    if card.status is CardStatus.WITHDRAWN:
        return _tombstone(card)
    return render_template(
        "knowledge/versions.html", card=card, versions=card_lists.list_versions(actor, card)
    )


@pages.get("/kennis/<int:card_id>/versies/<int:number>")
def show_version(card_id: int, number: int) -> ResponseReturnValue:
    """Show the text as it was published then."""
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    version = card_lists.get_version(actor, card, number)
    return render_template(
        "knowledge/version.html",
        card=card,
        version=version,
        page_of=CardPage(contents.card_of(version.content, card.id)),
    )


@pages.get("/kennis/<int:card_id>/verschil")
def compare_versions(card_id: int) -> ResponseReturnValue:
    """Show what changed between two versions, word for word."""
    actor = current_actor()
    card = cards.get_card(actor, card_id)
    newest = card.version_number
    new = request.args.get("naar", newest, type=int)
    old = request.args.get("van", max(1, new - 1), type=int)
    before = card_lists.get_version(actor, card, old)
    after = card_lists.get_version(actor, card, new)
    return render_template(
        "knowledge/difference.html",
        card=card,
        before=before,
        after=after,
        versions=card_lists.list_versions(actor, card),
        differences=diffing.compare(before.content, after.content),
    )


def _address(card: Card) -> str:
    return url_for("cards.show_card", card_id=card.id, _external=True)


def _item(card: Card) -> citations.Item:
    return citations.item_of_card(card, _address(card))


def _structured(card: Card) -> Markup:
    """Give the card for search engines and harvesters: data, which no browser runs."""
    text = structured_data.script_text(structured_data.json_ld(card, _address(card)))
    script = Markup('<script type="application/ld+json">{}</script>')
    return script.format(Markup(text))  # noqa: S704  # it cannot end the element


def _tombstone(card: Card) -> ResponseReturnValue:
    """Answer for a withdrawn card: that it is gone, why, and what came in its place."""
    actor = current_actor()
    instead = card.replaced_by
    if instead is not None and not policies.can_see(actor, instead):
        instead = None
    return render_template("knowledge/tombstone.html", card=card, instead=instead), 410
