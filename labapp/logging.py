"""Logs as events with fields, and the id by which a request is found back.

A log holds no personal data: addresses are written without their query, people by their id.
"""

import logging
import re
import sys
import time
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from labapp import audit

ADDRESS = re.compile(r"[^\s@<>()'\"=,;:]+@[^\s@<>()'\"=,;:]+")
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Set up the logs and give each request its id."""
    configure(app.config["LOG_FORMAT"], app.config["LOG_LEVEL"])
    app.before_request(start_request)
    app.after_request(end_request)


def configure(log_format: str, level: str) -> None:
    """Write logs to standard error: lines of JSON in production, text elsewhere.

    What libraries log (waitress, Alembic) comes out in the same form, from WARNING on.
    """
    first: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Other ways of writing an exception show local variables.
        structlog.processors.format_exc_info,
        mask_addresses,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*first, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    libraries = LibraryHandler()
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=first,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(handlers=[libraries], level=logging.WARNING, force=True)


class LibraryHandler(logging.Handler):
    """Writes to what standard error is at that moment, as our own logs do."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr, flush=True)  # noqa: T201


def mask_addresses(
    _logger: Any, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Take mail addresses out: they stand in the words of a database or a mail server."""
    return {
        name: ADDRESS.sub("[address]", value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def start_request() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
    g.started_at = time.perf_counter()
    audit.request_id.set(g.request_id)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def end_request(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if not request.path.startswith("/a/"):
        log.info(
            "request",
            method=request.method,
            route=str(request.url_rule) if request.url_rule else "-",
            status=response.status_code,
            ms=round((time.perf_counter() - g.started_at) * 1000, 1) if "started_at" in g else None,
        )
    return response
