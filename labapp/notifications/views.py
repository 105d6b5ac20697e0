"""Pages of what one was told, what waits for one, and how often one hears of it."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, InvalidError
from labapp.extensions import csrf
from labapp.i18n import gettext as _
from labapp.i18n import in_language
from labapp.i18n import lazy_gettext as _l
from labapp.notifications import (
    addresses,
    duties,
    feeds,
    inbox,
    own_feed,
    preferences,
    unsubscribing,
)
from labapp.notifications.preference_form import PreferenceForm
from labapp.web import LARGEST_ID

pages = Blueprint("notifications", __name__)
LAST_PAGE = 10_000
own_feed.register("notifications.show_feed", _l("Meldingen (Atom)"))


@pages.get("/meldingen")
@sign_in_required
def show_inbox() -> str:
    """Show what one was told, one line for each object."""
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    found = inbox.list_inbox(current_actor(), page)
    return render_template(
        "notifications/inbox.html",
        inbox=found,
        page_number=page,
        pages=-(-found.total // inbox.PER_PAGE),
        page_url=lambda number: url_for("notifications.show_inbox", page=number),
    )


@pages.get("/meldingen/<int:delivery_id>")
@sign_in_required
def open_one(delivery_id: int) -> ResponseReturnValue:
    """Go to what a line is about; from then on it is read."""
    url = inbox.open_notification(current_actor(), delivery_id)
    return redirect(addresses.local(url), 303)


@pages.post("/meldingen/gelezen")
@sign_in_required
def mark_all_read() -> ResponseReturnValue:
    newest = request.form.get("newest", 0, type=int)
    inbox.mark_all_read(current_actor(), min(max(newest, 0), LARGEST_ID))
    flash(_("Alles is gelezen."), "success")
    return redirect(url_for("notifications.show_inbox"), 303)


@pages.get("/jouw-beurt")
@sign_in_required
def show_duties() -> str:
    """Show everything that waits for one, the oldest first."""
    found = duties.list_duties(current_actor())
    return render_template("notifications/duties.html", duties=found)


@pages.get("/mijn/meldingen")
@sign_in_required
def show_preferences() -> str:
    return _render(PreferenceForm(preferences.get_preferences(current_actor())))


@pages.post("/mijn/meldingen")
@sign_in_required
def save_preferences() -> ResponseReturnValue:
    actor = current_actor()
    form = PreferenceForm(preferences.get_preferences(actor), request.form)
    try:
        types, wishes = form.read()
        preferences.save_preferences(actor, types, wishes, form.version)
    except InvalidError as error:
        return _render(form, errors=error.fields), 422
    except ConflictError as error:
        form.compare(preferences.get_preferences(actor))
        return _render(form, conflict=str(error)), 409
    flash(_("Je keuzes zijn bewaard."), "success")
    return redirect(url_for("notifications.show_preferences"), 303)


@pages.post("/mijn/meldingen/feed")
@sign_in_required
def make_feed() -> ResponseReturnValue:
    """Make the addresses of one's feeds; this answer is the only place where one can read them."""
    actor = current_actor()
    token = own_feed.make_feed(actor)
    found = [
        (str(words), addresses.whole(addresses.path(endpoint, feed_token=token)))
        for endpoint, words in own_feed.list_feeds().items()
    ]
    page = _render(PreferenceForm(preferences.get_preferences(actor)), feed_addresses=found)
    return Response(page, 201, {"Cache-Control": "no-store"})


@pages.post("/mijn/meldingen/feed/intrekken")
@sign_in_required
def revoke_feed() -> ResponseReturnValue:
    own_feed.revoke_feed(current_actor())
    flash(_("Het adres van je feed werkt niet meer."), "success")
    return redirect(url_for("notifications.show_preferences"), 303)


@pages.get("/meldingen/feed/<feed_token>.atom")
def show_feed(feed_token: str) -> Response:
    """Give one's own events to a feed reader: the secret in the address says whose."""
    actor = own_feed.find_reader(feed_token)
    with in_language(actor.require_user().language):
        entries = [
            feeds.Entry(
                id=addresses.whole(
                    addresses.path("notifications.open_one", delivery_id=one.delivery_id)
                ),
                title=one.title,
                url=addresses.whole(one.url),
                updated=one.at,
                summary=one.words,
            )
            for one in inbox.list_newest(actor)
        ]
        xml = feeds.atom(
            _("Meldingen van Ontwikkelkracht lab"),
            addresses.whole(request.path),
            addresses.whole(addresses.path("notifications.show_inbox")),
            entries,
        )
    headers = {"Cache-Control": "private, no-store"}
    return Response(xml, mimetype=feeds.MIME_TYPE, headers=headers)


@pages.get("/afmelden/<token>")
def show_unsubscribe(token: str) -> str:
    """Ask whether one wants no more of this mail: opening a link, as scanners do, ends nothing."""
    ending = unsubscribing.get_ending(addresses.read_unsubscribe(token))
    return render_template(
        "notifications/unsubscribe.html", ending=ending, token=token, is_done=False
    )


@pages.post("/afmelden/<token>")
@csrf.exempt  # a mail program sends it (RFC 8058): the signed token says whose mail ends, no cookie
def unsubscribe(token: str) -> str:
    """Send no more of this mail."""
    ending = unsubscribing.get_ending(addresses.read_unsubscribe(token))
    unsubscribing.unsubscribe(ending)
    return render_template(
        "notifications/unsubscribe.html", ending=ending, token=token, is_done=True
    )


def _render(form: PreferenceForm, **values: Any) -> str:
    return render_template(
        "notifications/preferences.html",
        form=form,
        feed=own_feed.get_feed(current_actor()),
        **{"errors": {}, "conflict": "", "feed_address": "", **values},
    )
