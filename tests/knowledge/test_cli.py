"""labapp knowledge ...: the contract that scripts rely on."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from labapp.database import db
from labapp.errors import ModelMissingError
from labapp.knowledge.models import Card
from labapp.search import tasks as search_tasks

ROWS = "id,title,question,answer,body,sectors,themes,bron\n"
ROW = "{code},{title},Wat helpt?,Dit helpt.,Een aanpak.,po,feedback,Een boek\n"


@pytest.fixture
def run(app):
    """Run a command: `run("import", path, "--json")` gives click's result."""
    runner = app.test_cli_runner()

    def run(*args):
        db.session.rollback()
        return runner.invoke(args=["knowledge", *(str(arg) for arg in args)])

    return run


@pytest.fixture
def write(tmp_path):
    def write(*titles, name="kaarten.csv"):
        rows = "".join(ROW.format(code=f"k{n}", title=title) for n, title in enumerate(titles))
        path = tmp_path / name
        path.write_text(ROWS + rows, "utf-8")
        return path

    return write


def last_line(result):
    return json.loads(result.stdout.strip().splitlines()[-1])


def how_many():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Card))


def test_the_last_line_of_an_import_is_its_report(run, write):
    path = write("Een", "Twee")

    first = run("import", path, "--format", "csv", "--json")
    again = run("import", path, "--format", "csv", "--json")

    assert first.exit_code == again.exit_code == 0
    report = last_line(first)
    assert report.pop("batch").startswith("invoer-")
    assert report == {"created": 2, "updated": 0, "unchanged": 0, "errors": []}
    assert last_line(again) == {
        "created": 0,
        "updated": 0,
        "unchanged": 2,
        "errors": [],
        "batch": "",
    }


def test_errors_end_with_code_one_and_nothing_is_imported(run, write):
    result = run("import", write("Een", ""), "--format", "csv", "--json")

    assert result.exit_code == 1
    report = last_line(result)
    assert report["errors"] == [{"row": 3, "column": "title", "message": "Dit ontbreekt."}]
    assert (report["created"], report["batch"], how_many()) == (0, "", 0)


def test_a_missing_file_and_a_wrong_mapping_are_errors_too(run, write, tmp_path):
    missing = run("import", tmp_path / "weg.csv", "--format", "csv", "--json")
    (tmp_path / "m.yaml").write_text("columns: {A: geheim}")
    wrong = run("import", write("A"), "--format", "csv", "--mapping", tmp_path / "m.yaml", "--json")

    assert missing.exit_code == wrong.exit_code == 1
    assert "weg.csv" in last_line(missing)["errors"][0]["message"]
    assert "geheim" in last_line(wrong)["errors"][0]["message"]


def test_a_dry_run_changes_nothing(run, write):
    result = run("import", write("A"), "--format", "csv", "--dry-run", "--json")

    assert last_line(result)["created"] == 1
    assert how_many() == 0


def test_without_json_people_read_words(run, write):
    good = run("import", write("A"), "--format", "csv")
    bad = run("import", write(""), "--format", "csv")

    assert "created: 1" in good.stdout
    assert "labapp knowledge undo invoer-" in good.stdout
    assert "row 2, column title" in bad.stdout
    assert "Nothing was imported." in bad.stdout


def test_a_batch_can_be_undone_once(run, write):
    batch = last_line(run("import", write("A"), "--format", "csv", "--json"))["batch"]

    assert run("undo", batch).exit_code == 0
    assert how_many() == 0
    assert run("undo", batch).exit_code != 0
    assert run("undo", "onbekend").exit_code != 0


def test_an_import_is_found_by_its_words_and_with_score_parts(run, write):
    run("import", write("Huiswerk geven", "Sport"), "--format", "csv")

    result = run("search", "huiswerk", "--limit", "1", "--json")

    hit = json.loads(result.stdout)[0]
    assert {"id", "title", "language", "passage", "score", "parts"} <= set(hit)
    assert hit["title"] == "Huiswerk geven"
    assert json.loads(run("search", "huiswerk", "--language", "en", "--json").stdout) == []
    assert "Huiswerk geven" in run("search", "huiswerk").stdout


def test_with_the_model_out_of_order_an_import_goes_on(run, write, monkeypatch):
    def broken(_progress):
        raise ModelMissingError("Het model ontbreekt.")

    monkeypatch.setattr(search_tasks, "embed_now", broken)

    result = run("import", write("A"), "--format", "csv", "--json")

    assert result.exit_code == 0
    assert "Het model ontbreekt." in result.stderr
    assert how_many() == 1


@pytest.mark.parametrize("form", ["json", "csv", "bibtex", "ris"])
def test_an_export_goes_to_the_screen_or_a_file(run, write, tmp_path, form):
    run("import", write("Huiswerk geven"), "--format", "csv", "--no-wait")
    target = tmp_path / "export"

    shown = run("export", "--format", form)
    saved = run("export", "--format", form, "--output", target)

    assert shown.exit_code == saved.exit_code == 0
    assert "Huiswerk geven" in shown.stdout
    assert "Huiswerk geven" in target.read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export", "kaarten.csv"]


def test_the_ranking_is_scored_on_folders(run, tmp_path):
    folder = tmp_path / "klein"
    folder.mkdir()
    texts = [{"_id": "a", "text": "Huiswerk geven"}, {"_id": "b", "text": "Sporten na schooltijd"}]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, texts)))
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "huiswerk"}))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t2\n")

    scored = json.loads(run("evaluate", folder, "--json").stdout.splitlines()[-1])

    assert scored["datasets"]["klein"]["words"]["ndcg@10"] == 1.0
    assert set(scored["datasets"]["klein"]) == {"fused", "meaning", "words"}
    assert {"model", "settings"} <= set(scored)
    assert "klein" in run("evaluate", folder, "--separate").stdout
    assert how_many() == 0


SCRIPT = """
import sys
from pathlib import Path
from labapp import create_app
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import importing

app = create_app(
    TESTING=True, INSTANCE=sys.argv[1], SECRET_KEY="x", EMBEDDING_MODEL="hashing", DATABASE_URL=""
)
def tell(stage, done, total):
    if stage == "Opslaan" and done == 40:
        print("halverwege", flush=True)
        sys.stdin.read()

with app.app_context():
    db.create_all()
    path = Path(sys.argv[2])
    report = importing.import_path(
        Actor.system(), path, format="csv", progress=tell if len(sys.argv) > 3 else None
    )
    print(report.created, flush=True)
"""


@pytest.mark.once
def test_an_import_that_is_killed_half_way_leaves_nothing_and_can_start_again(tmp_path, write):
    path = write(*(f"Kaart {n}" for n in range(60)))
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(path)]
    where = {"cwd": Path(__file__).parents[2], "env": {**os.environ, "LABAPP_DATABASE_URL": ""}}

    with subprocess.Popen(
        [*command, "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **where
    ) as process:
        assert process.stdout.readline() == "halverwege\n"
        process.send_signal(signal.SIGKILL)

    database = next(tmp_path.glob("*.sqlite"))
    with sqlite3.connect(database) as connection:
        for table in ("cards", "import_batches", "audit_events", "search_objects"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    again = subprocess.run(command, capture_output=True, text=True, check=True, **where)
    assert again.stdout == "60\n"
