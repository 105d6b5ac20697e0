"""The pages of findings: the teacher page first, writing, signing, correcting, the tombstone."""

import json
import re

import pytest

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db
from labapp.labs import findings
from labapp.labs.finding_form import FindingForm
from labapp.labs.finding_models import VersionState
from labapp.labs.finding_states import FindingAction as A
from labapp.labs.plan_answers import hash_of
from labapp.labs.round_models import PlanVersion, RoundPhase
from tests.labs.factories import RoundFactory
from tests.labs.findings import WHOLE, make_finding, published, signed, step, to_signing


@pytest.fixture
def made(cast, knowledge_broker):
    """A finding of a private lab that is out."""
    return published(cast, knowledge_broker)


def url(made, rest=""):
    return f"/bevindingen/{made.finding_id}{rest}"


def form_of(made, **changes):
    """What the form of a finding sends: everything as it is, but for the changes."""
    form = FindingForm.of_content(made.content, [])
    values = {name: v for name, v in form.values.items() if not isinstance(v, list)}
    values |= {name: form.values[name] for name in ("themes", "sectors", "subjects")}
    values |= {"contributors-0-family_name": "Linde", "contributors-0-role": "teacher"}
    return {**values, "version": made.version, **changes}


def test_the_teacher_page_comes_first(browse, made):
    page = browse().get(url(made))

    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    for words in ("Doe dit", "Verander dit niet", "Dit mag je aanpassen", "Tijd en geld",
                  "Zo ziet het eruit als het werkt", "Het hielp", "Redelijk zeker"):  # fmt: skip
        assert words in page.text
    assert page.text.index("Doe dit") < page.text.index("Citeer deze bevinding")
    assert "We vergeleken zes klassen" not in page.text
    research = browse().get(url(made, "/onderzoek")).text
    assert "We vergeleken zes klassen" in research
    assert "0,1 tot 0,5" in research


def test_a_private_lab_is_named_to_its_people_only(browse, cast, made):
    for path in ("", "/onderzoek", "/versies", "/versies/1", "/praktijkkaart", "/citaat/json"):
        assert cast.lab.title not in browse().get(url(made, path)).text
        assert cast.lab.title not in browse(cast.outsider).get(url(made, path)).text
    assert cast.lab.title in browse(cast.teacher).get(url(made)).text


def test_the_plan_says_what_was_changed_and_its_words_stay_in_the_lab(
    browse, cast, knowledge_broker
):
    made = signed(cast, make_finding(cast))
    answers = {"question": "Geheimwoord", "design": "Voor en na"}
    later = answers | {"design": "Alleen erna"}
    for number, said in ((1, answers), (2, later)):
        db.session.add(
            PlanVersion(
                round_id=made.finding.round_id, number=number, answers=said, frozen_at=now(),
                content_hash=hash_of(said), justification="Te druk." if number > 1 else "",
            )
        )  # fmt: skip
    db.session.commit()
    step(knowledge_broker, made, A.PUBLISH, no_interest=True)

    outside = browse().get(url(made, "/onderzoek")).text
    inside = browse(cast.teacher).get(url(made, "/onderzoek")).text
    assert "Gepland of gewijzigd" in outside
    assert outside.count("zoals gepland") == 5
    assert outside.count(">gewijzigd<") == 1 or outside.count("gewijzigd</span>") == 1
    assert "Geheimwoord" not in outside
    assert "Te druk." not in outside
    assert "Geheimwoord" in inside
    assert "Te druk." in inside


def test_it_carries_structured_data_that_cannot_end_its_element(browse, cast, knowledge_broker):
    made = published(cast, knowledge_broker, title="Lezen </script><b>helpt")
    page = browse().get(url(made)).text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    data = json.loads(found[1])

    assert data["@type"] == "ScholarlyArticle"
    assert data["headline"] == "Lezen </script><b>helpt"
    assert data["license"].startswith("https://creativecommons.org/")
    assert data["author"][0]["familyName"].startswith("van Dijk")
    assert "<b>helpt" not in page


