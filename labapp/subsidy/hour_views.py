"""My hours: the week as a grid that saves itself, and proposals above it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.database import db
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import month_sums, proposals, section, week, week_saving
from labapp.subsidy.contexts import Context, contexts_of
from labapp.subsidy.declaration_checks import is_due
from labapp.subsidy.durations import write_hours
from labapp.subsidy.hour_writing import EntriesInvalidError
from labapp.subsidy.wall_clock import today_at
from labapp.subsidy.week import PostedCell, PostedRow
from labapp.subsidy.week_grid import DAYS, Base, Week
from labapp.subsidy.week_saving import WeekConflictError
from labapp.web import wants_fragment

pages = Blueprint("hours", __name__)
LONGEST_TYPED = 20


@pages.record_once
def give_words(state: Any) -> None:
    section.init_app(state.app)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Hours are of people."""


@pages.get("/uren")
def show() -> ResponseReturnValue:
    """Show a week; who works at no school goes to what there is to do elsewhere."""
    actor = current_actor()
    if not section.works_at_school(actor):
        here = [tab.url for tab in section.tabs() if tab.url != url_for("hours.show")]
        return redirect(here[0] if here else url_for("home.show_start"), 303)
    monday = _monday(request.args.get("week", ""))
    found = contexts_of(actor, monday)
    if not found:
        return render_template("subsidy/no_hours.html", **_around(monday))
    context = _chosen(found, request.args)
    extra = request.args.getlist("rij", type=int)[:FEW]
    shown = week.read_week(actor, context, monday, extra=extra)
    return _page(actor, shown, found)


@pages.post("/uren")
def save() -> ResponseReturnValue:
    """Save the grid; the button that was pressed may ask for more than that."""
    actor = current_actor()
    monday = _monday(request.form.get("week", ""))
    found = contexts_of(actor, monday)
    if not found:
        raise NotFoundError(_("In deze week kun je geen uren invullen."))
    context = _chosen(found, request.form)
    action, rows = request.form.get("actie", ""), _posted()
    try:
        with _kept_loaded():
            saved = week_saving.save_week(
                actor, context, monday, rows, only_valid=action == "geldig"
            )
    except WeekConflictError as error:
        shown = week.read_week(actor, context, monday, posted=rows)
        week_saving.keep_after_conflict(shown, rows)
        return _conflict(actor, shown, error, found)
    if saved.errors:
        return _with_errors(actor, saved.week, found, is_saved=saved.is_saved)
    words = _("Bewaard. Totaal deze week %(hours)s uur.", hours=write_hours(saved.week.total))
    extra = []
    if action == "vorige":
        count = week_saving.copy_previous(actor, context, monday)
        words = _copied(count)
    elif action == "rij":
        extra = request.form.getlist("nieuw", type=int)[:1]
        words = ""
    if action in ("vorige", "rij"):
        return _whole(actor, context, monday, extra, words)
    if wants_fragment():
        return _fragment(actor, saved.week, words)
    flash(words)
    return redirect(_address(context, monday), 303)


@pages.post("/uren/voorstellen")
def answer() -> ResponseReturnValue:
    """Take proposals over, or say that they are not one's hours."""
    actor = current_actor()
    ids = request.form.getlist("voorstel", type=int)
    monday = _monday(request.form.get("week", ""))
    try:
        if request.form.get("actie") == "negeer":
            proposals.dismiss(actor, ids)
            flash(_("Het voorstel is weg."))
        else:
            done = proposals.accept(actor, ids)
            hours = write_hours(sum(entry.minutes for entry in done))
            flash(_("Overgenomen: %(hours)s uur.", hours=hours))
            monday = week.monday_of(min(entry.work_date for entry in done))
    except EntriesInvalidError as error:
        words = [p.words for found in error.problems.values() for p in found]
        flash(_("Niet overgenomen.") + " " + " ".join(dict.fromkeys(words)), "error")
    return redirect(url_for("hours.show", week=monday.isoformat()), 303)


FEW = 10


@contextmanager
def _kept_loaded() -> Iterator[None]:
    """Let the answer show what the save read and wrote, without reading it again."""
    session = db.session()
    session.expire_on_commit = False
    try:
        yield
    finally:
        session.expire_on_commit = True


