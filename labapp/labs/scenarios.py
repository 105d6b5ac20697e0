"""The list of the labs in a scenario file (`labapp seed PATH.yaml`): what was done, in order.

    labs:
      - {day: 2025-09-04, by: onderzoeker@example.nl, do: propose_lab, as: leeslab, title: ..., ...}
      - {day: 2025-09-08, by: programma@example.nl, do: lab_step, lab: leeslab, action: approve}

Each step is done on its day in the name of `by` (of each of `both`) through the services that
people use: what the rules refuse is refused here too. `as` names what is made for later steps. The
steps are the functions of STEPS. Only for trials (LABAPP_DEMO=1), because they sign in people's
names. A file whose first lab is there already is left as it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from labapp import clock
from labapp.accounts import scenarios
from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.accounts.scenarios import World
from labapp.database import db
from labapp.errors import InvalidError, LabappError
from labapp.labs.lab_models import Lab
from labapp.notifications import inbox

FIRST = time(9)
APART = timedelta(minutes=7)  # between steps of one day, so that their order shows
NEWS = timedelta(days=21)  # what is older was read, and no letter of it is sent any more


@dataclass
class Play:
    """A scenario on its way: what was made, by the name that the file gives it."""

    world: World
    made: dict[str, Any] = field(default_factory=dict)

    def get(self, row: Mapping[str, Any], name: str) -> Any:
        """Give what a step names, as it is saved by now."""
        known = self.made[row[name]]
        return db.session.get_one(type(known), known.id, populate_existing=True)

    def person(self, email: str) -> User:
        found: User | None = db.session.scalar(select(User).where(User.email == email))
        if found is None:
            raise InvalidError(f"The scenario names a person who is not there: {email}.")
        return found

    def actor(self, email: str) -> Actor:
        return Actor.of(self.person(email))


Step = Callable[[Play, Actor, Mapping[str, Any]], Any]
STEPS: dict[str, Step] = {}


def step(function: Step) -> Step:
    """Let a scenario do a step by the name of its function."""
    STEPS[function.__name__] = function
    return function


def load_labs(rows: list[Any], world: World) -> int:
    """Do the steps of a file; give how many. All or none are kept."""
    if not rows or _is_there(rows):
        return 0
    if not world.is_trial:
        raise InvalidError("Steps of labs are done in people's names: set LABAPP_DEMO=1 for it.")
    play, day, moment = Play(world), date.min, FIRST
    done = 0
    for number, row in enumerate(rows):
        if world.until_today and row["day"] > clock.today():
            continue
        moment = FIRST if row["day"] != day else _later(moment)
        day = row["day"]
        with clock.at(datetime.combine(day, moment, clock.LOCAL_ZONE)):
            _do(play, row, f"labs[{number}]")
        done += 1
    inbox.settle_before(clock.now() - NEWS)
    return done


def _do(play: Play, row: Mapping[str, Any], path: str) -> None:
    what = STEPS.get(row["do"])
    if what is None:
        raise InvalidError(f"{path}: there is no step {row['do']!r}; there are {', '.join(STEPS)}.")
    try:
        for email in row.get("both") or [row["by"]]:
            made = what(play, play.actor(email), row)
            if made is not None and "as" in row:
                play.made[row["as"]] = made
    except LabappError as error:
        said = getattr(error, "fields", None) or getattr(error, "problems", None) or ""
        raise InvalidError(f"{path} ({row['do']}): {error} {said}") from error


def _is_there(rows: list[Any]) -> bool:
    titles = [row["title"] for row in rows if row["do"] == "propose_lab"]
    return db.session.scalar(select(Lab.id).where(Lab.title.in_(titles)).limit(1)) is not None


def _later(moment: time) -> time:
    return (datetime.combine(date.min, moment) + APART).time()


scenarios.register("labs", load_labs)
