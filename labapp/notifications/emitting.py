"""Telling people what happened: the one place from which events come."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.clock import now
from labapp.database import Model, db, insert_many, insert_new, name_of, transaction
from labapp.jobs import services as jobs
from labapp.notifications import event_types, following, preferences
from labapp.notifications.event_types import EventType, Values, register
from labapp.notifications.models import Channel, Delivery, Event, Frequency
from labapp.notifications.preferences import AT_ONCE

__all__ = ["EventType", "emit", "register"]
TOGETHER = 1000  # people in one statement


def emit(
    actor: Actor,
    code: str,
    subject: Model | str,
    recipients: Iterable[int],
    *,
    about: Model | str | None = None,
    values: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> None:
    """Tell people of an event, in the caller's transaction.

    `code` is that of a registered kind, `subject` what it happened to and `about` the object under
    which it is grouped. `recipients` are ids of people; who acts is left out unless the kind says
    otherwise, followers are added where it says so. `values` are plain JSON and hold no titles and
    no names of people: those are looked up for whoever reads. The same kind and `key` reach each
    person once and for all, also when emitted again; what was told first stays.
    """
    event_type = event_types.get_type(code)
    told = Values(values or {})
    event_type.say(told)  # a sentence that cannot be made shows here, not in somebody's digest
    name = _name(subject)
    whole = _name(about) if about is not None else name
    event = {
        "type": code,
        "subject": name,
        "about": whole,
        "actor_id": actor.id,
        "values": dict(told),
        "key": key,
        "created_at": now(),
    }
    with transaction():
        people = _people(actor, event_type, recipients, (name, whole))
        if people:
            _deliver(_keep(event), event_type, event, people)


def _name(thing: Model | str) -> str:
    return thing if isinstance(thing, str) else name_of(thing)


def _people(
    actor: Actor, event_type: EventType, recipients: Iterable[int], names: Sequence[str]
) -> list[int]:
    wanted = set(recipients)
    if event_type.to_followers:
        wanted.update(following.followers_of(*names))
    if not event_type.to_self:
        wanted.discard(actor.id or 0)
    found: list[int] = []
    for some in _chunks(sorted(wanted)):
        found += db.session.scalars(select(User.id).where(User.id.in_(some), User.active))
    return sorted(found)


def _keep(event: Mapping[str, Any]) -> int:
    """Insert an event, or find the one that was emitted with the same key."""
    if event["key"] is None:
        row = Event(**event)
        db.session.add(row)
        db.session.flush()
        return row.id
    insert_new(Event, **event)
    same = select(Event.id).where(Event.type == event["type"], Event.key == event["key"])
    return db.session.scalars(same).one()


def _deliver(
    event_id: int, event_type: EventType, event: Mapping[str, Any], people: Sequence[int]
) -> None:
    subject, about = event["subject"], event["about"]
    is_urgent = False
    for some in _chunks(people):
        choices = preferences.choices_of(some, {subject, about, event_type.code})
        rows: list[dict[str, Any]] = []
        for user_id in some:
            frequency = preferences.frequency_of(
                event_type, choices.get(user_id, {}), subject, about
            )
            rows += _rows(event_id, user_id, frequency)
            is_urgent = is_urgent or frequency is Frequency.AT_ONCE
        insert_many(Delivery, rows)
    if is_urgent:
        jobs.enqueue(AT_ONCE, {"event": event_id})


def _rows(event_id: int, user_id: int, frequency: Frequency) -> Iterator[dict[str, Any]]:
    """Give the deliveries to one person; what they want no mail of arrives as if it was read."""
    moment = now()
    row = {"event_id": event_id, "user_id": user_id, "frequency": frequency, "run": "",
           "created_at": moment}  # fmt: skip
    is_silent = frequency is Frequency.NEVER
    yield {**row, "channel": Channel.IN_APP, "settled_at": moment if is_silent else None}
    if not is_silent:
        yield {**row, "channel": Channel.MAIL, "settled_at": None}


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), TOGETHER):
        yield ids[start : start + TOGETHER]
