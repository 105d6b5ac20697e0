"""The API takes a bearer token and never the session cookie."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, request
from flask_limiter.util import get_remote_address
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from labapp.accounts import sessions, tokens
from labapp.accounts.actors import Actor
from labapp.errors import ForbiddenError
from labapp.i18n import gettext as _

View = TypeVar("View", bound=Callable[..., Any])


def actor_of_token() -> Actor:
    """Give who the token of this request speaks for: a visitor without one; a wrong one is 401."""
    if "Authorization" not in request.headers:
        return Actor.visitor()
    authorization = request.authorization
    actor = None
    if authorization is not None and authorization.type == "bearer" and authorization.token:
        actor = tokens.find_actor(authorization.token)
    if actor is None:
        raise _unauthorized(error="invalid_token")
    return actor


def require_scope(scope: str, *, visitors: bool = False) -> Callable[[View], View]:
    """Let a resource ask for a token with a scope; `visitors` also lets in who has no token.

    No token is 401, a token without the scope 403. The resource then uses `current_actor()`.
    """
    if scope not in tokens.SCOPES:
        raise ValueError(f"there is no scope {scope}")

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(*args: Any, **values: Any) -> Any:
            actor = g.actor = g.get("actor") or actor_of_token()
            if not actor.is_signed_in and not visitors:
                raise _unauthorized()
            if actor.is_signed_in and not actor.may(scope):
                raise ForbiddenError(_("Dit token mag dit niet: %(scope)s.", scope=scope))
            return view(*args, **values)

        asked = {"scope": {"scope": scope, "visitors": visitors}}
        wrapper._apidoc = {**getattr(view, "_apidoc", {}), **asked}  # type: ignore[attr-defined]  # noqa: SLF001
        return cast("View", wrapper)

    return decorate


def limit_key() -> str:
    """What calls of the API are counted by: the token, or the address without one."""
    authorization = request.authorization
    if authorization is not None and authorization.token:
        return "token:" + sessions.digest(authorization.token)
    return get_remote_address()


def _unauthorized(**values: str | None) -> Unauthorized:
    return Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"realm": "labapp", **values}))
