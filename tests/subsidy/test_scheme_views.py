import io
import re
from dataclasses import replace
from datetime import date

import pytest

from labapp.database import db
from labapp.subsidy import grants, participations, scheme_parts, schemes
from labapp.subsidy.scheme_inputs import CategoryInput, RateInput, SchemeInput, VersionInput
from labapp.subsidy.scheme_models import SchemeKind, SchemeVersion, VersionStatus
from tests.subsidy.factories import FixedAmountFactory

BEGIN, END = date(2026, 8, 1), date(2027, 7, 31)
RULES = VersionInput(
    kind=SchemeKind.HOURLY, school_year=2026, valid_from=BEGIN, valid_to=END, statement="Waar."
)


@pytest.fixture
def office_page(browse, assessor):
    """A browser of the programme office."""
    return browse(assessor)


@pytest.fixture
def draft(as_actor, assessor):
    names = SchemeInput(code="PROEF", name_nl="Proefregeling", is_fictional=True)
    return schemes.create_whole(as_actor(assessor), names, RULES)


def at(version, rest=""):
    return f"/regelingen/versies/{version.id}{rest}"


def fields_of(page):
    """Give what the form of a page would send as it stands."""
    form = page.text.split('id="formulier"')[1].split("</form>")[0]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            sent[name[1]] = value[1] if value else ""
    texts = r'<textarea[^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>'
    sent |= dict(re.findall(texts, form, re.DOTALL))
    selects = r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>'
    for name, options in re.findall(selects, form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        first = re.search(r'value="([^"]*)"', options)
        sent[name] = (chosen or first)[1]
    return sent


def test_the_office_enters_a_scheme_from_nothing_to_in_force(office_page):
    new = office_page.get("/regelingen/nieuw")
    made = office_page.post(
        "/regelingen/nieuw",
        data=fields_of(new) | {
            "name_nl": "Proefregeling", "code": "PROEF", "kind": "hourly", "school_year": "2026",
            "is_fictional": "1",
        },
    )  # fmt: skip
    assert made.status_code == 303
    page = made.location
    lacking = office_page.get(page)
    assert "Dit ontbreekt nog" in lacking.text
    assert "Zet in werking" not in lacking.text

    rules = office_page.get(page + "/voorwaarden")
    sent = fields_of(rules) | {"statement": "Ik verklaar.", "ceiling_cents": "1.250.000,50"}
    assert office_page.post(page + "/voorwaarden", data=sent).status_code == 303
    rows = fields_of(office_page.get(page + "/activiteiten"))
    rows |= {"categories-0-label_nl": "Samen lessen", "categories-0-label_en": "Lessons"}
    assert office_page.post(page + "/activiteiten", data=rows).status_code == 303
    rates = fields_of(office_page.get(page + "/tarieven")) | {"rates-0-rate_cents": "48,50"}
    assert office_page.post(page + "/tarieven", data=rates).status_code == 303
    caps = fields_of(office_page.get(page + "/maxima")) | {"person_year-minutes": "80"}
    assert office_page.post(page + "/maxima", data=caps).status_code == 303

    ready = office_page.get(page)
    assert "Er ontbreekt niets" in ready.text
    version = db.session.get_one(SchemeVersion, int(page.rsplit("/", 1)[1]))
    assert version.ceiling_cents == 125_000_050
    assert [c.code for c in version.categories] == ["samen-lessen"]
    assert [(r.rate_cents, r.valid_to) for r in version.rates] == [(4850, END)]
    assert [c.value for c in version.caps] == [4800]
    number = re.search(r'activeren".*?name="version" value="(\d+)"', ready.text, re.DOTALL)[1]
    assert office_page.post(page + "/activeren", data={"version": number}).status_code == 303
    assert "In werking" in office_page.get(page).text
    assert "80 uur" in office_page.get("/regelingen/versies/1?lang=nl").text


def test_a_form_that_is_sent_as_it_stands_changes_nothing(office_page, draft, as_actor, assessor):
    scheme_parts.set_categories(
        as_actor(assessor), draft, [CategoryInput(code="a", label_nl="A")], expected=draft.version
    )
    before = schemes.get_version(as_actor(assessor), draft.id).version
    for part in ("voorwaarden", "activiteiten", "tarieven", "maxima", "bedragen"):
        page = office_page.get(at(draft, "/" + part))
        assert office_page.post(at(draft, "/" + part), data=fields_of(page)).status_code == 303

    assert schemes.get_version(as_actor(assessor), draft.id).version == before


def test_the_second_editor_sees_both_and_can_go_on(office_page, draft, as_actor, assessor):
    sent = fields_of(office_page.get(at(draft, "/voorwaarden")))
    actor = as_actor(assessor)
    schemes.change_version(
        actor, draft, replace(RULES, conditions="Van een ander."), expected=draft.version
    )

    answer = office_page.post(
        at(draft, "/voorwaarden"), data=sent | {"conditions": "Van mij.", "max_day_minutes": "8"}
    )

    assert answer.status_code == 409
    assert "Van een ander." in answer.text
    assert fields_of(answer)["conditions"] == "Van mij."
    again = office_page.post(at(draft, "/voorwaarden"), data=fields_of(answer))
    assert again.status_code == 303
    assert schemes.get_version(actor, draft.id).conditions == "Van mij."


def test_words_stand_at_the_field_that_is_wrong(office_page, draft):
    sent = fields_of(office_page.get(at(draft, "/voorwaarden")))
    wrong = {
        "valid_from": "morgen", "ceiling_cents": "1e5", "percentage_bp": "100,123",
        "granularity_minutes": "10", "max_day_minutes": "0,01", "retention_years": "-1",
        "opens_at": "vandaag", "kind": "daily", "entry_window_days": "",
    }  # fmt: skip

    answer = office_page.post(at(draft, "/voorwaarden"), data=sent | wrong)

    assert answer.status_code == 422
    for name in wrong:
        assert f'id="fout-{name}"' in answer.text
    reversed_days = {"valid_from": "2027-08-01", "opens_at": "2026-10-02T10:00",
                     "closes_at": "2026-10-01T10:00"}  # fmt: skip
    answer = office_page.post(at(draft, "/voorwaarden"), data=sent | reversed_days)
    assert 'id="fout-valid_to"' in answer.text
    assert 'id="fout-closes_at"' in answer.text


def test_rows_are_added_removed_and_refused_in_their_place(office_page, draft):
    page = at(draft, "/tarieven")
    sent = fields_of(office_page.get(page)) | {"rates-0-rate_cents": "48"}
    more = office_page.post(page, data=sent | {"actie": "rij"})
    assert more.status_code == 200
    sent = fields_of(more)
    assert sent["rates-0-rate_cents"] == "48"

    both = office_page.post(page, data=sent | {"rates-1-rate_cents": "50"})
    assert both.status_code == 422
    assert 'id="fout-rates-1-valid_from"' in both.text
    assert "Tarief 2: Geldt van" in both.text

    office_page.post(page, data=sent | {"rates-1-rate_cents": "50", "rates-0-weg": "1"})
    assert [r.rate_cents for r in db.session.get_one(SchemeVersion, draft.id).rates] == [5000]


def test_a_fixed_amount_without_an_amount_is_a_slip(office_page, draft):
    page = at(draft, "/bedragen")
    sent = fields_of(office_page.get(page))
    assert office_page.post(page, data=sent | {"po-min_minutes": "1200"}).status_code == 422

    sent |= {"po-amount_cents": "34.980", "po-min_minutes": "1200", "po-min_participants": "15"}
    assert office_page.post(page, data=sent).status_code == 303

    [amount] = db.session.get_one(SchemeVersion, draft.id).fixed_amounts
    assert (amount.amount_cents, amount.min_minutes) == (3_498_000, 72_000)


def test_others_read_what_is_in_force_and_change_nothing(
    browse, version, draft, teacher, administrator, auditor
):
    for user in (teacher, administrator):
        page = browse(user)
        assert page.get("/regelingen").status_code == 200
        assert "PROEF" not in page.get("/regelingen").text
        assert page.get(at(draft)).status_code == 404
        shown = page.get(at(version))
        assert shown.status_code == 200
        assert "Wijzig" not in shown.text
        for rest in ("voorwaarden", "activiteiten", "tarieven", "maxima", "bedragen"):
            assert page.get(at(version, "/" + rest)).status_code == 403
            assert page.get(at(draft, "/" + rest)).status_code == 404
        for rest in ("activeren", "archiveren", "weggooien", "kopie"):
            assert page.post(at(version, "/" + rest), data={"version": 1}).status_code == 403
        assert page.post(at(version, "/sluiten"), data={"zeker": "1"}).status_code == 403
        assert page.get("/regelingen/nieuw").status_code == 403
        assert page.get("/regelingen/bestand").status_code == 403
        assert page.get(at(version, "/deelnames/nieuw")).status_code == 403
        assert page.get(at(version, "/verleningen/nieuw")).status_code == 403
    assert browse(auditor).get(at(draft)).status_code == 200
    assert browse(auditor).get(at(draft, "/tarieven")).status_code == 403
    assert browse().get("/regelingen").status_code == 303


def test_a_year_is_closed_only_by_who_is_sure(office_page, version):
    number = version.version
    unsure = office_page.post(at(version, "/sluiten"), data={"version": number})
    assert unsure.status_code == 422
    stale = {"version": number - 1, "zeker": "1"}
    assert office_page.post(at(version, "/sluiten"), data=stale).status_code == 409

    sure = office_page.post(at(version, "/sluiten"), data={"version": number, "zeker": "1"})

    assert sure.status_code == 303
    closed = db.session.get_one(SchemeVersion, version.id)
    assert closed.status is VersionStatus.CLOSED
    data = {"version": closed.version}
    assert office_page.post(at(version, "/archiveren"), data=data).status_code == 303


def test_a_next_version_is_copied_and_a_draft_thrown_away(office_page, version):
    made = office_page.post(at(version, "/kopie"), data={"school_year": "2027"})
    assert "2027-2028" in office_page.get(made.location).text
    assert office_page.post(at(version, "/kopie"), data={"school_year": "x"}).status_code == 422

    gone = office_page.post(made.location + "/weggooien", data={"version": "9"})

    assert gone.status_code == 409
    copy = db.session.get_one(SchemeVersion, int(made.location.rsplit("/", 1)[1]))
    data = {"version": copy.version}
    assert office_page.post(made.location + "/weggooien", data=data).status_code == 303
    assert office_page.get(made.location).status_code == 404


def test_a_draft_that_lacks_something_is_not_put_in_force(office_page, draft):
    answer = office_page.post(at(draft, "/activeren"), data={"version": draft.version})

    assert answer.status_code == 422
    assert "Er is geen activiteit" in answer.text


def test_files_go_in_and_out(office_page, version):
    out = office_page.get("/regelingen/bestand.yaml")
    assert out.mimetype == "application/yaml"

    def send(content):
        data = {"file": (io.BytesIO(content), "in.yaml")}
        return office_page.post("/regelingen/bestand", data=data)

    assert "0 versies nieuw, 0 gewijzigd, 1 ongewijzigd" in send(out.data).text
    assert send(b"schemes: [{").status_code == 422
    assert send(b"").status_code == 422
    assert "onbekend: nonsense" in send(b"nonsense: 1").text
    back = out.data.replace(b"status: active", b"status: draft")
    assert send(back).status_code == 409


def test_a_branch_is_let_in_and_gets_a_grant(
    office_page, fixed_version, school, as_actor, assessor
):
    FixedAmountFactory(scheme_version=fixed_version)
    new = at(fixed_version, "/deelnames/nieuw")
    sent = fields_of(office_page.get(new)) | {"organisation_text": school.name}
    assert office_page.post(new, data=sent).status_code == 303
    again = office_page.post(new, data=sent | {"organisation": school.id})
    assert again.status_code == 422
    assert 'id="fout-organisation"' in again.text
    assert office_page.post(new, data=sent | {"organisation_text": "zzz"}).status_code == 422

    grant_page = at(fixed_version, f"/verleningen/nieuw?vestiging={school.id}")
    proposed = fields_of(office_page.get(grant_page))
    assert proposed["amount_cents"] == "10000,00"
    assert proposed["organisation"] == str(school.id)
    proposed |= {
        "decision_number": "X 1", "termijn-0-due_on": "2026-12-01", "termijn-0-cents": "6.000",
        "termijn-1-cents": "4.000",
    }  # fmt: skip
    half = office_page.post(at(fixed_version, "/verleningen/nieuw"), data=proposed)
    assert half.status_code == 422
    assert 'id="fout-termijn-1-due_on"' in half.text
    proposed["termijn-1-due_on"] = "2027-05-01"
    done = office_page.post(at(fixed_version, "/verleningen/nieuw"), data=proposed)
    assert done.status_code == 303

    shown = office_page.get(at(fixed_version)).text
    assert school.name in shown
    assert "10.000,00" in shown
    [grant] = grants.list_grants(as_actor(assessor))
    [row] = participations.list_participations(as_actor(assessor))
    for address in (f"/regelingen/verleningen/{grant.id}", f"/regelingen/deelnames/{row.id}"):
        page = office_page.get(address)
        assert office_page.post(address, data=fields_of(page)).status_code == 303
        stale = {**fields_of(page), "version": 0, "to_on": "2027-01-01"}
        assert office_page.post(address, data=stale).status_code == 409
        removed = office_page.post(address + "/weg", data={"version": 1})
        assert removed.status_code == 303


def test_the_page_has_a_constant_number_of_statements(
    office_page, version, as_actor, assessor, count_queries, board
):
    from tests.factories import OrganisationFactory

    actor = as_actor(assessor)
    days = participations.ParticipationInput(from_on=BEGIN, to_on=END)

    def more(count):
        for _ in range(count):
            participations.create_participation(
                actor, version, OrganisationFactory(board=board), days
            )

    more(2)
    office_page.get(at(version))
    with count_queries() as few:
        office_page.get(at(version))
    more(8)
    with count_queries() as many:
        office_page.get(at(version))

    assert len(many) == len(few)
    assert RateInput(rate_cents=1, valid_from=BEGIN, valid_to=END).category is None
