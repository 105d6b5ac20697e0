"""The pages of taking part in a lab: who does, asking, inviting, answering, roles."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts import schools
from labapp.accounts.joining_views import chosen_school
from labapp.accounts.login import current_actor, sign_in_required
from labapp.accounts.models import Organisation
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import (
    joining,
    lab_words,
    labs,
    membership_page,
    membership_terms,
    memberships,
    policies,
    roles,
    round_forms,
)
from labapp.labs.joining import Wish
from labapp.labs.lab_models import LabRoleKind, MembershipKind, MembershipState
from labapp.labs.membership_states import STATE_WORDS, MembershipAction
from labapp.labs.rules import message

pages = Blueprint("memberships", __name__)
pages.add_app_template_filter(lambda state: str(STATE_WORDS[state]), "deelnamestand")
pages.add_app_template_filter(message, "regeltekst")
ROW = "/labs/deelnames/<int:membership_id>"
Said = InvalidError | ConflictError


@pages.get("/labs/<int:lab_id>/leden")
def list_all(lab_id: int) -> str:
    """Show who takes part, and to the leads who waits for an answer."""
    return _list_page(lab_id)


@pages.post("/labs/<int:lab_id>/leden/aanvraag")
@sign_in_required
def ask(lab_id: int) -> ResponseReturnValue:
    """Ask to take part for a school or institution one speaks for."""
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    place = _place(round_forms.number_in("organisation"))
    try:
        row = joining.request_membership(
            actor, lab, place, _wish(), agrees=request.form.get("agrees") == "1"
        )
    except (InvalidError, ConflictError) as error:
        return _refused_list(lab_id, "ask", error)
    flash(_("Je aanvraag is verstuurd. De trekkers antwoorden binnen dertig dagen."), "success")
    return redirect(url_for("memberships.show", membership_id=row.id), 303)


@pages.post("/labs/<int:lab_id>/leden/uitnodiging")
@sign_in_required
def invite(lab_id: int) -> ResponseReturnValue:
    """Invite a school or institution."""
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    number = round_forms.number_in("institution")
    place = _place(number or chosen_school())
    try:
        joining.invite_organisation(actor, lab, place, _wish())
    except (InvalidError, ConflictError) as error:
        return _refused_list(lab_id, "invite", error)
    flash(_("De uitnodiging is verstuurd. Zij geldt dertig dagen."), "success")
    return redirect(url_for("memberships.list_all", lab_id=lab_id), 303)


@pages.post("/labs/<int:lab_id>/leden/meekijker")
@sign_in_required
def invite_person(lab_id: int) -> ResponseReturnValue:
    """Invite one person to read along."""
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    try:
        joining.invite_person(actor, lab, request.form.get("email", ""))
    except (InvalidError, ConflictError) as error:
        return _refused_list(lab_id, "person", error)
    flash(_("De uitnodiging is verstuurd. Zij geldt dertig dagen."), "success")
    return redirect(url_for("memberships.list_all", lab_id=lab_id), 303)


@pages.get(ROW)
@sign_in_required
def show(membership_id: int) -> str:
    return _page(membership_id)


@pages.post(f"{ROW}/stap")
@sign_in_required
def step(membership_id: int) -> ResponseReturnValue:
    """Answer, suspend, end."""
    actor = current_actor()
    row = memberships.get_membership(actor, membership_id)
    try:
        action = round_forms.choice_in(MembershipAction, "action")
        row = memberships.perform(
            actor, row, action, version=round_forms.posted_version(),
            reason=request.form.get("reason", ""), agrees=request.form.get("agrees") == "1",
        )  # fmt: skip
    except (InvalidError, ConflictError) as error:
        return _refused(membership_id, error)
    return _done(row.id, _("De stand is nu: %(state)s.", state=str(STATE_WORDS[row.state])))


@pages.post(f"{ROW}/akkoord")
@sign_in_required
def agree(membership_id: int) -> ResponseReturnValue:
    """Agree to the text of the lab that one read."""
    actor = current_actor()
    row = memberships.get_membership(actor, membership_id)
    membership_terms.agree(actor, row, number=round_forms.number_in("number") or 0)
    return _done(row.id, _("Jullie zijn akkoord met de afspraken."))


@pages.post(f"{ROW}/soort")
@sign_in_required
def ask_kind(membership_id: int) -> ResponseReturnValue:
    """Ask to take part in another way, or take that wish off the table (`kind` empty)."""
    actor = current_actor()
    row = memberships.get_membership(actor, membership_id)
    version = round_forms.posted_version()
    try:
        if request.form.get("kind", ""):
            kind = round_forms.choice_in(MembershipKind, "kind")
            membership_terms.ask_kind(actor, row, kind, version=version)
            words = _("Gevraagd. De andere kant beslist.")
        else:
            membership_terms.drop_kind(actor, row, version=version)
            words = _("Het verzoek is van tafel.")
    except (InvalidError, ConflictError) as error:
        return _refused(membership_id, error)
    return _done(row.id, words)


@pages.post(f"{ROW}/verlengen")
@sign_in_required
def renew(membership_id: int) -> ResponseReturnValue:
    """Say whether one goes on in the next school year."""
    actor = current_actor()
    row = memberships.get_membership(actor, membership_id)
    renews = request.form.get("aan") != "0"
    membership_terms.renew(actor, row, renews=renews, version=round_forms.posted_version())
    words = _("Jullie gaan volgend schooljaar door.") if renews else _(
        "Jullie deelname eindigt op 31 juli."
    )  # fmt: skip
    return _done(row.id, words)


@pages.post(f"{ROW}/uitzondering")
@sign_in_required
def override(membership_id: int) -> ResponseReturnValue:
    """Let a rule of the programme go for this one, by the office."""
    actor = current_actor()
    row = memberships.get_membership(actor, membership_id)
    try:
        membership_terms.override_rules(
            actor, row, reason=request.form.get("reason", ""),
            version=round_forms.posted_version(),
        )  # fmt: skip
    except (InvalidError, ConflictError) as error:
        return _refused(membership_id, error)
    return _done(row.id, _("De uitzondering is vastgelegd."))


@pages.post(f"{ROW}/rollen")
@sign_in_required
def give_role(membership_id: int) -> ResponseReturnValue:
    """Give somebody who works there a role."""
    actor = current_actor()
    row = memberships.get_membership(actor, membership_id)
    try:
        kind = round_forms.choice_in(LabRoleKind, "role")
        roles.give_role(actor, row, request.form.get("email", ""), kind)
    except (InvalidError, ConflictError) as error:
        return _refused(membership_id, error)
    words = _("Gevraagd. Het trekkerschap telt zodra het is aangenomen.")
    return _done(row.id, words if kind is LabRoleKind.LEAD else _("De rol is gegeven."))


@pages.post("/labs/rollen/<int:role_id>")
@sign_in_required
def answer_role(role_id: int) -> ResponseReturnValue:
    """Take a leadership on, lay a role down, or take one from somebody."""
    actor = current_actor()
    role = roles.get_role(actor, role_id)
    lab_id, action = role.lab_id, request.form.get("action", "")
    if action == "accept":
        roles.accept_role(actor, role)
        flash(_("Je bent nu trekker."), "success")
    elif action == "leave":
        roles.end_own_role(actor, role)
        flash(_("Je hebt de rol neergelegd."), "success")
    elif action == "end":
        roles.end_role_of(actor, role)
        flash(_("De rol is beëindigd."), "success")
    else:
        raise InvalidError(_("Kies een van de mogelijkheden."))
    gone = action == "leave" and not policies.can_see(current_actor(), role.membership.lab)
    return redirect(url_for("labs.list_all") if gone else url_for("labs.show", lab_id=lab_id), 303)


def _place(number: int | None) -> Organisation | None:
    return schools.get_organisation(number) if number else None


def _wish() -> Wish:
    form = request.form
    return Wish(
        kind=round_forms.choice_in(MembershipKind, "kind"),
        motivation=form.get("motivation", ""),
        asks_exception=form.get("asks_exception") == "1",
        confirmed=round_forms.is_confirmed(),
    )


def _list_page(lab_id: int, form: str = "", said: Said | None = None) -> str:
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    rows = memberships.list_memberships(actor, lab)
    places = joining.can_request(actor, lab)
    may_invite = joining.can_invite(actor, lab)
    speaks = {row.id for row in rows if memberships.can_open(actor, row)}
    broken = said.problems if isinstance(said, ConflictError) else []
    errors: dict[str, Any] = said.fields if isinstance(said, InvalidError) else {}
    return render_template(
        "labs/members.html",
        lab=lab,
        rows=[row for row in rows if row.state in (MembershipState.ACTIVE,
                                                   MembershipState.SUSPENDED)],
        waiting=[row for row in rows if row.state in (MembershipState.INVITED,
                                                      MembershipState.REQUESTED)],
        earlier=memberships.list_earlier(actor, lab),
        opens=speaks,
        sees_members=policies.can_see_members(actor, lab),
        places=[(place.id, place.name) for place in places],
        place_kinds=membership_page.kinds_for(places),
        may_invite=may_invite,
        kinds=membership_page.all_kinds(),
        institutions=[(one.id, one.name) for one in joining.list_institutions()]
        if may_invite
        else [],
        form=form,
        errors=errors,
        said=str(said) if isinstance(said, ConflictError) else "",
        asks_exception=any(one["code"].startswith("rule:") for one in broken),
        roles_words=lab_words.ROLES,
    )  # fmt: skip


def _refused_list(lab_id: int, form: str, error: Said) -> ResponseReturnValue:
    return _list_page(lab_id, form, error), 422 if isinstance(error, InvalidError) else 409


def _page(membership_id: int, said: Said | None = None) -> str:
    actor = current_actor()
    row = memberships.get_membership(actor, membership_id)
    return render_template(
        "labs/membership.html",
        view=membership_page.view_of(actor, row),
        row=row,
        lab=row.lab,
        tone=membership_page.TONES.get(row.state, "neutral"),
        sees_lab=policies.can_see(actor, row.lab),
        errors=said.fields if isinstance(said, InvalidError) else {},
        said=str(said) if isinstance(said, ConflictError) else "",
        actor_id=actor.id,
    )


def _refused(membership_id: int, error: Said) -> ResponseReturnValue:
    return _page(membership_id, error), 422 if isinstance(error, InvalidError) else 409


def _done(membership_id: int, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("memberships.show", membership_id=membership_id), 303)
