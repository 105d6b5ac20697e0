"""Overviews, statistics and reconciliation over JSON."""

from typing import Any

from flask.views import MethodView

from labapp.accounts.actors import Actor
from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.accounts.models import Organisation
from labapp.clock import today
from labapp.errors import ForbiddenError
from labapp.i18n import gettext as _
from labapp.resources import Resources, refuses
from labapp.subsidy import overviews, reconciliation, statistics
from labapp.subsidy.identities import Report
from labapp.subsidy.overview_schemas import (
    OverviewSchema,
    OverviewSelectionSchema,
    ReconciliationQuerySchema,
    ReconciliationSchema,
    StatisticsSchema,
)
from labapp.subsidy.overviews import Selection
from labapp.subsidy.statistics import Statistic

resources = Resources(
    "Overviews",
    __name__,
    url_prefix="/api/v1/subsidy",
    description="Progress by branch, obligations, statistics, reconciliation.",
)


@resources.route("/overviews")
class Overviews(MethodView):
    @require_scope("claims:read")
    @refuses(404)
    @resources.arguments(OverviewSelectionSchema, location="query")
    @resources.response(200, OverviewSchema)
    def get(self, values: dict[str, Any]) -> dict[str, Any]:
        """Give hours (minutes), obligations and money (cents) of the branches that you may see."""
        actor = current_actor()
        selection, branch = _selection(actor, values)
        found = overviews.overview(actor, selection, branch)
        doubles = overviews.double_days(actor, selection, branch)
        names = ("selection", "hours", "money", "above_cap", "late_share", "rows")
        return {name: getattr(found, name) for name in names} | {"double_days": doubles}


@resources.route("/overviews/statistics")
class Statistics(MethodView):
    @require_scope("claims:read")
    @refuses(404)
    @resources.arguments(OverviewSelectionSchema, location="query")
    @resources.response(200, StatisticsSchema)
    def get(self, values: dict[str, Any]) -> dict[str, Statistic]:
        """Give hours by activity, month and sector; nothing of fewer than five people."""
        actor = current_actor()
        selection, branch = _selection(actor, values)
        return {
            "category": statistics.by_category(actor, selection, branch),
            "month": statistics.by_month(actor, selection, branch),
            "sector": statistics.by_sector(actor, selection, branch),
        }


@resources.route("/reconciliation")
class Reconciliation(MethodView):
    @require_scope("claims:read")
    @refuses(404)
    @resources.arguments(ReconciliationQuerySchema, location="query")
    @resources.response(200, ReconciliationSchema)
    def get(self, values: dict[str, Any]) -> Report:
        """Count everything twice: each identity with its difference, 0 when all is well.

        The whole of a scheme is for the office and the auditor; others name a branch.
        """
        actor = current_actor()
        version = overviews.get_version(actor, values["version_id"])
        branch_id = values.get("branch_id")
        branch = overviews.get_branch(actor, branch_id) if branch_id else None
        if branch is None and not overviews.sees_all(actor):
            raise ForbiddenError(_("Noem een vestiging: het geheel is voor het programmabureau."))
        year = values.get("calendar_year")
        return reconciliation.reconcile(version, branch, year=year, deep=values["deep"])


def _selection(actor: Actor, values: dict[str, Any]) -> tuple[Selection, Organisation | None]:
    version_id, branch_id = values.get("version_id"), values.get("branch_id")
    year = values.get("school_year")
    if version_id is not None:
        version = overviews.get_version(actor, version_id)
        year = year or version.school_year
    branch = overviews.get_branch(actor, branch_id) if branch_id else None
    selection = Selection(
        school_year=year or overviews.school_year_of(today()),
        version_id=version_id,
        board_id=values.get("board_id"),
        calendar_year=values.get("calendar_year"),
    )
    return selection, branch
