"""Our own files: hashed addresses, checksums, caching, compression."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from labapp.assets import SHEETS, icon

pytestmark = pytest.mark.once

LABAPP = Path(__file__).parents[2] / "labapp"
TEMPLATES = sorted((LABAPP / "templates").rglob("*.html"))
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def visitor(app):
    return app.test_client()


def test_a_file_under_its_hashed_address_is_kept_for_ever(app, visitor):
    address = app.extensions["assets"].url("js/app.js")

    answer = visitor.get(address)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_page_from_before_an_update_still_gets_its_files(visitor):
    answer = visitor.get("/a/000000000000/css/app.css")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", [".stamp", "vendor/.stamp", "../app.py", "css/%2e%2e/../app.py"])
def test_hidden_files_and_what_lies_outside_are_not_given(app, visitor, name):
    assert visitor.get(app.extensions["assets"].url(name)).status_code == 404


def test_a_changed_file_changes_every_address(app, tmp_path):
    from labapp.assets import Assets

    (tmp_path / "css").mkdir()
    for name in SHEETS:
        (tmp_path / "css" / f"{name}.css").write_text(f"/* {name} */")
    before = Assets(tmp_path)
    (tmp_path / "css" / f"{SHEETS[0]}.css").write_text("p {}")
    after = Assets(tmp_path)

    assert before.build != after.build
    assert before.checksums["css/app.css"] != after.checksums["css/app.css"]


def test_the_checksum_in_the_page_is_that_of_the_file(app, visitor):
    page = visitor.get("/hulp").text
    tags = re.findall(
        r'<(?:script|link)[^>]*(?:src|href)="([^"]+)" integrity="sha384-([^"]+)"', page
    )

    assert len(tags) >= 4
    for address, checksum in tags:
        content = visitor.get(address, headers=PLAIN).data
        assert base64.b64encode(hashlib.sha384(content).digest()).decode() == checksum, address


def test_every_style_sheet_is_part_of_the_one_that_is_sent(visitor):
    written = {path.stem for path in (LABAPP / "static" / "css").glob("*.css")} - {"print"}

    assert written == set(SHEETS)


def test_every_picture_and_font_in_the_style_sheet_exists(app, visitor):
    sheet = visitor.get(app.extensions["assets"].url("css/app.css"), headers=PLAIN).text
    names = set(re.findall(r'url\("\.\./([^"]+)"\)', sheet))

    assert len(names) >= 7
    for name in names:
        assert (LABAPP / "static" / name).is_file(), name


def test_every_icon_in_templates_and_code_exists():
    found = set()
    for path in [*TEMPLATES, *LABAPP.rglob("*.py")]:
        text = path.read_text()
        found |= set(re.findall(r'icon\("([a-z0-9-]+)"', text))
        found |= set(re.findall(r'Link\([^)]*?, "[a-z_.]+",\s*"([a-z0-9-]+)"', text))
        found |= set(re.findall(r'icon_name="([a-z0-9-]+)"', text))

    assert len(found) >= 20
    for name in found:
        assert "<svg" in icon(name), name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(LABAPP)))
def test_no_template_has_anything_inline(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)

    assert not re.search(r"\sstyle\s*=", text)
    assert "<style" not in text
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"hx-on|hx-vals=.js:|javascript:", text)


@pytest.mark.parametrize("wish", ["br", "gzip"])
def test_files_are_sent_compressed(app, visitor, wish):
    address = app.extensions["assets"].url("vendor/htmx/htmx.min.js")
    whole = visitor.get(address, headers=PLAIN)

    small = visitor.get(address, headers={"Accept-Encoding": wish})

    assert small.headers["Content-Encoding"] == wish
    assert len(small.data) < len(whole.data) / 2
    assert "Content-Encoding" not in whole.headers


def test_a_page_is_compressed_for_who_asks_and_not_for_another_site(app, visitor):
    cookie = {"Accept-Encoding": "br", "Cookie": "labapp=something"}

    own = visitor.get("/hulp", headers={**cookie, "Sec-Fetch-Site": "same-origin"})
    foreign = visitor.get("/hulp", headers={**cookie, "Sec-Fetch-Site": "cross-site"})
    unknown = visitor.get("/hulp", headers=cookie)
    public = app.test_client().get("/hulp", headers={"Accept-Encoding": "br"})

    assert own.headers["Content-Encoding"] == "br"
    assert "Content-Encoding" not in foreign.headers
    assert "Content-Encoding" not in unknown.headers
    assert public.headers["Content-Encoding"] == "br"
