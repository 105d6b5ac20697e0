"""Sites and tasks of rounds as JSON."""

from dataclasses import fields
from typing import Any

from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.labs import policies, round_tasks, sites
from labapp.labs.round_api import ONE, TAG, get_round, resources
from labapp.labs.round_schemas import (
    RoundSiteDetailsSchema,
    RoundSiteInputSchema,
    RoundSiteMoveSchema,
    RoundSitesSchema,
    RoundSiteStepSchema,
    RoundTaskInputSchema,
    RoundTaskPatchSchema,
    RoundTaskSchema,
    RoundTasksSchema,
    RoundTaskStepSchema,
)
from labapp.labs.round_tasks import TaskInput
from labapp.resources import ID, asks, refuses
from labapp.rest import etag, idempotent, matched_version

SITE = f"sites/<{ID}:site_id>"
TASK = f"tasks/<{ID}:task_id>"


@resources.route(f"/{ONE}/sites")
class RoundSites(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.response(200, RoundSitesSchema)
    def get(self, round_id: int) -> dict[str, Any]:
        """List the schools of a round; their consent and days are for the people of the lab."""
        one = get_round(round_id)
        found = sites.list_sites(one)
        if policies.works_in(current_actor(), one.lab):
            return {"items": found}
        names = ("id", "round_id", "organisation_id", "organisation", "kind")
        return {"items": [{name: getattr(site, name) for name in names} for site in found]}

    @require_scope("labs:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @resources.arguments(RoundSiteInputSchema)
    @resources.response(201, RoundSiteDetailsSchema, headers=TAG)
    def post(self, values: dict[str, Any], round_id: int) -> Any:
        """Ask a school of the lab to take part; its school leader answers."""
        site = sites.add_site(current_actor(), get_round(round_id), values["organisation_id"])
        return site, etag(site.version)


@resources.route(f"/{SITE}")
class OneSite(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(204)
    def delete(self, site_id: int) -> None:
        """Take a school off the list that gave no consent."""
        site = sites.get_site(current_actor(), site_id)
        sites.remove_site(current_actor(), site, version=matched_version(site.version))


@resources.route(f"/{SITE}/steps")
class SiteSteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RoundSiteStepSchema)
    @resources.response(200, RoundSiteDetailsSchema, headers=TAG)
    def post(self, values: dict[str, Any], site_id: int) -> Any:
        """Give, refuse or withdraw consent for one's school, or ask it again."""
        site = sites.get_site(current_actor(), site_id)
        sites.perform(current_actor(), site, version=matched_version(site.version), **values)
        return site, etag(site.version)


@resources.route(f"/{SITE}/moves")
class SiteMoves(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RoundSiteMoveSchema)
    @resources.response(200, RoundSiteDetailsSchema, headers=TAG)
    def post(self, values: dict[str, Any], site_id: int) -> Any:
        """Note that a school began, is done, or stopped and why."""
        site = sites.get_site(current_actor(), site_id)
        sites.move_site(current_actor(), site, version=matched_version(site.version), **values)
        return site, etag(site.version)


@resources.route(f"/{ONE}/tasks")
class RoundTasks(MethodView):
    @require_scope("labs:read")
    @refuses(404)
    @resources.response(200, RoundTasksSchema)
    def get(self, round_id: int) -> dict[str, Any]:
        """List the tasks of a round; there are none for who is not in the lab."""
        return {"items": round_tasks.list_tasks(current_actor(), get_round(round_id))}

    @require_scope("labs:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @resources.arguments(RoundTaskInputSchema)
    @resources.response(201, RoundTaskSchema, headers=TAG)
    def post(self, values: dict[str, Any], round_id: int) -> Any:
        """Plan a task."""
        is_confirmed = values.pop("pupil_data_checked")
        task = round_tasks.add_task(
            current_actor(), get_round(round_id), TaskInput(**values), confirmed=is_confirmed
        )
        return task, etag(task.version)


@resources.route(f"/{TASK}")
class OneTask(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RoundTaskPatchSchema)
    @resources.response(200, RoundTaskSchema, headers=TAG)
    def patch(self, values: dict[str, Any], task_id: int) -> Any:
        """Change a task."""
        task = round_tasks.get_task(current_actor(), task_id)
        is_confirmed = values.pop("pupil_data_checked")
        kept = {one.name: getattr(task, one.name) for one in fields(TaskInput)}
        round_tasks.change_task(
            current_actor(), task, TaskInput(**{**kept, **values}),
            version=matched_version(task.version), confirmed=is_confirmed,
        )  # fmt: skip
        return task, etag(task.version)


@resources.route(f"/{TASK}/steps")
class TaskSteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RoundTaskStepSchema)
    @resources.response(200, RoundTaskSchema, headers=TAG)
    def post(self, values: dict[str, Any], task_id: int) -> Any:
        """Begin, finish, cancel or take up a task; 409 says what is missing first."""
        task = round_tasks.get_task(current_actor(), task_id)
        version = matched_version(task.version)
        round_tasks.perform(current_actor(), task, version=version, **values)
        return task, etag(task.version)
