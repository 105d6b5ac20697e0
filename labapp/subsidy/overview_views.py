"""Overviews on the page: progress, money, statistics, and whether everything adds up."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.blueprints import BlueprintSetupState

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.accounts.models import Organisation
from labapp.charts import Bar, bar_chart
from labapp.clock import today
from labapp.i18n import gettext as _
from labapp.subsidy import claim_page, durations, overviews, reconciliation, statistics
from labapp.subsidy import section as section_of
from labapp.subsidy.identities import CENTS, MINUTES, Identity, Report
from labapp.subsidy.money import decimal_text
from labapp.subsidy.overviews import Overview, Row, Selection
from labapp.subsidy.scheme_models import SchemeVersion

pages = Blueprint("overviews", __name__)
MOST_BARS = 12
PER_PAGE = 50
BARE_YEAR = range(2000, 2200)


@pages.record_once
def add_words(setup: BlueprintSetupState) -> None:
    setup.app.jinja_env.filters.setdefault("euro", claim_page.euro)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Overviews are of schools, boards and the office."""


@pages.get("/overzicht")
def show() -> str:
    """Show the branches that one may see, with hours, obligations and money."""
    actor = current_actor()
    selection = read_selection(actor)
    found = overviews.overview(actor, selection)
    number = max(1, min(request.args.get("page", 1, type=int), 1_000))
    return render_template(
        "subsidy/overview.html",
        found=found,
        rows=found.rows[(number - 1) * PER_PAGE : number * PER_PAGE],
        page_number=number,
        pages=-(-len(found.rows) // PER_PAGE),
        page_url=lambda page: url_for("overviews.show", **_query(selection), page=page),
        selection=selection,
        chart=_branch_chart(found),
        charted=_largest(found),
        choices=_choices(actor),
        query=_query(selection),
    )


@pages.get("/overzicht/dubbele-dagen")
def show_double_days() -> str:
    """Show the days on which somebody wrote hours under two schemes."""
    actor = current_actor()
    selection = read_selection(actor)
    return render_template(
        "subsidy/double_days.html",
        selection=selection,
        doubles=overviews.double_days(actor, selection),
        choices=_choices(actor),
    )


@pages.get("/overzicht/statistiek")
def show_statistics() -> str:
    """Show hours by activity, month and sector, never of fewer than five persons."""
    actor = current_actor()
    selection = read_selection(actor)
    kinds = (
        (_("Naar activiteit"), _("Activiteit"), statistics.by_category(actor, selection)),
        (_("Naar maand"), _("Maand"), statistics.by_month(actor, selection)),
        (_("Naar sector"), _("Sector"), statistics.by_sector(actor, selection)),
    )
    charts = [
        (title, head, found, _cells_chart(f"s{number}", title, found.cells))
        for number, (title, head, found) in enumerate(kinds)
    ]
    return render_template(
        "subsidy/statistics.html",
        charts=charts,
        selection=selection,
        choices=_choices(actor),
        query=_query(selection),
    )


@pages.get("/overzicht/vestigingen/<int:branch_id>")
def show_branch(branch_id: int) -> str:
    """Show one branch: its obligations, what became of its hours, and its calendar years."""
    actor = current_actor()
    branch = overviews.get_branch(actor, branch_id)
    selection = read_selection(actor)
    year = selection.school_year
    by_year = [
        (number, overviews.overview(actor, Selection(year, calendar_year=number), branch).hours)
        for number in (year, year + 1)
    ]
    found = overviews.overview(actor, selection, branch)
    return render_template(
        "subsidy/overview_branch.html",
        branch=branch,
        found=found,
        selection=selection,
        by_year=by_year,
        months=statistics.by_month(actor, selection, branch),
        doubles=overviews.double_days(actor, selection, branch),
        choices=_choices(actor),
        query=_query(selection),
    )


@pages.get("/overzicht/aansluiting")
def show_reconciliation() -> str:
    """Show whether all numbers agree; `diep` also checks every snapshot."""
    actor = current_actor()
    visible = overviews.visible_to(actor)
    selection = read_selection(actor)
    versions = overviews.versions_of(actor, selection)
    wanted = request.args.get("regeling", type=int)
    version = next((one for one in versions if one.id == wanted), next(iter(versions), None))
    branch_id = request.args.get("vestiging", type=int)
    branch = overviews.get_branch(actor, branch_id) if branch_id else None
    branches = reconciliation.branches_in(version, visible) if version else []
    whole = overviews.sees_all(actor)
    if branch is None and not whole:
        branch = next(iter(branches), None)
    deep = request.args.get("diep") == "1"
    report = _report(version, branch, selection, deep=deep, whole=whole)
    return render_template(
        "subsidy/reconciliation.html",
        version=version,
        versions=versions,
        branch=branch,
        branches=branches,
        report=report,
        rows=[_identity_row(one) for one in report.identities] if report else [],
        rounding=reconciliation.rounding_difference(version)
        if version and whole and branch is None
        else "",
        selection=selection,
        deep=deep,
        whole=whole,
        choices=_choices(actor),
    )


def read_selection(actor: Actor) -> Selection:
    """Read what the overview is about; what makes no sense is left out."""
    year = request.args.get("jaar", type=int)
    calendar = request.args.get("kalenderjaar", type=int)
    version_id = request.args.get("regeling", type=int)
    board_id = request.args.get("bestuur", type=int)
    if version_id is not None and year is None:
        year = overviews.get_version(actor, version_id).school_year
    chosen = year if year in BARE_YEAR else overviews.school_year_of(today())
    assert chosen is not None
    return Selection(
        school_year=chosen,
        version_id=version_id,
        board_id=board_id,
        calendar_year=calendar if calendar in (chosen, chosen + 1) else None,
    )


def _report(
    version: SchemeVersion | None,
    branch: Organisation | None,
    selection: Selection,
    *,
    deep: bool,
    whole: bool,
) -> Report | None:
    if version is None or (branch is None and not whole):
        return None
    return reconciliation.reconcile(version, branch, year=selection.calendar_year, deep=deep)


def _choices(actor: Actor) -> dict[str, list[tuple[Any, str]]]:
    years = overviews.school_years(actor)
    boards = overviews.boards_visible_to(actor)
    year = read_selection(actor).school_year
    versions = overviews.versions_of(actor, Selection(year))
    return {
        "years": [(one, f"{one}-{one + 1}") for one in years],
        "boards": [(one.id, one.name) for one in boards],
        "versions": [
            (one.id, f"{section_of.scheme_name(one.scheme)} ({one.number})") for one in versions
        ],
        "calendar": [(one, str(one)) for one in (year, year + 1)],
    }


def _query(selection: Selection) -> dict[str, Any]:
    return {
        "jaar": selection.school_year,
        "regeling": selection.version_id,
        "bestuur": selection.board_id,
        "kalenderjaar": selection.calendar_year,
    }


def _largest(found: Overview) -> list[Row]:
    rows = sorted(found.rows, key=lambda row: -row.hours.logged)
    return [row for row in rows if row.hours.logged > 0][:MOST_BARS]


def _branch_chart(found: Overview) -> Any:
    bars = [
        Bar(
            row.branch.name[:34],
            row.hours.approved / 60,
            _("%(hours)s uur", hours=durations.write_hours(row.hours.approved)),
        )
        for row in _largest(found)
    ]
    words = _("Goedgekeurde uren van de vestigingen met de meeste uren.")
    return bar_chart("goedgekeurd", _("Goedgekeurde uren"), words, bars) if bars else ""


def _cells_chart(uid: str, title: str, cells: list[statistics.Cell]) -> Any:
    bars = [
        Bar(
            cell.label[:34] or "–",
            (cell.minutes or 0) / 60,
            _("%(hours)s uur", hours=durations.write_hours(cell.minutes or 0)),
        )
        for cell in cells
        if not cell.is_hidden
    ]
    return bar_chart(uid, title, title, bars) if bars else ""


def _identity_row(one: Identity) -> dict[str, Any]:
    def told(value: int) -> str:
        if one.unit == MINUTES:
            return durations.write_hours(value)
        return decimal_text(value) if one.unit == CENTS else str(value)

    return {
        "label": one.label,
        "left": told(one.left),
        "right": told(one.right),
        "difference": told(one.difference),
        "holds": one.holds,
        "unit": {MINUTES: _("uur"), CENTS: _("euro")}.get(one.unit, _("aantal")),
    }
