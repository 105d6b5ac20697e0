"""What waits for a person in knowledge, hours and claims, as lines of "Jouw beurt"."""

from datetime import date, datetime, time

from labapp.accounts.actors import Actor
from labapp.clock import LOCAL_ZONE
from labapp.formatting import dag
from labapp.i18n import gettext as _
from labapp.i18n import ngettext
from labapp.knowledge import card_lists
from labapp.notifications.addresses import path
from labapp.notifications.duties import Duty
from labapp.subsidy import duties


def of_knowledge(actor: Actor) -> list[Duty]:
    """Give the cards that wait for a review."""
    return [
        Duty(
            _named(_("Beoordeel:"), draft.content.get("title") or draft.card.title),
            path("reviews.show", card_id=draft.card_id),
            since=draft.submitted_at,
            icon="clipboard-check",
            object=f"cards:{draft.card_id}",
        )
        for draft in card_lists.list_to_review(actor)
    ]


def of_hours(actor: Actor) -> list[Duty]:
    """Give the proposals to answer, months to sign and declarations to approve."""
    found = duties.list_duties(actor)
    waiting = [
        Duty(
            _named(_("Onderteken je urenstaat:"), dag(month, "MMMM y")),
            path("declarations.show", declaration_id=number),
            since=_end_of(month),
            icon="pen-line",
            object=f"declarations:{number}",
        )
        for number, month in found.to_sign
    ]
    if found.proposals:
        words = ngettext(
            "%(num)s voorstel voor je uren", "%(num)s voorstellen voor je uren", found.proposals
        )
        waiting.append(Duty(words, path("hours.show"), icon="clock"))
    if found.to_approve:
        words = ngettext(
            "%(num)s urenstaat wacht op goedkeuring",
            "%(num)s urenstaten wachten op goedkeuring",
            found.to_approve,
        )
        waiting.append(Duty(words, path("declarations.list_to_approve"), icon="check-check"))
    return waiting + _of_claims(found)


def _of_claims(found: duties.Duties) -> list[Duty]:
    waiting = [
        Duty(
            _named(_("Vul de claim aan:"), name),
            path("claims.show", claim_id=number),
            icon="undo-2",
            object=f"claims:{number}",
        )
        for number, name in found.returned
    ]
    if found.to_assess:
        words = ngettext(
            "%(num)s claim wacht op een beoordelaar",
            "%(num)s claims wachten op een beoordelaar",
            found.to_assess,
        )
        waiting.append(Duty(words, path("claims.list_all", staat="submitted"), icon="scale"))
    if found.to_decide:
        words = ngettext(
            "%(num)s claim wacht op een beslissing",
            "%(num)s claims wachten op een beslissing",
            found.to_decide,
        )
        waiting.append(Duty(words, path("claims.list_all", staat="assessed"), icon="gavel"))
    return waiting


def _named(words: str, name: str) -> str:
    return f"{words} {name}"


def _end_of(month: date) -> datetime:
    """Give the midnight after the last day of a month."""
    first = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return datetime.combine(first, time.min, tzinfo=LOCAL_ZONE)
