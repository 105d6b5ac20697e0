"""What every API resource shares: entity tags, keys that make a repeat harmless, pages, scopes."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, make_response, request
from flask_smorest import abort
from marshmallow import Schema, fields, validate
from sqlalchemy import LargeBinary, String, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from labapp.clock import now
from labapp.database import CreatedAt, Model, PrimaryKey, db, transaction
from labapp.errors import InvalidError
from labapp.i18n import gettext as _

View = TypeVar("View", bound=Callable[..., Any])
LONGEST_KEY = 200
KEPT = timedelta(days=2)


class IdempotentRequest(Model):
    """A creating request that was done, with its answer, so that a repeat creates nothing."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(default=0)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    created_at: Mapped[CreatedAt]


class PageSchema(Schema):
    """Which page of a list is asked for."""

    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))
    per_page = fields.Integer(load_default=20, validate=validate.Range(1, 100))


def idempotent(user_id: Callable[[], int | None]) -> Callable[[View], View]:
    """Do a request with an `Idempotency-Key` once: the same again gives the same answer.

    The key, the work and the answer are one transaction. The same key with another body is a 422.
    Keys are kept for two days, apart for each person.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                return view(*args, **kwargs)
            if not 1 <= len(key) <= LONGEST_KEY:
                raise InvalidError(_("De Idempotency-Key is leeg of te lang."))
            return _once(user_id() or 0, key, lambda: make_response(view(*args, **kwargs)))

        return cast("View", wrapped)

    return decorate


def _once(user_id: int, key: str, work: Callable[[], Response]) -> Response:
    whole = request.method + " " + request.full_path + "\n"
    request_hash = hashlib.sha256(whole.encode() + request.get_data()).hexdigest()
    try:
        with transaction() as session:
            known = session.scalar(_of(user_id, key))
            if known is not None:
                return _replay(known, request_hash)
            row = IdempotentRequest(user_id=user_id, key=key, request_hash=request_hash)
            session.add(row)
            session.flush()
            response = work()
            row.status, row.body = response.status_code, response.get_data()
            session.execute(
                delete(IdempotentRequest).where(IdempotentRequest.created_at < now() - KEPT)
            )
    except IntegrityError:
        known = db.session.scalar(_of(user_id, key))
        if known is None:
            raise
        return _replay(known, request_hash)  # the same request came twice at once
    return response


def _of(user_id: int, key: str) -> Any:
    return select(IdempotentRequest).where(
        IdempotentRequest.user_id == user_id, IdempotentRequest.key == key
    )


def _replay(known: IdempotentRequest, request_hash: str) -> Response:
    if known.request_hash != request_hash:
        raise InvalidError(_("Deze Idempotency-Key hoort bij een ander verzoek."))
    response = Response(known.body, known.status, mimetype="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    return response


def etag(version: int) -> str:
    """Give the entity tag of a version of a thing."""
    return f'"{version}"'


def require_match(version: int) -> None:
    """Refuse a change of another version than the one that was read (If-Match)."""
    if not request.if_match:
        abort(428)
    if not request.if_match.contains(str(version)):
        abort(412, message=_("Dit is intussen gewijzigd. Haal het opnieuw op."))


def unchanged(version: int) -> bool:
    """Whether the caller has this version already (If-None-Match)."""
    return request.if_none_match.contains(str(version)) if request.if_none_match else False
