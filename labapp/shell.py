"""The frame around every page: navigation, who is signed in, the building blocks of templates.

The packages hand in their links; this module knows none of them. A link shows when its page exists
in this application and the person may use it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import LazyString
from jinja2 import Environment, FileSystemBytecodeCache
from markupsafe import Markup
from werkzeug.local import LocalProxy

from labapp.charts import five_steps, progress_bar

COMPONENTS = ("page", "buttons", "forms", "feedback", "evidence", "filters", "tables", "navigation")
TABS = 5  # what fits under a thumb


def everyone(_actor: Any) -> bool:
    return True


@dataclass(frozen=True)
class Link:
    """An entry of a menu; `key` is what a template sets as `page` to mark it as the current one."""

    key: str
    label: LazyString | str
    endpoint: str
    icon: str = "circle"
    shown: Callable[[Any], bool] = everyone
    short: LazyString | str = ""  # for the bar of a phone

    @property
    def url(self) -> str:
        return url_for(self.endpoint)


@dataclass(frozen=True)
class Choice:
    """An organisation somebody can act for."""

    id: int
    name: str
    role: str = ""
    is_current: bool = False


@dataclass(frozen=True)
class Viewer:
    """Who is signed in, as the header shows it."""

    name: str
    acting_for: str | None = None
    choices: Sequence[Choice] = ()


@dataclass(frozen=True)
class Back:
    """The way back to what somebody was doing when they opened a page."""

    words: str
    url: str


def nowhere() -> Back | None:
    return None


@dataclass(frozen=True)
class Shell:
    """What the frame needs from the application."""

    actor: Callable[[], Any]
    viewer: Callable[[], Viewer | None]
    unread: Callable[[Any], int]
    way_back: Callable[[], Back | None] = nowhere
    navigation: Sequence[Link] = ()
    account: Sequence[Link] = ()
    footer: Sequence[Link] = ()
    sign_in: str = "security.login"
    sign_out: str = "security.logout"
    act_for: str = "accounts.act_for"
    inbox: str = "notifications.show_inbox"
    home: str = "home.show_start"
    search: str = "knowledge.search"
    ask: str = "questions.add"

    def links(self, name: str) -> list[Link]:
        """The entries of "navigation", "account" or "footer" for whoever asks."""
        links: Sequence[Link] = getattr(self, name)
        actor = self.actor()
        return [link for link in links if _exists(link.endpoint) and link.shown(actor)]

    def tabs(self, links: list[Link]) -> tuple[list[Link], list[Link]]:
        """What stands in the bar of a phone, and what is behind "Meer"."""
        return (links, []) if len(links) <= TABS else (links[: TABS - 1], links[TABS - 1 :])

    def url(self, name: str, **values: Any) -> str:
        """The address of "sign_in", "home" ...; empty where there is no such page."""
        endpoint: str = getattr(self, name)
        return url_for(endpoint, **values) if _exists(endpoint) else ""

    def is_current(self, link: Link, page: Any) -> bool:
        return link.key == page or link.endpoint == request.endpoint


@dataclass
class Components:
    """The macros of templates/components as `ui.<name>`.

    So no template imports them, and a fragment, which does not see the imports of its page, has
    them too.
    """

    environment: Environment
    places: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self.places:
            self._look_up()
        if name not in self.places:
            raise AttributeError(f"There is no component {name}")
        return getattr(self.environment.get_template(self.places[name]).module, name)

    def _look_up(self) -> None:
        for component in COMPONENTS:
            template = f"components/{component}.html"
            for name in vars(self.environment.get_template(template).module):
                if not name.startswith("_"):
                    self.places[name] = template


def web_context() -> dict[str, Any]:
    """What every template may use; nothing is looked up before a template asks for it."""
    shell: Shell = current_app.extensions["shell"]
    return {"shell": shell, "actor": LocalProxy(shell.actor)}


def attributes(values: dict[str, Any] | None) -> Markup:
    """HTML attributes from a mapping: hx_get becomes hx-get; None and False are left out."""
    parts = []
    for name, value in (values or {}).items():
        if value is None or value is False:
            continue
        key = name.rstrip("_").replace("_", "-")
        parts.append(
            Markup(" {}").format(key) if value is True else Markup(' {}="{}"').format(key, value)
        )
    return Markup("").join(parts)


def _exists(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def init_app(app: Flask, shell: Shell) -> None:
    app.extensions["shell"] = shell
    app.context_processor(web_context)
    compiled = Path(app.config["INSTANCE"], "templates")  # so that the first page need not wait
    compiled.mkdir(exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["attributes"] = attributes
    app.jinja_env.globals.update(
        ui=Components(app.jinja_env), progress_bar=progress_bar, five_steps=five_steps
    )
