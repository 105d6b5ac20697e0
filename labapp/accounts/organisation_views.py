"""Pages of organisations: the list, one organisation with its people, who decides about them."""

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from labapp.accounts import affiliations, invitations, policies, schools, words
from labapp.accounts.login import current_actor, sign_in_required
from labapp.accounts.models import AffiliationStatus, Organisation, OrganisationKind, Role
from labapp.accounts.security_views import is_email
from labapp.errors import InvalidError
from labapp.extensions import limiter
from labapp.i18n import gettext as _

pages = Blueprint("organisations", __name__)
MOST_FOUND = 25


def _search_limit() -> str:
    return str(current_app.config["SEARCH_LIMIT"])


@pages.get("/organisaties/suggesties")
@limiter.limit(_search_limit)
def suggest() -> ResponseReturnValue:
    """Give open schools for what somebody types, as the combobox of the forms wants them."""
    found = schools.search_organisations(
        request.args.get("q", ""), kind=OrganisationKind.SCHOOL, limit=8
    )
    return jsonify(
        [
            {
                "value": str(school.id),
                "label": school.name,
                "note": ", ".join(p for p in (school.municipality, school.brin6) if p),
            }
            for school in found
        ]
    )


@pages.get("/organisaties")
@sign_in_required
def list_all() -> str:
    """One's own organisations, what waits for one, and a search over all."""
    actor = current_actor()
    own = {a.organisation_id: a.organisation for a in actor.affiliations}
    text = request.args.get("q", "")
    found = schools.search_organisations(text, open_only=False, limit=MOST_FOUND) if text else []
    return render_template(
        "accounts/organisations.html",
        own=own.values(), text=text, found=found, most=MOST_FOUND,
        kinds=words.KINDS, roles=words.ROLES,
        requests=affiliations.list_requests(actor),
    )  # fmt: skip


@pages.get("/organisaties/<int:organisation_id>")
@sign_in_required
def show(organisation_id: int) -> str:
    return _render(schools.get_organisation(organisation_id), {}, {})


@pages.post("/organisaties/<int:organisation_id>/uitnodigen")
@sign_in_required
@limiter.limit("60 per hour")
def invite(organisation_id: int) -> ResponseReturnValue:
    """Invite somebody by e-mail in a role."""
    organisation = schools.get_organisation(organisation_id)
    values = {name: request.form.get(name, "").strip() for name in ("email", "role")}
    errors: dict[str, list[str]] = {}
    if not is_email(values["email"]):
        errors["email"] = [_("Vul een geldig e-mailadres in, zoals naam@school.nl.")]
    if values["role"] not in {role.value for role in Role}:
        errors["role"] = [_("Kies een rol uit de lijst.")]
    actor = current_actor()
    if not policies.can_manage(actor, organisation):
        errors = {}  # who may not invite hears that, and nothing about the form
    if errors:
        return _render(organisation, values, errors), 422
    role = Role(values["role"]) if values["role"] else Role.TEACHER
    invitations.invite(actor, organisation, email=values["email"], role=role)
    flash(_("De uitnodiging is verstuurd."), "success")
    return redirect(url_for("organisations.show", organisation_id=organisation_id), 303)


@pages.post("/organisaties/uitnodigingen/<int:invitation_id>/intrekken")
@sign_in_required
def withdraw(invitation_id: int) -> ResponseReturnValue:
    invitation = invitations.withdraw(current_actor(), invitation_id)
    flash(_("De uitnodiging is ingetrokken."), "success")
    return redirect(url_for("organisations.show", organisation_id=invitation.organisation_id), 303)


@pages.post("/organisaties/aanvragen/<int:affiliation_id>")
@sign_in_required
def decide(affiliation_id: int) -> ResponseReturnValue:
    """Confirm or refuse somebody who signed up."""
    choices = {"bevestig": True, "wijs-af": False}
    choice = choices.get(request.form.get("besluit", ""))
    if choice is None:
        raise InvalidError(_("Kies of je bevestigt of afwijst."))
    decided = affiliations.decide(current_actor(), affiliation_id, confirm=choice)
    name = decided.user.name
    words_ = (
        _("%(name)s is bevestigd.", name=name) if choice
        else _("De aanvraag van %(name)s is afgewezen.", name=name)
    )  # fmt: skip
    flash(words_, "success")
    return redirect(url_for("organisations.show", organisation_id=decided.organisation_id), 303)


@pages.post("/organisaties/mensen/<int:affiliation_id>/beeindig")
@sign_in_required
def end(affiliation_id: int) -> ResponseReturnValue:
    """End somebody's role at an organisation."""
    ended = affiliations.end_affiliation(current_actor(), affiliation_id)
    flash(_("%(name)s werkt hier niet meer.", name=ended.user.name), "success")
    return redirect(url_for("organisations.show", organisation_id=ended.organisation_id), 303)


def _render(
    organisation: Organisation, values: dict[str, str], errors: dict[str, list[str]]
) -> str:
    actor = current_actor()
    people = affiliations.list_affiliations(actor, organisation)
    return render_template(
        "accounts/organisation.html",
        organisation=organisation, values=values, errors=errors,
        waiting=[a for a in people if a.status is AffiliationStatus.REQUESTED],
        people=[a for a in people if a.status is AffiliationStatus.CONFIRMED],
        sees_people=policies.can_see_people(actor, organisation),
        manages=policies.can_manage(actor, organisation),
        can_end=lambda a: policies.can_end(actor, a),
        can_decide=lambda a: policies.can_decide(actor, a),
        invitations=invitations.list_invitations(actor, organisation),
        history=schools.list_history(organisation),
        roles=words.ROLES, kind=words.KINDS[organisation.kind], events=words.EVENTS,
        sector=words.SECTORS.get(organisation.sector) if organisation.sector else None,
        may_give=[
            (role.value, words.ROLES[role])
            for role in policies.ROLES_OF[organisation.kind]
            if policies.can_give(actor, organisation, role)
        ],
    )  # fmt: skip
