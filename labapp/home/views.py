"""Pages about the platform: colophon and licences, accessibility, privacy, help."""

from pathlib import Path

from flask import Blueprint, Response, current_app, render_template

from labapp.accounts.login import current_actor
from labapp.errors import NotFoundError
from labapp.home import licences
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import card_lists, saved_searches, vocabulary
from labapp.knowledge.card_list import rows_of
from labapp.notifications import duties

pages = Blueprint("home", __name__)
NEWEST = 4
DUTIES = 6

TILES = {
    "kennis": _l("Zoek en filter in alle kaarten. Bij elk resultaat staat waarom het past."),
    "vragen": _l("Stel een vraag uit de praktijk, of kijk wat andere scholen vragen."),
    "labs": _l("Scholen en onderzoekers die samen uitzoeken wat werkt, en wat zij vonden."),
    "mijn": _l("Wat je bewaarde, alleen of met je team, en wat je schrijft."),
    "uren": _l("Schrijf je uren, onderteken je maand en volg wat ermee gebeurt."),
    "scholen": _l("Scholen, besturen en instellingen, en wie er werken."),
    "beheer": _l("Mensen, importen, taken en logboek."),
    "importeren": _l("Haal kaarten uit een export van een onderzoeksbank of een tabel."),
    "hulp": _l("Zo zoek, bewaar, print en citeer je."),
}


@pages.get("/")
def show_start() -> str:
    """Where everybody comes in: one question, and what else there is to do."""
    shell = current_app.extensions["shell"]
    names = ("navigation", "account", "footer") if shell.viewer() else ("navigation", "footer")
    links = [link for name in names for link in shell.links(name)]
    tiles = [(link, TILES[link.key]) for link in links if link.key in TILES]
    actor = current_actor()
    language = current_language()
    return render_template(
        "home/start.html",
        tiles=tiles,
        themes=[(slug, row[language]) for slug, row in vocabulary.themes().items()],
        newest=rows_of(card_lists.list_newest(actor, NEWEST)),
        drafts=card_lists.list_own_drafts(actor),
        saved=saved_searches.list_saved_searches(actor) if actor.is_signed_in else [],
        duties=duties.list_duties(actor),
        duties_shown=DUTIES,
    )


def _text_page(name: str) -> str:
    """A page of prose, that exists once in each language."""
    return render_template(f"home/{current_language()}/{name}.html")


@pages.get("/hulp")
def show_help() -> str:
    return _text_page("help")


@pages.get("/toegankelijkheid")
def show_accessibility() -> str:
    return _text_page("accessibility")


@pages.get("/privacy")
def show_privacy() -> str:
    return _text_page("privacy")


@pages.get("/colofon")
def show_colophon() -> str:
    return render_template(
        "home/colophon.html",
        version=licences.own_version(),
        groups=[
            (_("In de browser"), "browser", licences.browser_packages(_static())),
            (_("Op de server"), "python", licences.python_packages()),
        ],
    )


@pages.get("/colofon/<group>/<path:name>")
def show_licence(group: str, name: str) -> str:
    """The whole licence of one package."""
    groups = {"browser": licences.browser_packages(_static()), "python": licences.python_packages()}
    package = next((p for p in groups.get(group, ()) if p.name == name), None)
    if package is None:
        raise NotFoundError(_("Dit onderdeel gebruiken we niet."))
    return render_template("home/licence.html", package=package)


@pages.get("/robots.txt")
def show_robots() -> Response:
    """Knowledge may be found by search engines; what belongs to people may not."""
    lines = ["User-agent: *", "Disallow: /mijn", "Disallow: /beheer", "Disallow: /api/", ""]
    return Response("\n".join(lines), mimetype="text/plain")


def _static() -> Path:
    return Path(current_app.root_path, "static")
