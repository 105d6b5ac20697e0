"""Meetings on the page: planned, in one's calendar, and confirmed with the hours that follow."""

from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.clock import today
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import (
    activities,
    activity_hours,
    policies,
    round_forms,
    round_page,
    round_rights,
    rounds,
)
from labapp.labs.activities import ActivityInput
from labapp.labs.activity_calendar import calendar_of
from labapp.labs.activity_hours import Choice
from labapp.labs.activity_states import KIND_WORDS, MACHINE, ActivityAction, holds
from labapp.labs.lab_models import Lab
from labapp.labs.round_forms import Field, FormPage
from labapp.labs.round_models import Activity, ActivityKind, ActivityState
from labapp.notifications import addresses

pages = Blueprint("activities", __name__)
BOTH = ["GET", "POST"]
NO_HOURS = "geen"


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Meetings are for the people of a lab."""


@pages.get("/labs/<int:lab_id>/bijeenkomsten")
def list_all(lab_id: int) -> str:
    lab = _lab(lab_id)
    actor = current_actor()
    found = activities.list_activities(actor, lab)
    return render_template(
        "labs/activities.html",
        lab=lab,
        coming=[one for one in reversed(found) if one.held_on >= today()],
        past=[one for one in found if one.held_on < today()],
        may_plan=lab.state in round_rights.RUNNING and round_rights.can_work_on(actor, lab),
    )


@pages.get("/labs/<int:lab_id>/agenda.ics")
def show_calendar(lab_id: int) -> Response:
    found = activities.list_activities(current_actor(), _lab(lab_id))
    return calendar_file(found, f"lab-{lab_id}.ics")


@pages.get("/bijeenkomsten/<int:activity_id>/agenda.ics")
def show_in_calendar(activity_id: int) -> Response:
    found = activities.get_activity(current_actor(), activity_id)
    return calendar_file([found], f"bijeenkomst-{activity_id}.ics")


@pages.route("/labs/<int:lab_id>/bijeenkomsten/nieuw", methods=BOTH)
def plan(lab_id: int) -> ResponseReturnValue:
    actor, lab = current_actor(), _lab(lab_id)
    round_rights.require_work(actor, lab)

    def make() -> FormPage:
        values = {
            "kind": ActivityKind.MEETING.value,
            "round_id": request.args.get("ronde", type=int),
            "minutes": 60,
            "people": [actor.id],
        }
        back = url_for("activities.list_all", lab_id=lab_id)
        return _form(lab, _("Nieuwe bijeenkomst"), values, back, 0)

    def submit() -> str:
        made = activities.plan_activity(actor, lab, _input(), confirmed=round_forms.is_confirmed())
        return url_for("activities.show", activity_id=made.id)

    return round_forms.handle(make, submit, _("De bijeenkomst staat in de agenda van het lab."))


@pages.get("/bijeenkomsten/<int:activity_id>")
def show(activity_id: int) -> str:
    return _page(activities.get_activity(current_actor(), activity_id))


@pages.route("/bijeenkomsten/<int:activity_id>/bewerken", methods=BOTH)
def change(activity_id: int) -> ResponseReturnValue:
    actor = current_actor()
    activity = activities.get_activity(actor, activity_id)
    if not holds(actor, activity):
        raise ForbiddenError(_("Dit doen wie de bijeenkomst plande en de trekkers."))
    to = url_for("activities.show", activity_id=activity_id)

    def make() -> FormPage:
        names = ("title", "held_on", "minutes", "round_id", "place", "notes")
        values: dict[str, Any] = {name: getattr(activity, name) for name in names}
        values["kind"] = activity.kind.value
        values["starts_at"] = f"{activity.starts_at:%H:%M}" if activity.starts_at else ""
        values["people"] = [person.user_id for person in activity.people]
        return _form(activity.lab, _("Bijeenkomst"), values, to, activity.version)

    def submit() -> str:
        activities.change_activity(
            actor, activity, _input(), version=round_forms.posted_version(),
            confirmed=round_forms.is_confirmed(),
        )  # fmt: skip
        return to

    return round_forms.handle(make, submit, _("Bewaard."))


@pages.post("/bijeenkomsten/<int:activity_id>/stap")
def step(activity_id: int) -> ResponseReturnValue:
    """Cancel a meeting, or confirm who was there and propose hours to them."""
    actor = current_actor()
    activity = activities.get_activity(actor, activity_id)
    try:
        action = round_forms.choice_in(ActivityAction, "action")
        activities.perform(
            actor, activity, action, version=round_forms.posted_version(),
            reason=request.form.get("reason", ""), present=_present(), hours=_chosen(),
        )  # fmt: skip
    except InvalidError as error:
        return _page(activities.get_activity(actor, activity_id), error.fields), 422
    except ConflictError as error:
        if not error.problems:
            raise
        fresh = activities.get_activity(actor, activity_id)
        return _page(fresh, {"action": [str(error)]}), 409
    if activity.state is ActivityState.CANCELLED:
        flash(_("Afgezegd. Wie zou komen, krijgt bericht."), "success")
    else:
        flash(_("Bevestigd. Wie uren kan schrijven, vindt ze klaar staan onder Uren."), "success")
    return redirect(url_for("activities.show", activity_id=activity_id), 303)


def _lab(lab_id: int) -> Lab:
    """Give a lab that one works in: others do not know of its meetings."""
    actor = current_actor()
    lab = rounds.get_lab_of_rounds(actor, lab_id)
    if not policies.works_in(actor, lab):
        raise NotFoundError(_("De bijeenkomsten zijn er alleen voor de mensen van het lab."))
    return lab


def calendar_file(found: list[Activity], name: str) -> Response:
    """Give meetings as a file for a calendar, each with its whole address."""
    rows = [
        (one, addresses.whole(addresses.path("activities.show", activity_id=one.id)))
        for one in found
    ]
    host = urlsplit(str(current_app.config["BASE_URL"])).hostname or "localhost"
    answer = Response(calendar_of(rows, host), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _page(activity: Activity, errors: round_forms.Errors | None = None) -> str:
    actor = current_actor()
    lab = activity.lab
    runs = lab.state in round_rights.RUNNING
    actions = MACHINE.actions(actor, activity) if runs else []
    confirms = ActivityAction.CONFIRM in actions and not MACHINE.missing(
        activity, ActivityAction.CONFIRM
    )
    here = {person.user_id: person for person in activity.people}
    others = [
        role for role in (activities.list_people(lab) if confirms else [])
        if role.user_id not in here
    ]  # fmt: skip
    places = {person.organisation for person in activity.people}
    places |= {place for role in others if (place := activities.organisation_of(role))}
    options = activity_hours.options_of(activity, sorted(place.id for place in places))
    return render_template(
        "labs/activity.html",
        activity=activity,
        lab=lab,
        people=activity.people,
        others=others,
        organisation_of=activities.organisation_of,
        words_without=activity_hours.words_without,
        schools=[
            (place, [(f"{o.version.id}:{o.category.id}", o) for o in options[place.id]])
            for place in sorted(places, key=lambda place: (place.name, place.id))
        ],
        no_hours=NO_HOURS,
        usual={
            place: f"{version}:{category}"
            for place, (version, category) in activity_hours.usual(activity, options).items()
        },
        confirms=confirms,
        cancels=ActivityAction.CANCEL in actions,
        may_change=runs and activity.state is ActivityState.PLANNED and holds(actor, activity),
        typed=request.form,
        errors=errors or {},
        labels={
            "present": _("Wie was er?"),
            "people": _("Wie was er?"),
            "action": _("Volgende stap"),
            "reason": _("Waarom?"),
            **{f"hours-{one.id}": _("Uren van %(school)s", school=one.name) for one in places},
        },
        tone=round_page.tone_of(activity.state),
    )


def _form(lab: Lab, title: str, values: dict[str, Any], back: str, version: int) -> FormPage:
    people = [
        (str(role.user_id), _("%(name)s, %(school)s", name=role.user.name, school=place.name))
        for role in activities.list_people(lab)
        if (place := activities.organisation_of(role))
    ]
    in_lab = [(one.id, one.title) for one in rounds.list_rounds(current_actor(), lab)]
    fields = [
        Field("text", "title", _("Waar gaat het over?"), attrs={"maxlength": 160}),
        Field("select", "kind", _("Soort"),
              options=[(key.value, str(words)) for key, words in KIND_WORDS.items()]),
        Field("select", "round_id", _("Ronde"), options=in_lab, empty=_("Geen"), optional=True),
        Field("date", "held_on", _("Dag")),
        Field("time", "starts_at", _("Begin")),
        Field("number", "minutes", _("Duur in minuten"),
              attrs={"min": 15, "max": 720, "step": 5}),
        Field("text", "place", _("Plaats"), optional=True, attrs={"maxlength": 160}),
        Field("textarea", "notes", _("Agenda of verslag"), optional=True),
        Field("checkboxes", "people", _("Wie komt er?"), options=people),
    ]  # fmt: skip
    crumbs = [
        (lab.title, url_for("labs.show", lab_id=lab.id)),
        (_("Bijeenkomsten"), url_for("activities.list_all", lab_id=lab.id)),
    ]
    return FormPage(title, lab.title, crumbs, fields, values, _("Bewaar"), back, version)


def _input() -> ActivityInput:
    return ActivityInput(
        title=request.form.get("title", ""),
        kind=round_forms.choice_in(ActivityKind, "kind"),
        round_id=round_forms.number_in("round_id"),
        held_on=round_forms.required_day_in("held_on"),
        starts_at=round_forms.time_in("starts_at"),
        minutes=round_forms.number_in("minutes") or 0,
        place=request.form.get("place", ""),
        notes=request.form.get("notes", ""),
        people=round_forms.numbers_in("people"),
    )


def _present() -> dict[int, int | None]:
    """Give who was ticked, with the minutes of who was there for part of it."""
    return {
        number: round_forms.number_in(f"minutes-{number}")
        for number in round_forms.numbers_in("present")
    }


def _chosen() -> dict[int, Choice | None]:
    """Give for each school under which scheme and activity; `geen` is none."""
    chosen: dict[int, Choice | None] = {}
    for name, text in request.form.items():
        number = name.removeprefix("hours-")
        if name.startswith("hours-") and number.isdecimal():
            version, _colon, category = text.partition(":")
            is_choice = version.isdecimal() and category.isdecimal()
            if not text:  # nothing chosen yet
                continue
            chosen[int(number)] = (int(version), int(category)) if is_choice else None
    return chosen
