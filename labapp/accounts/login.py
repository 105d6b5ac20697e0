"""Who is asking: the session cookie for pages, a bearer token for the API."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import flask_login
from flask import g, redirect, request, url_for

from labapp.accounts import api_auth
from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.web import is_api

View = TypeVar("View", bound=Callable[..., Any])


def current_actor() -> Actor:
    """Give the actor of this request: a person for an organisation, or a visitor.

    Under /api/ only a token counts; a wrong one is refused with 401. Elsewhere only the cookie.
    """
    actor: Actor | None = g.get("actor")
    if actor is None:
        actor = api_auth.actor_of_token() if is_api() else _actor_of_cookie()
        g.actor = actor
    return actor


def sign_in_required(view: View) -> View:
    """Let a visitor sign in first and come back; for pages."""

    @wraps(view)
    def wrapper(*args: Any, **values: Any) -> Any:
        if current_actor().is_signed_in:
            return view(*args, **values)
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("security.login", next=back), 303)

    return cast("View", wrapper)


def _actor_of_cookie() -> Actor:
    user = flask_login.current_user
    person: User | None = user._get_current_object() if user.is_authenticated else None  # noqa: SLF001
    return Actor.of(person) if person else Actor.visitor()
