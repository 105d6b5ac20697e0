"""Cards from Markdown with front matter, and what an import as such promises."""

import pytest
from sqlalchemy import func, select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.knowledge import batches, cards, importing
from labapp.knowledge import content as contents
from labapp.knowledge.models import Card, CardStatus, CardVersion
from labapp.knowledge.use_models import Feedback, ImportBatch
from labapp.knowledge.vocabulary import seeds_folder

WHOLE = """---
id: {code}
title: {title}
question: Wat helpt?
answer: Dit helpt.
sectors: [po]
themes: [feedback]
reviewed_on: 2024-05-01
ratings:
- {{outcome: reading, scale: Maanden, value: +4 maanden, months: 4, conversion: eigen, source: a}}
sources:
- key: a
  title: Een boek
  authors: [{{family: Berg, particle: van der, given: Jan}}]
  year: 2020
---
## Wat is het?

{body}
"""


@pytest.fixture
def system():
    return Actor.system()


@pytest.fixture
def write(tmp_path):
    """Write a whole card to a file: `write("a", title="...")` gives the folder."""

    def write(code, title="Kaart", body="Een aanpak.", text=None):
        whole = WHOLE.format(code=code, title=title, body=body) if text is None else text
        (tmp_path / f"{code}.md").write_text(whole, "utf-8")
        return tmp_path

    return write


def load(actor, folder, **extra):
    return importing.import_path(actor, folder, format="markdown", **extra)


def counts(report):
    return report.created, report.updated, report.unchanged, len(report.errors)


def card(code):
    db.session.rollback()
    return db.session.scalar(select(Card).where(Card.external_id == code))


def how_many(model=Card):
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_whole_card_is_published_with_its_ratings_and_sources(system, write):
    report = load(system, write("a", title="Feedback"))

    found = card("a")
    assert counts(report) == (1, 0, 0, 0)
    assert found.status is CardStatus.PUBLISHED
    assert (found.ratings[0].months, found.sources[0].authors[0]["particle"]) == (4.0, "van der")
    assert found.reviewed_on.isoformat() == "2024-05-01"
    assert contents.hash_of(contents.content_of(found)) == found.content_hash


def test_the_second_time_nothing_is_new(system, write):
    load(system, write("a"))

    report = load(system, write("a"))

    assert counts(report) == (0, 0, 1, 0)
    assert report.batch == ""
    assert how_many(CardVersion) == 1


def test_a_changed_file_makes_a_new_version(system, write):
    load(system, write("a"))

    report = load(system, write("a", body="Een betere aanpak."))

    assert counts(report) == (0, 1, 0, 0)
    assert card("a").version_number == 2


def test_a_card_that_is_not_complete_becomes_a_draft(system, write):
    report = load(system, write("a", text="---\ntitle: Half\n---\nTekst."))

    assert (report.created, report.drafts) == (1, 1)
    assert card("a").status is CardStatus.DRAFT
    assert card("a").draft.content["body"] == "Tekst."
    assert counts(load(system, write("a", text="---\ntitle: Half\n---\nTekst."))) == (0, 0, 1, 0)


def test_a_draft_that_is_completed_in_the_file_is_published(system, write):
    load(system, write("a", text="---\ntitle: Half\n---\nTekst."))

    report = load(system, write("a"))

    assert counts(report) == (0, 1, 0, 0)
    assert card("a").status is CardStatus.PUBLISHED
    assert card("a").draft is None


def test_a_draft_that_somebody_writes_at_stays(system, write):
    load(system, write("a", text="---\ntitle: Half\n---\nTekst."))
    draft = card("a").draft
    cards.save_draft(system, draft, {"body": "Mijn tekst."}, version=draft.version)

    report = load(system, write("a", text="---\ntitle: Half\n---\nAndere tekst."))

    assert counts(report) == (0, 0, 1, 0)
    assert "blijft staan" in report.notes[0]
    assert card("a").draft.content["body"] == "Mijn tekst."


