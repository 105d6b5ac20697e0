"""Two languages: which one a request is in, and gettext that also works outside a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import flask_babel
from flask import Flask, Response, g, has_app_context, has_request_context, request
from flask_babel import LazyString
from markupsafe import Markup

from labapp import messages

LANGUAGES = {"nl": "Nederlands", "en": "English"}
DEFAULT = "nl"
COOKIE = "taal"
YEAR = 365 * 24 * 3600


def gettext(text: str, **variables: Any) -> str:
    """The text in the language of the request; outside an application in Dutch."""
    found = str(_catalogue().ugettext(text))
    return found % variables if variables else found


def ngettext(singular: str, plural: str, num: int, **variables: Any) -> str:
    found = str(_catalogue().ungettext(singular, plural, num))
    return found % {"num": num, **variables}


def _catalogue() -> Any:
    """The texts of the language at hand, looked up once: a page of results asks 500 times.

    It is kept where flask_babel forgets it when the language changes.
    """
    try:
        found = g._flask_babel.babel_translations  # noqa: SLF001
    except (AttributeError, RuntimeError):  # not looked up yet, or outside an application
        found = None
    if found is None:
        found = flask_babel.get_domain().get_translations()
        if has_app_context():
            g.setdefault("_flask_babel", SimpleNamespace()).babel_translations = found
    return found


def _template_gettext(text: str, **variables: Any) -> Markup:
    """`_` of the templates: the text is ours and safe, the variables are escaped."""
    found = Markup(_catalogue().ugettext(text))  # noqa: S704
    return found % variables if variables or "%" in found else found


def _template_ngettext(singular: str, plural: str, num: int, **variables: Any) -> Markup:
    found = Markup(_catalogue().ungettext(singular, plural, num))  # noqa: S704
    return found % {"num": num, **variables}


def lazy_gettext(text: str) -> LazyString:
    """A text that is translated when it is shown: for texts at module level.

    It takes no variables: a template does not escape a lazy text.
    """
    return LazyString(gettext, text)


def current_language() -> str:
    """Nl or en."""
    locale = flask_babel.get_locale()
    return locale.language if locale is not None else DEFAULT


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Write in the language of the reader, for a mail or an export made by a job."""
    with flask_babel.force_locale(language):
        yield


def select_language() -> str:
    """What the address asks for, else what was chosen before, else Dutch; the API asks by header.

    A page does not follow the browser: many a school's computer is set to English, and its teachers
    are not. The other language is one tap away, in the head of every page.
    """
    if not has_request_context():
        return DEFAULT
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    if not request.path.startswith("/api/v"):
        return DEFAULT
    wishes = (tag.split("-")[0].lower() for tag, quality in request.accept_languages if quality)
    return next((wish for wish in wishes if wish in LANGUAGES), DEFAULT)


def switch_url(language: str) -> str:
    """Give this page in the other language; a form that was sent has no page to come back to."""
    if request.method not in {"GET", "HEAD"}:
        return "/?" + urlencode({"lang": language})
    pairs = [pair for pair in request.args.items(multi=True) if pair[0] != "lang"]
    return request.path + "?" + urlencode([*pairs, ("lang", language)])


def _finish(response: Response) -> Response:
    if response.mimetype != "text/html":
        return response
    response.headers.setdefault("Content-Language", current_language())
    response.vary.add("Cookie")
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(
            COOKIE,
            request.args["lang"],
            max_age=YEAR,
            httponly=True,
            secure=request.is_secure,
            samesite="Lax",
        )
    return response


def init_app(app: Flask) -> None:
    if (app.debug or app.testing) and messages.is_stale():
        messages.compile_catalogues()  # an installed package has its catalogue from the build
    flask_babel.Babel(
        app,
        default_locale=DEFAULT,
        default_timezone="Europe/Amsterdam",
        locale_selector=select_language,
    )
    app.jinja_env.newstyle_gettext = True  # type: ignore[attr-defined]  # variables by name
    app.jinja_env.globals.update(
        {"_": _template_gettext, "gettext": _template_gettext, "ngettext": _template_ngettext}
    )
    app.before_request(flask_babel.refresh)  # a test may share one context between its requests
    app.after_request(_finish)
    app.jinja_env.globals.update(
        language=current_language, switch_url=switch_url, languages=LANGUAGES
    )
