"""Questions from a table: looked at, taken in once, taken back."""

import pytest
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Sector
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.labs import question_imports
from labapp.labs.question_models import Question, QuestionState, QuestionVisibility
from tests.labs.asking import step

HEAD = "sleutel;vraag;gezien;sector;thema;vestiging;zichtbaarheid;nodig op\n"
ROWS = (
    "a1;Hoe leren kinderen klokkijken in groep 5?;Ze gokken.;po;Lezen;{brin};;\n"
    "a2;Wat werkt tegen telefoons in de les?;;vo;;;programma;17-11-2027\n"
)


@pytest.fixture
def take(tmp_path, knowledge_broker, school):
    """Read a table in as a broker: `take(text, dry_run=True)`."""

    def taking(text, user=knowledge_broker, **options):
        path = tmp_path / "vragen.csv"
        path.write_text(text.format(brin=school.brin6), "utf-8")
        options.setdefault("origin", "startdag")
        return question_imports.import_questions(Actor.of(user), path, **options)

    return taking


def count():
    return len(db.session.scalars(select(Question)).all())


def test_a_file_says_what_it_would_do_and_then_does_it_once(take, school):
    tried = take(HEAD + ROWS, dry_run=True)
    assert (tried.created, tried.faults, count()) == (2, [], 0)

    done = take(HEAD + ROWS)
    again = take(HEAD + ROWS)

    assert (done.created, again.created, again.unchanged, count()) == (2, 0, 2, 2)
    first = db.session.scalars(select(Question).where(Question.import_key == "a1")).one()
    assert (first.state, first.sector, first.theme) == (
        QuestionState.SUBMITTED, Sector.PO, "reading",
    )  # fmt: skip
    assert (first.acting_for_id, first.asker_id) == (school.id, None)


def test_the_same_keys_of_another_origin_are_other_questions(take):
    take(HEAD + ROWS)
    take(HEAD + ROWS, origin="brievenbus")

    assert count() == 4


def test_changed_rows_change_and_undoing_gives_the_old_words_back(take, knowledge_broker):
    first = take(HEAD + ROWS)
    second = take(HEAD + ROWS.replace("Ze gokken.", "Ze raden maar wat."))
    assert (second.changed, second.unchanged) == (1, 1)
    broker = Actor.of(knowledge_broker)

    kept = question_imports.undo_import(
        broker, question_imports.get_import(broker, second.batch_id)
    )
    question = db.session.scalars(select(Question).where(Question.import_key == "a1")).one()
    assert (kept, question.seen) == (0, "Ze gokken.")

    kept = question_imports.undo_import(broker, question_imports.get_import(broker, first.batch_id))
    assert (kept, count()) == (1, 1)  # a1 was changed since
    with pytest.raises(ConflictError):
        question_imports.undo_import(broker, question_imports.get_import(broker, first.batch_id))
    assert take(HEAD + ROWS).created == 1  # and it can be read in again


def test_what_was_worked_on_stays(take, knowledge_broker):
    done = take(HEAD + ROWS)
    broker = Actor.of(knowledge_broker)
    question = db.session.scalars(select(Question).where(Question.import_key == "a2")).one()
    step(knowledge_broker, question, "take_up")

    kept = question_imports.undo_import(broker, question_imports.get_import(broker, done.batch_id))

    assert (kept, [one.import_key for one in db.session.scalars(select(Question))]) == (1, ["a2"])


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        ("b1;Kort?;;;;;;\n", "vraag"),
        (";Hoe leren kinderen klokkijken?;;;;;;\n", "sleutel"),
        ("b1;Hoe leren kinderen klokkijken?;;mbo;;;;\n", "sector"),
        ("b1;Hoe leren kinderen klokkijken?;;;onzin;;;\n", "thema"),
        ("b1;Hoe leren kinderen klokkijken?;;;;99ZZ99;;\n", "vestiging"),
        ("b1;Hoe leren kinderen klokkijken?;;;;;geheim;\n", "zichtbaarheid"),
        ("b1;Hoe leren kinderen klokkijken?;;;;;school;\n", "zichtbaarheid"),
        ("b1;Hoe leren kinderen klokkijken?;;;;;;gisteren\n", "nodig_op"),
        ("b1;Hoe leren kinderen klokkijken?;Emma de Vries uit groep 6;;;;;\n", "vraag"),
        ("a1;Hoe leren kinderen klokkijken?;;;;;;\na1;Hoe leren kinderen rekenen?;;;;;;\n",
         "sleutel"),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_is_named_and_nothing_comes_in(take, rows, column):
    report = take(HEAD + ROWS + rows.replace("a1;Hoe leren kinderen r", "b1;Hoe leren kinderen r"))
    if "a1;" in rows:
        report = take(HEAD + rows)

    assert column in {fault.column for fault in report.faults}
    assert count() == 0


@pytest.mark.parametrize("text", ["", "vraag\nHoe dan?\n", "sleutel;vraag;vraag\na;b;c\n"])
def test_a_file_that_is_no_table_of_questions_is_refused(take, text):
    report = take(text)

    assert report.faults
    assert count() == 0


def test_only_brokers_bring_questions_in_and_say_from_where(take, teacher):
    with pytest.raises(ForbiddenError):
        take(HEAD + ROWS, user=teacher)
    with pytest.raises(InvalidError):
        take(HEAD + ROWS, origin=" ")
    assert question_imports.list_imports(Actor.of(teacher)) == []


def test_a_question_for_one_school_stays_there(take, stranger):
    take(HEAD + "c1;Hoe leren wij kinderen klokkijken?;;;;{brin};school;\n")

    question = db.session.scalars(select(Question)).one()
    assert question.visibility is QuestionVisibility.ORGANISATION
