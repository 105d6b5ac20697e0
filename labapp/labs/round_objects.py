"""Rounds and meetings as notifications, links and hours name them."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.labs import policies, reading
from labapp.labs.round_models import Activity, Round
from labapp.notifications import addresses, objects


def _rounds_seen(actor: Actor, ids: Collection[int]) -> set[int]:
    return reading.visible_ids(Round, reading.rounds_visible_to(actor), ids)


def _activities_seen(actor: Actor, ids: Collection[int]) -> set[int]:
    return reading.visible_ids(Activity, policies.in_own_lab(actor, Activity.lab_id), ids)


def _round_titles(ids: Collection[int]) -> Mapping[int, str]:
    rows = db.session.execute(select(Round.id, Round.title).where(Round.id.in_(sorted(ids))))
    return {row.id: row.title for row in rows}


def _activity_titles(ids: Collection[int]) -> Mapping[int, str]:
    query = select(Activity.id, Activity.title).where(Activity.id.in_(sorted(ids)))
    return {row.id: row.title for row in db.session.execute(query)}


objects.register(
    "rounds",
    objects.ObjectKind(
        title=lambda _actor, number: _round_titles([number]).get(number),
        titles=_round_titles,
        url=lambda number: addresses.path("rounds.show", round_id=number),
        can_see_many=_rounds_seen,
    ),
)
objects.register(
    "activities",
    objects.ObjectKind(
        title=lambda _actor, number: _activity_titles([number]).get(number),
        titles=_activity_titles,
        url=lambda number: addresses.path("activities.show", activity_id=number),
        can_see_many=_activities_seen,
    ),
)
