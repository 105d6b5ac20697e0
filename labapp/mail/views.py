"""The outbox to read, in demonstrations and tests only: it holds everybody's letters."""

import re

from flask import Blueprint, abort, current_app, render_template
from markupsafe import Markup, escape

from labapp.mail import services

pages = Blueprint("mail", __name__)
ADDRESS = re.compile(r"(https?://[^\s<>&]+[^\s<>&.,:;!?)])")


@pages.get("/demo/postvak")
def show_outbox() -> str:
    """Show the newest letters, with links that work."""
    if not (current_app.config["DEMO"] or current_app.testing):
        abort(404)
    letters = [(letter, with_links(letter.text)) for letter in services.list_outbox(50)]
    return render_template("mail/outbox.html", letters=letters)


def with_links(text: str) -> Markup:
    """Give a text as HTML in which addresses of pages are links."""
    parts = ADDRESS.split(text)
    linked = Markup('<a href="{0}">{0}</a>')
    return Markup().join(
        linked.format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )
