"""Forms of rounds and meetings: shown, sent again with words at each field, or with both texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import Enum
from typing import Any, TypeVar

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _

Errors = Mapping[str, list[str]]
Values = Mapping[str, Any]
Kind = TypeVar("Kind", bound=Enum)
CHECKED = "pupil_data_checked"


@dataclass(frozen=True)
class Field:
    """One field: `kind` is text, textarea, date, time, number, select, checkbox or checkboxes."""

    kind: str
    name: str
    label: str
    hint: str = ""
    rows: int = 5
    options: Sequence[tuple[Any, str]] = ()
    empty: str | None = None
    optional: bool = False
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FormPage:
    """A page with one form; `values` are what is saved, `version` the one that was read."""

    title: str
    lead: str
    crumbs: Sequence[tuple[str, str]]
    fields: Sequence[Field]
    values: Values
    button: str
    back: str
    version: int = 0
    intro: str = ""


def handle(
    make: Callable[[], FormPage], submit: Callable[[], str], words: str
) -> ResponseReturnValue:
    """Show a form or save it; `submit` gives the address to go on to.

    What was typed stays, with what stands there now when somebody else saved meanwhile.
    """
    if request.method == "GET":
        return _show(make(), None, {})
    try:
        to = submit()
    except InvalidError as error:
        return _show(make(), _typed(make()), error.fields or {"": [str(error)]}), 422
    except ConflictError as error:
        if not error.theirs:
            raise
        page = make()
        return _show(page, _typed(page), {}, str(error), error.theirs), 409
    flash(words, "success")
    return redirect(to, 303)


def posted_version() -> int:
    return request.form.get("version", 0, type=int)


def is_confirmed() -> bool:
    """Whether who wrote looked at what seemed to be about a pupil."""
    return request.form.get(CHECKED) == "1"


def texts_in(names: Sequence[str]) -> dict[str, str]:
    """Give the texts that were sent; one that was not sent stays as it is."""
    return {name: request.form[name] for name in names if name in request.form}


def choice_in(kind: type[Kind], name: str) -> Kind:
    """Give one of a fixed list, or refuse in words."""
    try:
        return kind(request.form.get(name, ""))
    except ValueError as error:
        words = _("Kies een van de mogelijkheden.")
        raise InvalidError(words, {name: [words]}) from error


def day_in(name: str) -> date | None:
    """Give a day, None when the field is empty."""
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        words = _("Vul een datum in.")
        raise InvalidError(words, {name: [words]}) from error


def required_day_in(name: str) -> date:
    found = day_in(name)
    if found is None:
        words = _("Vul een datum in.")
        raise InvalidError(words, {name: [words]})
    return found


def time_in(name: str) -> time:
    try:
        return time.fromisoformat(request.form.get(name, "").strip()).replace(tzinfo=None)
    except ValueError as error:
        words = _("Vul een tijd in, bijvoorbeeld 15:30.")
        raise InvalidError(words, {name: [words]}) from error


def number_in(name: str) -> int | None:
    """Give a number, None when the field is empty or holds something else."""
    return request.form.get(name, type=int)


def numbers_in(name: str) -> frozenset[int]:
    return frozenset(request.form.getlist(name, type=int))


def _typed(page: FormPage) -> dict[str, Any]:
    """Give what was sent, as the form shows it."""
    typed: dict[str, Any] = {}
    for one in page.fields:
        if one.kind == "checkboxes":
            typed[one.name] = request.form.getlist(one.name)
        elif one.kind == "checkbox":
            typed[one.name] = one.name in request.form
        else:
            typed[one.name] = request.form.get(one.name, "")
    return typed


def _show(
    page: FormPage,
    typed: Values | None,
    errors: Errors,
    conflict: str = "",
    theirs: Values | None = None,
) -> str:
    version = posted_version() if typed is not None and not conflict else page.version
    differing = [
        (one.label, (theirs or {})[one.name] or _("leeg"))
        for one in page.fields
        if one.name in (theirs or {}) and (theirs or {})[one.name] != (typed or {}).get(one.name)
    ]
    return render_template(
        "labs/round_form.html",
        form_page=page,
        values=page.values if typed is None else typed,
        version=version,
        errors=errors,
        labels={one.name: one.label for one in page.fields},
        conflict=conflict,
        theirs=differing,
    )
