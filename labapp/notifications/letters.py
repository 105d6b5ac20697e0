"""The letters in which events come, each in the language of who reads it."""

from collections.abc import Sequence

from labapp.accounts.models import User
from labapp.formatting import dag, kort
from labapp.i18n import gettext as _
from labapp.i18n import ngettext
from labapp.mail.services import Draft
from labapp.notifications import addresses, event_types
from labapp.notifications.models import Frequency
from labapp.notifications.showing import Line
from labapp.notifications.windows import Window

MOST_LINES = 40
LONGEST_TITLE, LONGEST_WORDS = 150, 300


def write(user: User, lines: Sequence[Line], frequency: Frequency, window: Window | None) -> Draft:
    """Write the letter with these lines, in the language at hand: of a window, or at once."""
    scope = _scope(lines, frequency)
    unsubscribe = addresses.unsubscribe(user.id, scope)
    parts = [
        _("Beste %(name)s,", name=user.given_name),
        "",
        _opening(window),
        "",
        *[words for line in lines[:MOST_LINES] for words in _paragraph(line)],
        *_rest(len(lines) - MOST_LINES),
        *_footer(user, lines, frequency, unsubscribe),
    ]
    return Draft(
        to=user.email or "",
        subject=_subject(lines, window),
        text="\n".join(parts),
        user_id=user.id,
        unsubscribe=unsubscribe,
    )


def _scope(lines: Sequence[Line], frequency: Frequency) -> str:
    """Give what the one-click address of a letter ends: its kind of event, or this digest."""
    codes = {line.type for line in lines}
    if frequency is Frequency.AT_ONCE and len(codes) == 1:
        return codes.pop()
    return f"digest-{frequency.value}"


def _subject(lines: Sequence[Line], window: Window | None) -> str:
    if window is None:
        if len(lines) == 1:
            return str(event_types.get_type(lines[0].type).words)
        return ngettext("%(num)s nieuw bericht", "%(num)s nieuwe berichten", len(lines))
    if window.first_on == window.last_on:
        return _("Jouw nieuws van %(day)s", day=dag(window.last_on, "d MMMM"))
    return _("Jouw nieuws van de week tot en met %(day)s", day=dag(window.last_on, "d MMMM"))


def _opening(window: Window | None) -> str:
    if window is None:
        return _("Er is nieuws voor je:")
    if window.first_on == window.last_on:
        return _("Dit gebeurde er tot en met %(day)s:", day=dag(window.last_on, "EEEE d MMMM"))
    return _(
        "Dit gebeurde er tot en met %(day)s, in week %(week)s:",
        day=dag(window.last_on, "EEEE d MMMM"),
        week=window.first_on.isocalendar().week,
    )


def _paragraph(line: Line) -> list[str]:
    words = kort(_one_line(line.words), LONGEST_WORDS)
    if line.count > 1:
        more = ngettext("en nog %(num)s bericht", "en nog %(num)s berichten", line.count - 1)
        words = f"{words} ({more})"
    return [kort(_one_line(line.title), LONGEST_TITLE), words, addresses.whole(line.url), ""]


def _rest(number: int) -> list[str]:
    if number <= 0:
        return []
    words = ngettext("En nog %(num)s onderwerp:", "En nog %(num)s onderwerpen:", number)
    return [words, addresses.whole(addresses.path("notifications.show_inbox")), ""]


def _footer(user: User, lines: Sequence[Line], frequency: Frequency, unsubscribe: str) -> list[str]:
    """Say how to get less of this."""
    parts = ["-- ", *_duties(lines)]
    if frequency is Frequency.AT_ONCE:
        abouts = {line.about: line.title for line in lines}
        if len(abouts) == 1:
            ((about, title),) = abouts.items()
            title = kort(_one_line(title), LONGEST_TITLE)
            parts += [
                _("Geen mail meer over ‘%(title)s’:", title=title),
                addresses.unsubscribe(user.id, about),
            ]
        parts += [_("Geen mail meer van deze soort:"), unsubscribe]
    else:
        parts += [_("Dit overzicht niet meer per mail:"), unsubscribe]
    preferences = addresses.whole(addresses.path("notifications.show_preferences"))
    return [*parts, _("Kies zelf waarover je mail krijgt, en hoe vaak:"), preferences, ""]


def _duties(lines: Sequence[Line]) -> list[str]:
    """Say where the list is on which a thing to do stands too."""
    if not any(event_types.get_type(line.type).is_duty for line in lines):
        return []
    page = addresses.whole(addresses.path("notifications.show_duties"))
    return [_("Alles wat op je wacht, in één lijst:"), page]


def _one_line(text: str) -> str:
    return " ".join(text.split())
