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
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from labapp.clock import now
from labapp.database import Model, PrimaryKey, db, transaction

GENESIS = "0" * 64
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
    """Note an action in the caller's transaction; `changes` is {field: [old, new]}."""
    with transaction() as session:
        session.flush()  # gives a new subject its id
        head = _lock_head()
        event = AuditEvent(
            seq=head.seq + 1,
            at=now().astimezone(UTC).isoformat(timespec="microseconds"),
            actor_id=actor_id,
            on_behalf_of=on_behalf_of,
            action=action,
            object=subject if isinstance(subject, str) else _name(subject),
            changes=json.loads(json.dumps(dict(changes or {}), default=_plain)),
            request_id=request_id.get(),
            reason=reason,
            prev_hash=head.hash,
        )
        event.hash = seal(head.hash, _contents(event))
        session.add(event)
        head.seq, head.hash = event.seq, event.hash
        session.flush()


def pseudonym(user_id: int, value: str) -> str:
    """Give a person's value as it may stand in the trail: an HMAC with that person's salt."""
    with transaction() as session:
        salt = session.get(AuditSalt, user_id)
        if salt is None:
            salt = AuditSalt(user_id=user_id, salt=secrets.token_hex(32))
            session.add(salt)
            session.flush()
        return hmac.new(salt.salt.encode(), value.encode(), hashlib.sha256).hexdigest()


def erase_salt(user_id: int) -> None:
    """Make a person's values in the trail meaningless for ever; the chain stays whole."""
    with transaction() as session:
        salt = session.get(AuditSalt, user_id)
        if salt is not None:
            session.delete(salt)


def verify(anchors: Mapping[int, str] | None = None) -> Iterator[Fault]:
    """Give each place where the trail was cut, changed or does not match an anchor {seq: hash}."""
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
        anchor = open_anchors.pop(event.seq, event.hash)
        if anchor != event.hash:
            yield Fault(event.seq, f"event {event.seq} differs from the anchor")
        previous, expected = event.hash, event.seq + 1
    head = db.session.get(AuditHead, 1)
    if (head.seq, head.hash) != (expected - 1, previous) if head else expected > 1:
        yield Fault(expected, "the end of the trail was cut off or added to")
    for seq in sorted(open_anchors):
        yield Fault(seq, f"event {seq} is in an anchor but no longer in the trail")


def head() -> tuple[int, str]:
    """Give the number and hash of the last event: what an anchor keeps outside the database."""
    row = db.session.get(AuditHead, 1)
    return (row.seq, row.hash) if row else (0, GENESIS)


def _lock_head() -> AuditHead:
    session = db.session()
    locked = session.execute(
        update(AuditHead).where(AuditHead.id == 1).values(seq=AuditHead.seq)
    ).rowcount  # type: ignore[attr-defined]
    if not locked:
        session.add(AuditHead(id=1, seq=0, hash=GENESIS))  # a second one would be refused
        session.flush()
    row = session.get(AuditHead, 1, populate_existing=True)
    assert row is not None
    return row


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


def _name(subject: Model) -> str:
    return f"{subject.__tablename__}:{subject.id}"  # type: ignore[attr-defined]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return getattr(value, "value", str(value))