def test_one_cites_this_version_or_always_the_latest(browse, made):
    latest = browse().get(url(made, "/citaat/json")).json
    fixed = browse().get(url(made, "/citaat/json?versie=1")).json

    assert latest[0]["author"][0]["non-dropping-particle"] == "van"
    assert latest[0]["URL"].endswith(f"/bevindingen/{made.finding_id}")
    assert "version" not in latest[0]
    assert fixed[0]["version"] == "1"
    assert fixed[0]["URL"].endswith(f"/bevindingen/{made.finding_id}/versies/1")
    assert "@techreport" in browse().get(url(made, "/citaat/bib")).text
    assert "TY  - RPRT" in browse().get(url(made, "/citaat/ris")).text
    assert "[labbevinding, versie 1]" in browse().get(url(made)).text


def test_the_list_and_the_feed_show_what_is_out(browse, cast, made, count_queries):
    make_finding(cast, title="Nog geheim")
    with count_queries() as few:
        page = browse().get("/bevindingen").text
    assert made.content["title"] in page
    assert "Nog geheim" not in page
    assert "Nog geheim" not in browse().get("/bevindingen/feed.atom").text
    assert made.content["title"] in browse().get("/bevindingen/feed.atom").text
    assert made.content["title"] not in browse().get("/bevindingen?thema=feedback").text
    assert len(few) < 16


def test_the_list_asks_as_much_for_many_as_for_one(
    browse, cast, made, knowledge_broker, count_queries
):
    browse().get("/bevindingen")
    with count_queries() as one:
        browse().get("/bevindingen")
    for _time in range(2):
        published(cast, knowledge_broker)
    with count_queries() as many:
        browse().get("/bevindingen")

    assert len(many) == len(one)


def test_a_draft_is_written_in_the_form_and_nothing_is_lost(browse, cast):
    made = make_finding(cast)
    browser = browse(cast.researcher)
    assert "Drie zinnen in gewone taal" in browser.get(url(made, "/schrijven")).text

    answer = browser.post(
        url(made, "/schrijven"), data=form_of(made, method="Nieuwe methode.", certainty="hoog")
    )
    assert answer.status_code == 422
    assert "Nieuwe methode." in answer.text
    db.session.refresh(made)
    assert made.content["method"] == "Nieuwe methode."
    assert made.content["certainty"] == 3

    long = browser.post(url(made, "/schrijven"), data=form_of(made, context="x" * 50_000))
    assert long.status_code == 422
    assert "x" * 50_000 in long.text
    assert "voorleggen" not in long.text
    ok = browse(cast.practice_lead).post(
        url(made, "/schrijven"), data=form_of(made, effect_value="0,25", actie="voorleggen")
    )
    assert ok.status_code == 303
    db.session.refresh(made)
    assert (made.content["effect_value"], made.state) == (0.25, VersionState.LAB_REVIEW)
    assert [one.family_name for one in made.contributors] == ["Linde"]


def test_two_who_write_at_once_choose_from_both_texts(browse, cast):
    made = make_finding(cast)
    form = form_of(made, method="Van de onderzoeker <b>", funding="Een fonds.")
    browse(cast.teacher).post(url(made, "/schrijven"), data=form_of(made, method="Van de leraar"))

    answer = browse(cast.researcher).post(url(made, "/schrijven"), data=form)
    assert answer.status_code == 409
    assert "Van de leraar" in answer.text
    assert "Van de onderzoeker &lt;b&gt;" in answer.text
    whole = re.search(r'<textarea name="whole"[^>]*>(.*?)</textarea>', answer.text, re.DOTALL)[1]
    version = re.search(r'name="version" value="(\d+)"', answer.text)[1]
    from html import unescape

    chosen = {"whole": unescape(whole), "version": version, "keuze-method": "theirs"}
    assert browse(cast.researcher).post(url(made, "/samenvoegen"), data=chosen).status_code == 303

    db.session.refresh(made)
    assert made.content["method"] == "Van de leraar"
    assert made.content["funding"] == "Een fonds."
    names = form_of(made, **{"contributors-0-family_name": "Vos"}) | {"version": "1"}
    clash = browse(cast.researcher).post(url(made, "/schrijven"), data=names)
    whole = re.search(r'<textarea name="whole"[^>]*>(.*?)</textarea>', clash.text, re.DOTALL)[1]
    mine = {"whole": unescape(whole), "version": made.version, "keuze-contributors": "yours"}
    assert browse(cast.researcher).post(url(made, "/samenvoegen"), data=mine).status_code == 303
    assert [one.family_name for one in made.contributors] == ["Vos"]
    spoiled = browse(cast.researcher).post(url(made, "/samenvoegen"), data={"whole": "[]"})
    assert spoiled.status_code == 422


