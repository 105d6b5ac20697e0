"""How often somebody hears of something: which choice counts, reading and saving the choices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from sqlalchemy import select, update

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, insert_new, transaction
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.jobs import services as jobs
from labapp.notifications import event_types, objects
from labapp.notifications.event_types import EventType
from labapp.notifications.models import (
    Channel,
    Delivery,
    Event,
    Frequency,
    NotificationSettings,
    Subscription,
)

AT_ONCE = "notifications.at_once"  # the job
FIRST_VERSION = 1
CHANGED = _l("Je keuzes zijn intussen ergens anders veranderd. Kijk ze na en bewaar opnieuw.")


@dataclass(frozen=True)
class TypeChoice:
    """A kind of event, what is usual for it, and what somebody chose, if anything."""

    code: str
    words: LazyString | str
    usual: Frequency
    frequency: Frequency | None
    is_state_change: bool


@dataclass(frozen=True)
class ObjectChoice:
    """An object that somebody follows or has a wish for."""

    name: str
    title: str
    url: str
    is_following: bool
    frequency: Frequency | None


@dataclass(frozen=True)
class ObjectWish:
    """What somebody asks for one object; without both there is nothing to keep."""

    is_following: bool
    frequency: Frequency | None = None


@dataclass(frozen=True)
class Preferences:
    types: list[TypeChoice]
    objects: list[ObjectChoice]
    version: int


def frequency_of(
    event_type: EventType, chosen: Mapping[str, Frequency], subject: str, about: str
) -> Frequency:
    """Give how often somebody hears of an event. This is the one place that decides it.

    What was chosen for the object beats what was chosen for the kind of event, and that beats what
    is usual; of two objects the nearest counts. What changes no state never comes at once.
    """
    wishes = (chosen[scope] for scope in (subject, about, event_type.code) if scope in chosen)
    return event_type.cap(next(wishes, event_type.usual))


def choices_of(
    user_ids: Iterable[int], scopes: Iterable[str] | None = None
) -> dict[int, dict[str, Frequency]]:
    """Give what people chose for these kinds and objects, or for all."""
    found: dict[int, dict[str, Frequency]] = defaultdict(dict)
    query = select(Subscription.user_id, Subscription.scope, Subscription.frequency).where(
        Subscription.user_id.in_(list(user_ids)), Subscription.frequency.is_not(None)
    )
    if scopes is not None:
        query = query.where(Subscription.scope.in_(list(scopes)))
    for row in db.session.execute(query):
        found[row.user_id][row.scope] = row.frequency
    return found


def get_preferences(actor: Actor) -> Preferences:
    """Give somebody's choices; objects that they may no longer see are left out."""
    user_id = actor.require_user().id
    rows = _rows(user_id)
    types = [
        TypeChoice(code, one.words, one.usual, rows[code].frequency if code in rows else None,
                   one.is_state_change)
        for code, one in event_types.list_types().items()
    ]  # fmt: skip
    names = objects.visible(actor, [scope for scope in rows if ":" in scope])
    titles = objects.Titles()
    titles.look_up(names)
    followed = [
        ObjectChoice(name, title, objects.url_of(name), row.is_following, row.frequency)
        for name, row in rows.items()
        if name in names and (title := titles.of(name)) is not None
    ]
    return Preferences(types, sorted(followed, key=lambda one: one.title), _version(user_id))


def save_preferences(
    actor: Actor,
    types: Mapping[str, Frequency | None],
    wishes: Mapping[str, ObjectWish],
    version: int,
) -> None:
    """Save choices as they were read; None is the usual. Mail that waits follows them at once."""
    user_id = actor.require_user().id
    with transaction():
        _check(actor, types, wishes)
        if not _take_version(user_id, version):
            raise ConflictError(str(CHANGED), theirs=_told(user_id), yours=_words(types, wishes))
        before = _told(user_id)
        for code, frequency in types.items():
            keep_choice(user_id, code, ObjectWish(is_following=False, frequency=frequency))
        for name, wish in wishes.items():
            keep_choice(user_id, name, wish)
        reschedule_mail(user_id)
        changes = {"choices": [before, _told(user_id)]}
        audit.record(user_id, "notifications.chosen", f"users:{user_id}", changes=changes)


