"""The letters about accounts, each in the language of who reads it."""

from flask import current_app

from labapp.accounts.access_models import Invitation
from labapp.accounts.models import Organisation, User
from labapp.i18n import gettext as _
from labapp.i18n import in_language
from labapp.mail import services as mail


def address(endpoint: str, **values: str | int) -> str:
    """Give the whole address of a page, outside a request too; never from what a request claims."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return f"{current_app.config['BASE_URL']}{path}"


def send_reset(user: User, token: str) -> None:
    with in_language(user.language):
        link = address("security.reset_password", token=token)
        text = _(
            "Beste %(name)s,\n\nVia deze link kies je een nieuw wachtwoord:\n%(link)s\n\n"
            "De link werkt één dag. Vroeg je dit niet? Dan hoef je niets te doen.",
            name=user.given_name,
            link=link,
        )
        _send(user, _("Kies een nieuw wachtwoord"), text)


def send_confirmation(user: User, token: str) -> None:
    with in_language(user.language):
        link = address("security.confirm_email", token=token)
        text = _(
            "Beste %(name)s,\n\nBevestig met deze link je e-mailadres:\n%(link)s\n\n"
            "De link werkt twee dagen. Vroeg je dit niet? Dan hoef je niets te doen.",
            name=user.given_name,
            link=link,
        )
        _send(user, _("Bevestig je e-mailadres"), text)


def send_existing(user: User) -> None:
    """Tell somebody that an account was asked for with an address that has one."""
    with in_language(user.language):
        text = _(
            "Beste %(name)s,\n\nIemand vroeg een account aan met jouw e-mailadres. Je hebt er al"
            " een: log in, of kies een nieuw wachtwoord op %(link)s.\n\n"
            "Was jij dit niet? Dan hoef je niets te doen.",
            name=user.given_name,
            link=address("security.forgot_password"),
        )
        _send(user, _("Je hebt al een account"), text)


def send_invitation(invitation: Invitation, token: str, language: str) -> None:
    with in_language(language):
        text = _(
            "%(inviter)s nodigt je uit voor Ontwikkelkracht lab, bij %(organisation)s.\n\n"
            "Neem de uitnodiging aan via deze link:\n%(link)s\n\n"
            "De link werkt veertien dagen en één keer.",
            inviter=invitation.invited_by.name,
            organisation=invitation.organisation.name,
            link=address("joining.show_invitation", token=token),
        )
        subject = _("Uitnodiging voor Ontwikkelkracht lab")
        mail.send(invitation.email, subject, text)


def send_request(to: User, person: User, organisation: Organisation) -> None:
    """Ask who may decide to look at a request to work for an organisation."""
    with in_language(to.language):
        text = _(
            "Beste %(name)s,\n\n%(person)s wil werken voor %(organisation)s. Kijk of dat klopt:\n"
            "%(link)s",
            name=to.given_name,
            person=person.name,
            organisation=organisation.name,
            link=address("organisations.show", organisation_id=organisation.id),
        )
        _send(to, _("Iemand wil zich aansluiten"), text)


def send_decision(person: User, organisation: Organisation, *, confirmed: bool) -> None:
    with in_language(person.language):
        link = current_app.config["BASE_URL"]
        if confirmed:
            text = _(
                "Beste %(name)s,\n\nJe aanmelding bij %(organisation)s is bevestigd: %(link)s",
                name=person.given_name,
                organisation=organisation.name,
                link=link,
            )
        else:
            text = _(
                "Beste %(name)s,\n\nJe aanmelding bij %(organisation)s is afgewezen. Klopt dat"
                " niet? Vraag het na op je school.",
                name=person.given_name,
                organisation=organisation.name,
            )
        _send(person, _("Over je aanmelding bij %(name)s", name=organisation.name), text)


def send_second_factor_reset(user: User) -> None:
    with in_language(user.language):
        text = _(
            "Beste %(name)s,\n\nEen beheerder haalde de tweede stap van je account weg: je"
            " authenticator-app, je passkeys en je herstelcodes werken niet meer. Log in en kies"
            " een nieuwe tweede stap:\n%(link)s\n\n"
            "Vroeg je dit niet? Bel dan meteen je beheerder.",
            name=user.given_name,
            link=address("accounts.show_profile"),
        )
        _send(user, _("De tweede stap van je account is weggehaald"), text)


def _send(user: User, subject: str, text: str) -> None:
    if user.email:
        mail.send(user.email, subject, text, user_id=user.id)