def test_pupils_data_asks_for_a_look_on_the_page(browse, cast):
    made = make_finding(cast)
    form = form_of(made, context="Emma de Vries uit groep 6 vond het leuk.")

    answer = browse(cast.teacher).post(url(made, "/schrijven"), data=form)
    assert answer.status_code == 422
    assert "pupil_data_checked" in answer.text
    again = browse(cast.teacher).post(
        url(made, "/schrijven"), data=form | {"pupil_data_checked": "1"}
    )
    assert again.status_code == 303


def test_a_lead_reads_the_whole_text_before_signing(browse, cast):
    made = to_signing(cast, make_finding(cast))
    browser = browse(cast.practice_lead)
    page = browser.get(url(made, "/ondertekenen")).text
    sealed = re.search(r'name="content_hash" value="(\w+)"', page)[1]
    assert WHOLE["limitations"] in page

    stale = {"action": "sign", "version": made.version, "content_hash": "0" * 64}
    answer = browser.post(url(made, "/stap"), data=stale)
    assert answer.status_code == 409
    assert "gewijzigd" in answer.text
    good = {"action": "sign", "version": made.version, "content_hash": sealed}
    assert browser.post(url(made, "/stap"), data=good).status_code == 303
    assert "nog niet getekend" in browser.get(url(made)).text
    assert "Onderteken voor jouw kant" not in browser.get(url(made, "/ondertekenen")).text


def test_an_editor_decides_from_the_queue(browse, cast, knowledge_broker):
    made = signed(cast, make_finding(cast))
    browser = browse(knowledge_broker)
    assert made.content["title"] in browser.get("/bevindingen/redactie").text
    assert browse(cast.teacher).get("/bevindingen/redactie").status_code == 403

    form = {"action": "publish", "version": made.version, "reason": ""}
    refused = browser.post(url(made, "/stap"), data=form)
    assert refused.status_code == 422
    assert "geen belang" in refused.text
    back = form | {"action": "request_changes", "reason": "Noem de kosten."}
    answer = browser.post(url(made, "/stap"), data=back)
    assert answer.headers["Location"].endswith("/bevindingen/redactie")
    assert "Noem de kosten." in browse(cast.practice_lead).get(url(made)).text


def test_a_form_of_a_step_comes_back_with_what_was_typed(browse, cast, made):
    browser = browse(cast.practice_lead)
    for path in ("/herstellen", "/erratum", "/intrekken", "/medewerkers"):
        assert browser.get(url(made, path)).status_code == 200
        assert browse(cast.teacher).get(url(made, path)).status_code == 403
    base = {"version": made.version, "number": 1}
    cases = [
        ({"action": "correct", "reason": "Elf klassen."}, "Elf klassen."),
        ({"action": "repair", "title": "Iets heel anders over rekenen"}, "Iets heel anders over"),
        ({"action": "ask_retraction", "reason": "Toets fout."}, "Toets fout."),
    ]
    for form, typed in cases:
        answer = browser.post(url(made, "/stap"), data=base | form)
        assert answer.status_code == 422
        assert typed in answer.text
    stale = {"action": "correct", "reason": "Bewaar mij.", "reason_code": "other", "version": 1}
    answer = browser.post(url(made, "/stap"), data=stale)
    assert (answer.status_code, "Bewaar mij." in answer.text) == (409, True)


