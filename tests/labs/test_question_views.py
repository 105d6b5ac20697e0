"""The pages of questions and agendas, as somebody walks through them."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import db
from labapp.knowledge.models import Card
from labapp.labs import agendas, merging
from labapp.labs.lab_models import LabVisibility
from labapp.labs.question_models import (
    Question,
    QuestionImport,
    QuestionMatch,
    QuestionState,
    QuestionVisibility,
)
from tests.labs.asking import ask, card, fresh, standing, step, write

FORM = {
    "title": "Hoe houden we groep 7 aan het lezen?", "seen": "Ze haken af bij lange teksten.",
    "theme": "reading", "sector": "po", "visibility": "programme", "doe": "kijk",
}  # fmt: skip


def only():
    db.session.rollback()
    return db.session.scalars(select(Question)).one()


def test_a_teacher_meets_what_is_known_and_then_asks(browse, teacher):
    card("Lange teksten lezen in groep 7", answer="Kies boeken die passen.")
    client = browse(teacher)

    made = client.post("/vragen/nieuw", data=FORM, follow_redirects=True)
    assert "Lange teksten lezen in groep 7" in made.text
    question, match = only(), db.session.scalars(select(QuestionMatch)).one()
    base = f"/vragen/{question.id}"
    opened = client.post(f"{base}/lezen/{match.id}")
    refused = client.post(f"{base}/stap", data={"action": "submit", "version": question.version})
    wrong = client.post(f"{base}/oordeel/{match.id}", data={"verdict": "partly"})
    judged = client.post(
        f"{base}/oordeel/{match.id}", data={"verdict": "partly", "difference": "Groep 3"}
    )
    asked = client.post(
        f"{base}/stap", data={"action": "submit", "version": only().version}, follow_redirects=True
    )

    there = f"/kennis/{match.object.split(':')[1]}?stuk={match.id}"
    assert opened.headers["Location"].endswith(there)
    assert (refused.status_code, wrong.status_code) == (409, 422)
    assert f'<a href="#stuk-{match.id}">' in refused.text
    assert judged.headers["Location"].endswith(f"{base}#stuk-{match.id}")
    assert "Schrijf in één regel wat er anders is." in wrong.text
    assert "De stand is nu: Ingediend. Een kennismakelaar leest de vraag." in asked.text
    assert only().state is QuestionState.SUBMITTED


def test_who_opened_something_from_a_question_finds_the_way_back_and_nobody_else_does(
    browse, teacher, colleague, knowledge_broker
):
    made = card("Lange teksten lezen in groep 7")
    question = write(teacher, "Hoe lezen we lange teksten in groep 7?")
    step(teacher, question, "look")
    match = db.session.scalars(select(QuestionMatch)).one()
    asked = ask(teacher, "Hoe lang duurt het lezen van lange teksten?")
    other = db.session.scalars(select(QuestionMatch).filter_by(question_id=asked.id)).one()

    own = browse(teacher).get(f"/kennis/{made.id}?stuk={match.id}")
    client, broker = browse(colleague), browse(knowledge_broker)
    others = [client.get(f"/kennis/{made.id}?stuk={n}") for n in (match.id, other.id, 9**30, "x")]
    opened = broker.post(f"/vragen/{asked.id}/lezen/{other.id}")

    assert f'href="/vragen/{question.id}#stuk-{match.id}"' in own.text
    assert "Terug naar je vraag ‘Hoe lezen we lange teksten in groep 7?’" in own.text
    assert [page.status_code for page in others] == [200] * 4
    assert not any("Terug naar je vraag" in page.text for page in others)
    assert opened.headers["Location"].endswith(f"/kennis/{made.id}")


def test_what_was_typed_stays_when_it_is_refused(browse, teacher):
    client = browse(teacher)
    long = "Zin. " * 10_000

    refused = client.post("/vragen/nieuw", data={**FORM, "title": "Kort?", "seen": long})
    warned = client.post("/vragen/nieuw", data={**FORM, "seen": "Emma de Vries uit groep 6"})

    assert (refused.status_code, warned.status_code) == (422, 422)
    assert "Kort?" in refused.text
    assert long[:200] in refused.text
    assert "pupil_data_checked" in warned.text
    checked = {**FORM, "seen": "Emma de Vries uit groep 6", "pupil_data_checked": "1"}
    assert client.post("/vragen/nieuw", data=checked).status_code == 303


def test_who_wants_to_look_hears_in_the_form_what_is_missing(browse, teacher):
    client = browse(teacher)
    typed = {"title": "Hoe lezen leerlingen lange boeken uit?", "seen": " "}

    refused = client.post("/vragen/nieuw", data=typed | {"doe": "kijk"})

    assert refused.status_code == 422
    assert "Schrijf op wat je ziet." in refused.text
    assert "Hoe lezen leerlingen lange boeken uit?" in refused.text
    assert db.session.query(Question).count() == 0
    assert client.post("/vragen/nieuw", data=typed | {"doe": "bewaar"}).status_code == 303
    assert db.session.query(Question).one().state is QuestionState.DRAFT


def test_two_who_write_at_once_see_both_texts(browse, teacher):
    question = write(teacher)
    client = browse(teacher)
    old = question.version
    client.post(f"/vragen/{question.id}/bewerken", data={**FORM, "version": old, "doe": "bewaar"})

    clash = client.post(
        f"/vragen/{question.id}/bewerken",
        data={**FORM, "seen": "Mijn <b>tekst</b>.", "version": old, "doe": "bewaar"},
    )

    assert clash.status_code == 409
    assert "Ze haken af bij lange teksten." in clash.text
    assert "Mijn &lt;b&gt;tekst&lt;/b&gt;." in clash.text


def test_suggestions_come_while_typing_and_leave_no_trace(browse, teacher):
    card("Lange teksten lezen in groep 7")
    client = browse(teacher)
    address = "/vragen/suggesties?title=lange+teksten+lezen&theme=reading"

    part = client.get(address, headers={"HX-Request": "true"})
    whole = client.get(address)

    assert "Lange teksten lezen in groep 7" in part.text
    assert "<html" not in part.text
    assert "<h1" in whole.text
    assert db.session.scalars(select(QuestionMatch)).all() == []


def test_on_a_phone_a_line_under_the_question_leads_to_what_is_there(browse, teacher):
    card("Lange boeken lezen")
    client, fragment = browse(teacher), {"HX-Request": "true"}
    address = "/vragen/suggesties?title="

    some = client.get(f"{address}Hoe lezen we lange boeken?", headers=fragment).text
    none = client.get(f"{address}kort", headers=fragment).text

    assert '<a href="#suggesties-kop">Er is al 1 stuk dat hierop lijkt.</a>' in some
    assert 'hx-swap-oob="true" hidden' in none
    assert "suggesties-kort" not in client.get(f"{address}Hoe lezen we lange boeken?").text


def test_the_asker_reads_what_the_broker_wants_to_know_beside_the_answer(
    browse, teacher, knowledge_broker
):
    question = ask(teacher)
    step(knowledge_broker, question, "take_up")
    step(knowledge_broker, question, "ask_back", reason="Welke <i>boeken</i>?")

    page = browse(teacher).get(f"/vragen/{question.id}").text

    assert "De kennismakelaar vraagt:" in page
    assert "Welke &lt;i&gt;boeken&lt;/i&gt;?" in page


def test_a_broker_answers_on_the_page_with_sources(browse, teacher, knowledge_broker):
    question = ask(teacher)
    step(knowledge_broker, question, "take_up")
    client = browse(knowledge_broker)
    answer = {
        "action": "answer", "version": question.version, "title": "Lezen in groep 7",
        "answer": "Vrij lezen helpt.", "body": "Uitleg.", "theme": "reading",
        "visibility": "programme", "sectors": ["po"],
        "source_title": ["Lezen", ""], "source_organisation": ["Instituut", ""],
        "source_year": ["2024", ""], "source_url": ["https://example.org", ""],
    }  # fmt: skip

    page = client.get(f"/vragen/{question.id}").text
    none = {name: ["", ""] for name in answer if name.startswith("source_")}
    lacking = client.post(f"/vragen/{question.id}/stap", data={**answer, **none})
    done = client.post(f"/vragen/{question.id}/stap", data=answer)

    assert "Publiceer het antwoord" in page
    assert lacking.status_code == 422
    assert "Noem minstens één bron." in lacking.text
    assert "Vrij lezen helpt." in lacking.text
    assert done.status_code == 303
    made = db.session.scalars(select(Card)).one()
    assert made.title == "Lezen in groep 7"
    assert "Vrij lezen helpt." in browse(teacher).get(f"/vragen/{question.id}").text


def test_whom_a_lab_is_hidden_from_reads_no_name_of_it(browse, cast):
    question = ask(cast.bystander)
    question.state, question.lab_id = QuestionState.ACCEPTED, None
    db.session.commit()
    step(cast.practice_lead, question, "adopt", lab_id=cast.lab.id)
    cast.lab.title = "Geheimlab"
    db.session.commit()

    hidden = browse(cast.bystander).get(f"/vragen/{question.id}").text
    shown = browse(cast.practice_lead).get(f"/vragen/{question.id}").text

    assert "Geheimlab" not in hidden
    assert cast.practice_lead.family_name not in hidden
    assert "Een lab onderzoekt deze vraag." in hidden
    assert "Geheimlab" in shown
    cast.lab.visibility = LabVisibility.PROGRAMME
    db.session.commit()
    assert "Geheimlab" in browse(cast.bystander).get(f"/vragen/{question.id}").text


def test_a_school_joins_on_the_page(browse, stranger, teacher, school_leader):
    question = ask(stranger)
    school = teacher.affiliations[0].organisation_id
    base = f"/vragen/{question.id}"

    browse(teacher).post(f"{base}/ook", data={"doe": "mee", "context": "Groep 8, kleine school"})
    leader = browse(school_leader)
    assert "Groep 8, kleine school" in leader.get(base).text
    leader.post(f"{base}/ook", data={"doe": "akkoord", "organisation": school})

    assert "Nog 1 school heeft deze vraag." in browse(stranger).get(base).text
    assert browse(stranger).post(f"{base}/ook", data={"doe": "mee"}).status_code == 409
    leader.post(f"{base}/ook", data={"doe": "weg", "organisation": school})
    assert "Nog geen andere school" in browse(stranger).get(base).text


def test_a_merge_is_announced_objected_to_and_taken_back(
    browse, teacher, stranger, knowledge_broker
):
    question, into = ask(teacher), ask(stranger, "Hoe blijven kinderen van tien lezen?")
    broker, asker = browse(knowledge_broker), browse(teacher)
    form = {"into_id": into.id, "reason": "Beide over lezen.", "version": question.version}

    assert "samenvoegen" in broker.get(f"/vragen/{question.id}").text
    wrong = broker.post(f"/vragen/{question.id}/samenvoegen", data={**form, "into_id": 999})
    broker.post(f"/vragen/{question.id}/samenvoegen", data=form)
    merge = merging.find_merge(fresh(question))
    to = f"/vragen/samenvoegingen/{merge.id}"
    page = asker.get(f"/vragen/{question.id}").text
    empty = asker.post(to, data={"doe": "bezwaar", "version": 1, "objection": ""})
    asker.post(to, data={"doe": "bezwaar", "version": 1, "objection": "Iets heel anders."})
    seen = broker.get(f"/vragen/{question.id}").text
    broker.post(to, data={"doe": "intrekken", "version": 2})

    assert (wrong.status_code, empty.status_code) == (422, 422)
    assert "Maak bezwaar" in page
    assert "Iets heel anders." in seen
    assert merging.find_merge(fresh(question)) is None


def test_the_asker_says_whether_it_helped_and_the_broker_that_it_holds(
    browse, teacher, knowledge_broker
):
    question = standing(QuestionState.ANSWERED, asker=teacher)
    question.answered_at = question.submitted_at
    db.session.commit()
    base = f"/vragen/{question.id}"

    browse(teacher).post(f"{base}/geholpen", data={"hielp": "1", "version": question.version})
    assert fresh(question).state is QuestionState.CONFIRMED
    browse(knowledge_broker).post(f"{base}/nagekeken", data={"version": question.version})
    assert fresh(question).review_due_on > today()


def test_a_broker_says_when_the_asker_hears_more(browse, teacher, knowledge_broker):
    question = ask(teacher)
    broker = browse(knowledge_broker)
    day = (today() + timedelta(days=20)).isoformat()
    form = {"words": "We bellen drie onderzoekers.", "due_on": day, "version": question.version}

    wrong = broker.post(f"/vragen/{question.id}/verwachting", data={**form, "due_on": ""})
    broker.post(f"/vragen/{question.id}/verwachting", data=form)

    assert wrong.status_code == 422
    assert "We bellen drie onderzoekers." in browse(teacher).get(f"/vragen/{question.id}").text


def test_a_table_is_looked_at_confirmed_and_taken_back(browse, knowledge_broker, teacher):
    broker = browse(knowledge_broker)
    table = b"sleutel,vraag\na,Hoe leren kinderen klokkijken?\n"

    def send(content):
        data = {"file": (io.BytesIO(content), "vragen.csv"), "origin": "startdag"}
        return broker.post("/vragen/invoeren", data=data)

    assert browse(teacher).get("/vragen/invoeren").status_code == 403
    assert broker.post("/vragen/invoeren", data={"origin": "x"}).status_code == 422
    wrong = send(b"sleutel,vraag\na,Kort?\n")
    tried = send(table)
    token = re.search(r'name="token" value="(\w+)"', tried.text)[1]
    form = {"token": token, "name": "vragen.csv", "origin": "startdag"}
    broker.post("/vragen/invoeren/bevestigen", data=form)
    again = broker.post("/vragen/invoeren/bevestigen", data=form)

    assert (wrong.status_code, tried.status_code, again.status_code) == (422, 200, 422)
    assert "ten minste 10 tekens" in wrong.text
    batch = db.session.scalars(select(QuestionImport)).one()
    assert only().import_batch_id == batch.id
    assert "startdag" in broker.get("/vragen/invoeren").text
    for _ in range(2):  # the second says that it was done
        broker.post(f"/vragen/invoeren/{batch.id}/terugdraaien")
    assert db.session.scalars(select(Question)).all() == []


def test_an_agenda_goes_its_way_on_the_page(browse, knowledge_broker, teacher, researcher):
    first = standing(QuestionState.ACCEPTED, title="Hoe lezen we beter?", asker=teacher)
    other = standing(QuestionState.ACCEPTED, title="Hoe rekenen we?", theme="mathematics")
    broker = browse(knowledge_broker)
    start = {"title": "Lezen 2026", "theme": "reading", "school_year": today().year}
    wrong = broker.post("/agenda", data={**start, "title": ""})
    made = broker.post("/agenda", data=start)
    base = made.headers["Location"]

    def send(path, user=None, **data):
        db.session.rollback()
        agenda = agendas.get_agenda(Actor.of(knowledge_broker), int(base.rsplit("/", 1)[1]))
        given = {"version": agenda.version, **data}
        return (browse(user) if user else broker).post(base + path, data=given)

    send("/vragen", doe="verzamel")
    chosen = broker.get(base).text
    refused = send("/vragen", question_id=999)
    send("/vragen", question_id=other.id)
    send("/stap", action="check")
    agenda = agendas.get_agenda(Actor.of(knowledge_broker), int(base.rsplit("/", 1)[1]))
    kept, left = [item.id for item in agenda.items]
    empty = send(f"/vragen/{kept}", doe="bekend", known="")
    for item in (kept, left):
        send(f"/vragen/{item}", doe="bekend", known="Eén kaart.")
    send("/stap", action="shorten")
    send(f"/vragen/{kept}", doe="blijft")
    send(f"/vragen/{left}", doe="weg", because="Ander thema.")
    send("/stap", action="rank", closes_on=(today() + timedelta(days=30)).isoformat())
    nonsense = send("/stemmen", teacher, **{f"plaats-{kept}": "vier"})
    send("/stemmen", teacher, **{f"plaats-{kept}": "1"})
    send("/stemmen", researcher, **{f"plaats-{kept}": "1"})
    early = send("/stap", action="publish")
    send("/stemmen", samen="1", **{f"plaats-{kept}": "1"})
    send("/stap", action="publish")
    send(f"/vragen/{kept}", doe="geworden", outcome="Het leeslab onderzoekt haar.")
    send("/volgen")

    assert f'<option value="{other.id}">Hoe rekenen we?</option>' in chosen
    assert f'<option value="{first.id}">' not in chosen  # it is on the agenda
    statuses = [one.status_code for one in (wrong, refused, empty, nonsense, early)]
    assert statuses == [422, 422, 422, 422, 409]
    assert fresh(first).state is QuestionState.PRIORITISED
    page = browse(teacher).get(base).text
    assert "1. <a" in page
    assert "Het leeslab onderzoekt haar." in page
    assert "Ander thema." in page
    assert "Lezen 2026" in browse(teacher).get("/agenda").text


def test_one_follows_a_question_and_reads_the_feed(browse, teacher, stranger):
    question = ask(stranger)
    hidden = ask(stranger, "Wie leest dit mee?", visibility=QuestionVisibility.ORGANISATION)
    client = browse(teacher)

    client.post(f"/vragen/{question.id}/volgen", data={"aan": "1"})
    assert "Volg niet meer" in client.get(f"/vragen/{question.id}").text
    client.post(f"/vragen/{question.id}/volgen", data={"aan": "0"})
    feed = client.get("/vragen/feed.atom")

    assert feed.mimetype == "application/atom+xml"
    assert question.title in feed.text
    assert hidden.title not in feed.text
    assert client.get(f"/vragen/{hidden.id}").status_code == 404


@pytest.mark.parametrize(
    "address",
    ["/vragen?van=waiting&stand=open&thema=x&sector=y&page=0", "/vragen?q=%00&page=99999999999"],
)
def test_nonsense_in_the_address_is_no_fault(browse, teacher, address):
    assert browse(teacher).get(address).status_code in (200, 404, 422)
