"""Rounds and meetings as notifications, links and hours name them."""

from sqlalchemy import ColumnElement

from labapp.accounts.actors import Actor
from labapp.labs import policies, reading
from labapp.labs.round_models import Activity, Round
from labapp.notifications import objects


def _activities_visible_to(actor: Actor) -> ColumnElement[bool]:
    return policies.in_own_lab(actor, Activity.lab_id)


objects.register(
    "rounds", objects.rows_of(Round, reading.rounds_visible_to, "rounds.show", "round_id")
)
objects.register(
    "activities",
    objects.rows_of(Activity, _activities_visible_to, "activities.show", "activity_id"),
)
