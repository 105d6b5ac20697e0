"""The letters about hours and declarations, each in the language of who reads it."""

from datetime import date

from labapp.accounts.letters import address
from labapp.accounts.models import User
from labapp.formatting import dag
from labapp.i18n import gettext as _
from labapp.i18n import in_language, ngettext
from labapp.mail import services as mail
from labapp.subsidy.declaration_states import Action
from labapp.subsidy.durations import write_hours
from labapp.subsidy.hour_models import Declaration


def send_decision(declaration: Declaration, action: Action) -> None:
    """Tell a person that hours were approved, given back or opened again."""
    user = declaration.user
    with in_language(user.language):
        words = {
            "name": user.given_name,
            "month": month_name(declaration.month),
            "school": declaration.organisation.name,
            "link": address("declarations.show", declaration_id=declaration.id),
            "reason": declaration.reason,
        }
        if action is Action.APPROVE:
            text = _(
                "Beste %(name)s,\n\nJe urenstaat van %(month)s bij %(school)s is goedgekeurd:\n"
                "%(link)s",
                **words,
            )
            subject = _("Je urenstaat is goedgekeurd")
        else:
            text = _(
                "Beste %(name)s,\n\nJe urenstaat van %(month)s bij %(school)s is teruggegeven."
                " De reden:\n\n%(reason)s\n\nPas je uren aan en onderteken opnieuw:\n%(link)s",
                **words,
            )
            subject = _("Je urenstaat is teruggegeven")
        _send(user, subject, text)


def send_reminder(user: User, month: date, minutes: int) -> None:
    """Remind somebody of hours that are not signed for."""
    with in_language(user.language):
        text = _(
            "Beste %(name)s,\n\nOver %(month)s staan er %(hours)s uur klaar waar je nog niet voor"
            " getekend hebt. Vul aan wat er mist en onderteken je urenstaat:\n%(link)s",
            name=user.given_name,
            month=month_name(month),
            hours=write_hours(minutes),
            link=address("declarations.list_all"),
        )
        _send(user, _("Denk aan je urenstaat van %(month)s", month=month_name(month)), text)


def send_digest(user: User, count: int) -> None:
    """Tell who approves how many declarations wait."""
    with in_language(user.language):
        text = ngettext(
            "Beste %(name)s,\n\nEr wacht %(num)s urenstaat op je goedkeuring:\n%(link)s",
            "Beste %(name)s,\n\nEr wachten %(num)s urenstaten op je goedkeuring:\n%(link)s",
            count,
            name=user.given_name,
            link=address("declarations.list_to_approve"),
        )
        _send(user, _("Urenstaten om goed te keuren"), text)


def month_name(month: date) -> str:
    """November 2026, in the language at hand."""
    return dag(month, "MMMM y")


def _send(user: User, subject: str, text: str) -> None:
    if user.email and user.active:
        mail.send(user.email, subject, text, user_id=user.id)
