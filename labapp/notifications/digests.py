"""Sending what waits: at once, or the digest of a window; each event once for each person.

People are done in batches. In one transaction a batch of deliveries is locked, its letters go to
the outbox and the deliveries are settled, so a run that is killed, doubled or late sends nothing
twice and leaves nothing behind. A letter that is taken back while it waits, since it speaks of what
is hidden, is written anew without it in the same way.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.clock import now
from labapp.database import db, insert_new, transaction
from labapp.i18n import in_language
from labapp.mail import services as mail
from labapp.mail import withdrawing
from labapp.mail.models import Letter
from labapp.mail.services import Draft
from labapp.notifications import event_types, letters, objects, preferences, showing, windows
from labapp.notifications.event_types import EventType
from labapp.notifications.models import Channel, Delivery, DigestRun, Event, Frequency
from labapp.notifications.showing import Names, Told
from labapp.notifications.windows import Window

BATCH = 500  # people in one transaction
TOGETHER = 5000  # deliveries in one statement
KEPT = timedelta(days=400)


def send_digest(frequency: Frequency) -> int:
    """Send the digest of the last window that is due; give the number of letters of this call.

    What earlier windows left, when nothing ran for a while, comes with it. Two that run at once
    share the work: the row of the run says up to whom it came.
    """
    window = windows.last_due(frequency, now())
    with transaction():
        insert_new(DigestRun, frequency=frequency, window=window.key)
    letters_sent = 0
    while (number := _next_batch(frequency, window)) is not None:
        letters_sent += number
    return letters_sent


def send_at_once(event_id: int) -> int:
    """Send who waits for mail of an event all that is waiting to come at once."""
    waiting = _waiting(Frequency.AT_ONCE)
    others = select(Delivery.user_id).where(*waiting, Delivery.event_id == event_id)
    number, reached = 0, 0
    while True:
        with transaction():
            people = _people([*waiting, Delivery.user_id.in_(others)], reached)
            if not people:
                return number
            number += _send(people, waiting, Frequency.AT_ONCE, None)
            reached = people[-1]


def write_again(letter_ids: Collection[int], names: Collection[str]) -> None:
    """Write letters that were taken back anew, without what is about these objects.

    It is done in the caller's transaction; who may not see more than that by now is told less.
    """
    mine = [Delivery.channel == Channel.MAIL, Delivery.letter_id.in_(letter_ids)]
    is_named = Delivery.event.has(or_(Event.subject.in_(names), Event.about.in_(names)))
    kinds = select(Delivery.frequency, Delivery.run).where(*mine).distinct()
    for frequency, run in db.session.execute(kinds).all():
        rest = [*mine, Delivery.frequency == frequency, Delivery.run == run, ~is_named]
        people = db.session.scalars(select(Delivery.user_id).where(*rest).distinct()).all()
        _send(people, rest, frequency, windows.of_key(frequency, run))


def hidden_from(user_id: int, names: Collection[str]) -> set[str]:
    """Give those of the named objects of known kinds that a person may not see."""
    user = db.session.get(User, user_id)
    known = {name for name in names if objects.split(name) is not None}
    return known - objects.visible(Actor.of(user), known) if user is not None else known


def remove_old() -> None:
    """Forget events, and whom they reached, of more than a year ago."""
    before = now() - KEPT
    with transaction() as session:
        session.execute(
            delete(Event)
            .where(Event.created_at < before)
            .execution_options(synchronize_session=False)
        )


def _next_batch(frequency: Frequency, window: Window) -> int | None:
    """Do the next people of a run; give the number of letters, or None when all are done."""
    with transaction() as session:
        run = session.scalars(
            select(DigestRun).filter_by(frequency=frequency, window=window.key).with_for_update()
        ).one()
        if run.finished_at is not None:
            return None
        waiting = [*_waiting(frequency), Delivery.created_at < window.ends_at]
        people = _people(waiting, run.reached_id)
        if not people:
            run.finished_at = now()
            return None
        number = _send(people, waiting, frequency, window)
        run.reached_id, run.letters = people[-1], run.letters + number
        return number


def _waiting(frequency: Frequency) -> list[ColumnElement[bool]]:
    return [
        Delivery.channel == Channel.MAIL,
        Delivery.settled_at.is_(None),
        Delivery.frequency == frequency,
    ]


def _people(waiting: Sequence[ColumnElement[bool]], after: int) -> list[int]:
    query = (
        select(Delivery.user_id)
        .where(*waiting, Delivery.user_id > after)
        .distinct()
        .order_by(Delivery.user_id)
        .limit(BATCH)
    )
    return list(db.session.scalars(query))


def _send(
    people: Sequence[int],
    waiting: Sequence[ColumnElement[bool]],
    frequency: Frequency,
    window: Window | None,
) -> int:
    """Settle what waits for these people, and write their letters; give the number of letters."""
    told, ids = _claim(people, waiting)
    made = mail.send_all(_write(told, frequency, window))
    own = select(Letter.id).where(Letter.id.in_(made), Letter.user_id == Delivery.user_id)
    settle = update(Delivery).values(
        settled_at=now(),
        run=window.key if window else Frequency.AT_ONCE.value,
        letter_id=own.scalar_subquery(),
    )
    for start in range(0, len(ids), TOGETHER):
        some = Delivery.id.in_(ids[start : start + TOGETHER])
        db.session.execute(settle.where(some).execution_options(synchronize_session=False))
    return len(made)


def _claim(
    people: Sequence[int], waiting: Sequence[ColumnElement[bool]]
) -> tuple[dict[int, list[Told]], list[int]]:
    """Lock what waits, in one order for all, and give it by person."""
    rows = db.session.execute(
        select(
            Delivery.id, Delivery.user_id, Event.type, Event.subject, Event.about,
            Event.actor_id, Event.values.label("said"), Event.created_at,
        )
        .join(Delivery.event)
        .where(*waiting, Delivery.user_id.in_(people))
        .order_by(Delivery.user_id, Delivery.id)
        .with_for_update(of=Delivery)
    ).all()  # fmt: skip
    choices, types = preferences.choices_of(people), event_types.list_types()
    found: dict[int, list[Told]] = defaultdict(list)
    for row in rows:
        one = Told(row.id, row.type, row.subject, row.about, row.actor_id, row.said, row.created_at)
        if row.type in types and not _is_muted(types[row.type], one, choices[row.user_id]):
            found[row.user_id].append(one)
    return found, [row.id for row in rows]


def _is_muted(event_type: EventType, one: Told, chosen: Mapping[str, Frequency]) -> bool:
    """Whether somebody ended this mail while the event was on its way."""
    frequency = preferences.frequency_of(event_type, chosen, one.subject, one.about)
    return frequency is Frequency.NEVER


def _write(told: dict[int, list[Told]], frequency: Frequency, window: Window | None) -> list[Draft]:
    """Write to those who have an account with a proven address, and something that they may see."""
    people = db.session.scalars(
        select(User)
        .where(
            User.id.in_(told), User.active, User.email.is_not(None), User.confirmed_at.is_not(None)
        )
        .order_by(User.language, User.id)
    ).all()
    names = Names()
    names.look_up_people({one.actor_id for mine in told.values() for one in mine if one.actor_id})
    by_language: dict[str, list[User]] = defaultdict(list)
    for user in people:
        by_language[user.language].append(user)
    drafts: list[Draft] = []
    for language, readers in by_language.items():
        with in_language(language):
            drafts += _write_in_language(readers, told, names, (frequency, window))
    return drafts


def _write_in_language(
    readers: Sequence[User],
    told: dict[int, list[Told]],
    names: Names,
    kind: tuple[Frequency, Window | None],
) -> list[Draft]:
    shown: dict[int, list[Told]] = {}
    for user in readers:
        wanted = {name for one in told[user.id] for name in (one.subject, one.about)}
        seen = objects.visible(Actor.of(user), wanted)
        shown[user.id] = showing.shown_of(told[user.id], seen)
    places = objects.places_of({one.about for mine in shown.values() for one in mine})
    grouped = {number: showing.group(mine, places) for number, mine in shown.items()}
    names.titles.look_up({one.about for mine in grouped.values() for one in mine})
    written = []
    for user in readers:
        lines = showing.lines_of(grouped[user.id], names)
        if lines:
            about = frozenset(name for one in shown[user.id] for name in (one.subject, one.about))
            written.append(replace(letters.write(user, lines, *kind), about=about))
    return written


withdrawing.register_writer(write_again)
withdrawing.register_sight(hidden_from)