def _monday(text: str) -> date:
    """Give the Monday of the week that an address names; else of this week."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today_at("Europe/Amsterdam")
    return week.monday_of(max(date(2000, 1, 3), min(day, date(2100, 1, 1))))


def _chosen(found: list[Context], values: Any) -> Context:
    """Give the branch and scheme that were chosen; else the first."""
    wanted = (values.get("vestiging", type=int), values.get("regeling", type=int))
    return next((context for context in found if context.key == wanted), found[0])


def _address(context: Context, monday: date, **extra: Any) -> str:
    branch, version = context.key
    return url_for(
        "hours.show", week=monday.isoformat(), vestiging=branch, regeling=version, **extra
    )


def _posted() -> list[PostedRow]:
    """Read the rows of the form."""
    form, rows = request.form, []
    for r in range(week_saving.MOST_ROWS + 1):
        category = form.get(f"r-{r}", type=int)
        if category is None:
            break
        cells = {
            d: PostedCell(
                form.get(f"u-{r}-{d}", "")[:LONGEST_TYPED], Base.read(form.get(f"v-{r}-{d}", ""))
            )
            for d in range(DAYS)
            if f"u-{r}-{d}" in form
        }
        note = " ".join(form.get(f"t-{r}", "").split())
        rows.append(PostedRow(category, note, form.get(f"o-{r}", ""), cells))
    if not rows:
        raise InvalidError(_("Er staan geen uren in dit formulier."))
    return rows


def _around(monday: date) -> dict[str, Any]:
    week_long = timedelta(days=7)
    return {
        "monday": monday,
        "previous": monday - week_long,
        "next": monday + week_long,
        "is_last": monday + week_long > today_at("Europe/Amsterdam") + timedelta(days=1),
    }


def _values(actor: Actor, shown: Week, found: list[Context]) -> dict[str, Any]:
    """Give what the page shows around the grid."""
    used, most = month_sums.year_use(actor, shown.context)
    return {
        **_around(shown.monday),
        "shown": shown,
        "context": shown.context,
        "contexts": found,
        "address": _address,
        "proposals": proposals.list_open(actor),
        "sums": month_sums.minutes_by_declaration([d.id for d in shown.declarations]),
        "used": used,
        "most": most,
        "is_due": is_due,
    }


def _page(
    actor: Actor, shown: Week, found: list[Context], status: int = 200, **extra: Any
) -> ResponseReturnValue:
    values = _values(actor, shown, found) | extra
    return render_template("subsidy/hours.html", **values), status


def _fragment(actor: Actor, shown: Week, words: str, status: int = 200, **extra: Any) -> Response:
    """Answer a save: totals and words, never the input that somebody is in."""
    values = {
        **_values(actor, shown, []),
        "words": words,
        "sent": request.form,
        "conflicts": {},
        **extra,
    }
    return Response(render_template("subsidy/_hours_answer.html", **values), status)


def _with_errors(
    actor: Actor, shown: Week, found: list[Context], *, is_saved: bool
) -> ResponseReturnValue:
    if is_saved:
        words = _("Bewaard wat klopt. Totaal deze week %(hours)s uur.",
                  hours=write_hours(shown.total))  # fmt: skip
    else:
        words = _("Niet bewaard: er staat een fout in je uren.")
    if wants_fragment():
        return _fragment(actor, shown, words, 422, is_saved=is_saved)
    return _page(actor, shown, found, 422, is_saved=is_saved)


def _conflict(
    actor: Actor, shown: Week, error: WeekConflictError, found: list[Context]
) -> ResponseReturnValue:
    """Show both values at the cell: what stands there now, and what was typed."""
    conflicts = {}
    for (r, d), (theirs, yours) in error.cells.items():
        cell = shown.rows[r].cells[d]
        cell.errors = [
            _(
                "Intussen staat hier %(theirs)s, jij typte %(yours)s. Bewaar nog eens om het jouwe"
                " te houden.",
                theirs=write_hours(theirs),
                yours=write_hours(yours),
            )
        ]
        conflicts[f"u-{r}-{d}"] = (theirs, yours)
    words = _("Niet bewaard: deze uren zijn intussen ergens anders gewijzigd.")
    if wants_fragment():
        answered = _fragment(actor, shown, words, 409, conflicts=conflicts)
        answered.headers["X-Show-Conflict"] = "true"
        return answered
    return _page(actor, shown, found, 409, conflicts=conflicts)


def _copied(count: int) -> str:
    if not count:
        return _("Vorige week staat er niets dat je kunt overnemen.")
    return _("Overgenomen van vorige week. Kijk na of het klopt.")


def _whole(
    actor: Actor, context: Context, monday: date, extra: list[int], words: str
) -> ResponseReturnValue:
    """Answer with the whole grid: it has other rows or other hours now."""
    if not wants_fragment():
        if words:
            flash(words)
        return redirect(_address(context, monday, rij=extra or None, _anchor="rooster"), 303)
    shown = week.read_week(actor, context, monday, extra=extra)
    values = _values(actor, shown, []) | {"words": words, "focus_last": bool(extra)}
    answered = Response(render_template("subsidy/_hours_whole.html", **values))
    answered.headers["HX-Retarget"], answered.headers["HX-Reswap"] = "#rooster", "outerHTML"
    return answered
