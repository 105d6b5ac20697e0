"""Texts of rounds as they come in: trimmed, not too long, and looked at for data of pupils."""

from collections.abc import Mapping
from typing import Any

from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import pupil_guard

LONGEST = 20_000
LONGEST_TITLE = 160
LINES = ("title", "place")  # what stands on one line


def clean(
    values: Mapping[str, str], *, confirmed: bool, longest: Mapping[str, int] | None = None
) -> dict[str, str]:
    """Give the texts to save. Refuse one that is too long, and data of pupils until confirmed."""
    texts = {
        name: " ".join(text.split()) if name in LINES else text.strip()
        for name, text in values.items()
    }
    fields: dict[str, list[str]] = {}
    for name, text in texts.items():
        most = (longest or {}).get(name, LONGEST)
        if len(text) > most:
            fields[name] = [too_long(len(text), most)]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
    pupil_guard.check("\n\n".join(text for text in texts.values() if text), confirmed=confirmed)
    return texts


def too_long(length: int, most: int) -> str:
    return _(
        "Gebruik hoogstens %(most)s tekens; het zijn er nu %(length)s.",
        most=most,
        length=length,
    )


def require_title(text: str) -> None:
    """Refuse a thing without a name."""
    if not text.strip():
        raise InvalidError(
            _("Er klopt iets niet in wat je invulde."), {"title": [_("Geef een titel.")]}
        )


def require_same(thing: Any, version: int, values: Mapping[str, Any]) -> None:
    """Refuse a change of an older version than the saved one, with both texts."""
    if thing.version != version:
        raise stale({name: getattr(thing, name) for name in values}, values)


def stale(theirs: Mapping[str, Any], yours: Mapping[str, Any]) -> ConflictError:
    return ConflictError(
        _("Iemand was je voor: dit is intussen gewijzigd. Bekijk wat er nu staat."),
        theirs={name: _plain(value) for name, value in theirs.items()},
        yours={name: _plain(value) for name, value in yours.items()},
    )


def _plain(value: Any) -> str:
    """Write a value as a form shows it."""
    return "" if value is None else str(getattr(value, "value", value))
