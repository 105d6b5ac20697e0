"""The README and the OpenAPI document leave out no setting, command or route."""

import re
from pathlib import Path

import click
import pytest

from labapp.config import SETTINGS

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
CALLS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(app):
    return app.test_client().get("/api/openapi.json").json


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_readme(setting):
    row = re.search(rf"^\| `LABAPP_{setting.name}` \|(.*)\|(.*)\|$", README, re.MULTILINE)

    assert row, f"LABAPP_{setting.name} is not in the table of settings"
    default = str(int(setting.default) if isinstance(setting.default, bool) else setting.default)
    assert row[1].strip().strip("`") == default
    assert row[2].strip() == setting.help


def test_the_readme_names_no_setting_that_is_not_there(app):
    named = set(re.findall(r"LABAPP_([A-Z_]+[A-Z])", README))
    used_by_scripts = {"TORCH_BACKEND"}

    assert named - {setting.name for setting in SETTINGS} <= used_by_scripts


def test_every_command_is_in_the_readme(app):
    """A group is named with each of its commands; those of Flask-Migrate by the group alone."""
    missing = []
    for name, command in app.cli.commands.items():
        if name in ("db", "openapi"):
            continue
        found = re.search(rf"^\| `labapp {name}\b.*$", README, re.MULTILINE)
        rows = "\n".join(re.findall(rf"^\| `labapp {name}\b.*$", README, re.MULTILINE))
        if found is None:
            missing.append(name)
        elif isinstance(command, click.Group):
            missing += [f"{name} {sub}" for sub in command.commands if not word(sub, rows)]
    assert not missing


def word(name, text):
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)


def test_every_command_says_what_it_does(app):
    def silent(command, path):
        if isinstance(command, click.Group):
            return [s for name, sub in command.commands.items() for s in silent(sub, [*path, name])]
        return [] if command.help else [" ".join(path)]

    assert not [
        name for key, command in app.cli.commands.items() for name in silent(command, [key])
    ]


def test_every_route_of_the_api_is_in_the_document_and_no_other(app, document):
    routes = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", str(rule)), method.lower())
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/v1")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    described = {
        (path, method)
        for path, operations in document["paths"].items()
        for method in operations.keys() & set(CALLS)
    }

    assert described == routes


def test_every_operation_says_what_it_does_and_what_it_asks(document):
    seen = set()
    for path, operations in document["paths"].items():
        for method in operations.keys() & set(CALLS):
            operation = operations[method]
            assert operation["summary"], (method, path)
            assert operation["operationId"] not in seen
            seen.add(operation["operationId"])
            assert operation["security"], (method, path)
            assert operation["x-scope"] or operation["security"] == [{"bearer": []}]
            assert {"401", "403", "429"} <= operation["responses"].keys(), (method, path)
            if "{" in path:
                assert "404" in operation["responses"], (method, path)


def test_every_refusal_is_described_as_a_problem(document):
    for name, response in document["components"]["responses"].items():
        if name in ("NOT_MODIFIED", "NO_CONTENT"):
            continue
        assert list(response["content"]) == ["application/problem+json"], name
