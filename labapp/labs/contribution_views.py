"""Pages of one contribution: changing it, what it said before, steps with it, marks on it."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import contribution_marks, contributions, thread_forms
from labapp.labs.contribution_states import MACHINE, ContributionAction
from labapp.labs.contribution_words import shows_words
from labapp.labs.thread_forms import Draft, version_in
from labapp.labs.thread_models import Contribution, ContributionState
from labapp.labs.thread_rights import rights_in
from labapp.labs.thread_views import place_of

pages = Blueprint("contributions", __name__)


@pages.get("/bijdragen/<int:contribution_id>/bewerken")
@sign_in_required
def edit(contribution_id: int) -> ResponseReturnValue:
    actor = current_actor()
    one = contributions.get_contribution(actor, contribution_id)
    if not contributions.may_edit(rights_in(actor, one.thread), actor, one):
        return redirect(place_of(one), 303)
    return _form(one, Draft(body=one.body, kind=one.kind.value))


@pages.post("/bijdragen/<int:contribution_id>/bewerken")
@sign_in_required
def save(contribution_id: int) -> ResponseReturnValue:
    """Save other words; what is refused stays in the form, beside what is there now."""
    actor = current_actor()
    one = contributions.get_contribution(actor, contribution_id)
    try:
        words = thread_forms.words_in(request.form)
        posted = contributions.edit_contribution(actor, one, version_in(request.form), words)
    except InvalidError as error:
        return _again(actor, contribution_id, error.fields), 422
    except ConflictError as error:
        if "version" not in error.theirs:
            raise
        return _again(actor, contribution_id, {}, str(error)), 409
    for notice in posted.notices:
        flash(notice, "info")
    flash(_("Je bijdrage is gewijzigd."))
    return redirect(place_of(posted.contribution), 303)


@pages.get("/bijdragen/<int:contribution_id>/geschiedenis")
def show_history(contribution_id: int) -> str:
    """Show what a contribution said before."""
    actor = current_actor()
    one = contributions.get_contribution(actor, contribution_id)
    texts = contributions.list_texts(actor, one)
    return render_template("labs/contribution_history.html", one=one, texts=texts)


@pages.post("/bijdragen/<int:contribution_id>/stap")
@sign_in_required
def step(contribution_id: int) -> ResponseReturnValue:
    """Place, hide, put back or remove."""
    actor = current_actor()
    one = contributions.get_contribution(actor, contribution_id)
    action = _action(request.form.get("action", ""))
    reason = request.form.get("reason", "")
    try:
        contributions.perform(actor, one, action, version=version_in(request.form), reason=reason)
    except InvalidError as error:
        one = contributions.get_contribution(actor, contribution_id)
        return _step_form(actor, one, action, reason, error.fields), 422
    done = {
        ContributionAction.RELEASE: _("De bijdrage is geplaatst."),
        ContributionAction.HIDE: _("De bijdrage is verborgen."),
        ContributionAction.RESTORE: _("De bijdrage staat er weer."),
        ContributionAction.REMOVE: _("De bijdrage is verwijderd. Haar plaats blijft te zien."),
    }
    flash(done[action])
    return redirect(place_of(one), 303)


@pages.get("/bijdragen/<int:contribution_id>/stap")
@sign_in_required
def ask_step(contribution_id: int) -> ResponseReturnValue:
    """Ask for the reason, or whether one is sure."""
    actor = current_actor()
    one = contributions.get_contribution(actor, contribution_id)
    action = _action(request.args.get("actie", ""))
    if not MACHINE.is_allowed(actor, one, action):
        return redirect(place_of(one), 303)
    return _step_form(actor, one, action, "", {})


@pages.post("/bijdragen/<int:contribution_id>/merken")
@sign_in_required
def mark(contribution_id: int) -> ResponseReturnValue:
    """Call it useful or ask researchers to look, or take that back."""
    actor = current_actor()
    one = contributions.get_contribution(actor, contribution_id)
    is_on = request.form.get("aan") == "1"
    if request.form.get("merk") == "onderzoekers":
        contribution_marks.flag_for_researchers(actor, one, is_on=is_on)
    else:
        contribution_marks.mark_useful(actor, one, is_on=is_on)
    return redirect(place_of(one), 303)


def _again(
    actor: Actor, contribution_id: int, errors: dict[str, list[str]], conflict: str = ""
) -> str:
    one = contributions.get_contribution(actor, contribution_id)
    return _form(one, thread_forms.draft_of(actor, request.form, errors), conflict)


def _form(one: Contribution, draft: Draft, conflict: str = "") -> str:
    return render_template(
        "labs/contribution_edit.html",
        one=one,
        draft=draft,
        conflict=conflict,
        keeps_trace=contributions.keeps_trace(one),
        place=place_of(one),
    )


def _step_form(
    actor: Actor,
    one: Contribution,
    action: ContributionAction,
    reason: str,
    errors: dict[str, list[str]],
) -> str:
    rights = rights_in(actor, one.thread)
    return render_template(
        "labs/contribution_step.html",
        one=one,
        action=action,
        reason=reason,
        errors=errors,
        shows_words=shows_words(rights, actor, one),
        is_posted=one.state is ContributionState.POSTED,
        place=place_of(one),
    )


def _action(text: str) -> ContributionAction:
    try:
        return ContributionAction(text)
    except ValueError:
        raise NotFoundError(_("Deze stap bestaat niet.")) from None
