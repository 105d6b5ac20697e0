"""The pages for administrators."""

import pytest
from sqlalchemy import select

from labapp import audit
from labapp.accounts.models import Role
from labapp.clock import now
from labapp.database import db, transaction
from labapp.jobs import services as jobs
from labapp.jobs.models import Job, JobStatus
from labapp.mail import services as mail
from labapp.mail.models import Letter
from tests.factories import AffiliationFactory, UserFactory

PAGES = [
    "/beheer", "/beheer/mensen", "/beheer/taken", "/beheer/logboek", "/beheer/logboek?controle=1",
]  # fmt: skip


@pytest.fixture
def dead_job():
    with transaction() as session:
        job = Job(
            name="mail.send", payload={}, status=JobStatus.DEAD, attempts=8,
            error="ConnectionRefusedError: <b>nobody</b>", finished_at=now(),
        )  # fmt: skip
        session.add(job)
    return job


def note(*actions, actor_id=None):
    with transaction():
        for action in actions:
            audit.record(actor_id, action, "cards:1", changes={"version": [None, 1]})


def forged(seq):
    """An event that seals nothing."""
    return audit.AuditEvent(
        seq=seq, at=now().isoformat(), action="card.kept", object="cards:1", changes={},
        prev_hash="0" * 64, hash="1" * 64,
    )  # fmt: skip


@pytest.fixture
def auditor(office):
    return AffiliationFactory(role=Role.AUDITOR, organisation=office).user


@pytest.mark.parametrize("path", PAGES)
def test_only_administrators_come_in(browse, administrator, teacher, knowledge_broker, path):
    assert browse(administrator).get(path).status_code == 200
    assert browse(teacher).get(path).status_code == 403
    assert browse(knowledge_broker).get(path).status_code == 403
    assert "/beheer" in browse().get(path).headers["Location"]


@pytest.mark.parametrize("path", PAGES)
def test_the_pages_are_there_in_english(browse, administrator, path):
    page = (
        browse(administrator)
        .get(path.partition("?")[0], query_string=f"{path.partition('?')[2]}&lang=en")
        .text
    )

    assert '<html lang="en">' in page
    for word in ("Beheer", "Taken", "Logboek", "Onderdelen"):
        assert f">{word}<" not in page


def test_the_overview_says_what_is_well(browse, administrator):
    mail.send("iemand@example.org", "Dag", "Hallo")

    page = browse(administrator).get("/beheer").text

    assert "In orde" in page
    assert "Nog niet verstuurd" in page
    assert "iemand@example.org" not in page


def test_a_failed_job_is_shown_and_tried_again(browse, administrator, teacher, dead_job):
    number = dead_job.id
    page = browse(administrator).get("/beheer/taken?staat=dead").text
    assert "mail.send" in page
    assert "&lt;b&gt;nobody" in page

    assert browse(teacher).post(f"/beheer/taken/{number}/opnieuw").status_code == 403
    assert db.session.get_one(Job, number).status is JobStatus.DEAD
    again = browse(administrator).post(f"/beheer/taken/{number}/opnieuw")

    assert again.status_code == 303
    assert db.session.get_one(Job, number, populate_existing=True).status is JobStatus.WAITING
    assert "job.retried" in browse(administrator).get("/beheer/logboek").text
    assert browse(administrator).post(f"/beheer/taken/{number}/opnieuw").status_code == 409
    assert browse(administrator).post("/beheer/taken/999/opnieuw").status_code == 404
    assert browse(administrator).post(f"/beheer/taken/{2**40}/opnieuw").status_code == 404


def test_the_trail_is_filtered(browse, administrator):
    person = UserFactory(given_name="Zeger")
    note("card.published", "card.withdrawn", actor_id=person.id)
    note("token.created")

    client = browse(administrator)
    by_action = client.get("/beheer/logboek?handeling=card.").text
    by_person = client.get(f"/beheer/logboek?persoon={person.id}").text
    by_object = client.get("/beheer/logboek?object=users:").text

    assert "card.withdrawn" in by_action
    assert "token.created" not in by_action
    assert "Zeger" in by_person
    assert "token.created" not in by_person
    assert "card.withdrawn" not in by_object


@pytest.mark.parametrize(
    "query",
    ["voor=x", "voor=-1", f"voor={2**70}", "persoon=%00", "handeling=%25%27%00", "object=_"],
)
def test_a_filter_that_makes_no_sense_is_no_fault(browse, administrator, query):
    assert browse(administrator).get(f"/beheer/logboek?{query}").status_code == 200


def test_a_long_trail_has_pages(browse, administrator, count_queries):
    note(*[f"event.{number}" for number in range(60)])
    client = browse(administrator)

    with count_queries() as queries:
        first = client.get("/beheer/logboek").text
    second = client.get("/beheer/logboek?voor=11").text

    assert "event.59" in first
    assert "event.3<" not in first
    assert "event.3<" in second
    assert len(queries) < 15


def test_a_broken_trail_is_said_to_be_broken(browse, administrator):
    note("card.published", "card.withdrawn")
    assert "Het logboek is heel" in browse(administrator).get("/beheer/logboek?controle=1").text
    with transaction() as session:
        session.add(forged(seq=3))

    page = browse(administrator).get("/beheer/logboek?controle=1").text

    assert "Het logboek is niet heel" in page


def test_a_finished_job_is_listed(browse, administrator):
    jobs.enqueue(mail.SEND, {"letter": 0})
    jobs.run_waiting()

    assert "Klaar" in browse(administrator).get("/beheer/taken?staat=done").text


def test_who_lost_the_second_step_is_helped_and_told(browse, administrator, teacher):
    teacher.tf_primary_method, teacher.tf_totp_secret = "authenticator", "secret"
    db.session.commit()
    page = browse(administrator)

    found = page.get(f"/beheer/mensen?q={teacher.email}").text
    answer = page.post(f"/beheer/mensen/{teacher.id}", data={"actie": "tweede-stap"})

    assert "Haal tweede stap weg" in found
    assert answer.status_code == 303
    assert db.session.get_one(type(teacher), teacher.id).tf_primary_method is None
    letter = db.session.scalars(select(Letter)).one()
    assert letter.to == teacher.email
    assert "tweede stap" in letter.text


def test_nobody_helps_or_closes_oneself_and_others_may_not(browse, administrator, teacher):
    for who in (administrator, teacher):
        for action in ("tweede-stap", "sluiten"):
            path = f"/beheer/mensen/{administrator.id}"
            assert browse(who).post(path, data={"actie": action}).status_code == 403
    assert browse(teacher).get("/beheer/mensen").status_code == 403
    assert browse(administrator).post("/beheer/mensen/999", data={}).status_code == 404


def test_an_account_is_closed_from_the_page(browse, administrator, teacher):
    browse(administrator).post(f"/beheer/mensen/{teacher.id}", data={"actie": "sluiten"})

    assert not db.session.get_one(type(teacher), teacher.id).active
    assert "Gesloten" in browse(administrator).get("/beheer/mensen").text


def test_the_trail_of_hours_and_claims_is_whole_for_auditors_only(browse, administrator, auditor):
    with transaction():
        audit.record(None, "claim.returned", "claims:1", reason="De lijst ontbreekt.")

    assert "De lijst ontbreekt." not in browse(administrator).get("/beheer/logboek").text
    assert "claim.returned" in browse(administrator).get("/beheer/logboek").text
    assert "De lijst ontbreekt." in browse(auditor).get("/beheer/logboek?controle=1").text
    assert browse(auditor).get("/beheer").status_code == 403
    assert browse(auditor).get("/beheer/mensen").status_code == 403
