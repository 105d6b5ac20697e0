"""What may not be in the project, and what its templates may ask for."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from jinja2 import nodes

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
LONGEST_FUNCTION = 50
LONGEST_FILE = 300
# Longer, and why.
LONG_FUNCTIONS = {}
LONG_FILES: dict[str, str] = {}  # file: why it is longer
# The home of a person or of root, folders of a machine, a package index.
FOREIGN = (
    re.compile(r"(?<![\w.$}])/(?:home|root|work|Users)/\w"),
    re.compile(r"(?<![\w.$}])/(?:tmp|opt|mnt|var/folders)/[\w.-]+"),
    re.compile(r"https?://(?:pypi|files\.pythonhosted|registry\.npmjs|registry\.yarnpkg)[.\w]*"),
    re.compile(r"(?i)artifactory|nexus/repository|/simple/|(?<!no-emit-)index-url|extra-index"),
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")
STYLES = re.compile(
    r"""(?<![\w-])style=["']|<style\b|\son[a-z]+=["']|<script(?![^>]*\bsrc=)(?![^>]*json)"""
)


def tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a clone: git lists no files")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def lines(paths):
    """Give (where, line) of every text file but this one."""
    for path in paths:
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def test_nothing_names_a_path_of_a_machine_or_a_package_index():
    found = [
        f"{where}: {line.strip()[:100]}"
        for where, line in lines(tracked())
        for pattern in FOREIGN
        if pattern.search(line)
    ]

    assert found == []


def test_nothing_is_unfinished():
    paths = tracked("*.py", "*.html", "*.js", "*.css", "*.sh", "*.toml", "Makefile", ".ci/*")

    assert [where for where, line in lines(paths) if UNFINISHED.search(line)] == []


def test_no_template_has_a_style_or_script_of_its_own():
    templates = tracked("labapp/templates/*.html")

    assert [
        f"{where}: {line[:90]}" for where, line in lines(templates) if STYLES.search(line)
    ] == []


def test_no_machine_made_file_or_large_file_is_kept():
    kept = [name_of(path) for path in tracked()]

    assert [name for name in kept if re.search(r"\.(pyc|mo|sqlite|db|whl|zip|bin)$", name)] == []
    assert [name for name in kept if (ROOT / name).stat().st_size > 500_000] == []


def test_files_are_short_enough_to_read():
    long = {
        name_of(path)
        for path in tracked("labapp/*.py")
        if "migrations" not in path.parts
        and len(path.read_text("utf-8").splitlines()) > LONGEST_FILE
    }

    assert long <= set(LONG_FILES)


def test_functions_are_short_enough_to_read():
    long = {}
    for path in tracked("labapp/*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{name_of(path)}:{node.name}"] = length

    assert set(long) == set(LONG_FUNCTIONS)


@pytest.fixture(scope="module")
def templates(app):
    """Every template as a tree, with the names that exist in this application."""
    folder = ROOT / "labapp" / "templates"
    parse = app.jinja_env.parse
    return {
        path.relative_to(folder).as_posix(): parse(path.read_text("utf-8"))
        for path in sorted(folder.rglob("*.*"))
    }


def test_templates_ask_only_for_pages_that_exist(app, templates):
    unknown = [
        f"{name}:{call.lineno} {call.args[0].value}"
        for name, tree in templates.items()
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "url_for"
        if call.args and isinstance(call.args[0], nodes.Const)
        if call.args[0].value not in app.view_functions
    ]

    assert unknown == []


def test_templates_use_only_filters_and_tests_that_exist(app, templates):
    known = {nodes.Filter: app.jinja_env.filters, nodes.Test: app.jinja_env.tests}
    unknown = [
        f"{name}:{used.lineno} {used.name}"
        for name, tree in templates.items()
        for kind, names in known.items()
        for used in tree.find_all(kind)
        if used.name not in names
    ]

    assert unknown == []


def test_the_navigation_leads_to_pages_that_exist(app):
    from labapp.navigation import SHELL

    links = [*SHELL.navigation, *SHELL.account, *SHELL.footer]

    assert [link.endpoint for link in links if link.endpoint not in app.view_functions] == []
