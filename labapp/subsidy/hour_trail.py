"""What the audit trail keeps of hours: every value, private texts only as a pseudonym."""

from collections.abc import Iterable
from typing import Any

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.subsidy.hour_models import Declaration, HourEntry

SHOWN = ("work_date", "minutes", "category_id", "start_local", "end_local", "kind", "corrects_id")
PRIVATE = ("description", "evidence", "late_reason")
Brief = dict[str, Any] | None


def brief(entry: HourEntry) -> Brief:
    """Give an entry as the trail keeps it, its private texts still to be made unreadable."""
    shown = {name: getattr(entry, name) for name in SHOWN}
    texts = {name: getattr(entry, name) for name in PRIVATE if getattr(entry, name)}
    return {**{name: _plain(value) for name, value in shown.items() if value is not None}, **texts}


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(getattr(value, "value", value))


def record(
    actor: Actor,
    action: str,
    noted: Iterable[tuple[Declaration, str, Brief, Brief]],
    reason: str | None = None,
) -> None:
    """Note what happened to the entries of each declaration, in one event each."""
    by_declaration: dict[int, dict[str, list[Brief]]] = {}
    owners: dict[int, Declaration] = {}
    for declaration, entry_id, before, after in noted:
        if before != after:
            owners[declaration.id] = declaration
            by_declaration.setdefault(declaration.id, {})[entry_id] = [before, after]
    _make_unreadable(by_declaration, owners)
    for number, changes in sorted(by_declaration.items()):
        audit.record(
            actor.id, action, owners[number], changes=changes,
            on_behalf_of=actor.acting_for_id, reason=reason,
        )  # fmt: skip


def _make_unreadable(
    changes: dict[int, dict[str, list[Brief]]], owners: dict[int, Declaration]
) -> None:
    """Put in the place of each private text its pseudonym, person by person."""
    texts: dict[int, list[tuple[dict[str, Any], str]]] = {}
    for number, entries in changes.items():
        for both in entries.values():
            for one in both:
                found = [(one, name) for name in PRIVATE if one and name in one]
                texts.setdefault(owners[number].user_id, []).extend(found)
    for user_id, places in texts.items():
        if places:
            made = audit.pseudonyms(user_id, [one[name] for one, name in places])
            for (one, name), value in zip(places, made, strict=True):
                one[name] = value
