"""The schools and the tasks of a round on the page."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.clock import today
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import (
    activities,
    policies,
    round_forms,
    round_page,
    round_rights,
    round_tasks,
    rounds,
    sites,
)
from labapp.labs.round_forms import Field, FormPage
from labapp.labs.round_models import Round, RoundSite, RoundTask
from labapp.labs.round_tasks import TaskInput
from labapp.labs.round_views import BOTH, crumbs_of
from labapp.labs.site_states import MACHINE as CONSENTS
from labapp.labs.site_states import ConsentAction
from labapp.labs.sites import SiteMove
from labapp.labs.task_states import MACHINE as TASKS
from labapp.labs.task_states import TaskAction

pages = Blueprint("sites", __name__)
MOVE_WORDS = {
    SiteMove.START: _l("Meld: begonnen"),
    SiteMove.FINISH: _l("Meld: klaar"),
    SiteMove.STOP: _l("Meld: gestopt"),
}


@pages.get("/rondes/<int:round_id>/plekken")
def show_sites(round_id: int) -> str:
    """Show which schools take part; their consent and days are for the people of the lab."""
    return _sites_page(rounds.get_round(current_actor(), round_id))


@pages.post("/rondes/<int:round_id>/plekken")
@sign_in_required
def add_site(round_id: int) -> ResponseReturnValue:
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    try:
        sites.add_site(actor, one, round_forms.number_in("organisation_id") or 0)
    except InvalidError as error:
        return _sites_page(rounds.get_round(actor, round_id), error.fields), 422
    flash(_("De schoolleider van deze school krijgt de vraag om toestemming."), "success")
    return redirect(_sites_url(one), 303)


@pages.post("/rondes/plekken/<int:site_id>/stap")
@sign_in_required
def step_site(site_id: int) -> ResponseReturnValue:
    """Answer for one's school, or ask it again."""
    site = sites.get_site(current_actor(), site_id)
    one = site.round
    try:
        sites.perform(
            current_actor(), site, round_forms.choice_in(ConsentAction, "action"),
            version=round_forms.posted_version(), reason=request.form.get("reason", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _sites_page(one, error.fields), 422
    flash(_("Bewaard."), "success")
    return redirect(_sites_url(one), 303)


@pages.post("/rondes/plekken/<int:site_id>/verloop")
@sign_in_required
def move_site(site_id: int) -> ResponseReturnValue:
    """Note that a school began, is done, or stopped."""
    site = sites.get_site(current_actor(), site_id)
    one = site.round
    try:
        sites.move_site(
            current_actor(), site, round_forms.choice_in(SiteMove, "move"),
            on=round_forms.required_day_in("on"), version=round_forms.posted_version(),
            reason=request.form.get("reason", ""),
        )  # fmt: skip
    except InvalidError as error:
        return _sites_page(one, error.fields), 422
    flash(_("Bewaard."), "success")
    return redirect(_sites_url(one), 303)


@pages.post("/rondes/plekken/<int:site_id>/weg")
@sign_in_required
def remove_site(site_id: int) -> ResponseReturnValue:
    site = sites.get_site(current_actor(), site_id)
    one = site.round
    sites.remove_site(current_actor(), site, version=round_forms.posted_version())
    flash(_("De school staat niet meer bij de ronde."), "success")
    return redirect(_sites_url(one), 303)


@pages.get("/rondes/<int:round_id>/taken")
@sign_in_required
def show_tasks(round_id: int) -> str:
    return _tasks_page(rounds.get_round(current_actor(), round_id))


@pages.route("/rondes/<int:round_id>/taken/nieuw", methods=BOTH)
@sign_in_required
def add_task(round_id: int) -> ResponseReturnValue:
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    round_rights.require_work(actor, one.lab)

    def make() -> FormPage:
        return _task_form(one, _("Nieuwe taak"), {}, 0)

    def submit() -> str:
        round_tasks.add_task(actor, one, _task_input(), confirmed=round_forms.is_confirmed())
        return _tasks_url(one)

    return round_forms.handle(make, submit, _("De taak staat gepland."))


@pages.route("/rondes/taken/<int:task_id>", methods=BOTH)
@sign_in_required
def change_task(task_id: int) -> ResponseReturnValue:
    actor = current_actor()
    task = round_tasks.get_task(actor, task_id)
    one = task.round
    round_rights.require_work(actor, one.lab)

    def make() -> FormPage:
        names = ("title", "organisation_id", "owner_id", "due_on", "collects_data")
        values = {name: getattr(task, name) for name in names}
        return _task_form(one, _("Taak"), values, task.version)

    def submit() -> str:
        round_tasks.change_task(
            actor, task, _task_input(), version=round_forms.posted_version(),
            confirmed=round_forms.is_confirmed(),
        )  # fmt: skip
        return _tasks_url(one)

    return round_forms.handle(make, submit, _("Bewaard."))


@pages.post("/rondes/taken/<int:task_id>/stap")
@sign_in_required
def step_task(task_id: int) -> ResponseReturnValue:
    """Begin, finish, cancel or take up a task."""
    actor = current_actor()
    task = round_tasks.get_task(actor, task_id)
    one = task.round
    try:
        action = round_forms.choice_in(TaskAction, "action")
        round_tasks.perform(actor, task, action, version=round_forms.posted_version())
    except InvalidError as error:
        return _tasks_page(one, error.fields), 422
    except ConflictError as error:
        if not error.problems:
            raise
        return _tasks_page(one, {"action": [str(error)]}), 409
    flash(_("Bewaard."), "success")
    return redirect(_tasks_url(one), 303)


def _sites_page(one: Round, errors: round_forms.Errors | None = None) -> str:
    actor = current_actor()
    works_in = policies.works_in(actor, one.lab)
    is_lead = policies.is_lead(actor, one.lab)
    runs = round_page.is_running(one)
    found = sites.list_sites(one)
    taken = {site.organisation_id for site in found}
    return render_template(
        "labs/round_sites.html",
        round=one,
        lab=one.lab,
        tabs=round_page.tabs_of(actor, one, "sites.show_sites"),
        sites=[
            (site, _consents(site), _moves(site, is_lead=is_lead)) if runs else (site, [], [])
            for site in found
        ],
        branches=[(b.id, b.name) for b in sites.list_branches(one.lab) if b.id not in taken]
        if is_lead and runs else [],
        is_lead=is_lead and runs,
        works_in=works_in,
        today=today().isoformat(),
        errors=errors or {},
    )  # fmt: skip


def _consents(site: RoundSite) -> list[tuple[str, str, bool]]:
    return [
        (action.value, str(CONSENTS.action_words[action]), action in CONSENTS.reasons)
        for action in CONSENTS.actions(current_actor(), site)
    ]


def _moves(site: RoundSite, *, is_lead: bool) -> list[tuple[str, str, bool]]:
    """Give what can be noted of a site: word, sentence, whether it asks why."""
    if not is_lead and not sites.can_move(current_actor(), site):
        return []
    return [(m.value, str(MOVE_WORDS[m]), m is SiteMove.STOP) for m in sites.moves_of(site)]


def _tasks_page(one: Round, errors: round_forms.Errors | None = None) -> str:
    actor = current_actor()
    if not policies.works_in(actor, one.lab):
        raise NotFoundError(_("De taken zijn er alleen voor de mensen van het lab."))
    works = round_page.is_running(one) and round_rights.can_work_on(actor, one.lab)
    rows: list[tuple[RoundTask, Any]] = [
        (
            task,
            [(action.value, str(TASKS.action_words[action]), TASKS.missing(task, action))
             for action in TaskAction if works and TASKS.leads_on(task, action)],
        )
        for task in round_tasks.list_tasks(actor, one)
    ]  # fmt: skip
    return render_template(
        "labs/round_tasks.html",
        round=one,
        lab=one.lab,
        tabs=round_page.tabs_of(actor, one, "sites.show_tasks"),
        tasks=rows,
        works=works,
        errors=errors or {},
    )


def _task_form(one: Round, title: str, values: round_forms.Values, version: int) -> FormPage:
    schools = [(site.organisation_id, site.organisation.name) for site in sites.list_sites(one)]
    people = [(role.user_id, role.user.name) for role in activities.list_people(one.lab)]
    fields = [
        Field("text", "title", _("Taak"), attrs={"maxlength": 200}),
        Field("select", "organisation_id", _("School"), options=schools, empty=_("Alle scholen"),
              optional=True),
        Field("select", "owner_id", _("Wie"), options=people, empty=_("Nog niemand"),
              optional=True),
        Field("date", "due_on", _("Klaar op"), optional=True),
        Field("checkbox", "collects_data", _("Hierbij worden gegevens verzameld"),
              _("Deze taak begint pas als het privacyblad is goedgekeurd.")),
    ]  # fmt: skip
    return FormPage(
        title, one.title, crumbs_of(one), fields, values, _("Bewaar"), _tasks_url(one), version
    )


def _task_input() -> TaskInput:
    return TaskInput(
        title=request.form.get("title", ""),
        organisation_id=round_forms.number_in("organisation_id"),
        owner_id=round_forms.number_in("owner_id"),
        due_on=round_forms.day_in("due_on"),
        collects_data="collects_data" in request.form,
    )


def _sites_url(one: Round) -> str:
    return url_for("sites.show_sites", round_id=one.id)


def _tasks_url(one: Round) -> str:
    return url_for("sites.show_tasks", round_id=one.id)