def keep_choice(user_id: int, scope: str, wish: ObjectWish) -> None:
    """Keep one choice in the caller's transaction; the usual has no row."""
    with transaction() as session:
        row = session.scalar(select(Subscription).filter_by(user_id=user_id, scope=scope))
        if not wish.is_following and wish.frequency is None:
            if row is not None:
                session.delete(row)
        elif row is None:
            session.add(Subscription(user_id=user_id, scope=scope, **vars(wish)))
        else:
            row.is_following, row.frequency = wish.is_following, wish.frequency
        session.flush()


def mute(user_id: int, scope: str) -> None:
    """Send no mail about this any more, in the caller's transaction; what is followed stays so."""
    with transaction() as session:
        mine = {"user_id": user_id, "scope": scope}
        if not insert_new(Subscription, **mine, frequency=Frequency.NEVER):
            session.execute(
                update(Subscription).filter_by(**mine).values(frequency=Frequency.NEVER)
            )


def next_version(user_id: int) -> None:
    """Make forms that were read before stale, in the caller's transaction."""
    _take_version(user_id, None)


def reschedule_mail(user_id: int) -> None:
    """Let mail that waits for a person follow what they chose now, in the caller's transaction."""
    with transaction() as session:
        waiting = session.execute(
            select(Delivery.id, Delivery.frequency, Event.id.label("event_id"), Event.type,
                   Event.subject, Event.about)
            .join(Delivery.event)
            .where(
                Delivery.user_id == user_id,
                Delivery.channel == Channel.MAIL,
                Delivery.settled_at.is_(None),
            )
            .order_by(Delivery.id)
            .with_for_update(of=Delivery)
        ).all()  # fmt: skip
        chosen = {s: r.frequency for s, r in _rows(user_id).items() if r.frequency is not None}
        types, moved = event_types.list_types(), defaultdict(list)
        for row in waiting:
            if row.type not in types:
                continue
            frequency = frequency_of(types[row.type], chosen, row.subject, row.about)
            if frequency is not row.frequency:
                moved[frequency].append(row)
        for frequency, rows in moved.items():
            _move(frequency, [row.id for row in rows])
        if moved[Frequency.AT_ONCE]:
            jobs.enqueue(AT_ONCE, {"event": moved[Frequency.AT_ONCE][0].event_id})


def _move(frequency: Frequency, ids: list[int]) -> None:
    settled: dict[str, datetime] = {"settled_at": now()} if frequency is Frequency.NEVER else {}
    db.session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(frequency=frequency, **settled)
        .execution_options(synchronize_session=False)
    )


def _rows(user_id: int) -> dict[str, Subscription]:
    mine = select(Subscription).where(Subscription.user_id == user_id).order_by(Subscription.id)
    return {row.scope: row for row in db.session.scalars(mine)}


def _version(user_id: int) -> int:
    query = select(NotificationSettings.version).where(NotificationSettings.user_id == user_id)
    return db.session.scalar(query) or FIRST_VERSION


def _take_version(user_id: int, version: int | None) -> bool:
    """Count the version up, and tell whether it was this one."""
    insert_new(NotificationSettings, user_id=user_id, version=FIRST_VERSION)
    take = update(NotificationSettings).where(NotificationSettings.user_id == user_id)
    if version is not None:
        take = take.where(NotificationSettings.version == version)
    taken = db.session.execute(
        take.values(version=NotificationSettings.version + 1).execution_options(
            synchronize_session=False
        )
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def _check(
    actor: Actor, types: Mapping[str, Frequency | None], wishes: Mapping[str, ObjectWish]
) -> None:
    fields: dict[str, list[str]] = {}
    if not types.keys() <= event_types.list_types().keys():
        fields["types"] = [_("Zo'n bericht is er niet.")]
    if set(wishes) != objects.visible(actor, list(wishes)):
        fields["objects"] = [_("Dit bestaat niet, of je mag het niet zien.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)


def _told(user_id: int) -> dict[str, Any]:
    return {scope: _word(row) for scope, row in _rows(user_id).items()}


def _words(
    types: Mapping[str, Frequency | None], wishes: Mapping[str, ObjectWish]
) -> dict[str, Any]:
    chosen = {code: frequency.value for code, frequency in types.items() if frequency}
    return chosen | {name: _word(wish) for name, wish in wishes.items()}


def _word(choice: Subscription | ObjectWish) -> str:
    return choice.frequency.value if choice.frequency else "follow"
