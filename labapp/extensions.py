"""The Flask extensions, made once and given an app in `labapp.app`."""

from typing import Any, Literal

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from labapp.database import UTCDateTime
from labapp.resources import ProblemApi


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types into a migration as the plain ones, so that it stands alone."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime()"
    if kind == "type" and type(item).__module__.startswith("flask_security"):
        return "sa.Text()"
    return False


api = ProblemApi()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
migrate = Migrate(render_item=render_item, compare_type=True, render_as_batch=True)
