import json
import os
import subprocess
import sys

import click
import pytest
from flask.cli import ScriptInfo
from sqlalchemy import text

from labapp import audit, cli
from labapp.database import db
from labapp.errors import InvalidError, NotFoundError, SettingError


def command_of(app):
    return cli.Labapp(
        create_app=lambda: app,
        add_default_commands=False,
        add_version_option=False,
        load_dotenv=False,
    )


@pytest.fixture
def labapp(app):
    """Run the command as it is run: `labapp("jobs", "status")`."""

    def run(*arguments):
        runner = app.test_cli_runner()
        return super(type(runner), runner).invoke(
            command_of(app), arguments, obj=ScriptInfo(create_app=lambda: app), prog_name="labapp"
        )

    return run


def start(folder, *arguments, **settings):
    """Run the command in a process of its own, with these settings only."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABAPP_")}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "labapp.cli", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={
            **kept,
            "LABAPP_INSTANCE": str(folder),
            "LABAPP_EMBEDDING_MODEL": "hashing",
            **{f"LABAPP_{name}": value for name, value in settings.items()},
        },
    )


@pytest.mark.once
def test_without_a_secret_it_ends_with_one_sentence(tmp_path):
    answer = start(tmp_path, "jobs", "status")

    assert answer.returncode == 2
    assert answer.stderr == (
        "labapp: Set LABAPP_SECRET_KEY to a long random value, "
        "or LABAPP_DEMO=1 for the demonstration.\n"
    )
    assert answer.stdout == ""


@pytest.mark.once
def test_a_database_that_was_not_made_yet_is_told_how_to_make_it(tmp_path):
    before = start(tmp_path, "jobs", "status", DEMO="1")
    made = start(tmp_path, "db", "upgrade", DEMO="1")
    after = start(tmp_path, "jobs", "status", "--json", DEMO="1")

    assert before.returncode == 1
    assert before.stderr.startswith("Error: the database says: no such table")
    assert "`labapp db upgrade`" in before.stderr
    assert len(before.stderr.splitlines()) == 1
    assert (made.returncode, made.stderr) == (0, "")
    assert json.loads(after.stdout)["dead"] == []


def test_every_group_of_the_readme_is_there_and_every_command_says_what_it_does(app):
    group = command_of(app)
    context = click.Context(group, obj=ScriptInfo(create_app=lambda: app))
    names = group.list_commands(context)

    assert {
        "run", "seed", "doctor", "db", "jobs", "audit", "search", "knowledge", "schools", "users",
    } <= set(names)  # fmt: skip
    for command in all_commands(group, context):
        assert command.get_short_help_str(), command.name


def all_commands(group, context):
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield command
        if isinstance(command, click.Group):
            yield from all_commands(command, context)


def test_a_command_that_does_not_exist_is_misuse(labapp):
    assert labapp("nonsense").exit_code == 2
    assert labapp("jobs", "nonsense").exit_code == 2
    assert labapp("jobs", "retry", "x").exit_code == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotFoundError("Deze taak bestaat niet."), "Error: Deze taak bestaat niet.\n"),
        (SettingError("Set it."), "Error: Set it.\n"),
        (
            InvalidError("Het klopt niet.", {"row 3": ["no title", "no year"]}),
            "Error: Het klopt niet.\nrow 3: no title\nrow 3: no year\n",
        ),
        (FileNotFoundError(2, "No such file or directory", "x.csv"),
         "Error: x.csv: No such file or directory\n"),
        (OSError(28, "No space left on device"), "Error: No space left on device\n"),
    ],
)  # fmt: skip
def test_a_refusal_is_said_in_words_and_never_as_a_trace(app, labapp, monkeypatch, error, said):
    @click.command()
    def refuse():
        raise error

    monkeypatch.setitem(app.cli.commands, "refuse", refuse)

    answer = labapp("refuse")

    assert (answer.exit_code, answer.stderr) == (1, said)


def test_a_fault_of_ours_stays_a_fault(app, labapp, monkeypatch):
    @click.command()
    def broken():
        raise ZeroDivisionError

    monkeypatch.setitem(app.cli.commands, "broken", broken)

    assert isinstance(labapp("broken").exception, ZeroDivisionError)


def test_what_the_database_refuses_is_one_sentence(app, labapp, monkeypatch):
    @click.command()
    def ask():
        with app.app_context():
            db.session.execute(text("SELECT * FROM nothing"))

    monkeypatch.setitem(app.cli.commands, "ask", ask)

    answer = labapp("ask")

    assert answer.exit_code == 1
    assert answer.stderr.startswith("Error: the database says: ")
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "status"),
        ("audit", "verify"),
        ("doctor",),
        ("users", "list"),
        ("search", "status"),
        ("knowledge", "search", "feedback"),
    ],
)
def test_what_a_machine_reads_is_json(labapp, arguments):
    audit.record(None, "first", "things:1")

    answer = labapp(*arguments, "--json")

    assert answer.exit_code in {0, 1}
    assert answer.exception is None or isinstance(answer.exception, SystemExit)
    assert json.loads(answer.stdout.strip().splitlines()[-1]) is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ("jobs", "retry", "4711"),
        ("knowledge", "undo", "no-such-batch"),
        ("knowledge", "import", "no-such-file.csv", "--format", "csv"),
        ("schools", "import", "no-such-folder"),
        ("audit", "anchor"),
        ("users", "deactivate", "nobody@example.org"),
    ],
)
def test_what_cannot_be_done_ends_with_1_and_a_sentence(labapp, arguments):
    answer = labapp(*arguments)

    assert answer.exit_code == 1
    assert isinstance(answer.exception, SystemExit)
    assert answer.output.strip()
    assert "Traceback" not in answer.output


def test_a_number_beyond_all_numbers_is_no_fault(labapp):
    answer = labapp("jobs", "retry", "9" * 30)

    assert answer.exit_code in {1, 2}
    assert isinstance(answer.exception, SystemExit)
