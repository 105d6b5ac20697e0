"""Pages for administrators: how the platform is doing, its jobs, its audit trail."""

from pathlib import Path

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts import people, words
from labapp.accounts.login import current_actor, sign_in_required
from labapp.auditing import read_anchors
from labapp.home import administration
from labapp.home.administration import EventFilter
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.jobs.models import JobStatus

pages = Blueprint("admin", __name__)
LARGEST = 2**31 - 1
PARTS = {
    "migrations": _l("Migraties van de database"),
    "libraries": _l("Bibliotheken"),
    "instance folder": _l("Map met model, index en geheimen"),
    "disk": _l("Schijfruimte"),
    "search": _l("Zoeken: model en index"),
}
STATUSES = {
    JobStatus.WAITING: _l("Wacht"),
    JobStatus.RUNNING: _l("Bezig"),
    JobStatus.DONE: _l("Klaar"),
    JobStatus.DEAD: _l("Mislukt"),
}
ELSEWHERE = (
    ("organisations.list_all", _l("Mensen en organisaties"), "users"),
    ("imports.show", _l("Kaarten importeren"), "upload"),
    ("feedback.show_analytics", _l("Zoekvragen zonder antwoord"), "chart-no-axes-column"),
    ("mail.show_outbox", _l("Postvak van de demonstratie"), "mail"),
)


@pages.get("/beheer")
@sign_in_required
def show() -> str:
    """Show how every part is doing, and where else an administrator has work."""
    overview = administration.get_overview(current_actor())
    is_demo = current_app.config["DEMO"] or current_app.testing
    places = [
        (url_for(endpoint), label, sign)
        for endpoint, label, sign in ELSEWHERE
        if endpoint in current_app.view_functions and (endpoint != "mail.show_outbox" or is_demo)
    ]
    return render_template(
        "admin/show.html",
        overview=overview,
        part_names=PARTS,
        places=places,
        model=current_app.config["EMBEDDING_MODEL"],
        engine=current_app.config["SEARCH_ENGINE"],
        has_server=bool(current_app.config["SMTP_URL"]),
    )


@pages.get("/beheer/taken")
@sign_in_required
def list_jobs() -> str:
    """Show what waits, runs, is done or failed for good."""
    wanted = request.args.get("staat", "")
    status = next((one for one in JobStatus if one.value == wanted), None)
    return render_template(
        "admin/jobs.html",
        jobs=administration.list_jobs(current_actor(), status),
        counts=administration.count_jobs(current_actor()),
        statuses=STATUSES,
        chosen=status,
    )


@pages.post("/beheer/taken/<int:job_id>/opnieuw")
@sign_in_required
def retry_job(job_id: int) -> ResponseReturnValue:
    administration.retry_job(current_actor(), min(job_id, LARGEST))
    flash(_("De taak wordt opnieuw geprobeerd."))
    return redirect(url_for("admin.list_jobs"), 303)


@pages.get("/beheer/mensen")
@sign_in_required
def list_people() -> str:
    """Find an account: to close it, or to help who lost the second step."""
    text = request.args.get("q", "").replace("\0", "")[:80]
    actor = current_actor()
    return render_template(
        "admin/people.html", found=people.list_users(actor, text), text=text, roles=words.ROLES
    )


@pages.post("/beheer/mensen/<int:user_id>")
@sign_in_required
def change_person(user_id: int) -> ResponseReturnValue:
    """Do what the button says: close the account, or take away its second step."""
    if request.form.get("actie") == "sluiten":
        people.deactivate_user(current_actor(), min(user_id, LARGEST))
        flash(_("Het account is gesloten."))
    else:
        people.reset_second_factor(current_actor(), min(user_id, LARGEST))
        flash(_("De tweede stap is weggehaald. De persoon krijgt er een brief over."))
    return redirect(url_for("admin.list_people", q=request.form.get("q", "")[:80]), 303)


@pages.get("/beheer/logboek")
@sign_in_required
def list_events() -> str:
    """Show who did what to which object, and, when asked, whether the trail is whole."""
    actor = current_actor()
    wanted = EventFilter(
        action=request.args.get("handeling", "")[:64].replace("\0", ""),
        object=request.args.get("object", "")[:80].replace("\0", ""),
        actor_id=_number("persoon"),
        before=_number("voor"),
    )
    checked = "controle" in request.args
    return render_template(
        "admin/events.html",
        trail=administration.list_events(actor, wanted),
        wanted=wanted,
        checked=checked,
        faults=administration.verify_trail(actor, _anchors()) if checked else [],
    )


def _number(name: str) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= LARGEST else None


def _anchors() -> dict[int, str] | None:
    path = Path(current_app.config["AUDIT_ANCHOR"] or "")
    return read_anchors(path) if path.is_file() else None
