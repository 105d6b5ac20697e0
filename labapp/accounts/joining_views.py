"""Pages to join: signing up, accepting an invitation, asking for another school."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts import affiliations, invitations, policies, registration, schools, words
from labapp.accounts.access_models import Invitation
from labapp.accounts.login import current_actor, sign_in_required
from labapp.accounts.models import Role
from labapp.accounts.security_views import is_email
from labapp.errors import InvalidError
from labapp.extensions import limiter
from labapp.i18n import current_language
from labapp.i18n import gettext as _

pages = Blueprint("joining", __name__)
NAMES = ("given_name", "particle", "family_name")


def _limit() -> str:
    return str(current_app.config["SIGN_IN_LIMIT"])


@pages.get("/aanmelden")
def sign_up() -> ResponseReturnValue:
    if current_actor().is_signed_in:
        return redirect(url_for("accounts.show_profile"))
    return _render_sign_up({}, {})


@pages.post("/aanmelden")
@limiter.limit(_limit)
def send_sign_up() -> ResponseReturnValue:
    """Sign up; the answer does not tell whether the address has an account already."""
    form = request.form
    values = {name: form.get(name, "").strip() for name in (*NAMES, "email", "role")}
    errors: dict[str, list[str]] = {}
    if not is_email(values["email"]):
        errors["email"] = [_("Vul een geldig e-mailadres in, zoals naam@school.nl.")]
    try:
        application = registration.Application(
            **values, password=form.get("password", ""),
            organisation_id=chosen_school(), language=current_language(),
        )  # fmt: skip
        registration.check(application)
        if not errors:
            registration.sign_up(application)
    except InvalidError as error:
        errors |= error.fields
    if errors:
        return _render_sign_up(values, errors), 422
    return redirect(url_for("joining.show_signed_up"), 303)


@pages.get("/aanmelden/gelukt")
def show_signed_up() -> str:
    return render_template("accounts/signed_up.html")


@pages.post("/mijn/werkplekken")
@sign_in_required
def request_affiliation() -> ResponseReturnValue:
    """Ask to work for one more school."""
    roles = {role.value: role for role in policies.SIGN_UP_ROLES}
    role = roles.get(request.form.get("role", ""))
    if role is None:
        raise InvalidError(_("Kies je rol uit de lijst."))
    affiliations.request_affiliation(current_actor(), chosen_school(), role)
    flash(_("Je aanvraag is verstuurd. Je hoort het als erover beslist is."), "success")
    return redirect(url_for("accounts.show_profile"), 303)


@pages.get("/uitnodiging/<token>")
def show_invitation(token: str) -> str:
    return _render_invitation(invitations.find_invitation(token), token, {}, {})


@pages.post("/uitnodiging/<token>")
@limiter.limit(_limit)
def accept_invitation(token: str) -> ResponseReturnValue:
    """Accept as who is signed in, or as a new person with a password."""
    actor, form = current_actor(), request.form
    values = {name: form.get(name, "").strip() for name in NAMES}
    person = None
    if not actor.is_signed_in:
        person = invitations.NewPerson(**values, password=form.get("password", ""))
    try:
        invitations.accept(actor, token, person)
    except InvalidError as error:
        invitation = invitations.find_invitation(token)
        return _render_invitation(invitation, token, values, error.fields), 422
    if actor.is_signed_in:
        flash(_("Welkom. Je handelt nu voor deze organisatie."), "success")
        return redirect("/", 303)
    flash(_("Je account is gemaakt. Log in om te beginnen."), "success")
    return redirect(url_for("security.login"), 303)


def chosen_school() -> int:
    """Give the school that was chosen from the list, or typed so that only one can be meant."""
    number = request.form.get("organisation", 0, type=int)
    if number:
        return number
    school = schools.resolve_school(request.form.get("organisation_text", ""))
    return school.id if school else 0


def _render_sign_up(values: dict[str, str], errors: dict[str, list[str]]) -> str:
    text = request.form.get("organisation_text", "")
    number = chosen_school() if request.method == "POST" else 0
    maybe = schools.search_organisations(text, limit=5) if errors.get("organisation") else []
    return render_template(
        "accounts/sign_up.html",
        values=values, errors=errors, organisation=number or "", organisation_text=text,
        maybe=[(str(s.id), schools.describe(s)) for s in maybe],
        roles=[(role.value, words.ROLES[role]) for role in policies.SIGN_UP_ROLES],
    )  # fmt: skip


def _render_invitation(
    invitation: Invitation, token: str, values: dict[str, str], errors: dict[str, list[str]]
) -> str:
    actor = current_actor()
    own = actor.user is not None and actor.user.email == invitation.email
    role: Role = invitation.role
    context: dict[str, Any] = {
        "invitation": invitation, "token": token, "values": values, "errors": errors,
        "role": words.ROLES[role], "own": own, "known": invitations.has_account(invitation),
    }  # fmt: skip
    return render_template("accounts/invitation.html", **context)
