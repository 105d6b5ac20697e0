"""Our own static files: one hash for the whole folder, a checksum per file, cached for ever.

``asset('css/app.css')`` gives ``/a/<build>/css/app.css``. Because the folder carries the hash,
relative addresses inside CSS (fonts, pictures) keep working without rewriting.
"""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request, send_from_directory
from lucide import jinja as lucide
from markupsafe import Markup

# Style sheets are split by noun; the browser gets them as one, in this order of cascade.
SHEETS = (
    "tokens", "base", "header", "page", "buttons", "forms", "menus", "feedback", "evidence",
    "filters", "tables", "charts", "prose", "editor", "knowledge", "talk", "hours", "rounds",
    "footer", "utilities",
)  # fmt: skip
APP_SHEET = "css/app.css"
TEXTS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"

pages = Blueprint("assets", __name__)


class Assets:
    """What there is in the static folder, and under which address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.build = ""
        self.checksums: dict[str, str] = {}
        self.texts: frozenset[str] = frozenset()
        self.app_sheet = b""
        self.scan()

    def scan(self) -> None:
        """Read the folder; in development once a request, elsewhere once at the start."""
        whole, checksums, texts = hashlib.sha256(), {}, set()
        self.app_sheet = b"\n".join(
            (self.folder / "css" / f"{name}.css").read_bytes() for name in SHEETS
        )
        files = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*")}
        for name, path in sorted(files.items()):
            if path.is_file() and not _is_hidden(name):
                content = path.read_bytes()
                whole.update(f"{name}\0{hashlib.sha256(content).hexdigest()}".encode())
                if path.suffix in TEXTS:
                    texts.add(name)
                    checksums[name] = _checksum(content)
        checksums[APP_SHEET] = _checksum(self.app_sheet)
        self.build = whole.hexdigest()[:12]
        self.checksums, self.texts = checksums, frozenset(texts)

    def text(self, name: str) -> bytes | None:
        """Give what is in a style sheet, script or drawing; None for anything else."""
        if name == APP_SHEET:
            return self.app_sheet
        return (self.folder / name).read_bytes() if name in self.texts else None

    def url(self, name: str) -> str:
        return f"/a/{self.build}/{name}"

    def script(self, name: str, module: bool = True) -> Markup:
        """A script tag with its checksum; it never blocks the page."""
        start = Markup('<script type="module"') if module else Markup("<script defer")
        rest = Markup(' src="{}" integrity="{}"></script>')
        return start + rest.format(self.url(name), self.checksums[name])

    def stylesheet(self, name: str = APP_SHEET, media: str = "all") -> Markup:
        return Markup('<link rel="stylesheet" href="{}" integrity="{}" media="{}">').format(
            self.url(name), self.checksums[name], media
        )


@pages.get("/a/<build>/<path:filename>")
def show_asset(build: str, filename: str) -> Response:
    """A file under its hashed address; one from before an update is served, but not kept."""
    assets = _assets()
    if _is_hidden(filename):
        abort(404)
    text = assets.text(filename)
    if text is None:
        response = send_from_directory(assets.folder, filename)
    else:  # read now: a stream is not compressed
        response = Response(text, mimetype=TEXTS[Path(filename).suffix])
        response.set_etag(hashlib.sha256(text).hexdigest()[:16])
        response.make_conditional(request)
    response.headers["Cache-Control"] = FOR_EVER if build == assets.build else "no-cache"
    return response


@pages.get("/favicon.ico")
def show_favicon() -> Response:
    """Some browsers ask for it whatever the page says."""
    return send_from_directory(_assets().folder, "img/mark.svg", max_age=86_400)


@lru_cache(maxsize=512)
def icon(name: str, size: int = 20, extra: str = "") -> Markup:
    """A Lucide icon inside the page; always next to a word, so hidden from screen readers."""
    drawing = lucide.lucide(
        name,
        size=size,
        **{"class": f"icon {extra}".strip(), "aria-hidden": "true", "focusable": "false"},
    )
    return Markup(drawing)  # noqa: S704  # drawn by the package from its own data


def _assets() -> Assets:
    assets: Assets = current_app.extensions["assets"]
    return assets


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _checksum(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def init_app(app: Flask) -> None:
    """Give templates ``asset``, ``script``, ``stylesheet`` and ``icon``."""
    assets = Assets(Path(app.root_path, "static"))
    app.extensions["assets"] = assets
    app.register_blueprint(pages)
    if app.debug:
        app.before_request(assets.scan)
    app.jinja_env.globals.update(
        asset=assets.url, script=assets.script, stylesheet=assets.stylesheet, icon=icon
    )
