"""YAML from people: read strictly, then into typed values. What is wrong is said with its place."""

import enum
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import yaml

from labapp.clock import LOCAL_ZONE
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.resources import check_text

LARGEST = 2 * 1024 * 1024
DEEPEST = 20
T = TypeVar("T")


class _Loader(yaml.SafeLoader):
    """Refuses what a file of ours never needs: aliases (a bomb), keys that stand there twice."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases are not allowed")
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.YAMLError("nested too deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [key.value for key, _value in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"twice in one place: {', '.join(sorted(twice))}")
        return super().construct_mapping(node, deep=deep)


def load(text: str | bytes) -> Any:
    """Give what stands in a file, or raise InvalidError."""
    if len(text) > LARGEST:
        words = _("Dit bestand is te groot.")
        raise InvalidError(words, {"file": [words]})
    try:
        content = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        found = yaml.load(content, Loader=_Loader)  # noqa: S506  # a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError, AttributeError, TypeError) as error:
        words = _("Dit bestand is geen YAML die wij kunnen lezen: %(error)s", error=_short(error))
        raise InvalidError(words, {"file": [words]}) from error
    check_text(_plain(found))
    return found


def read(kind: type[T], raw: Any, path: str, defaults: Mapping[str, Any] | None = None) -> T:
    """Give the dataclass `kind` that a mapping describes; `path` is its place in the file."""
    if not isinstance(raw, Mapping):
        raise wrong(path, _("hier hoort een lijst van namen en waarden"))
    hints = get_type_hints(kind)
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    check_keys(raw, set(known), path)
    values = dict(defaults or {})
    for name, value in raw.items():
        values[name] = _convert(hints[name], value, f"{path}.{name}")
    for name, one in known.items():
        if name not in values and one.default is MISSING and one.default_factory is MISSING:
            raise wrong(f"{path}.{name}", _("dit ontbreekt"))
    return kind(**values)


def check_keys(raw: Any, known: set[str], path: str) -> None:
    """Refuse a key that means nothing: it is a slip of the pen, and would be left out silently."""
    if not isinstance(raw, Mapping):
        raise wrong(path, _("hier hoort een lijst van namen en waarden"))
    strange = sorted(str(key) for key in raw if key not in known)
    if strange:
        raise wrong(path, _("onbekend: %(names)s", names=", ".join(strange)[:200]))


def rows(raw: Any, path: str) -> list[Any]:
    """Give a list; nothing is an empty one."""
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise wrong(path, _("hier hoort een lijst"))
    return raw


def wrong(path: str, words: str) -> InvalidError:
    return InvalidError(
        _("Het bestand klopt niet: %(path)s: %(words)s.", path=path, words=words), {path: [words]}
    )


def _convert(hint: Any, value: Any, path: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is list:
        inner = get_args(hint)[0]
        return [
            _convert(inner, each, f"{path}[{number}]")
            for number, each in enumerate(rows(value, path))
        ]
    if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
        return read(hint, value, path)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _convert_enum(hint, value, path)
    if hint is datetime:
        return _convert_moment(value, path)
    if hint is date and isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError as error:
            raise wrong(path, _("geen datum: %(value)s", value=value[:40])) from error
    if type(value) is not hint:
        words = {str: _("tekst"), int: _("geheel getal"), bool: _("true of false")}
        raise wrong(path, _("hier hoort: %(kind)s", kind=words.get(hint, _("datum"))))
    return value


def _convert_enum(hint: type[enum.Enum], value: Any, path: str) -> Any:
    try:
        return hint(value)
    except (ValueError, TypeError) as error:
        known = ", ".join(str(member.value) for member in hint)
        raise wrong(path, _("kies uit: %(known)s", known=known)) from error


def _convert_moment(value: Any, path: str) -> datetime:
    """Give a moment; one without a time zone is on the clock of the Netherlands."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise wrong(path, _("geen tijdstip: %(value)s", value=value[:40])) from error
    if not isinstance(moment, datetime):
        raise wrong(path, _("hier hoort een datum met tijd"))
    return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL_ZONE)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str) else None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
