"""What API resources share: entity tags, pages of a list, keys that make a repeat harmless."""

import hashlib
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from flask import Response, abort, make_response, request
from marshmallow import Schema, fields, validate
from sqlalchemy import LargeBinary, String, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from labapp.clock import now
from labapp.database import CreatedAt, Model, PrimaryKey, db, transaction
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.resources import asks

View = TypeVar("View", bound=Callable[..., Any])
LONGEST_KEY = 200
KEPT = timedelta(days=2)
REPLAYED = ("Content-Type", "ETag", "Location")
MOST_DIGITS = 9


class IdempotentRequest(Model):
    """A creating request that was done, with its answer, so that a repeat creates nothing."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(default=0)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(default=0)
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
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

        return asks("Idempotency-Key")(cast("View", wrapped))

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
            row.headers = {k: response.headers[k] for k in REPLAYED if k in response.headers}
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
    response = Response(known.body, known.status, known.headers)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def forget_requests(user_id: int) -> None:
    """Remove the answers kept for a person, in the caller's transaction: they are erased."""
    with transaction() as session:
        session.execute(delete(IdempotentRequest).where(IdempotentRequest.user_id == user_id))


def etag(version: int) -> dict[str, str]:
    """Give the header that names a version of a thing."""
    return {"ETag": f'"{version}"'}


def matched_version(current: int) -> int:
    """Give the version that If-Match names: the current one or an older one.

    Without the header the answer is 428; a tag that this thing never had is 412.
    """
    if not request.if_match:
        abort(428)
    if request.if_match.star_tag:
        return current
    versions = _versions(request.if_match.as_set())
    if current in versions:
        return current
    older = [version for version in versions if 0 < version < current]
    return max(older) if older else abort(412)


def require_match(current: int) -> int:
    """Refuse a change of another version than the one that was read; give the version."""
    if matched_version(current) != current:
        abort(412)
    return current


def unchanged(version: int) -> Response | None:
    """Give the short answer to who has this version already (If-None-Match)."""
    known = request.if_none_match
    if not known or not (known.star_tag or version in _versions(known.as_set(include_weak=True))):
        return None
    return Response(status=304, headers=etag(version))


def _versions(tags: Collection[str | None]) -> set[int]:
    """Give the numbers in tags; a compressed answer has its algorithm behind the number."""
    bare = {tag.partition(":")[0] for tag in tags if tag}  # werkzeug reads an empty one as None
    return {int(tag) for tag in bare if tag.isascii() and tag.isdigit() and len(tag) <= MOST_DIGITS}


def page_links(page: int, per_page: int, total: int) -> dict[str, str]:
    """Give the Link header (RFC 8288) to the pages around this one, with the same search."""
    last = max(1, -(-total // per_page))
    wanted = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    kept = [(k, v) for k, v in request.args.items(multi=True) if k != "page"]
    links = [
        f'<{request.path}?{urlencode([*kept, ("page", number)])}>; rel="{name}"'
        for name, number in wanted.items()
        if 1 <= number <= last
    ]
    return {"Link": ", ".join(links)}
