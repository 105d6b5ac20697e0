"""Who may take which step in rounds, by service and over HTTP: every role, state and action.

The tables are those of spec/labs.md (3.2 and 3.3), written by hand: both leads move a round, the
school leader of a branch consents, whom the lab named approves a privacy sheet, members work on
tasks, and who planned a meeting or leads confirms it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from itertools import product
from typing import Any

import pytest
from sqlalchemy import delete, update

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, LabappError, NotFoundError
from labapp.labs import activities, privacy_sheets, round_tasks, rounds, sites
from labapp.labs.activity_states import ActivityAction
from labapp.labs.lab_models import Lab, LeadProposal
from labapp.labs.privacy_sheet_states import SheetAction
from labapp.labs.round_models import (
    Activity,
    ActivityPerson,
    ActivityState,
    ConsentState,
    PrivacySheet,
    Round,
    RoundPhase,
    RoundSite,
    RoundTask,
    SheetState,
    TaskState,
)
from labapp.labs.round_states import RoundAction
from labapp.labs.site_states import ConsentAction
from labapp.labs.task_states import TaskAction
from tests.labs import working

LEADS = {"practice_lead", "research_lead"}
WORKERS = LEADS | {"teacher", "researcher"}
READERS = (*sorted(WORKERS), "leader", "judge")
IN_CAST = ("bystander", "outsider", "teacher", "researcher", "practice_lead", "research_lead",
           "leader")  # fmt: skip
FIVE = (RoundPhase.DETECT, RoundPhase.DIAGNOSE, RoundPhase.DESIGN, RoundPhase.DETERMINE,
        RoundPhase.DECIDE)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One machine: who may do what in which state, and how to get there and do it."""

    states: Any
    actions: Any
    allowed: Mapping[Any, set[str]]
    put: Callable[[Any, Any], None]
    get: Callable[[Actor, Any], Any]
    perform: Callable[..., Any]
    page: str
    resource: str
    more: Callable[[Any], dict[str, Any]] = lambda _cast: {}
    form: Callable[[Any], dict[str, Any]] = lambda _cast: {}


def put_round(thing, state):
    db.session.execute(delete(LeadProposal))
    db.session.execute(update(Round).values(phase=state))


def put_sheet(thing, state):
    approved = state is SheetState.APPROVED
    judge = db.session.query(Lab.privacy_person_id).scalar()
    values = {"approved_at": now() if approved else None, "submitted_by_id": None,
              "approved_by_id": judge if approved else None}  # fmt: skip
    db.session.execute(update(PrivacySheet).values(state=state, **values))


def put_task(thing, state):
    db.session.execute(update(RoundTask).values(state=state))


def put_site(thing, state):
    values = {"consent": state, "stopped_on": None, "stop_reason": ""}
    db.session.execute(update(RoundSite).values(**values))


def put_activity(thing, state):
    db.session.execute(update(ActivityPerson).values(was_there=None))
    db.session.execute(update(Activity).values(state=state))


TABLES = {
    "rounds": Table(
        RoundPhase,
        RoundAction,
        {
            (RoundPhase.DETECT, RoundAction.DIAGNOSE): LEADS,
            (RoundPhase.DIAGNOSE, RoundAction.DESIGN): LEADS,
            (RoundPhase.DESIGN, RoundAction.DETERMINE): LEADS,
            (RoundPhase.DETERMINE, RoundAction.DECIDE): LEADS,
            (RoundPhase.DECIDE, RoundAction.CLOSE): LEADS,
            (RoundPhase.DETERMINE, RoundAction.ADAPT): LEADS,
            (RoundPhase.DECIDE, RoundAction.ADAPT): LEADS,
            **{(phase, RoundAction.STOP): LEADS for phase in FIVE},
        },
        put_round,
        rounds.get_round,
        rounds.perform,
        "/rondes/{id}/stap",
        "/rounds/{id}/steps",
    ),
    "sites": Table(
        ConsentState,
        ConsentAction,
        {
            (ConsentState.ASKED, ConsentAction.GIVE): {"leader"},
            (ConsentState.ASKED, ConsentAction.REFUSE): {"leader"},
            (ConsentState.GIVEN, ConsentAction.WITHDRAW): {"leader"},
            (ConsentState.REFUSED, ConsentAction.ASK): LEADS,
            (ConsentState.WITHDRAWN, ConsentAction.ASK): LEADS,
        },
        put_site,
        sites.get_site,
        sites.perform,
        "/rondes/plekken/{id}/stap",
        "/rounds/sites/{id}/steps",
    ),
    "sheets": Table(
        SheetState,
        SheetAction,
        {
            (SheetState.DRAFT, SheetAction.SUBMIT): WORKERS,
            (SheetState.RETURNED, SheetAction.SUBMIT): WORKERS,
            (SheetState.SUBMITTED, SheetAction.APPROVE): {"judge"},
            (SheetState.SUBMITTED, SheetAction.RETURN): {"judge"},
            (SheetState.SUBMITTED, SheetAction.REVISE): WORKERS,
            (SheetState.APPROVED, SheetAction.REVISE): WORKERS,
        },
        put_sheet,
        lambda actor, _id: privacy_sheets.get_sheet(actor, db.session.query(Round).one()),
        privacy_sheets.perform,
        "/rondes/{round}/privacy/stap",
        "/rounds/{round}/privacy-sheet/steps",
    ),
    "tasks": Table(
        TaskState,
        TaskAction,
        {
            (TaskState.PLANNED, TaskAction.OPEN): WORKERS,
            (TaskState.OPEN, TaskAction.FINISH): WORKERS,
            (TaskState.PLANNED, TaskAction.CANCEL): WORKERS,
            (TaskState.OPEN, TaskAction.CANCEL): WORKERS,
            (TaskState.DONE, TaskAction.REOPEN): WORKERS,
            (TaskState.CANCELLED, TaskAction.REOPEN): WORKERS,
        },
        put_task,
        round_tasks.get_task,
        round_tasks.perform,
        "/rondes/taken/{id}/stap",
        "/rounds/tasks/{id}/steps",
    ),
    "activities": Table(
        ActivityState,
        ActivityAction,
        {
            (ActivityState.PLANNED, ActivityAction.CONFIRM): LEADS | {"teacher"},
            (ActivityState.HELD, ActivityAction.CONFIRM): LEADS | {"teacher"},
            (ActivityState.PLANNED, ActivityAction.CANCEL): LEADS | {"teacher"},
        },
        put_activity,
        activities.get_activity,
        activities.perform,
        "/bijeenkomsten/{id}/stap",
        "/activities/{id}/steps",
        lambda cast: {"present": {cast.teacher.id: None}},
        lambda cast: {"present": [{"user_id": cast.teacher.id}]},
    ),
}


