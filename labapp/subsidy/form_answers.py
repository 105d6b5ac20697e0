"""What a form of the programme office answers: the page, words at its fields, or on to the next."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy.scheme_forms import Errors, FormPage, Texts

MakePage = Callable[[Texts, Errors], FormPage]


def posted_version() -> int:
    """Give the version that the form was filled from."""
    return request.form.get("version", 0, type=int)


def handle(
    make: MakePage,
    saved: Callable[[], Mapping[str, str]],
    submit: Callable[[Mapping[str, str]], Errors | str],
    words: str,
) -> ResponseReturnValue:
    """Show a form or save it; `submit` gives the errors, or the address to go on to.

    When somebody else saved meanwhile what was typed stays, with what stands there now beside it.
    """
    if request.method == "GET":
        return show(make(saved(), {}))
    posted: dict[str, str] = request.form.to_dict()
    try:
        result = submit(posted)
    except InvalidError as error:
        result = error.fields or {"": [str(error)]}
    except ConflictError as error:
        page = make(posted, {})
        page.theirs = _differences(page, saved())
        return show(page, 409, conflict=str(error))
    if isinstance(result, dict):
        return show(make(posted, result), 422)
    flash(words, "success")
    return redirect(result, 303)


def show(page: FormPage, status: int = 200, **extra: Any) -> ResponseReturnValue:
    return render_template("subsidy/scheme_form.html", form_page=page, **extra), status


def _differences(page: FormPage, saved: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give label and saved text of each field that was typed differently."""
    found = []
    for section in page.sections:
        for shown in section.fields:
            now = saved.get(shown.id, "")
            if now.strip() != shown.value.strip():
                found.append((page.labels.get(shown.id, shown.id), now or _("leeg")))
    return found
