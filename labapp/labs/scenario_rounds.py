"""Steps of a scenario: rounds with all that belongs to them, meetings, findings."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.labs import (
    activities,
    activity_hours,
    finding_steps,
    finding_writing,
    findings,
    plans,
    privacy_sheets,
    round_decisions,
    round_tasks,
    rounds,
    sites,
)
from labapp.labs.activities import ActivityInput
from labapp.labs.activity_states import ActivityAction
from labapp.labs.finding_models import Finding, FindingVersion
from labapp.labs.finding_states import FindingAction
from labapp.labs.privacy_sheet_states import SheetAction
from labapp.labs.round_models import Activity, Round, RoundDecision, RoundTask
from labapp.labs.round_states import RoundAction
from labapp.labs.round_tasks import TaskInput
from labapp.labs.scenarios import Play, step
from labapp.labs.site_states import ConsentAction
from labapp.labs.sites import SiteMove
from labapp.labs.task_states import TaskAction

Row = Mapping[str, Any]


@step
def start_round(play: Play, actor: Actor, row: Row) -> Round:
    question = play.get(row, "question")
    texts = {"title": row["title"], "aim": row["aim"]}
    return rounds.create_round(actor, play.get(row, "lab"), texts, [question.id], confirmed=True)


@step
def change_round(play: Play, actor: Actor, row: Row) -> None:
    one = play.get(row, "round")
    rounds.change_round(
        actor, one, row["texts"], version=one.version,
        checked="known_already" in row["texts"] or None, confirmed=True,
    )  # fmt: skip


@step
def round_step(play: Play, actor: Actor, row: Row) -> None:
    one = play.get(row, "round")
    action = RoundAction(row["action"])
    rounds.perform(actor, one, action, version=one.version, reason=row.get("reason", ""))


@step
def write_plan(play: Play, actor: Actor, row: Row) -> None:
    one = play.get(row, "round")
    plans.save_plan(
        actor, one, row["answers"], mark=plans.mark_of(one),
        justification=row.get("justification", ""), confirmed=True,
    )  # fmt: skip


@step
def write_sheet(play: Play, actor: Actor, row: Row) -> None:
    made = privacy_sheets.save_sheet(
        actor, play.get(row, "round"), row["texts"], version=0, confirmed=True
    )
    privacy_sheets.perform(actor, made, SheetAction.SUBMIT, version=made.version)


@step
def approve_sheet(play: Play, actor: Actor, row: Row) -> None:
    sheet = privacy_sheets.get_sheet(actor, play.get(row, "round"))
    privacy_sheets.perform(actor, sheet, SheetAction.APPROVE, version=sheet.version)


@step
def add_site(play: Play, actor: Actor, row: Row) -> None:
    place = play.world.organisation(row["organisation"])
    site = sites.add_site(actor, play.get(row, "round"), place.id)
    leader = play.actor(row["consent_by"])
    sites.perform(leader, site, ConsentAction.GIVE, version=site.version)


@step
def move_sites(play: Play, actor: Actor, row: Row) -> None:
    for site in sites.list_sites(play.get(row, "round")):
        sites.move_site(actor, site, SiteMove(row["move"]), on=today(), version=site.version)


@step
def add_task(play: Play, actor: Actor, row: Row) -> RoundTask:
    place = row.get("organisation")
    values = TaskInput(
        title=row["title"],
        organisation_id=play.world.organisation(place).id if place else None,
        owner_id=play.person(row["owner"]).id,
        due_on=row["due"],
        collects_data=row.get("collects_data", False),
    )
    return round_tasks.add_task(actor, play.get(row, "round"), values, confirmed=True)


@step
def task_step(play: Play, actor: Actor, row: Row) -> None:
    task = play.get(row, "task")
    round_tasks.perform(actor, task, TaskAction(row["action"]), version=task.version)


@step
def plan_meeting(play: Play, actor: Actor, row: Row) -> Activity:
    values = ActivityInput(
        title=row["title"],
        held_on=row.get("held", row["day"]),
        starts_at=time.fromisoformat(row["starts"]),
        minutes=row["minutes"],
        round_id=play.get(row, "round").id if "round" in row else None,
        place=row.get("place", ""),
        people=frozenset(play.person(email).id for email in row["people"]),
    )
    return activities.plan_activity(actor, play.get(row, "lab"), values, confirmed=True)


@step
def hold_meeting(play: Play, actor: Actor, row: Row) -> Activity:
    made = plan_meeting(play, actor, row)
    present = {person.user_id: None for person in made.people}
    places = sorted({person.organisation_id for person in made.people})
    hours = {
        place: option.key
        for place, options in activity_hours.options_of(made, places).items()
        for option in options
        if option.category.code == row["hours"]
    }
    return activities.perform(
        actor, made, ActivityAction.CONFIRM, version=made.version, present=present, hours=hours
    )


@step
def decide(play: Play, actor: Actor, row: Row) -> None:
    one = play.get(row, "round")
    round_decisions.take_decision(
        actor, one, decision=RoundDecision(row["decision"]), reason=row["reason"],
        review_due_on=row["review_on"], version=one.version, confirmed=True,
    )  # fmt: skip


@step
def write_finding(play: Play, actor: Actor, row: Row) -> Finding:
    made = finding_writing.start_finding(actor, play.get(row, "round"), row["content"]["title"])
    version = _version(actor, made)
    people = [_contributor(play, one) for one in row["contributors"]]
    finding_writing.save_draft(
        actor, version, row["content"], people, version=version.version, confirmed=True
    )
    return made


@step
def finding_step(play: Play, actor: Actor, row: Row) -> None:
    made = _version(actor, play.get(row, "finding"))
    action = FindingAction(row["action"])
    more: dict[str, Any] = {}
    if action is FindingAction.SIGN:
        more["content_hash"] = made.content_hash
    if action is FindingAction.PUBLISH:
        more["no_interest"] = True
    finding_steps.perform(actor, made, action, version=made.version, **more)


def _version(actor: Actor, finding: Finding) -> FindingVersion:
    return findings.list_versions(actor, findings.get_finding(actor, finding.id))[0]


def _contributor(play: Play, row: Row) -> dict[str, Any]:
    if "person" not in row:
        return {**row, "organisation_name": row.get("organisation", "")}
    user = play.person(row["person"])
    names = ("given_name", "particle", "family_name")
    place = user.affiliations[0].organisation.name
    return {
        "user_id": user.id,
        "role": row["role"],
        "organisation_name": place,
        **{name: getattr(user, name) for name in names},
    }
