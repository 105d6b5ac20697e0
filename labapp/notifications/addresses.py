"""Addresses that letters, feeds and lists carry; they can be made outside a request too."""

from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

UNSUBSCRIBE = "notifications.unsubscribe"
SHORTEST, LONGEST_TOKEN = 2, 400


def path(endpoint: str, **values: Any) -> str:
    """Give the path of a page: what `ObjectKind.url` and duties give."""
    return str(current_app.url_map.bind("localhost").build(endpoint, values))


def whole(url: str) -> str:
    """Give an address for who is not on the site: from a path, or as it is."""
    return f"{_base()}{url}" if url.startswith("/") else url


def local(url: str) -> str:
    """Give an address of this site as a path, so that one stays on the host where one is."""
    base = _base()
    return (url[len(base) :] or "/") if url.startswith(f"{base}/") or url == base else url


def unsubscribe(user_id: int, scope: str) -> str:
    """Give the address at which somebody ends the mail about something, without signing in."""
    return whole(path("notifications.show_unsubscribe", token=_signer().dumps([user_id, scope])))


def read_unsubscribe(token: str) -> tuple[int, str] | None:
    """Give whose mail about what a token ends; None when we did not write it."""
    if not SHORTEST <= len(token) <= LONGEST_TOKEN:
        return None
    try:
        user_id, scope = _signer().loads(token)
    except (BadSignature, ValueError):
        return None
    return user_id, scope


def _base() -> str:
    return str(current_app.config["BASE_URL"])


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt=UNSUBSCRIBE)
