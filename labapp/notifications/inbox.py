"""What a person was told, to read on the site: grouped by object, the newest first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, select, tuple_, update

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.notifications import event_types, objects, showing
from labapp.notifications.models import Channel, Delivery, Event
from labapp.notifications.showing import Line, Names, Told

PER_PAGE = 20
IN_FEED = 50
TOGETHER = 500  # objects in one statement


@dataclass(frozen=True)
class Inbox:
    """A page of what somebody was told. `newest` is the last delivery that was looked at."""

    lines: Sequence[Line]
    total: int
    unread: int
    newest: int


def unread_count(actor: Actor) -> int:
    """Give how many events somebody did not read yet: one small query, on every page."""
    if actor.id is None:
        return 0
    mine = select(func.count()).where(*_mine(actor.id), Delivery.settled_at.is_(None))
    return db.session.scalar(mine) or 0


def list_inbox(actor: Actor, page: int = 1, per_page: int = PER_PAGE) -> Inbox:
    """Give the objects that somebody was told of and may still see.

    What they may no longer see counts no more as unread: it would be a number without a line.
    """
    groups = _groups(actor)
    order = sorted(groups, key=lambda group: group.newest, reverse=True)
    there = {group.newest: group for group in order[(page - 1) * per_page : page * per_page]}
    told = [
        replace(
            one, count=there[one.delivery_id].count, is_unread=there[one.delivery_id].unread > 0
        )
        for one in _told(list(there))
    ]
    return Inbox(
        showing.lines_of(told, Names()),
        total=len(order),
        unread=sum(group.unread for group in groups),
        newest=max((group.newest for group in groups), default=0),
    )


def open_notification(actor: Actor, delivery_id: int) -> str:
    """Read what is new about the object of one line, and give the address of where it leads."""
    user_id = actor.require_user().id
    told = _told([delivery_id], _mine(user_id))
    lines = showing.lines_of(_visible(actor, told), Names())
    if not lines:
        raise NotFoundError(_("Dit bericht bestaat niet, of je mag het niet meer zien."))
    mark_read(actor, lines[0].about)
    return lines[0].url


def mark_read(actor: Actor, about: str) -> None:
    """Mark everything as read that stands in one line with an object."""
    user_id = actor.require_user().id
    unread = select(Event.about).join(Delivery, Delivery.event_id == Event.id)
    mine = unread.where(*_mine(user_id), Delivery.settled_at.is_(None)).distinct()
    places = objects.places_of({about, *db.session.scalars(mine)})
    together = [name for name, place in places.items() if place == places[about]]
    events = select(Event.id).where(Event.about.in_(together))
    _settle(user_id, Delivery.event_id.in_(events))


def mark_all_read(actor: Actor, newest: int) -> None:
    """Mark as read what was on the list; what arrived after `newest` stays unread."""
    _settle(actor.require_user().id, Delivery.id <= newest)


def list_newest(actor: Actor, limit: int = IN_FEED) -> list[Line]:
    """Give the newest events that somebody may see, each by itself, for a feed."""
    query = (
        select(Delivery.id)
        .where(*_mine(actor.require_user().id))
        .order_by(Delivery.id.desc())
        .limit(limit)
    )
    told = _told(list(db.session.scalars(query)))
    return showing.lines_of(_visible(actor, told), Names())


@dataclass
class _Group:
    """The events of one line: the newest delivery, how many, how many unread."""

    newest: int = 0
    count: int = 0
    unread: int = 0


def _groups(actor: Actor) -> list[_Group]:
    user_id = actor.require_user().id
    rows = _rows(user_id)
    seen = objects.visible(actor, {name for row in rows for name in (row.subject, row.about)})
    places = objects.places_of({row.about for row in rows})
    groups: dict[str, _Group] = defaultdict(_Group)
    hidden: list[Row[Any]] = []
    for row in rows:
        if not showing.is_shown(row.type, row.subject, row.about, seen):
            hidden.append(row)
            continue
        group = groups[places[row.about]]
        group.newest = max(group.newest, row.newest)
        group.count, group.unread = group.count + row.number, group.unread + row.unread
    _settle_hidden(user_id, [row for row in hidden if row.unread])
    return list(groups.values())


def _mine(user_id: int) -> list[ColumnElement[bool]]:
    return [Delivery.user_id == user_id, Delivery.channel == Channel.IN_APP]


def _rows(user_id: int) -> Sequence[Row[Any]]:
    """Give what somebody was told, counted for each kind of event and object."""
    is_unread = case((Delivery.settled_at.is_(None), 1), else_=0)
    query = (
        select(
            Event.type, Event.subject, Event.about,
            func.max(Delivery.id).label("newest"),
            func.count().label("number"),
            func.sum(is_unread).label("unread"),
        )
        .join(Delivery.event)
        .where(*_mine(user_id), Event.type.in_(event_types.list_types()))
        .group_by(Event.type, Event.subject, Event.about)
    )  # fmt: skip
    return db.session.execute(query).all()


def _told(ids: Sequence[int], wanted: Sequence[ColumnElement[bool]] = ()) -> list[Told]:
    rows = db.session.execute(
        select(Delivery, Event)
        .join(Delivery.event)
        .where(Delivery.id.in_(ids), *wanted)
        .order_by(Delivery.id.desc())
    )
    return [
        Told(d.id, e.type, e.subject, e.about, e.actor_id, e.values, e.created_at,
             is_unread=d.settled_at is None)
        for d, e in rows
    ]  # fmt: skip


def _visible(actor: Actor, told: Sequence[Told]) -> list[Told]:
    names = {name for one in told for name in (one.subject, one.about)}
    seen = objects.visible(actor, names)
    return [one for one in told if showing.is_shown(one.type, one.subject, one.about, seen)]


def _settle_hidden(user_id: int, rows: Sequence[Row[Any]]) -> None:
    for start in range(0, len(rows), TOGETHER):
        some = [(row.type, row.subject, row.about) for row in rows[start : start + TOGETHER]]
        hidden = select(Event.id).where(tuple_(Event.type, Event.subject, Event.about).in_(some))
        _settle(user_id, Delivery.event_id.in_(hidden))


def _settle(user_id: int, which: ColumnElement[bool]) -> None:
    with transaction() as session:
        session.execute(
            update(Delivery)
            .where(*_mine(user_id), Delivery.settled_at.is_(None), which)
            .values(settled_at=now())
            .execution_options(synchronize_session=False)
        )


def settle_before(moment: datetime) -> None:
    """Let what happened before a moment count as told: a history that was loaded, not lived."""
    with transaction() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.created_at < moment, Delivery.settled_at.is_(None))
            .values(settled_at=moment)
        )
