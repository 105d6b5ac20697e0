"""How often one may search: counted together over pages and API."""

from flask import current_app
from flask_limiter.util import get_remote_address

from labapp.accounts.login import current_actor
from labapp.extensions import limiter


def search_limit() -> str:
    return str(current_app.config["SEARCH_LIMIT"])


def who_searches() -> str:
    """Count a person's searches wherever they are, and a visitor's by address."""
    actor = current_actor()
    return f"user:{actor.id}" if actor.is_signed_in else get_remote_address()


limited = limiter.shared_limit(search_limit, scope="search", key_func=who_searches)
