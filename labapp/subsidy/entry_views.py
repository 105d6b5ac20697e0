"""One entry on a page of its own: with times, a document, and corrections of what is approved."""

from datetime import date, time
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.notifications import objects
from labapp.subsidy import hours, week
from labapp.subsidy.contexts import Context, contexts_of
from labapp.subsidy.durations import parse_minutes, write_hours
from labapp.subsidy.hour_corrections import left_of
from labapp.subsidy.hour_models import DeclarationState, EntryKind, HourEntry
from labapp.subsidy.surroundings import EntryInput
from labapp.subsidy.wall_clock import today_at

pages = Blueprint("entries", __name__)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Hours are of people."""


@pages.get("/uren/boeking")
def show_new() -> ResponseReturnValue:
    actor, day = current_actor(), _day(request.args.get("dag", ""))
    context = _context(actor, day, request.args)
    values = {"work_date": day.isoformat(), "minutes": "", "category": None}
    return _form(context, values, {})


@pages.post("/uren/boeking")
def create() -> ResponseReturnValue:
    actor, day = current_actor(), _day(request.form.get("work_date", ""))
    context = _context(actor, day, request.form)
    try:
        entry = hours.add_entry(actor, _read(actor.require_user().id, context.key))
    except InvalidError as error:
        return _form(context, request.form, error.fields), 422
    flash(_("Bewaard: %(hours)s uur.", hours=write_hours(entry.minutes)))
    return redirect(_week_of(entry), 303)


@pages.get("/uren/boeking/<string(length=26):entry_id>")
def show(entry_id: str) -> ResponseReturnValue:
    """Show an entry: to change while it is open, else to read and to correct."""
    actor = current_actor()
    return _entry_page(actor, hours.get_entry(actor, entry_id), None, {})


@pages.post("/uren/boeking/<string(length=26):entry_id>")
def change(entry_id: str) -> ResponseReturnValue:
    actor = current_actor()
    entry = hours.get_entry(actor, entry_id)
    version = request.form.get("version", 0, type=int)
    try:
        key = entry.organisation_id, entry.scheme_version_id
        entry = hours.change_entry(actor, entry, _read(entry.user_id, key), version)
    except InvalidError as error:
        return _entry_page(actor, entry, request.form, error.fields), 422
    flash(_("Bewaard: %(hours)s uur.", hours=write_hours(entry.minutes)))
    return redirect(_week_of(entry), 303)


@pages.post("/uren/boeking/<string(length=26):entry_id>/verwijderen")
def remove(entry_id: str) -> ResponseReturnValue:
    actor = current_actor()
    entry = hours.get_entry(actor, entry_id)
    back = _week_of(entry)
    hours.remove_entry(actor, entry, request.form.get("version", 0, type=int))
    flash(_("De uren zijn weg."))
    return redirect(back, 303)


@pages.post("/uren/boeking/<string(length=26):entry_id>/corrigeren")
def correct(entry_id: str) -> ResponseReturnValue:
    """Take approved hours back, and perhaps put others in their place."""
    actor = current_actor()
    entry = hours.get_entry(actor, entry_id)
    form = request.form
    try:
        minutes = parse_minutes(form.get("taken", ""))
        again = form.get("again", "").strip()
        instead = None
        if again:
            instead = EntryInput(
                entry.user_id, entry.organisation_id, entry.scheme_version_id, entry.category_id,
                _day(form.get("again_on", "")), _minutes(again, "again"),
                description=entry.description, evidence=entry.evidence,
            )  # fmt: skip
        made = hours.reverse(actor, entry, minutes, form.get("reason", ""), instead)
    except InvalidError as error:
        fields = {("taken" if k == "minutes" else k): words for k, words in error.fields.items()}
        return _entry_page(actor, entry, form, fields), 422
    flash(_("De correctie staat klaar om te ondertekenen."))
    number = made[0].declaration_id
    return redirect(url_for("declarations.show", declaration_id=number), 303)


def _entry_page(actor: Actor, entry: HourEntry, typed: Any, errors: dict[str, list[str]]) -> str:
    is_open = entry.declaration.state is DeclarationState.OPEN
    is_mine = entry.user_id == actor.id
    return render_template(
        "subsidy/entry.html",
        entry=entry,
        values=typed or _values(entry),
        categories=entry.scheme_version.categories,
        errors=errors,
        may_change=is_open and is_mine and entry.kind is not EntryKind.REVERSAL,
        may_remove=is_open and is_mine,
        origin=_origin(actor, entry),
        left=left_of(entry) if _is_correctable(entry) and is_mine else 0,
        back=_week_of(entry) if is_mine else url_for("declarations.show",
                                                     declaration_id=entry.declaration_id),
    )  # fmt: skip


def _origin(actor: Actor, entry: HourEntry) -> tuple[str, str] | None:
    """Give title and address of what the hours came from, if one may see it."""
    name = entry.source_ref or ""
    if not objects.can_see(actor, name):
        return None
    titles = objects.Titles()
    titles.look_up([name])
    title = titles.of(name)
    return (title, objects.url_of(name)) if title else None


def _is_correctable(entry: HourEntry) -> bool:
    is_approved = entry.declaration.state is DeclarationState.APPROVED
    return is_approved and entry.kind is not EntryKind.REVERSAL


def _form(context: Context, values: Any, errors: dict[str, list[str]]) -> str:
    return render_template(
        "subsidy/entry_new.html",
        context=context,
        values=values,
        categories=[c for c in context.version.categories if c.is_open],
        errors=errors,
    )


def _values(entry: HourEntry) -> dict[str, Any]:
    """Give an entry as its form shows it."""
    has_times = entry.start_local is not None and entry.end_local is not None
    return {
        "work_date": entry.work_date.isoformat(),
        "minutes": "" if has_times else write_hours(entry.minutes),
        "start_local": f"{entry.start_local:%H:%M}" if entry.start_local else "",
        "end_local": f"{entry.end_local:%H:%M}" if entry.end_local else "",
        "category": entry.category_id,
        "description": entry.description,
        "evidence": entry.evidence,
        "version": entry.version,
    }


def _read(user_id: int, key: tuple[int, int]) -> EntryInput:
    """Read the form of an entry; what cannot be read is refused at its field."""
    form = request.form
    try:
        day = date.fromisoformat(form.get("work_date", ""))
        start, end = (_time(form.get(name, "")) for name in ("start_local", "end_local"))
    except ValueError as error:
        words = _("Vul een datum en tijden in zoals de kalender en de klok ze kennen.")
        raise InvalidError(words, {"work_date": [words]}) from error
    typed = form.get("minutes", "").strip()
    return EntryInput(
        user_id, key[0], key[1], form.get("category", 0, type=int), day,
        _minutes(typed, "minutes") if typed else None, start, end,
        description=" ".join(form.get("description", "").split()),
        evidence=" ".join(form.get("evidence", "").split()),
    )  # fmt: skip


def _minutes(text: str, name: str) -> int:
    try:
        return parse_minutes(text)
    except InvalidError as error:
        raise InvalidError(str(error), {name: [str(error)]}) from error


def _time(text: str) -> time | None:
    return time.fromisoformat(text) if text.strip() else None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today_at("Europe/Amsterdam")


def _context(actor: Actor, day: date, values: Any) -> Context:
    found = contexts_of(actor, week.monday_of(max(day, date(2000, 1, 3))))
    wanted = (values.get("vestiging", type=int), values.get("regeling", type=int))
    if not found:
        raise NotFoundError(_("In deze week kun je geen uren invullen."))
    return next((context for context in found if context.key == wanted), found[0])


def _week_of(entry: HourEntry) -> str:
    monday = week.monday_of(entry.work_date).isoformat()
    return url_for(
        "hours.show", week=monday, vestiging=entry.organisation_id,
        regeling=entry.scheme_version_id,
    )  # fmt: skip
