"""Who is asking: the session cookie for pages, a bearer token for the API."""

import flask_login
from flask import g

from labapp.accounts.actors import Actor
from labapp.accounts.models import User


def current_actor() -> Actor:
    """Give the actor of this request: a person for an organisation, or a visitor."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        user = flask_login.current_user
        person: User | None = user._get_current_object() if user.is_authenticated else None  # noqa: SLF001
        actor = Actor.of(person) if person else Actor.visitor()
        g.actor = actor
    return actor
