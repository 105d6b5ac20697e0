"""Words about pupils: whoever writes them is warned before they are kept, and decides.

The guard sees patterns only. It never says that a text is free of them.
"""

from collections.abc import Sequence

from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.pupil_data.findings import Finding, grouped
from labapp.pupil_data.texts import find_in_text

FIELD = "pupil_data"


def check(text: str, *, confirmed: bool) -> list[str]:
    """Refuse text that looks as if it names pupils, until its author looked and confirmed.

    Give the kinds that were seen, to be kept with what was confirmed (`warned_of`). A form shows
    the words of the refusal at the box with which one confirms.
    """
    return require_looked(
        find(text),
        confirmed=confirmed,
        words=_("Dit lijkt over een leerling te gaan. Kijk het na voordat je het bewaart."),
    )


def refuse(text: str, field: str) -> None:
    """Refuse what looks as if it names pupils where it serves nothing, such as in a reason."""
    groups = grouped(find(text))
    if groups:
        words = _("Schrijf het zonder gegevens van leerlingen.")
        raise InvalidError(words, {field: [words, *(str(group.words) for group in groups)]})


def find(text: str) -> list[Finding]:
    """Give what looks like data of pupils in a text."""
    return find_in_text(text)


def require_looked(findings: Sequence[Finding], *, confirmed: bool, words: str) -> list[str]:
    """Refuse what was found, with its middle masked, until its author confirmed; give its kinds."""
    groups = grouped(findings)
    if groups and not confirmed:
        raise InvalidError(
            words, {FIELD: [f"{group.words} ({', '.join(group.excerpts)})" for group in groups]}
        )
    return [group.kind.value for group in groups]
