"""Conversations on the page: read, joined in, refused with what was typed, closed."""

from datetime import timedelta

import pytest

from labapp.clock import now
from labapp.database import db
from labapp.labs.lab_models import LabVisibility
from labapp.labs.thread_models import Contribution, ContributionState, ThreadState
from labapp.labs.thread_page import PER_PAGE
from tests.labs.factories import QuestionFactory
from tests.labs.talking import begin, fill, say

HTMX = {"HX-Request": "true"}


@pytest.fixture
def said(cast):
    return begin(cast.teacher, cast.lab, "Wat zien we?")


@pytest.fixture
def page(said):
    return f"/gesprekken/{said.thread_id}"


def test_a_page_says_who_speaks_for_whom_and_from_which_side(cast, browse, said, page):
    say(cast.researcher, said.thread, "<script>alert(1)</script> **Sterk**")

    text = browse(cast.practice_lead).get(page).text

    assert f'id="bijdrage-{said.id}"' in text
    assert "Leraar, voor De Regenboog · Praktijk" in text
    assert "Onderzoeker, voor Instituut · Onderzoek" in text
    assert "<strong>Sterk</strong>" in text
    assert "<script>alert" not in text
    assert text.count("<h1") == 1


def test_one_begins_a_conversation_and_lands_at_ones_own_words(cast, browse):
    client = browse(cast.teacher)
    form = {"subject": f"labs:{cast.lab.id}", "title": "Wat zien we?", "body": "Ze lezen door."}

    listed = client.get(f"/labs/{cast.lab.id}/gesprekken").text
    answer = client.post("/gesprekken", data=form)
    posted = db.session.query(Contribution).one()

    assert 'name="title"' in listed
    assert (answer.status_code, answer.location) == (
        303, f"/gesprekken/{posted.thread_id}?pagina=1#bijdrage-{posted.id}",
    )  # fmt: skip
    listed = browse(cast.researcher).get(f"/labs/{cast.lab.id}/gesprekken").text
    assert "Wat zien we?" in listed
    assert "1 nieuw" in listed


@pytest.mark.parametrize(
    ("body", "words"),
    [("a" * 50_000, "er passen er 20000"), ("", "Schrijf eerst iets"), ("BSN 111222333", "BSN")],
)
def test_what_is_refused_stays_in_the_form(cast, browse, page, body, words):
    answer = browse(cast.researcher).post(page, data={"body": body, "kind": "data"})

    assert answer.status_code == 422
    assert words in answer.text
    assert f">\n{body}</textarea>" in answer.text
    assert 'value="data" selected' in answer.text
    assert ('name="confirmed"' in answer.text) is body.startswith("BSN")


def test_data_of_pupils_is_kept_after_a_tick(cast, browse, page):
    form = {"body": "BSN 111222333", "confirmed": "1"}

    assert browse(cast.researcher).post(page, data=form).status_code == 303


def test_a_reply_begins_with_a_quote(cast, browse, said, page):
    client = browse(cast.researcher)

    form = client.get(f"{page}?antwoord={said.id}").text
    answer = client.post(
        page, data={"body": "Bij wie?", "reply_to_id": said.id, "quote": "lezen langer"}
    )

    assert ">\nLeerlingen lezen langer door.</textarea>" in form
    shown = client.get(answer.location).text
    assert "<blockquote>lezen langer</blockquote>" in shown
    assert client.get(f"{page}?antwoord=99999").status_code == 200
    assert client.post(page, data={"body": "x", "reply_to_id": "99999"}).status_code == 422


def test_a_permalink_goes_to_the_page_on_which_it_stands(cast, browse, said, page):
    fill(said.thread, cast.researcher, PER_PAGE)
    last = db.session.query(Contribution).order_by(Contribution.id.desc()).first()

    answer = browse(cast.teacher).get(f"/bijdragen/{last.id}")

    assert answer.location == f"{page}?pagina=2#bijdrage-{last.id}"


