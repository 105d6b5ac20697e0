"""What every page and API resource shares: errors as HTTP, HTMX, pages of a list."""

import errno
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter, Map

from labapp.database import db
from labapp.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    LabappError,
    NotFoundError,
    TooManyError,
    UnavailableError,
)
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l

STATUS = {
    NotFoundError: 404,
    ForbiddenError: 403,
    ConflictError: 409,
    InvalidError: 422,
    TooManyError: 429,
    UnavailableError: 503,
}
LARGEST_ID = 2**31 - 1
FULL = {errno.ENOSPC, errno.EDQUOT}
log = structlog.get_logger()


def wants_fragment() -> bool:
    """Whether HTMX asks for a part of the page."""
    return (
        request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"
    )


def is_api() -> bool:
    return request.path.startswith("/api/") and request.path != "/api/"  # that one is a page


def status_of(error: LabappError) -> int:
    """Give the HTTP status of a refusal: that of the nearest class in the table."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def show_error(error: LabappError) -> ResponseReturnValue:
    """Answer a refusal of the domain."""
    db.session.rollback()
    extra: dict[str, Any] = {}
    if isinstance(error, ConflictError) and error.theirs:
        extra = {"theirs": error.theirs, "yours": error.yours}
    if isinstance(error, ConflictError) and error.problems:
        extra["problems"] = error.problems
    if isinstance(error, InvalidError) and error.fields:
        extra = {"errors": error.fields}
    return answer(status_of(error), str(error), extra)


def show_invalid(error: ValidationError) -> ResponseReturnValue:
    """Answer input that no form can show beside a field, such as a query in the address."""
    words = "; ".join(f"{name}: {said}" for name, said in error.normalized_messages().items())
    return answer(422, words, {"errors": error.normalized_messages()})


def show_stale(_error: StaleDataError) -> ResponseReturnValue:
    db.session.rollback()
    message = _("Iemand anders heeft dit intussen gewijzigd. Laad de pagina opnieuw.")
    return answer(409, message, {})


def show_busy(error: OperationalError | PoolTimeoutError) -> ResponseReturnValue:
    """Answer for a database that is locked, full or away: nothing was saved, try again."""
    db.session.rollback()
    log.error("database.unavailable", exc_info=error)
    message = _("De database is even niet bereikbaar. Er is niets bewaard; probeer het zo opnieuw.")
    response, status = answer(503, message, {})
    response.headers["Retry-After"] = "5"
    return response, status


def show_unstorable(error: DataError) -> ResponseReturnValue:
    """Answer for a value that no column can hold, such as text with a NUL."""
    db.session.rollback()
    log.warning("request.unstorable", error=type(error.orig).__name__)
    return answer(422, _("In de tekst staan tekens die niet bewaard kunnen worden."), {})


def show_too_large(_error: OverflowError) -> ResponseReturnValue:
    """Answer for a number or a day that is too large to count with."""
    db.session.rollback()
    log.warning("request.too_large")
    return answer(422, _("Een getal of een datum is te groot."), {})


def show_system(error: OSError) -> ResponseReturnValue:
    """Answer for a full disk in words; whatever else the system refuses is a fault."""
    if error.errno not in FULL:
        return show_fault(error)
    db.session.rollback()
    log.error("disk.full", exc_info=error)
    return answer(503, _("De schijf van de server is vol. Er is niets bewaard."), {})


def show_http(error: HTTPException) -> ResponseReturnValue:
    """Answer what Flask and its extensions refuse in the same form as our own refusals."""
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    message = EXPIRED if isinstance(error, CSRFError) else MESSAGES.get(error.code)
    extra = getattr(error, "data", None) or {}
    fields = extra.get("messages") if isinstance(extra, dict) else None
    response, status = answer(
        error.code,
        str(message or error.description or error.name),
        {"errors": fields} if fields else {},
    )
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if isinstance(error, RateLimitExceeded):
        response.headers.setdefault("Retry-After", "60")
    return response, status


def show_fault(error: Exception) -> ResponseReturnValue:
    """Answer what nobody foresaw: an id that is also in the log, and nothing else."""
    db.session.rollback()
    log.error("request.failed", exc_info=error)
    return answer(500, _("Er ging iets mis. Er is niets bewaard wat je net deed."), {})


def answer(status: int, message: str, extra: Mapping[str, Any]) -> tuple[Response, int]:
    """Give a refusal as problem+json (RFC 9457) under /api, as a page elsewhere."""
    request_id = g.get("request_id", "")
    if is_api():
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": message,
            "request_id": request_id,
            **extra,
        }
        response = jsonify(problem)
        response.mimetype = "application/problem+json"
        return response, status
    page = render_template(
        "error.html", status=status, message=message, request_id=request_id, **extra
    )
    return Response(page, status, mimetype="text/html"), status


class Id(IntegerConverter):
    """A whole number in an address; what fits in no column of ids is not found."""

    def __init__(
        self,
        url_map: Map,
        fixed_digits: int = 0,
        min: int | None = None,  # noqa: A002
        max: int = LARGEST_ID,  # noqa: A002
    ) -> None:
        super().__init__(url_map, fixed_digits, min, max)


def vary_by_htmx(response: Response) -> Response:
    """Keep a browser from showing a part of a page, saved under its address, as the page."""
    response.vary.add("HX-Request")
    return response


EXPIRED = _l("Je formulier is verlopen. Laad de pagina opnieuw en probeer het nog eens.")
MESSAGES = {
    400: _l("Dit verzoek klopt niet. Ga terug en probeer het opnieuw."),
    401: _l("Log eerst in."),
    403: _l("Dit mag je niet doen."),
    404: _l("Deze pagina bestaat niet, of je mag haar niet zien."),
    405: _l("Dit kan hier niet."),
    406: _l("In deze vorm is het er niet."),
    410: _l("Deze kaart is ingetrokken."),
    412: _l("Dit is intussen gewijzigd. Haal het opnieuw op."),
    413: _l("Dit bestand is te groot."),
    415: _l("Dit soort bestand kan hier niet."),
    422: _l("Er klopt iets niet in wat je invulde."),
    428: _l("Zeg welke versie je wijzigt (If-Match)."),
    429: _l("Dat ging te vaak achter elkaar. Wacht even en probeer het opnieuw."),
}


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = Id
    app.register_error_handler(LabappError, show_error)
    app.register_error_handler(ValidationError, show_invalid)
    app.register_error_handler(StaleDataError, show_stale)
    app.register_error_handler(OperationalError, show_busy)
    app.register_error_handler(PoolTimeoutError, show_busy)
    app.register_error_handler(OSError, show_system)
    app.register_error_handler(DataError, show_unstorable)
    app.register_error_handler(OverflowError, show_too_large)
    app.register_error_handler(HTTPException, show_http)
    app.register_error_handler(Exception, show_fault)
    app.after_request(vary_by_htmx)
