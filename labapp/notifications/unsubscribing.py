"""Ending mail with the address in a letter: whoever has the letter need not sign in."""

from dataclasses import dataclass

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.database import db, transaction
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.notifications import event_types, objects, preferences
from labapp.notifications.models import Frequency
from labapp.notifications.preferences import Preferences

DIGESTS = {f"digest-{frequency.value}": frequency for frequency in Frequency}


@dataclass(frozen=True)
class Ending:
    """What an address ends, for whom, and what that is called."""

    actor: Actor
    scope: str
    words: str


def get_ending(found: tuple[int, str] | None) -> Ending:
    """Give what an address ends. One that we did not write, or of a closed account, is not found.

    `found` is what the signature of the address vouches for: whose mail, and about what.
    """
    user = db.session.get(User, found[0]) if found else None
    if found is None or user is None or not user.active:
        raise NotFoundError(_("Deze link werkt niet meer."))
    actor = Actor.of(user)
    return Ending(actor, found[1], _words(actor, found[1]))


def unsubscribe(ending: Ending) -> None:
    """Send no more mail of this kind, about this object, or in this digest; twice is once."""
    actor, scope = ending.actor, ending.scope
    user_id = actor.require_user().id
    with transaction():
        for name in _scopes(actor, scope):
            preferences.mute(user_id, name)
        preferences.next_version(user_id)
        preferences.reschedule_mail(user_id)
        audit.record(user_id, "notifications.ended", f"users:{user_id}", reason=scope)


def _scopes(actor: Actor, scope: str) -> list[str]:
    """Give what becomes "never": of a digest, whatever comes in it now."""
    if scope not in DIGESTS:
        return [scope]
    ended, chosen = DIGESTS[scope], preferences.get_preferences(actor)
    kinds = [one.code for one in chosen.types if _frequency(one.code, chosen) is ended]
    return kinds + [one.name for one in chosen.objects if one.frequency is ended]


def _frequency(code: str, chosen: Preferences) -> Frequency:
    own = {one.code: one.frequency for one in chosen.types if one.frequency is not None}
    return preferences.frequency_of(event_types.get_type(code), own, "", "")


def _words(actor: Actor, scope: str) -> str:
    if scope in DIGESTS:
        return {
            Frequency.DAILY: _("Het overzicht van elke dag"),
            Frequency.WEEKLY: _("Het overzicht van elke week"),
        }.get(DIGESTS[scope], _("Mail die meteen komt"))
    if scope in event_types.list_types():
        return str(event_types.get_type(scope).words)
    titles = objects.Titles()
    titles.look_up(objects.visible(actor, [scope]))
    return titles.of(scope) or _("Mail over dit onderwerp")
