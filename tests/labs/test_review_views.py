"""Reviews and reports of use in the browser and as JSON: what one reads, types and gets back."""

import pytest

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.labs.review_models import Review, ReviewState, UseReport, UseReportState
from tests.factories import AffiliationFactory
from tests.labs.reviewing import FREE, TEXT, make_outside, put_report, put_review
from tests.subsidy.api_document import check_answer

NO = {f"declared-{name}": "no" for name in FREE}


@pytest.fixture
def outside(cast, knowledge_broker):
    return make_outside(cast, knowledge_broker)


@pytest.fixture
def call(app):
    """Ask the API as somebody; what it answers is as its document says."""

    def calling(user, method, path, **options):
        headers = {"If-Match": "*"}
        if user is not None:
            scopes = ("labs:read", "labs:write")
            _row, text = tokens.create_token(Actor.of(user), name="T", scopes=scopes, days=1)
            headers["Authorization"] = f"Bearer {text}"
        answer = app.test_client().open("/api/v1" + path, method=method, headers=headers, **options)
        check_answer(app, method, path, answer)
        return answer

    return calling


def test_a_review_goes_from_invitation_to_publication_in_the_browser(
    outside, browse, knowledge_broker
):
    editor, expert = browse(knowledge_broker), browse(outside.expert)
    page = f"/bevindingen/{outside.made.finding_id}/beoordelingen"
    asked = editor.post(page, data={"action": "invite", "email": outside.expert.email})
    assert asked.status_code == 303
    review = db.session.query(Review).one()
    path = f"/beoordelingen/{review.id}"

    refused = expert.post(f"{path}/stap", data={"action": "accept", "version": 1})
    assert refused.status_code == 422
    assert "Geef antwoord op deze vraag" in refused.text
    expert.post(f"{path}/stap", data={"action": "accept", "version": 1, **NO})
    assert "Bijvoorbeeld" in expert.get(path).text
    half = expert.post(
        f"{path}/stap", data={"action": "submit", "version": 2, "strengths": "Rust."}
    )
    assert half.status_code == 422
    assert "Rust." in half.text
    expert.post(f"{path}/stap", data={"action": "submit", "version": 2, **TEXT})
    assert editor.post(f"{path}/stap", data={"action": "publish", "version": 3}).status_code == 303

    assert TEXT["strengths"] in browse().get(page).text
    assert outside.expert.name not in browse().get(page).text
    assert outside.expert.name in expert.get(page).text
    assert path in expert.get("/beoordelingen").text


def test_the_plot_has_a_table_with_the_same_numbers_from_three_reviews_on(
    outside, browse, call, knowledge_broker
):
    page = f"/bevindingen/{outside.made.finding_id}/beoordelingen"
    people = [AffiliationFactory(role=Role.RESEARCHER).user for _number in range(3)]
    for person in people[:2]:
        put_review(outside, person)
    assert '<svg class="chart"' not in browse().get(page).text
    put_review(outside, people[2], impact=1)

    shown = browse().get(page).text

    assert '<svg class="chart"' in shown
    assert "Van een gevraagde expert" in shown
    assert '<td data-label="Midden" class="num">4</td>' in shown
    db.session.query(Review).filter_by(reviewer_id=people[2].id).update({"is_hidden": True})
    db.session.commit()
    assert '<svg class="chart"' not in browse(knowledge_broker).get(page).text
    about = f"findings:{outside.made.finding_id}"
    listed = call(knowledge_broker, "GET", f"/reviews?about={about}").json
    assert (len(listed["items"]), listed["spread"]) == (2, [])


def test_the_card_of_a_finding_has_the_reviews_of_the_finding(outside, browse):
    answer = browse().get(f"/kennis/{outside.made.finding.card_id}/beoordelingen")

    assert answer.status_code == 303
    assert answer.location.endswith(f"/bevindingen/{outside.made.finding_id}/beoordelingen")


def test_a_step_that_is_too_late_says_so_and_keeps_what_was_typed(outside, browse):
    review = put_review(outside, outside.expert)
    db.session.query(Review).update({"version": 5})
    db.session.commit()

    answer = browse(outside.expert).post(
        f"/beoordelingen/{review.id}/stap",
        data={"action": "withdraw", "version": 1, "reason": "Ik twijfel."},
    )

    assert answer.status_code == 409
    assert "Iemand was je voor" in answer.text
    assert "Ik twijfel." in answer.text