def test_contributors_are_changed_on_the_page(browse, cast, made):
    form = {"version": made.version, "number": 1, "contributors-0-role": "teacher"}
    empty = browse(cast.research_lead).post(url(made, "/medewerkers"), data=form)
    assert empty.status_code == 422
    form |= {"contributors-0-given_name": "An", "contributors-0-family_name": "van 't Hof"}
    assert browse(cast.research_lead).post(url(made, "/medewerkers"), data=form).status_code == 303
    assert "An van &#39;t Hof" in browse().get(url(made, "/onderzoek")).text


def test_an_old_version_says_so_and_shows_what_changed(browse, cast, made, knowledge_broker):
    step(cast.research_lead, made, A.START_VERSION, reason="Een jaar later gemeten.")
    second = findings.open_version(Actor.of(cast.teacher), made.finding)
    assert browse().get(url(made, "/versies/2")).status_code == 404
    browse(cast.researcher).post(url(made, "/schrijven"), data=form_of(second, method="Langer."))
    assert "Er wordt aan een nieuwe versie gewerkt" in browse(cast.teacher).get(url(made)).text
    assert "nieuwe versie gewerkt" not in browse().get(url(made)).text
    signed(cast, second)
    step(knowledge_broker, second, A.PUBLISH, no_interest=True)

    assert "oudere versie" in browse().get(url(made, "/versies/1")).text
    difference = browse().get(url(made, "/verschil?van=1&naar=2")).text
    assert "Een jaar later gemeten." in difference
    assert "Langer." in difference
    assert "eerdere beoordelingen" in browse().get(url(made, "/versies")).text


def test_a_retracted_finding_is_a_tombstone_everywhere(browse, made, programme_officer):
    card = made.finding.card_id
    step(programme_officer, made, A.RETRACT, reason="Toets fout.", reason_code="error_in_data")

    for path in ("", "/onderzoek", "/versies", "/versies/1", "/praktijkkaart", "/verschil",
                 "/citaat/bib"):  # fmt: skip
        answer = browse().get(url(made, path))
        assert answer.status_code == 410, path
        assert "Toets fout." in answer.text
        assert made.content["plain"] not in answer.text
    for path in ("", "/citaat.bib", "/praktijkkaart"):
        answer = browse().get(f"/kennis/{card}{path}")
        assert (answer.status_code, "Toets fout." in answer.text) == (410, True)
    assert made.content["title"] not in browse().get("/bevindingen").text
    assert made.content["title"] not in browse().get("/kennis/?q=vrij+lezen").text


def test_the_card_leads_to_its_finding_and_into_the_cycle(browse, cast, made):
    browser = browse(cast.outsider)
    page = browser.get(f"/kennis/{made.finding.card_id}").text
    assert "Gebruik in onze cyclus" in page
    assert url(made) in page

    answer = browser.post(f"/kennis/{made.finding.card_id}/gebruiken")
    kept = browser.get(answer.headers["Location"]).text
    assert "In onze cyclus" in kept
    assert url(made) in kept
    assert "Gebruik in onze cyclus" not in browse().get(url(made)).text


def test_a_finding_is_begun_from_its_round(browse, cast):
    one = RoundFactory(lab=cast.lab, phase=RoundPhase.DECIDE)
    path = f"/rondes/{one.id}/bevinding/nieuw"
    assert one.title in browse(cast.teacher).get(f"/labs/{cast.lab.id}/bevindingen").text
    assert browse(cast.teacher).get(path).status_code == 200
    assert browse(cast.leader).get(path).status_code == 403
    assert browse(cast.outsider).get(path).status_code == 404

    assert browse(cast.teacher).post(path, data={"title": " "}).status_code == 422
    answer = browse(cast.teacher).post(path, data={"title": "Het hielp niet"})
    assert browse(cast.teacher).get(answer.headers["Location"]).status_code == 200
    assert "Het hielp niet" in browse(cast.researcher).get(f"/labs/{cast.lab.id}/bevindingen").text


def test_steps_that_do_not_exist_are_refused(browse, cast, made):
    browser = browse(cast.practice_lead)
    for action in ("complete", "release", "vliegen", ""):
        assert browser.post(url(made, "/stap"), data={"action": action}).status_code == 422
    assert browser.get(url(made, "/ondertekenen")).status_code == 409
    assert browser.get(url(made, "/schrijven")).status_code == 409