@pytest.fixture
def world(cast, knowledge_broker, programme_officer, administrator):
    """A round with all that the gates ask, a task and a meeting; and everybody."""
    work = working.start(cast)
    one = working.prepare(cast, work)
    task = RoundTask(round_id=one.id, title="Lokaal regelen")
    meeting = Activity(
        lab_id=cast.lab.id, title="Werksessie", held_on=today(), starts_at=time(9), minutes=60,
        created_by_id=cast.teacher.id,
        people=[ActivityPerson(user_id=cast.teacher.id, organisation_id=cast.school.id)],
    )  # fmt: skip
    db.session.add_all([task, meeting])
    db.session.commit()
    people = {
        "visitor": None,
        **{name: getattr(cast, name) for name in IN_CAST},
        "judge": work.judge,
        "knowledge_broker": knowledge_broker,
        "programme_officer": programme_officer,
        "administrator": administrator,
    }
    things = {"rounds": one, "sites": one.sites[0], "sheets": one.privacy_sheet, "tasks": task,
              "activities": meeting}  # fmt: skip
    return people, things


def put(table, thing, state):
    table.put(thing, state)
    db.session.commit()
    db.session.refresh(thing)


def attempt(table, actor, thing_id, action, extra):
    """Take a step; give None, or the refusal."""
    try:
        found = table.get(actor, thing_id)
        table.perform(actor, found, action, version=found.version, reason="Daarom.", **extra)
    except LabappError as error:
        return type(error)
    return None


@pytest.mark.parametrize("name", TABLES)
def test_every_role_state_and_action_in_the_service(cast, world, name):
    table, (people, things) = TABLES[name], world
    thing, extra, wrong = things[name], table.more(cast), []
    actors = {role: working.actor_of(user) for role, user in people.items()}
    for state in table.states:
        put(table, thing, state)
        for (role, actor), action in product(actors.items(), table.actions):
            if role not in READERS and action is not next(iter(table.actions)):
                continue  # the thing itself is not found, whatever one would do
            got = attempt(table, actor, thing.id, action, extra)
            if got is None:
                put(table, thing, state)
            if role in table.allowed.get((state, action), set()):
                right = got is None
            elif role in READERS:
                right = got in (ForbiddenError, ConflictError)
            else:
                right = got is NotFoundError
            if not right:
                wrong.append((state.value, role, action.value, got))

    assert wrong == []


@pytest.mark.parametrize("name", TABLES)
def test_every_role_state_and_action_over_http(app, cast, world, browse, name):
    table, (people, things) = TABLES[name], world
    thing, form, wrong, seen = things[name], table.form(cast), [], set()
    numbers = {"id": thing.id, "round": things["rounds"].id}
    page, resource = (text.format(**numbers) for text in (table.page, table.resource))
    browsers = {role: browse(user) for role, user in people.items()}
    headers = {role: token_of(user) if user else {} for role, user in people.items()}
    for state, action in product(table.states, table.actions):
        allowed = table.allowed.get((state, action), set())
        is_first = state not in seen
        seen |= {state} if allowed else set()
        roles = people if is_first else READERS  # others do not even find it
        for number, role in enumerate(roles if allowed else ("teacher", "practice_lead")):
            put(table, thing, state)
            body = {"action": action.value, "reason": "Daarom."}
            if number % 2:  # half by the page, half by the API
                sent = {**body, "version": thing.version, "present": [cast.teacher.id]}
                answer = browsers[role].post(page, data=sent)
                is_sent_on = answer.status_code == 303 and "/inloggen" in answer.location
                right = is_sent_on or answer.status_code in (403, 404, 409)
                right = answer.status_code == 303 if role in allowed else right
            else:
                sent = {**body, **form}
                answer = app.test_client().post(
                    f"/api/v1{resource}", json=sent, headers=headers[role]
                )
                expected = (200,) if role in allowed else (401, 403, 404, 409)
                right = answer.status_code in expected
            if not right:
                wrong.append((state.value, action.value, role, answer.status_code))

    assert wrong == []


def token_of(user):
    scopes = ("labs:read", "labs:write")
    text = tokens.create_token(Actor.of(user), name="T", scopes=scopes, days=1)[1]
    return {"Authorization": f"Bearer {text}", "If-Match": "*"}
