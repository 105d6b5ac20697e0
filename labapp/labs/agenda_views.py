"""Pages of the question agenda: collect, check, shorten, rank, publish, and what became of it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.clock import today
from labapp.database import name_of
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import current_language, ngettext
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import vocabulary
from labapp.labs import agenda_ranking, agendas, policies, question_forms
from labapp.labs.agenda_states import (
    ACTION_WORDS,
    AGENDA,
    STATE_WORDS,
    STEPS,
    TOP,
    AgendaAction,
    shortlist,
)
from labapp.labs.lab_models import Side
from labapp.labs.question_models import Agenda, AgendaState
from labapp.labs.question_words import STEP_HELP
from labapp.labs.round_forms import Errors, choice_in, day_in, number_in, posted_version
from labapp.notifications import following

pages = Blueprint("agendas", __name__)
FIRST_MONTH = 8
LABELS = {
    "title": _l("Titel"),
    "theme": _l("Thema"),
    "school_year": _l("Schooljaar"),
    "closes_on": _l("Tot en met"),
    "known": _l("Wat is er al over bekend?"),
    "because": _l("Waarom valt zij af?"),
    "outcome": _l("Wat is ervan geworden?"),
    "question_id": _l("Zet er een andere vraag bij"),
    "places": _l("Plaatsen"),
    "reason": _l("Waarom?"),
}


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Agendas are of the people of the programme."""


@pages.route("/agenda", methods=["GET", "POST"])
def list_all() -> ResponseReturnValue:
    """Show the agendas; a broker begins one."""
    actor = current_actor()
    errors: Errors = {}
    if request.method == "POST":
        try:
            made = agendas.start_agenda(
                actor,
                theme=request.form.get("theme", ""),
                school_year=number_in("school_year") or 0,
                title=request.form.get("title", ""),
                closes_on=day_in("closes_on"),
            )
        except InvalidError as error:
            errors = error.fields
        else:
            flash(_("De agenda is begonnen met de vragen die er al waren."), "success")
            return _to(made.id)
    first = today().year - (1 if today().month < FIRST_MONTH else 0)
    language = current_language()
    page = render_template(
        "labs/agendas.html",
        rows=[
            (one, str(STATE_WORDS[one.state]), vocabulary.label("theme", one.theme, language))
            for one in agendas.list_agendas(actor)
        ],
        is_broker=policies.is_broker(actor),
        errors=errors,
        labels=_labels(),
        options=question_forms.options(),
        years=[(year, f"{year}/{(year + 1) % 100:02}") for year in (first, first + 1)],
    )
    return page, 422 if errors else 200


@pages.get("/agenda/<int:agenda_id>")
def show(agenda_id: int) -> str:
    return _page(agendas.get_agenda(current_actor(), agenda_id), {})


@pages.post("/agenda/<int:agenda_id>/stap")
def step(agenda_id: int) -> ResponseReturnValue:
    actor = current_actor()
    agenda = agendas.get_agenda(actor, agenda_id)
    try:
        agendas.perform(
            actor, agenda, choice_in(AgendaAction, "action"), version=posted_version(),
            reason=request.form.get("reason", ""), closes_on=day_in("closes_on"),
        )  # fmt: skip
    except (InvalidError, ConflictError) as error:
        return _refused(agenda_id, error)
    flash(_("De stand is nu: %(state)s.", state=str(STATE_WORDS[agenda.state])), "success")
    return _to(agenda_id)


@pages.post("/agenda/<int:agenda_id>/vragen")
def add_question(agenda_id: int) -> ResponseReturnValue:
    """Put a question on the agenda, or all of its theme that were accepted since."""
    actor = current_actor()
    agenda = agendas.get_agenda(actor, agenda_id)
    try:
        number = number_in("question_id")
        if request.form.get("doe") == "verzamel":
            count = agendas.collect(actor, agenda)
            said = ngettext("%(num)s vraag erbij.", "%(num)s vragen erbij.", count)
            flash(said if count else _("Er zijn geen nieuwe vragen bij dit thema."), "success")
        else:
            agendas.add_question(actor, agenda, number or 0)
            flash(_("De vraag staat op de agenda."), "success")
    except (InvalidError, ConflictError) as error:
        return _refused(agenda_id, error)
    return _to(agenda_id)


