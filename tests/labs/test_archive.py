"""The archive of a lab, what the labs keep of a person, and the board of a lab."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db
from labapp.files import services as files
from labapp.labs import fairness, lab_archive_zip, personal, policies
from labapp.labs.finding_models import Finding, FindingVersion, Signature, VersionState
from labapp.labs.lab_models import LabRole, LabVisibility, Side
from labapp.labs.machine import note_step
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.round_models import RoundPhase, RoundQuestion, RoundTask
from labapp.labs.thread_models import Attachment, Contribution, ContributionState, Thread
from tests.labs.factories import QuestionFactory, RoundFactory


@pytest.fixture
def full(cast):
    """A lab with a conversation, a round, a draft of a finding and two files."""
    thread = Thread(subject=f"labs:{cast.lab.id}", lab=cast.lab, title="Wat zien we?",
                    starter_id=cast.teacher.id, created_at=now() - timedelta(hours=3))  # fmt: skip
    db.session.add(thread)
    db.session.flush()

    def say(author, side, words, **extra):
        one = Contribution(thread_id=thread.id, body=words, body_html=f"<p>{words}</p>",
                           author_id=author.id, side=side, **extra)  # fmt: skip
        db.session.add(one)
        db.session.flush()
        return one

    first = say(cast.teacher, Side.PRACTICE, "Ze haken af.")
    say(cast.teacher, Side.PRACTICE, "Ook bij ons.")
    hidden = say(cast.researcher, Side.RESEARCH, "Geheim", state=ContributionState.HIDDEN)
    say(cast.researcher, Side.RESEARCH, "Sinds wanneer?", created_at=now() - timedelta(hours=1))
    one = RoundFactory(lab=cast.lab, title="Vrij lezen")
    finding = Finding(lab_id=cast.lab.id, round_id=one.id, title="Vrij lezen werkt")
    db.session.add(finding)
    db.session.flush()
    version = FindingVersion(
        finding_id=finding.id, number=1, content={"title": "Concepttekst", "plain": "Het werkt."},
        content_hash="a" * 64, author_id=cast.teacher.id, state=VersionState.SIGNING,
    )  # fmt: skip
    db.session.add(version)
    db.session.commit()
    attach(cast, first, f"contributions:{first.id}", "zichtbaar.txt")
    attach(cast, hidden, f"contributions:{hidden.id}", "verborgen.txt")
    attach(cast, None, f"findings:{finding.id}", "concept.txt")
    db.session.commit()
    return cast


def attach(cast, contribution, place, name):
    with files.received(io.BytesIO(b"inhoud van " + name.encode()), name) as upload:
        stored = files.keep(upload, uploaded_by_id=cast.teacher.id)
    db.session.add(
        Attachment(
            object=place, lab_id=cast.lab.id, file_id=stored.id, title=name,
            contribution_id=contribution.id if contribution else None,
            added_by_id=cast.teacher.id,
        )
    )  # fmt: skip
    db.session.commit()


def archive(actor, lab):
    whole = b"".join(lab_archive_zip.stream_archive(actor, lab))
    package = zipfile.ZipFile(io.BytesIO(whole))
    assert package.testzip() is None
    return package, json.loads(package.read("lab.json"))


def test_an_archive_has_all_that_its_reader_may_read(full, as_actor):
    package, content = archive(as_actor(full.teacher), full.lab)

    names = package.namelist()
    assert [name.partition("-")[2] for name in names if name.startswith("files/")] == [
        "zichtbaar.txt", "concept.txt",
    ]  # fmt: skip
    said = content["threads"][0]["contributions"]
    assert [one.get("body") for one in said] == ["Ze haken af.", "Ook bij ons.", None,
                                                 "Sinds wanneer?"]  # fmt: skip
    assert content["findings"][0]["content"]["title"] == "Concepttekst"
    assert {member["party"] for member in content["members"]} >= {"De Regenboog", "Instituut"}
    page = package.read("index.html").decode()
    assert "Ze haken af." in page
    assert "Geheim" not in page
    assert content["missing_files"] == []


def test_a_visitor_takes_only_what_is_open(full, as_actor):
    full.lab.visibility = LabVisibility.PUBLIC
    db.session.commit()

    package, content = archive(as_actor(), full.lab)

    whole = package.read("index.html").decode() + package.read("lab.json").decode()
    assert "Ze haken af." in whole
    for hidden in ("Concepttekst", "Geheim", "concept.txt", "verborgen.txt"):
        assert hidden not in whole
    assert content["members"] == []
    assert "sites" not in content["rounds"][0]


def test_text_from_people_does_nothing_in_the_readable_page(full, as_actor):
    full.lab.goal = "<script>alert(1)</script> & meer"
    db.session.commit()

    package, _content = archive(as_actor(full.teacher), full.lab)

    page = package.read("index.html").decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_file_whose_bytes_are_gone_stops_no_archive(full, as_actor):
    row = db.session.query(Attachment).filter_by(title="zichtbaar.txt").one()
    row.file.removed_at = now()
    db.session.commit()

    package, content = archive(as_actor(full.teacher), full.lab)

    assert len(content["missing_files"]) == 1
    assert "concept.txt" in "".join(package.namelist())


def test_the_command_writes_an_archive(app, full, tmp_path):
    lab_id, target = full.lab.id, tmp_path / "lab.zip"
    db.session.commit()

    answer = app.test_cli_runner().invoke(args=["labs", "export", str(lab_id), str(target)])

    assert answer.exit_code == 0, answer.output
    assert "lab.json" in zipfile.ZipFile(target).namelist()


def test_the_command_brings_rules(app, tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(
        "rules:\n  - {code: x, school_year: 2026, kind: co_creating, excluded_tracks: [y],"
        " message_nl: Nee, message_en: 'No', valid_from: 2026-08-01}\n"
    )

    answer = app.test_cli_runner().invoke(args=["labs", "rules", str(path)])

    assert answer.output == "1 rules new\n"


def test_somebody_takes_along_what_they_did_in_labs(full, as_actor):
    QuestionFactory(asker=full.teacher, acting_for=full.school)

    mine = personal.export_personal(full.teacher.id)

    assert [one["body"] for one in mine["contributions"]] == ["Ze haken af.", "Ook bij ons."]
    assert mine["roles"][0]["lab"] == full.lab.title
    assert len(mine["questions"]) == 1
    assert json.dumps(mine)
    assert personal.export_personal(full.researcher.id)["questions"] == []


def test_who_is_erased_leaves_no_name_and_no_hold_on_a_lab(full, as_actor):
    version = db.session.query(FindingVersion).one()
    lead = full.practice_lead
    db.session.add(
        Signature(finding_version_id=version.id, side=Side.PRACTICE, user_id=lead.id,
                  name=lead.name, content_hash=version.content_hash)
    )  # fmt: skip
    draft = QuestionFactory(asker=lead, acting_for=full.school, state=QuestionState.DRAFT)
    task = RoundTask(round_id=version.finding.round_id, title="Meten", owner_id=lead.id)
    full.lab.privacy_person_id = lead.id
    db.session.add(task)
    db.session.commit()
    draft_id, lab_id = draft.id, full.lab.id

    personal.erase_personal(lead.id)

    db.session.expire_all()
    assert db.session.query(Signature).one().name == "Oud-deelnemer"
    assert db.session.get(Question, draft_id) is None
    assert db.session.get(RoundTask, task.id).owner_id is None
    assert full.lab.privacy_person_id is None
    assert lead.id not in db.session.scalars(policies.members_of(lab_id)).all()
    assert db.session.query(LabRole).filter_by(user_id=lead.id, until_on=None).count() == 0


def test_the_board_counts_both_sides(full, count_queries):
    one = full.lab
    question = QuestionFactory(lab=one, state=QuestionState.ADOPTED)
    QuestionFactory(lab=one, state=QuestionState.ADOPTED)
    done = RoundFactory(lab=one, title="Oud", review_due_on=today() - timedelta(days=3))
    done.decision, done.decision_reason, done.phase = "stop", "Klaar", RoundPhase.CLOSED
    db.session.add_all([
        RoundQuestion(round_id=done.id, question_id=question.id),
        RoundTask(round_id=done.id, title="Te laat", owner_id=full.teacher.id,
                  due_on=today() - timedelta(days=1)),
        RoundTask(round_id=done.id, title="Van een ander", owner_id=full.outsider.id),
    ])  # fmt: skip
    full.practice.agreement_number = None
    db.session.commit()
    note_step(Actor.of(full.practice_lead), one, "pause", "active", "paused")

    with count_queries() as queries:
        board = fairness.board_of(Actor.of(full.teacher), one)

    assert len(queries) <= 14
    assert board.reply_hours == pytest.approx(2, abs=0.1)
    assert (board.answered, board.unanswered) == (1, 0)
    assert (board.contributions.practice, board.contributions.research) == (2, 1)
    assert board.contributions.of_practice == pytest.approx(2 / 3)
    assert (board.steps.practice, board.steps.research) == (1, 0)
    assert board.signatures.of_practice is None
    assert (board.open_tasks, board.late_tasks, board.orphaned_tasks) == (2, 1, 1)
    assert board.to_agree == 1
    assert board.open_duties == 3
    assert (board.questions, board.questions_in_rounds) == (2, 1)
    assert [late.title for late in board.not_checked] == ["Oud"]
