"""Claims on the page: each role finds its next step there, and others find nothing."""

import re

import pytest
from sqlalchemy import select

from labapp.database import db
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.payment_models import PaymentBatch, Recovery
from tests.subsidy import claiming
from tests.subsidy.claiming import approved, correction, draft, granted, reversed_part, submit


@pytest.fixture
def hours(teacher, school, category, school_leader):
    return approved(teacher, school, category, school_leader, (480, 60))


@pytest.fixture
def claim(hours, controller, version, school):
    return draft(controller, version, school)


@pytest.fixture
def go(browse):
    """Ask for a page of a claim, or send a form to it, as somebody."""

    def going(user, claim, action="", **form):
        address = f"/claims/{claim.id}" + (f"/{action}" if action else "")
        if not (action or form):
            return browse(user).get(address)
        data = {"version": claim.version, **form}
        answer = browse(user).post(address, data=data)
        db.session.expire_all()
        return answer

    return going


def test_a_board_assembles_leaves_out_and_submits(browse, go, hours, controller, version, school):
    made = browse(controller).post(
        "/claims/nieuw", data={"branch_id": school.id, "version_id": version.id}
    )
    assert made.status_code == 303
    page = browse(controller).get(made.location)
    assert "Na het indienen liggen deze uren vast" in page.text
    assert "436,50" in page.text
    claim_id = int(made.location.rsplit("/", 1)[1])
    claim = db.session.get(Claim, claim_id)
    kept = go(controller, claim, uren=[e.id for e in hours], mee=[hours[0].id], note="Zonder vrij.")
    assert kept.status_code == 303 or go(controller, claim).status_code == 200
    assert "388,00" in go(controller, claim).text
    assert go(controller, claim, "indienen").status_code == 422
    assert go(controller, claim, "indienen", akkoord="1").status_code == 303

    assert (claim.state, claim.total_cents) == (ClaimState.SUBMITTED, 38_800)
    page = go(controller, claim).text
    assert claim.number in page
    assert "het programmabureau" in page
    assert "ondertekende en diende in" in page


def test_what_does_not_fit_says_how_much_is_left(go, claim, controller, version):
    version.ceiling_cents = 40_000
    db.session.commit()

    page = go(controller, claim).text
    refused = go(controller, claim, "indienen", akkoord="1")

    assert "er is nog 400,00 over, je vraagt 436,50" in page
    assert (refused.status_code, "er is nog 400,00 over" in refused.text) == (409, True)
    assert claim.state is ClaimState.DRAFT


def test_the_office_returns_assesses_and_decides(go, claim, controller, assessor, decider, payer):
    submit(controller, claim)
    assert go(assessor, claim, "teruggeven", return_reason=" ").status_code == 422
    assert go(assessor, claim, "teruggeven", return_reason="Vul aan.").status_code == 303
    page = go(controller, claim).text
    assert "Vul aan." in page
    assert "uiterlijk 2 december" in page
    go(controller, claim, "indienen", akkoord="1")

    wrong = go(assessor, claim, "beoordelen", **{"cents-1": "veel", "reason-1": "error"})
    assert (wrong.status_code, "Vul een bedrag in" in wrong.text) == (422, True)
    go(
        assessor, claim, "beoordelen", text="Eén dag mist.",
        **{"cents-1": "48,50", "reason-1": "no_evidence", "text-1": "Geen lijst"},
    )  # fmt: skip
    assert claim.state is ClaimState.ASSESSED
    assert 'name="outcome"' not in go(assessor, claim).text
    page = go(decider, claim).text
    assert 'name="outcome"' in page
    assert "Geen lijst" in page
    answer = go(
        decider, claim, "beslissen", outcome="grant", text="Akkoord.",
        external_number="OCW-9", external_date="2026-11-17",
        **{"cents-1": "48,50", "reason-1": "no_evidence", "text-1": "Geen lijst"},
    )  # fmt: skip

    assert answer.status_code == 303
    assert (claim.state, claim.granted_cents) == (ClaimState.PARTIAL, 38_800)
    page = go(controller, claim).text
    assert "388,00" in page
    assert "OCW-9" in page
    assert "beschikking" not in page


def test_a_claim_can_be_rejected_with_words(go, claim, controller, assessor, decider):
    claiming.assess(assessor, submit(controller, claim))
    assert go(decider, claim, "beslissen", outcome="reject").status_code == 422

    go(decider, claim, "beslissen", outcome="reject", reason="not_eligible", text="Valt erbuiten.")

    assert claim.state is ClaimState.REJECTED
    assert "Valt erbuiten." in go(controller, claim).text