def test_one_sees_what_is_new_and_comes_back_where_one_was(cast, browse, said, page):
    client = browse(cast.practice_lead)
    client.get(page)
    say(cast.researcher, said.thread, "Dit is nieuw.")

    first, second = client.get(page).text, client.get(page).text

    assert "Nieuw sinds je laatste bezoek" in first
    assert "Nieuw sinds je laatste bezoek" not in second
    fill(said.thread, cast.researcher, 2 * PER_PAGE)
    assert client.post(f"{page}/gelezen").status_code == 303
    assert "Alles is gelezen" not in client.get(page).text


def test_with_htmx_the_conversation_comes_back_with_ones_words_in_it(cast, browse, page):
    client = browse(cast.researcher)

    here = {**HTMX, "HX-Current-URL": f"http://localhost{page}?pagina=1"}
    answer = client.post(page, data={"body": "@Niemand Hier, kijk."}, headers=here)
    refused = client.post(page, data={"body": ""}, headers=HTMX)

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "data-focus" in answer.text
    assert "‘@Niemand’ krijgt geen bericht" in answer.text
    assert answer.headers["HX-Push-Url"].startswith(page)
    assert (refused.status_code, "<html" in refused.text) == (422, False)


def test_two_windows_show_both_texts_and_lose_neither(cast, browse, said):
    client, address = browse(cast.teacher), f"/bijdragen/{said.id}/bewerken"
    version = said.version
    client.post(address, data={"version": version, "body": "<b>Eerste</b> venster"})

    answer = client.post(address, data={"version": version, "body": "Tweede <i>venster</i>"})

    assert answer.status_code == 409
    assert answer.text.count("&lt;b&gt;Eerste&lt;/b&gt; venster") == 1
    assert answer.text.count("Tweede &lt;i&gt;venster&lt;/i&gt;") == 2  # beside it, and the form
    db.session.refresh(said)
    again = {"version": said.version, "body": "Uit beide."}
    assert client.post(address, data=again).status_code == 303


def test_what_was_said_before_is_read_by_who_reads_the_lab(cast, browse, said):
    author = browse(cast.teacher)
    said.created_at = now() - timedelta(hours=30)
    db.session.commit()
    form = {"version": said.version, "body": "Na een dag.", "kind": "evidence"}
    author.post(f"/bijdragen/{said.id}/bewerken", data=form)

    text = browse(cast.researcher).get(f"/bijdragen/{said.id}/geschiedenis").text

    assert "Leerlingen lezen langer door." in text
    assert "Na een dag." in text


def test_a_conclusion_leads_the_conversation_and_ends_it(cast, browse, said, page):
    client = browse(cast.teacher)
    step = {"action": "close", "version": said.thread.version}

    refused = client.post(f"{page}/stap", data={**step, "reason": ""})
    closed = client.post(f"{page}/stap", data={**step, "reason": "We **weten** het."})

    assert (refused.status_code, closed.status_code) == (422, 303)
    shown = client.get(page).text
    assert "We <strong>weten</strong> het." in shown
    assert "Heropen" in shown
    assert 'name="body"' not in shown
    assert client.post(page, data={"body": "Toch nog."}).status_code == 409
    db.session.refresh(said.thread)
    assert said.thread.state is ThreadState.CLOSED


def test_a_lead_hides_and_others_see_that_something_stood_there(cast, browse, said, page):
    lead, address = browse(cast.practice_lead), f"/bijdragen/{said.id}/stap"

    asked = lead.get(f"{address}?actie=hide")
    refused = lead.post(address, data={"action": "hide", "version": said.version})
    done = lead.post(
        address, data={"action": "hide", "version": said.version, "reason": "Een naam."}
    )

    assert "De schrijver en wie het meldde lezen dit." in asked.text
    assert (refused.status_code, done.status_code) == (422, 303)
    others = browse(cast.researcher).get(page).text
    assert "Deze bijdrage is verborgen." in others
    assert "Leerlingen lezen langer door." not in others
    assert "Leerlingen lezen langer door." in browse(cast.teacher).get(page).text
    assert browse(cast.researcher).get(f"/bijdragen/{said.id}/geschiedenis").status_code == 404
    assert browse(cast.researcher).get(f"{address}?actie=hide").status_code == 303
    assert browse(cast.researcher).get(f"{address}?actie=dans").status_code == 404


