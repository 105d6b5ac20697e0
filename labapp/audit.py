"""Who did what to which object: an append-only trail in which each event seals the one before.

The hash of an event is sha256(hash of the one before, in hex + canonical JSON of the event);
canonical means sorted keys, no spaces, UTF-8 unescaped (spec/subsidy.md 3.10). Values that say
something about a person are kept only as an HMAC with that person's salt, so that erasing the
salt later makes them meaningless without breaking the chain.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, String, Table, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from labapp import append_only
from labapp.clock import now
from labapp.database import Model, PrimaryKey, db, insert_new, name_of, transaction

GENESIS = "0" * 64
ONLY = 1  # the id of the one row of AuditHead
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class AuditEvent(Model):
    """One thing that was done. Never changed, never removed."""

    __tablename__ = "audit_events"
    __table_args__ = (UniqueConstraint("hash"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32))
    actor_id: Mapped[int | None] = mapped_column(index=True)
    on_behalf_of: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(64), index=True)
    object: Mapped[str] = mapped_column(String(80), index=True)
    changes: Mapped[dict[str, Any]]
    request_id: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Model):
    """The number and hash of the last event: one row, locked by each writer in turn."""

    __tablename__ = "audit_head"

    id: Mapped[PrimaryKey]
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class AuditSalt(Model):
    """What makes a person's values in the trail comparable; erased with the person."""

    __tablename__ = "audit_salts"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    salt: Mapped[str] = mapped_column(String(64))


append_only.protect(cast("Table", AuditEvent.__table__))
HEAD_ROW = (
    update(AuditHead)
    .where(AuditHead.id == ONLY)
    .execution_options(synchronize_session=False)  # nobody keeps the row in a session
)


@dataclass(frozen=True)
class Fault:
    """Where the trail does not hold, in words."""

    seq: int
    message: str


def canonical(event: Mapping[str, Any]) -> str:
    """Write an event the one way that is hashed."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def seal(previous: str, event: Mapping[str, Any]) -> str:
    """Give the hash (64 hex digits) of an event that follows `previous`."""
    return hashlib.sha256((previous + canonical(event)).encode()).hexdigest()


def record(
    actor_id: int | None,
    action: str,
    subject: Model | str,
    *,
    changes: Mapping[str, Any] | None = None,
    on_behalf_of: int | None = None,
    reason: str | None = None,
) -> None:
    """Note an action in the caller's transaction; `changes` is {field: [old, new]}.

    Call it last: from here until the commit everybody else who records something waits.
    """
    with transaction() as session:
        session.flush()  # gives a new subject its id
        seq, previous = _take_number()
        event = AuditEvent(
            seq=seq,
            at=now().astimezone(UTC).isoformat(timespec="microseconds"),
            actor_id=actor_id,
            on_behalf_of=on_behalf_of,
            action=action,
            object=subject if isinstance(subject, str) else name_of(subject),
            changes=json.loads(json.dumps(dict(changes or {}), default=_plain)),
            request_id=request_id.get(),
            reason=reason,
            prev_hash=previous,
        )
        event.hash = seal(previous, _contents(event))
        session.add(event)
        session.execute(HEAD_ROW.values(hash=event.hash))
        session.flush()


def pseudonym(user_id: int, value: str) -> str:
    """Give a person's value as it may stand in the trail: an HMAC with that person's salt."""
    return pseudonyms(user_id, [value])[0]


def pseudonyms(user_id: int, values: Sequence[str]) -> list[str]:
    """Give several values of one person as they may stand in the trail."""
    with transaction() as session:
        insert_new(AuditSalt, user_id=user_id, salt=secrets.token_hex(32))
        salt = session.get_one(AuditSalt, user_id).salt.encode()
        return [hmac.new(salt, value.encode(), hashlib.sha256).hexdigest() for value in values]


def erase_salt(user_id: int) -> None:
    """Make a person's values in the trail meaningless for ever; the chain stays whole."""
    with transaction() as session:
        salt = session.get(AuditSalt, user_id)
        if salt is not None:
            session.delete(salt)


def verify(anchors: Mapping[int, str] | None = None) -> Iterator[Fault]:
    """Give each place where the trail was cut, changed or does not match an anchor {seq: hash}."""
    _read_one_moment()
    previous, expected = GENESIS, 1
    events = db.session.scalars(
        select(AuditEvent).order_by(AuditEvent.seq).execution_options(yield_per=1000)
    )
    open_anchors = dict(anchors or {})
    for event in events:
        if event.seq != expected:
            yield Fault(expected, f"event {expected} is missing; the next is {event.seq}")
        if event.prev_hash != previous or event.hash != seal(event.prev_hash, _contents(event)):
            yield Fault(event.seq, f"event {event.seq} is not what was recorded")
        if open_anchors.pop(event.seq, event.hash) != event.hash:
            yield Fault(event.seq, f"event {event.seq} differs from the anchor")
        previous, expected = event.hash, event.seq + 1
    if head() != (expected - 1, previous):
        yield Fault(expected, "the end of the trail was cut off or added to")
    for seq in sorted(open_anchors):
        yield Fault(seq, f"event {seq} is in an anchor but no longer in the trail")


def _read_one_moment() -> None:
    """See the trail as it is now until the end, whatever others add; SQLite always does."""
    session = db.session()
    session.rollback()
    if db.engine.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def head() -> tuple[int, str]:
    """Give the number and hash of the last event: what an anchor keeps outside the database."""
    row = db.session.get(AuditHead, ONLY)
    return (row.seq, row.hash) if row else (0, GENESIS)


def _take_number() -> tuple[int, str]:
    """Lock the head and give the next number and the hash to go on from."""
    session = db.session()
    take = HEAD_ROW.values(seq=AuditHead.seq + 1).returning(AuditHead.seq, AuditHead.hash)
    row = session.execute(take).one_or_none()
    if row is None:  # the first event of all, or another's first
        insert_new(AuditHead, id=ONLY, seq=0, hash=GENESIS)
        row = session.execute(take).one()
    return row.seq, row.hash


def _contents(event: AuditEvent) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "at": event.at,
        "actor": event.actor_id,
        "on_behalf_of": event.on_behalf_of,
        "action": event.action,
        "object": event.object,
        "changes": event.changes,
        "request_id": event.request_id,
        "reason": event.reason,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return getattr(value, "value", str(value))
