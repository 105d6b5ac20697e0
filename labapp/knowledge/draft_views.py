"""Writing a card: a draft that saves itself, and nothing that is lost when two write at once."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import cards, markdown, policies
from labapp.knowledge import content as contents
from labapp.knowledge.card_page import CardPage
from labapp.knowledge.draft_page import DraftPage, Merge
from labapp.knowledge.field_labels import label_of
from labapp.knowledge.forms import ROWS, CardForm
from labapp.knowledge.models import CardDraft
from labapp.web import wants_fragment

pages = Blueprint("drafts", __name__)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Only people write."""


@pages.get("/kennis/nieuw")
def ask_new() -> str:
    actor = current_actor()
    if not policies.can_write(actor):
        raise ForbiddenError(_("Alleen wie bij een organisatie hoort kan een kaart schrijven."))
    return render_template("knowledge/new.html", errors={}, values={})


@pages.post("/kennis/nieuw")
def start() -> ResponseReturnValue:
    """Start a card with a title and a language; from then on it saves itself."""
    form = CardForm.of_request(request.form)
    if not form.values["title"]:
        form.errors["title"] = [_("Geef een titel.")]
        return render_template("knowledge/new.html", errors=form.errors, values=form.values), 422
    content = form.check()
    if form.errors:
        return render_template("knowledge/new.html", errors=form.errors, values=form.values), 422
    card = cards.start_card(current_actor(), content)
    return redirect(url_for("drafts.edit", card_id=card.id), 303)


@pages.post("/kennis/<int:card_id>/concept/openen")
def open_draft(card_id: int) -> ResponseReturnValue:
    """Start a draft beside the published text."""
    actor = current_actor()
    cards.open_draft(actor, cards.get_card(actor, card_id))
    return redirect(url_for("drafts.edit", card_id=card_id), 303)


@pages.get("/kennis/<int:card_id>/concept")
def edit(card_id: int) -> ResponseReturnValue:
    draft = cards.get_draft(current_actor(), card_id)
    return _edit_page(draft, CardForm.of_content(draft.content))


@pages.post("/kennis/<int:card_id>/concept")
def save(card_id: int) -> ResponseReturnValue:
    """Do what the pressed button says: save, submit, show, or add or remove a row.

    Without a button the page saves itself. What is wrong is said; the rest is saved all the same.
    """
    actor = current_actor()
    draft = cards.get_draft(actor, card_id)
    form = CardForm.of_request(request.form)
    action = request.form.get("actie", "")
    rows, _sign, place = action.partition(":")
    if rows in ROWS:
        return _change_rows(draft, form, rows, place)
    content = form.check()
    version = request.form.get("version", 0, type=int)
    try:
        draft = cards.save_draft(actor, draft, content, version=version)
    except ConflictError as error:
        return _conflict(card_id, error, content)
    if request.accept_mimetypes.best == "application/json":
        kept_out = sorted({label_of(name) for name in form.errors})
        return jsonify(version=draft.version, errors=kept_out)
    if form.errors:
        return _edit_page(draft, form), 422
    return _after_saving(draft, form, action)


@pages.post("/kennis/<int:card_id>/concept/samenvoegen")
def merge(card_id: int) -> ResponseReturnValue:
    """Save what was chosen from the two texts, over the version that was shown."""
    actor = current_actor()
    draft = cards.get_draft(actor, card_id)
    chosen = Merge.of_request(request.form)
    try:
        cards.save_draft(actor, draft, chosen.content, version=chosen.version)
    except ConflictError as error:
        return _conflict(card_id, error, chosen.content)
    flash(_("Samengevoegd en bewaard."))
    return redirect(url_for("drafts.edit", card_id=card_id), 303)


@pages.get("/kennis/<int:card_id>/concept/bekijken")
def preview(card_id: int) -> str:
    """Show the draft as readers will see it."""
    draft = cards.get_draft(current_actor(), card_id)
    return render_template(
        "knowledge/preview.html",
        draft=draft,
        page_of=CardPage(contents.card_of(draft.content, card_id)),
        may_edit=policies.can_edit(current_actor(), draft.card),
    )


@pages.post("/kennis/voorbeeld")
def show_markdown() -> str:
    """Give Markdown as it will look, for the editor; cleaned as the card itself."""
    return markdown.render(request.form.get("text", "")[:100_000])


@pages.post("/kennis/<int:card_id>/concept/terughalen")
def take_back(card_id: int) -> ResponseReturnValue:
    actor = current_actor()
    cards.take_back_draft(actor, cards.get_draft(actor, card_id))
    flash(_("Je kunt weer verder schrijven."))
    return redirect(url_for("drafts.edit", card_id=card_id), 303)


@pages.route("/kennis/<int:card_id>/concept/weggooien", methods=["GET", "POST"])
def discard(card_id: int) -> ResponseReturnValue:
    """Ask whether one is sure, then throw the draft away."""
    actor = current_actor()
    draft = cards.get_draft(actor, card_id)
    if request.method == "GET":
        return render_template("knowledge/discard.html", draft=draft, card=draft.card)
    was_published = draft.card.is_published
    cards.discard_draft(actor, draft)
    flash(_("Het concept is weggegooid."))
    if was_published:
        return redirect(url_for("cards.show_card", card_id=card_id), 303)
    return redirect(url_for("mine.show"), 303)


def _change_rows(draft: CardDraft, form: CardForm, rows: str, place: str) -> ResponseReturnValue:
    """Show the form with a row more or less; nothing that was typed is lost, nothing is saved."""
    if place == "erbij":
        form.add_row(rows)
    elif place.isdecimal():
        form.remove_row(rows, int(place))
    page = DraftPage(draft, form, changed=rows)
    if wants_fragment():
        return render_template("knowledge/_rows_answer.html", form_page=page, rows=rows)
    return render_template("knowledge/edit.html", form_page=page, draft=draft, card=draft.card)


def _after_saving(draft: CardDraft, form: CardForm, action: str) -> ResponseReturnValue:
    card_id = draft.card_id
    if action == "bekijken":
        return redirect(url_for("drafts.preview", card_id=card_id), 303)
    if action == "indienen":
        try:
            cards.submit_draft(current_actor(), draft)
        except InvalidError as error:
            form.errors = error.fields
            return _edit_page(cards.get_draft(current_actor(), card_id), form), 422
        flash(_("Ingediend. Een ander kijkt de kaart na voordat zij verschijnt."))
        return redirect(url_for("mine.show"), 303)
    flash(_("Bewaard."))
    return redirect(url_for("drafts.edit", card_id=card_id), 303)


def _edit_page(draft: CardDraft, form: CardForm) -> str:
    may_edit = policies.can_edit(current_actor(), draft.card)
    return render_template(
        "knowledge/edit.html",
        form_page=DraftPage(draft, form),
        draft=draft,
        card=draft.card,
        may_edit=may_edit,
    )


def _conflict(
    card_id: int, error: ConflictError, content: Mapping[str, Any]
) -> ResponseReturnValue:
    """Show both texts and let one choose, field by field. The refused text is in the page."""
    if not error.theirs:
        raise error
    if request.accept_mimetypes.best == "application/json":
        return jsonify(detail=str(error)), 409
    draft = cards.get_draft(current_actor(), card_id)
    page = render_template(
        "knowledge/conflict.html",
        draft=draft,
        card=draft.card,
        message=str(error),
        merge=Merge(draft.version, dict(content), error.theirs, error.yours),
        whole=json.dumps(dict(content), ensure_ascii=False),
    )
    return page, 409