@pages.post("/agenda/<int:agenda_id>/vragen/<int:item_id>")
def change_item(agenda_id: int, item_id: int) -> ResponseReturnValue:
    """Say of a question what is known, whether it stays, or what became of it (`doe`)."""
    actor = current_actor()
    agenda = agendas.get_agenda(actor, agenda_id)
    form, what = request.form, request.form.get("doe", "")
    try:
        if what == "bekend":
            agendas.note_known(actor, agenda, item_id, form.get("known", ""))
        elif what in ("blijft", "weg"):
            agendas.decide(
                actor, agenda, item_id, stays=what == "blijft", because=form.get("because", "")
            )
        elif what == "geworden":
            agendas.note_outcome(actor, agenda, item_id, form.get("outcome", ""))
        else:
            raise NotFoundError(_("Dit kan hier niet."))
    except InvalidError as error:
        fields = {f"{name}-{item_id}": said for name, said in error.fields.items()}
        return _refused(agenda_id, InvalidError(str(error), fields))
    except ConflictError as error:
        return _refused(agenda_id, error)
    flash(_("Bewaard."), "success")
    return redirect(url_for("agendas.show", agenda_id=agenda_id, _anchor=f"vraag-{item_id}"), 303)


@pages.post("/agenda/<int:agenda_id>/stemmen")
def vote(agenda_id: int) -> ResponseReturnValue:
    """Give places for one's own side, or as a broker those of both together (`samen`)."""
    actor = current_actor()
    agenda = agendas.get_agenda(actor, agenda_id)
    try:
        places = _places(agenda)
        if request.form.get("samen") == "1":
            agenda_ranking.place_together(actor, agenda, places)
        else:
            agenda_ranking.vote(actor, agenda, places)
    except (InvalidError, ConflictError) as error:
        return _refused(agenda_id, error)
    flash(_("Je keuze is bewaard."), "success")
    return _to(agenda_id)


@pages.post("/agenda/<int:agenda_id>/volgen")
def follow(agenda_id: int) -> ResponseReturnValue:
    """Follow an agenda, or no longer (`aan` is 0)."""
    actor = current_actor()
    name = name_of(agendas.get_agenda(actor, agenda_id))
    if request.form.get("aan") == "0":
        following.unfollow(actor, name)
    else:
        following.follow(actor, name)
    return _to(agenda_id)


def _places(agenda: Agenda) -> dict[int, int]:
    """Read the place of each question that has one: fields named plaats-<item>."""
    found = {}
    for item in shortlist(agenda):
        text = request.form.get(f"plaats-{item.id}", "").strip()
        if text:
            found[item.id] = int(text) if text.isascii() and text.isdigit() else 0
    return found


def _page(agenda: Agenda, errors: Errors, said: str = "") -> str:
    actor = current_actor()
    items = agendas.list_items(actor, agenda)
    ranked = agenda.state in (AgendaState.RANKING, AgendaState.PUBLISHED)
    if ranked:
        kept = {item.id for item in shortlist(agenda)}
        order = {item.id: place for place, item in enumerate(shortlist(agenda))}
        left_out = [item for item in items if item.id not in kept]
        items = sorted((i for i in items if i.id in kept), key=lambda item: order[item.id])
    voters = agenda_ranking.count_voters(agenda)
    return render_template(
        "labs/agenda.html",
        agenda=agenda,
        items=items,
        left_out=left_out if ranked else [],
        theme=vocabulary.label("theme", agenda.theme, current_language()),
        steps=[str(STATE_WORDS[one]) for one in STEPS],
        step_now=STEPS.index(agenda.state) if agenda.state in STEPS else len(STEPS) - 1,
        help=str(STEP_HELP[agenda.state]),
        actions=[(one.value, str(ACTION_WORDS[one]), one is AgendaAction.CANCEL)
                 for one in AGENDA.actions(actor, agenda)],
        is_broker=policies.is_broker(actor),
        addable=[(one.id, one.title) for one in agendas.list_addable(actor, agenda)],
        side=agenda_ranking.side_of(actor),
        own=agenda_ranking.own_votes(actor, agenda),
        proposed=agenda_ranking.proposed(agenda) if ranked else {},
        voters=(voters[Side.PRACTICE], voters[Side.RESEARCH]),
        top=TOP,
        is_following=following.is_following(actor, name_of(agenda)),
        errors=errors,
        said=said,
        labels=_labels(),
    )  # fmt: skip


def _refused(agenda_id: int, error: InvalidError | ConflictError) -> ResponseReturnValue:
    """Show the agenda as it is now, with what was typed and why it was refused."""
    agenda = agendas.get_agenda(current_actor(), agenda_id)
    if isinstance(error, InvalidError):
        return _page(agenda, error.fields), 422
    return _page(agenda, {}, str(error)), 409


def _labels() -> dict[str, Any]:
    return {name: str(words) for name, words in LABELS.items()}


def _to(agenda_id: int) -> ResponseReturnValue:
    return redirect(url_for("agendas.show", agenda_id=agenda_id), 303)