def test_what_was_changed_here_stays_until_the_file_changes(system, write):
    load(system, write("a", title="Uit het bestand"))
    found = card("a")
    cards.publish(
        system, found, contents.content_of(found) | {"title": "Hier beter"}, author_id=None
    )

    assert counts(load(system, write("a", title="Uit het bestand"))) == (0, 0, 1, 0)
    assert card("a").title == "Hier beter"
    assert counts(load(system, write("a", title="Nieuw bestand"))) == (0, 1, 0, 0)


def test_a_withdrawn_card_stays_withdrawn(system, write):
    load(system, write("a"))
    cards.withdraw_card(system, card("a"), "Achterhaald.")

    assert counts(load(system, write("a", title="Anders"))) == (0, 0, 1, 0)
    assert card("a").status is CardStatus.WITHDRAWN


def test_a_dry_run_counts_and_changes_nothing(system, write):
    load(system, write("a"))
    write("a", title="Anders")

    report = load(system, write("b"), dry_run=True)

    assert counts(report) == (1, 1, 0, 0)
    assert report.batch == ""
    assert (how_many(), how_many(ImportBatch), card("a").title) == (1, 1, "Kaart")


def test_all_faults_are_said_together_and_nothing_is_imported(system, write):
    write("goed")
    write("a", text="---\ntitle: A\nthemes: [onbekend]\nage_from: tien\n---\n")
    write("b", text="zonder gegevens")
    write("c", text="---\ntitle: [\n---\n")
    write("d", text="---\nid: goed\ntitle: D\n---\n")

    report = load(system, write("e", text="---\ntitle: E\nonbekend: x\nkind: nieuws\n---\n"))

    said = {(fault.column.split(":")[0], fault.message.split(":")[0]) for fault in report.errors}
    assert {name for name, _ in said} == {"a.md", "b.md", "c.md", "e.md", "goed.md"}
    assert ("a.md", "Dit is geen heel getal.") in said
    assert ("e.md", "Dit veld is onbekend.") in said
    assert ("e.md", "Kies een van") in said
    assert how_many() == 0
    with pytest.raises(InvalidError):
        report.raise_errors()


def test_scripts_and_other_schemes_than_the_webs_do_not_come_through(system, write):
    body = "<script>alert(1)</script> [klik](javascript:alert(1)) [goed](https://example.org)"

    load(system, write("a", body=body))

    html = card("a").body_html
    assert "<script" not in html
    assert "javascript:" not in html.replace("[klik](javascript:", "")
    assert 'href="https://example.org"' in html


def test_a_source_with_another_scheme_than_the_webs_is_refused(system, write):
    text = WHOLE.format(code="a", title="A", body="x").replace(
        "year: 2020", "url: 'javascript:alert(1)'"
    )

    report = load(system, write("a", text=text))

    assert "webadres" in report.errors[0].message
    assert how_many() == 0


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "leeg"),
        (b"\x00\x01\x02binary", "binair"),
        (b"PK\x03\x04rest", "ingepakt"),
        (b"---\ntitle: caf\xc3\xa9 \xff\n---\n", "UTF-8 met een fout"),
        (b"---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n---\n", "YAML"),
        (b"---\n" + b"[" * 5000 + b"\n---\n", "YAML"),
        (b"---\ntitle: x\n", "eindigen niet"),
        (b"---\n- een\n- lijst\n---\n", "gegevens van de kaart"),
    ],
)
def test_a_broken_file_is_refused_in_words(system, tmp_path, raw, words):
    (tmp_path / "a.md").write_bytes(raw)

    report = load(system, tmp_path)

    assert words in report.errors[0].message
    assert how_many() == 0


def test_a_file_in_latin_1_is_read_right(system, write, tmp_path):
    write("a")
    text = WHOLE.format(code="a", title="Ideeën", body="Één idee.")
    (tmp_path / "a.md").write_bytes(text.encode("latin-1"))

    load(system, tmp_path)

    assert card("a").title == "Ideeën"


