"""Pages about oneself: profile, security, sessions, tokens, one's data."""

import json
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from labapp.accounts import affiliations, people, policies, privacy, sessions, tokens, words
from labapp.accounts.login import current_actor, sign_in_required
from labapp.accounts.models import AffiliationStatus, User
from labapp.clock import now, today
from labapp.errors import InvalidError
from labapp.i18n import COOKIE, LANGUAGES, YEAR
from labapp.i18n import gettext as _

pages = Blueprint("accounts", __name__)
DAYS = (30, 90, 365)


def safe_next(address: str | None, otherwise: str) -> str:
    """Give where to go next: only ever a page of this site."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    parts = urlsplit(address)
    return otherwise if parts.scheme or parts.netloc else address


@pages.post("/handel-voor")
@sign_in_required
def act_for() -> ResponseReturnValue:
    """Choose for which organisation one acts."""
    people.act_for(current_actor(), request.form.get("organisation", 0, type=int))
    return redirect(safe_next(request.form.get("next"), "/"), 303)


@pages.get("/mijn/profiel")
@sign_in_required
def show_profile() -> str:
    return _render_profile(current_actor().require_user(), {})


@pages.post("/mijn/profiel")
@sign_in_required
def update_profile() -> ResponseReturnValue:
    actor, form = current_actor(), request.form
    values = {name: form.get(name, "") for name in (
        "given_name", "particle", "family_name", "language", "preferred_sector",
    )}  # fmt: skip
    try:
        people.update_profile(actor, **values)
    except InvalidError as error:
        return _render_profile(values, error.fields), 422
    flash(_("Je gegevens zijn bewaard."), "success")
    response = redirect(url_for("accounts.show_profile"), 303)
    response.set_cookie(
        COOKIE, values["language"], max_age=YEAR, httponly=True,
        secure=request.is_secure, samesite="Lax",
    )  # fmt: skip
    return response


def _render_profile(values: User | dict[str, str], errors: dict[str, list[str]]) -> str:
    actor, day = current_actor(), today()
    places = [
        a for a in actor.require_user().affiliations
        if a.status is not AffiliationStatus.REFUSED and (a.until_on is None or a.until_on > day)
    ]  # fmt: skip
    sector = values["preferred_sector"] if isinstance(values, dict) else (
        values.preferred_sector.value if values.preferred_sector else ""
    )  # fmt: skip
    return render_template(
        "accounts/profile.html",
        values=values, errors=errors, sector=sector, languages=LANGUAGES, places=places,
        sectors=[(s.value, label) for s, label in words.SECTORS.items()],
        sign_up_roles=[(role.value, words.ROLES[role]) for role in policies.SIGN_UP_ROLES],
        roles=words.ROLES,
    )  # fmt: skip


@pages.get("/mijn/beveiliging")
@sign_in_required
def show_security() -> str:
    """Password, second factor, passkeys and sessions: what keeps the account one's own."""
    actor = current_actor()
    mine = sessions.list_sessions(actor, current_app.permanent_session_lifetime)
    here = sessions.digest(session.get("sign_in", ""))
    return render_template(
        "accounts/security.html", user=actor.require_user(), sessions=mine, here=here
    )


@pages.post("/mijn/sessies/<int:sign_in_id>/beeindig")
@sign_in_required
def revoke_session(sign_in_id: int) -> ResponseReturnValue:
    sessions.revoke_session(current_actor(), sign_in_id)
    flash(_("De sessie is beëindigd."), "success")
    return redirect(url_for("accounts.show_security"), 303)


@pages.post("/mijn/sessies/beeindig-andere")
@sign_in_required
def revoke_other_sessions() -> ResponseReturnValue:
    user_id = current_actor().require_user().id
    sessions.revoke_all(user_id, but_key=session.get("sign_in", ""))
    flash(_("Je bent overal elders uitgelogd."), "success")
    return redirect(url_for("accounts.show_security"), 303)


@pages.get("/mijn/tokens")
@sign_in_required
def list_tokens() -> str:
    return _render_tokens({}, {})


@pages.post("/mijn/tokens")
@sign_in_required
def create_token() -> ResponseReturnValue:
    """Make a token; this answer is the only place where it can be read."""
    form = request.form
    name, scopes = form.get("name", ""), form.getlist("scopes")
    days = form.get("days", 0, type=int)
    try:
        token, text = tokens.create_token(current_actor(), name=name, scopes=scopes, days=days)
    except InvalidError as error:
        return _render_tokens({"name": name, "scopes": scopes, "days": days}, error.fields), 422
    page = _render_tokens({}, {}, made=token.name, text=text)
    return Response(page, 201, {"Cache-Control": "no-store"})


@pages.post("/mijn/tokens/<int:token_id>/intrekken")
@sign_in_required
def revoke_token(token_id: int) -> ResponseReturnValue:
    tokens.revoke_token(current_actor(), token_id)
    flash(_("Het token is ingetrokken."), "success")
    return redirect(url_for("accounts.list_tokens"), 303)


def _render_tokens(
    values: dict[str, object], errors: dict[str, list[str]], made: str = "", text: str = ""
) -> str:
    days = [(str(number), _("%(number)s dagen", number=number)) for number in DAYS]
    return render_template(
        "accounts/tokens.html",
        tokens=tokens.list_tokens(current_actor()), scopes=list(tokens.SCOPES.items()),
        labels=tokens.SCOPES, days=days, values=values, errors=errors, made=made, text=text,
    )  # fmt: skip


@pages.get("/mijn/gegevens")
@sign_in_required
def show_data() -> str:
    return render_template("accounts/data.html", error="")


@pages.get("/mijn/gegevens.json")
@sign_in_required
def download_data() -> Response:
    """Everything the platform keeps about the person who asks."""
    text = json.dumps(privacy.export_data(current_actor()), ensure_ascii=False, indent=2)
    name = f"gegevens-{now():%Y-%m-%d}.json"
    headers = {
        "Content-Disposition": f"attachment; filename={name}",
        "Cache-Control": "no-store",
    }
    return Response(text + "\n", mimetype="application/json", headers=headers)


@pages.post("/mijn/gegevens/wissen")
@sign_in_required
def erase() -> ResponseReturnValue:
    """Erase oneself, after the password; then there is nobody to be signed in."""
    try:
        privacy.erase_me(current_actor(), request.form.get("password", ""))
    except InvalidError as error:
        return render_template("accounts/data.html", error=str(error)), 422
    session.clear()
    flash(_("Je account is gewist. Dank je wel voor je bijdragen."), "success")
    return redirect("/", 303)


@pages.post("/mijn/werkplekken/<int:affiliation_id>/beeindig")
@sign_in_required
def leave(affiliation_id: int) -> ResponseReturnValue:
    """Stop working for an organisation, today."""
    ended = affiliations.end_affiliation(current_actor(), affiliation_id)
    flash(_("Je werkt niet meer voor %(name)s.", name=ended.organisation.name), "success")
    return redirect(url_for("accounts.show_profile"), 303)
