"""The two pages of signing in that must not tell who has an account: ours, not Flask-Security's."""

from collections.abc import Callable

from email_validator import EmailNotValidError, validate_email
from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts import recovery
from labapp.i18n import gettext as _


def show_forgot_password() -> ResponseReturnValue:
    """Ask for a link to choose a new password."""
    return _answer_everybody("security/forgot_password.html", recovery.request_reset)


def show_send_confirmation() -> ResponseReturnValue:
    """Ask again for the link that confirms an address."""
    return _answer_everybody("security/send_confirmation.html", recovery.request_confirmation)


def is_email(text: str) -> bool:
    """Whether a text can be an e-mail address; nothing is asked of the network."""
    arguments = current_app.config["SECURITY_EMAIL_VALIDATOR_ARGS"]
    try:
        validate_email(text, **arguments)
    except EmailNotValidError:
        return False
    return True


def _answer_everybody(template: str, act: Callable[[str], None]) -> ResponseReturnValue:
    email = request.form.get("email", "").strip()
    if request.method == "GET":
        return render_template(template, email="", errors={})
    if not is_email(email):
        errors = {"email": [_("Vul een geldig e-mailadres in, zoals naam@school.nl.")]}
        return render_template(template, email=email, errors=errors), 422
    act(email)
    flash(_("Als dit adres bij ons bekend is, krijg je zo een e-mail met een link."), "success")
    return redirect(url_for("security.login"), 303)
