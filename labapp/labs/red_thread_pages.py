"""The red thread on every page that has one, and whole on a page of its own."""

from flask import Blueprint, render_template
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs.red_thread_view import Node, thread_of

pages = Blueprint("red_thread", __name__)


@pages.record
def add_to_templates(state: BlueprintSetupState) -> None:
    """Let every template show the thread of its object."""
    state.app.jinja_env.globals.update(
        red_thread=red_thread, thread_stages=stages, thread_shown=SHOWN
    )


SHOWN = 3  # of a kind beside a page; the page of the thread has all
WORDS = {
    "questions": (_l("Vraag"), "message-circle-question-mark"),
    "rounds": (_l("Ronde"), "route"),
    "activities": (_l("Bijeenkomst"), "calendar-days"),
    "findings": (_l("Bevinding"), "flask-conical"),
    "cards": (_l("Kaart"), "book-open"),
    "collections": (_l("In een cyclus of verzameling"), "bookmark"),
    "use_reports": (_l("Gebruik"), "school"),
    "hour_entries": (_l("Uren"), "clock"),
}


@pages.get("/draad/<kind>/<number>")
def show(kind: str, number: str) -> ResponseReturnValue:
    """Show the whole thread of an object as one list."""
    nodes = red_thread(f"{kind}:{number}") if kind in WORDS else []
    here = next((node for node in nodes if node.is_here), None)
    if here is None:
        raise NotFoundError(_("Hier is geen draad, of je mag hem niet zien."))
    return render_template("labs/red_thread.html", nodes=nodes, here=here)


def red_thread(name: str) -> list[Node]:
    """Give the thread of an object for whoever asks, for templates."""
    return thread_of(current_actor(), name)


def stages(nodes: list[Node]) -> list[tuple[str, str, list[Node]]]:
    """Give the kinds of a thread in order, each with its word, its icon and what is of it."""
    found: dict[str, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.kind, []).append(node)
    return [(str(WORDS[kind][0]), WORDS[kind][1], own) for kind, own in found.items()]