def test_an_empty_or_missing_folder_is_refused(system, tmp_path):
    assert load(system, tmp_path).errors
    assert load(system, tmp_path / "weg").errors


def test_the_progress_is_told(system, write):
    told = []

    load(system, write("a"), progress=lambda *step: told.append(step))

    assert told == [("Lezen", 1, 0), ("Opslaan", 1, 1)]


def test_only_who_may_import_does(as_actor, teacher, researcher, knowledge_broker, write):
    for user in (teacher, None):
        with pytest.raises(ForbiddenError):
            load(as_actor(user), write("a"))
        with pytest.raises(ForbiddenError):
            batches.undo_batch(as_actor(user), "x")

    assert load(as_actor(researcher), write("a")).created == 1
    assert card("a").author == researcher
    assert load(as_actor(knowledge_broker), write("b")).created == 1


def test_an_unknown_format_is_refused(system, tmp_path):
    with pytest.raises(InvalidError):
        importing.import_path(system, tmp_path, format="doc")


def test_undoing_takes_away_what_was_created_and_puts_back_what_was_updated(system, write):
    load(system, write("a", title="Eerst"))
    write("a", title="Daarna")
    report = load(system, write("b"))

    batches.undo_batch(system, report.batch)

    assert card("b") is None
    assert (card("a").title, card("a").version_number) == ("Eerst", 3)
    assert list(audit.verify()) == []


def test_undoing_twice_is_a_conflict_and_an_unknown_batch_is_not_found(system, write):
    report = load(system, write("a"))
    batches.undo_batch(system, report.batch)

    with pytest.raises(ConflictError):
        batches.undo_batch(system, report.batch)
    with pytest.raises(NotFoundError):
        batches.undo_batch(system, "bestaat-niet")


def test_undoing_refuses_when_a_card_was_changed_since_and_names_it(system, write):
    write("b")
    report = load(system, write("a"))
    found = card("a")
    cards.publish(system, found, contents.content_of(found) | {"title": "Beter"}, author_id=None)

    with pytest.raises(ConflictError, match="a") as refusal:
        batches.undo_batch(system, report.batch)

    assert refusal.value.theirs == {"cards": ["a"]}
    assert how_many() == 2


def test_undoing_refuses_while_somebody_writes_at_a_card(system, write, as_actor, administrator):
    report = load(system, write("a"))
    cards.open_draft(as_actor(administrator), card("a"))

    with pytest.raises(ConflictError):
        batches.undo_batch(system, report.batch)


def test_a_card_that_people_use_is_withdrawn_by_undoing_and_comes_back(system, write, teacher):
    report = load(system, write("a"))
    db.session.add(Feedback(card_id=card("a").id, user_id=teacher.id, is_useful=True))
    db.session.commit()

    batches.undo_batch(system, report.batch)

    assert card("a").status is CardStatus.WITHDRAWN
    assert counts(load(system, write("a"))) == (0, 1, 0, 0)
    assert card("a").status is CardStatus.PUBLISHED


def test_undoing_makes_a_draft_again_of_what_it_published(system, write):
    load(system, write("a", text="---\ntitle: Half\n---\nTekst."))
    report = load(system, write("a"))

    batches.undo_batch(system, report.batch)

    found = card("a")
    assert (found.status, found.draft.content["title"]) == (CardStatus.DRAFT, "Half")
    assert counts(load(system, write("a"))) == (0, 1, 0, 0)


def test_imports_are_listed_the_newest_first(system, write):
    load(system, write("a"))
    load(system, write("b"))

    assert [batch.created for batch in batches.list_batches(system)] == [1, 1]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_seed_card_is_published_and_the_second_time_nothing_is_new(system, language):
    folder = seeds_folder() / "cards" / language

    first = load(system, folder, language=language)
    first.raise_errors()
    second = load(system, folder, language=language)

    assert first.drafts == 0
    assert second.created == second.updated == 0
    assert second.unchanged == first.created