def test_the_office_pays_and_takes_the_file(
    browse, go, claim, controller, assessor, decider, payer, board, version
):
    granted(controller, assessor, decider, claim)
    office = browse(payer)
    assert "436,50" in office.get("/claims/betaalbatches").text
    made = office.post(
        "/claims/betaalbatches", data={"version_id": version.id, "claim": [claim.id]}
    )
    assert made.status_code == 303, made.text
    batch = db.session.scalars(select(PaymentBatch)).one()
    address = f"/claims/betaalbatches/{batch.id}"
    assert made.location.endswith(address)
    refused = office.post(f"{address}/vrijgeven", data={"version": batch.version})
    assert (refused.status_code, "geen bevestigde rekening" in refused.text) == (409, True)
    assert office.get(f"{address}/bestand").status_code == 404
    wrong = office.post(f"{address}/rekening", data={"board_id": board.id, "iban": "NL00"})
    assert (wrong.status_code, "geen geldig IBAN" in wrong.text) == (422, True)
    office.post(f"{address}/rekening", data={"board_id": board.id, "iban": claiming.IBAN})
    db.session.expire_all()
    office.post(f"{address}/vrijgeven", data={"version": batch.version})
    db.session.expire_all()

    assert claim.state is ClaimState.PAID
    assert office.get(f"{address}/bestand").data.decode() == batch.file
    assert batch.file_sha256 in office.get(address).text
    assert "Terugontvangen" in office.get(f"/claims/grootboek/{version.id}").text
    assert "Klaar" in go(controller, claim).text


def test_a_correction_is_named_on_the_original_and_asked_back(
    browse, go, claim, hours, controller, assessor, decider, payer, school_leader, board, version
):
    claiming.give_account(board)
    granted(controller, assessor, decider, claim)
    claiming.pay(payer, version)
    reversed_part(hours[0], school_leader, 480)
    answer = go(controller, claim, "corrigeren")
    assert answer.status_code == 303
    owed = granted(controller, assessor, decider, correction(controller, claim))

    page = go(controller, claim).text
    assert re.search(rf'Gecorrigeerd door <a href="/claims/{owed.id}">{owed.number}</a>', page)
    assert claim.number in go(controller, owed).text
    assert go(payer, owed, "terugvorderen").status_code == 303
    recovery = db.session.scalars(select(Recovery)).one()
    assert "388,00" in browse(controller).get("/claims/terugvorderingen").text
    answer = browse(payer).post(
        f"/claims/terugvorderingen/{recovery.id}/ontvangen", data={"version": recovery.version}
    )
    db.session.expire_all()
    assert (answer.status_code, owed.state) == (303, ClaimState.PAID)


@pytest.mark.parametrize("who", ["teacher", "foreign_controller", "administrator", "other_leader"])
def test_others_do_not_find_a_claim(request, browse, go, claim, controller, who):
    submit(controller, claim)
    stranger = request.getfixturevalue(who)

    assert go(stranger, claim).status_code == 404
    for action in ("indienen", "intrekken", "weggooien", "corrigeren", "teruggeven", "beoordelen",
                   "beslissen", "terugvorderen"):  # fmt: skip
        assert go(stranger, claim, action, akkoord="1").status_code == 404
    assert claim.number not in browse(stranger).get("/claims").text
    for address in ("betaalbatches", f"grootboek/{claim.scheme_version_id}"):
        assert browse(stranger).get(f"/claims/{address}").status_code == 404
    assert claim.state is ClaimState.SUBMITTED


def test_a_leader_prepares_and_only_the_board_signs(go, claim, school_leader):
    page = go(school_leader, claim).text
    assert "Onderteken en dien in" not in page
    assert "Het bestuur ondertekent" in page

    assert go(school_leader, claim, "indienen", akkoord="1").status_code == 403


def test_an_old_page_changes_nothing(go, claim, controller):
    assert go(controller, claim, "weggooien", version=claim.version + 1).status_code == 409
    assert go(controller, claim, "weggooien", version="x").status_code == 409
    assert go(controller, claim, "weggooien").status_code == 303


def test_the_list_asks_the_database_no_more_for_more_claims(
    browse, count_queries, hours, controller, version, school
):
    draft(controller, version, school)
    client = browse(controller)
    client.get("/claims")
    with count_queries() as few:
        client.get("/claims")
    for _ in range(4):
        draft(controller, version, school)
    with count_queries() as many:
        page = client.get("/claims?staat=draft")

    assert len(many) == len(few)
    assert page.text.count("Concept ") >= 5


def test_pages_are_in_english_too(go, claim, controller, assessor, browse):
    submit(controller, claim)
    page = browse(assessor).get(f"/claims/{claim.id}?lang=en").text

    assert "The claim is being assessed." in page
    assert "€436.50" in page