def test_a_report_of_use_goes_from_draft_to_the_page_of_the_card(outside, browse):
    card_id = outside.made.finding.card_id
    user, head = browse(outside.user), browse(outside.head)
    form = {"did": "We lazen.", "outcome": "Het was <b>stil</b>.", "has_failed": "1"}
    page = f"/kennis/{card_id}/gebruik"
    refused = user.post(f"{page}/nieuw", data={"did": "We lazen."})
    assert refused.status_code == 422
    assert "We lazen." in refused.text

    assert user.post(f"{page}/nieuw", data=form).status_code == 303
    assert "Maak dat eerst af" in user.get(f"{page}/nieuw", follow_redirects=True).text
    report = db.session.query(UseReport).one()
    path = f"/gebruik/{report.id}"
    assert browse().get(path).status_code == 404
    changed = user.post(f"{path}/bewerken", data={**form, "version": 1, "group": "groep 6"})
    assert changed.status_code == 303
    user.post(f"{path}/stap", data={"action": "submit", "version": 2})
    assert path in head.get(page).text
    assert head.post(f"{path}/stap", data={"action": "confirm", "version": 3}).status_code == 303

    for shown in (browse().get(page).text, browse().get(path).text):
        assert "&lt;b&gt;stil" in shown
        assert "Een school in Zwolle" in shown
        assert "De Gebruiker" not in shown
    assert "De Gebruiker" in user.get(path).text
    for where in (f"/kennis/{card_id}", f"/bevindingen/{outside.made.finding_id}"):
        assert path in browse().get(where, follow_redirects=True).text


def test_who_is_of_no_school_gets_no_form(outside, browse):
    path = f"/kennis/{outside.made.finding.card_id}/gebruik/nieuw"

    assert browse(outside.expert).get(path).status_code == 403
    assert browse(outside.user).get(path).status_code == 200


def test_reviews_as_json(outside, call, knowledge_broker):
    about = f"findings:{outside.made.finding_id}"
    made = call(knowledge_broker, "POST", "/reviews",
                json={"about": about, "email": outside.expert.email})  # fmt: skip
    assert made.status_code == 201
    path = f"/reviews/{made.json['id']}"
    taken = call(outside.expert, "POST", f"{path}/steps",
                 json={"action": "accept", "declared": FREE})  # fmt: skip
    assert taken.json["state"] == "accepted"
    wrong = call(outside.expert, "POST", f"{path}/steps", json={"action": "submit", "impact": 9})
    assert wrong.status_code == 422
    call(outside.expert, "POST", f"{path}/steps", json={"action": "submit", **TEXT})
    call(knowledge_broker, "POST", f"{path}/steps", json={"action": "publish"})

    one, whole = call(None, "GET", path), call(None, "GET", f"/reviews?about={about}")

    assert one.json["impact"] is None
    assert one.json["reviewer"] == "Van een gevraagde expert"
    assert call(outside.expert, "GET", path).json["impact"] == TEXT["impact"]
    assert [item["id"] for item in whole.json["items"]] == [made.json["id"]]
    assert whole.json["spread"] == []
    assert len(call(None, "GET", "/reviews/rubric").json["questions"][0]["anchors"]) == 5


def test_who_used_it_begins_a_review_as_json(outside, call):
    about = f"findings:{outside.made.finding_id}"
    sent = {"about": about, "declared": FREE}

    assert call(outside.user, "POST", "/reviews", json=sent).status_code == 403
    put_report(outside)
    assert call(outside.user, "POST", "/reviews", json=sent).json["basis"] == "confirmed_use"
    assert call(outside.user, "POST", "/reviews", json=sent).status_code == 409


def test_reports_of_use_as_json(outside, call):
    card_id = outside.made.finding.card_id
    made = call(outside.user, "POST", "/use-reports",
                json={"card_id": card_id, "did": "We lazen.", "outcome": "Stil."})  # fmt: skip
    path = f"/use-reports/{made.json['id']}"
    assert call(None, "GET", path).status_code == 404
    changed = call(outside.user, "PATCH", path, json={"has_failed": True})
    assert (changed.json["did"], changed.json["has_failed"]) == ("We lazen.", True)
    call(outside.user, "POST", f"{path}/steps", json={"action": "submit"})
    call(outside.head, "POST", f"{path}/steps", json={"action": "confirm"})

    found = call(None, "GET", f"/use-reports?card_id={card_id}")

    assert found.json["total"] == 1
    assert found.json["items"][0]["place"] == "Een school in Zwolle"
    assert found.json["items"][0]["actions"] == []
    assert call(None, "GET", path).status_code == 200


def test_what_is_not_out_stays_with_its_people_on_every_page(outside, browse, cast):
    review = put_review(outside, outside.expert, ReviewState.SUBMITTED, strengths="Zakmes")
    report = put_report(outside, UseReportState.SUBMITTED, did="Zakmes", group="Zakmes")
    card_id = outside.made.finding.card_id
    paths = (f"/beoordelingen/{review.id}", f"/gebruik/{report.id}", f"/kennis/{card_id}/gebruik",
             f"/bevindingen/{outside.made.finding_id}/beoordelingen",
             f"/kennis/{card_id}", "/beoordelingen", "/jouw-beurt")  # fmt: skip

    for user in (None, cast.practice_lead, cast.outsider):
        reader = browse(user)
        assert not [path for path in paths if "Zakmes" in reader.get(path).text]