def test_marks_are_given_and_taken_back(cast, browse, said, page):
    starter, address = browse(cast.teacher), f"/bijdragen/{said.id}/merken"

    starter.post(address, data={"merk": "nuttig", "aan": "1"})
    lead = browse(cast.practice_lead)
    lead.post(address, data={"merk": "onderzoekers", "aan": "1"})

    listed = lead.get(f"/labs/{cast.lab.id}/gesprekken").text
    assert "Voor onderzoekers" in listed
    assert "Nuttige antwoorden" in starter.get(page).text
    assert starter.post(address, data={"merk": "onderzoekers", "aan": "0"}).status_code == 403
    starter.post(address, data={"merk": "nuttig", "aan": "0"})
    assert "Nuttige antwoorden" not in starter.get(page).text


@pytest.mark.parametrize("who", ["outsider", "bystander"])
def test_a_private_conversation_is_not_there_for_others(cast, browse, said, page, who):
    client, own = browse(getattr(cast, who)), f"/bijdragen/{said.id}"
    got = [page, f"{page}/personen", f"/labs/{cast.lab.id}/gesprekken", own, f"{own}/bewerken",
           f"{own}/geschiedenis", f"{own}/stap?actie=hide"]  # fmt: skip
    sent = [page, f"{page}/stap", f"{page}/gelezen", f"{own}/bewerken", f"{own}/stap",
            f"{own}/merken"]  # fmt: skip

    answers = [client.get(address) for address in got]
    answers += [client.post(address, data={"body": "Ha", "action": "hide"}) for address in sent]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert not [answer for answer in answers if "Wat zien we?" in answer.text]


def test_a_visitor_reads_an_open_lab_and_is_asked_to_sign_in(cast, browse, said, page):
    cast.lab.visibility = LabVisibility.PUBLIC
    held = say(cast.researcher, said.thread, "Wacht nog.").contribution
    held.state = ContributionState.HELD
    db.session.commit()
    visitor = browse()

    text = visitor.get(page).text

    assert "Leerlingen lezen langer door." in text
    assert "Wacht nog." not in text
    assert 'name="body"' not in text
    assert visitor.get(f"/labs/{cast.lab.id}/gesprekken").status_code == 200
    assert "/inloggen" in visitor.post(page, data={"body": "Hoi"}).location


def test_a_question_has_its_one_conversation(cast, browse):
    asked = QuestionFactory(asker=cast.bystander, acting_for=cast.school)
    client, subject = browse(cast.outsider), f"questions:{asked.id}"

    refused = client.post("/gesprekken", data={"subject": subject, "body": ""})
    first = client.post("/gesprekken", data={"subject": subject, "body": "Ja."})
    second = client.post("/gesprekken", data={"subject": subject, "body": "En nog wat."})

    assert (refused.status_code, asked.title in refused.text) == (422, True)
    assert first.location.partition("?")[0] == second.location.partition("?")[0]
    assert client.post("/gesprekken", data={"subject": "labs:1", "body": "x"}).status_code == 404


def test_one_follows_a_conversation_and_stops(cast, browse, page):
    client = browse(cast.practice_lead)

    client.post(f"{page}/volgen", data={"aan": "1"})
    assert "Volg niet meer" in client.get(page).text
    client.post(f"{page}/volgen", data={"aan": "0"})

    assert "Volg dit gesprek" in client.get(page).text


def test_names_are_suggested_from_the_conversation(cast, browse, page):
    cast.practice_lead.given_name = "Zoë"
    db.session.commit()

    found = browse(cast.teacher).get(f"{page}/personen?q=zo").json

    assert [one["value"] for one in found] == [cast.practice_lead.name]
