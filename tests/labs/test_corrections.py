"""After publication: repairs, errata, other contributors, and taking a finding back."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.knowledge import collections, finding
from labapp.knowledge.finding import CardQuery
from labapp.knowledge.models import CardStatus
from labapp.labs import corrections, finding_duties, findings
from labapp.labs.finding_models import Retraction, VersionState
from labapp.labs.finding_repairs import content_of
from labapp.labs.finding_states import FindingAction as A
from labapp.notifications import inbox
from tests.labs.findings import make_finding, published, signed, step


@pytest.fixture
def made(cast, knowledge_broker):
    return published(cast, knowledge_broker)


def told(user):
    return [line.words for line in inbox.list_newest(Actor.of(user))]


def repair(user, made, **changes):
    return step(user, made, A.REPAIR, changes=changes)


def test_a_typing_error_is_set_right_beside_what_was_signed(cast, made):
    signed_text = dict(made.content)
    repair(cast.research_lead, made, title="Een kwartiertje vrij lezen helpt", keywords=["lezen"])

    assert made.content == signed_text
    assert content_of(made)["title"] == "Een kwartiertje vrij lezen helpt"
    assert made.finding.title == made.finding.card.title == "Een kwartiertje vrij lezen helpt"
    assert made.repairs[0].changes["keywords"] == [[], ["lezen"]]
    assert made.state is VersionState.PUBLISHED


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Een heel ander verhaal over rekenen"},
        {"plain": ""},
        {"effect_value": 3.0},
        {"certainty": 5},
        {"money_needed": "Boeken: ongeveer 900 euro per klas."},
        {"limitations": "We weten of het blijft werken."},
        {"embargo_reason": "x"},
        {"title": "Een kwartier vrij lezen helpt"},
    ],
)
def test_more_than_a_small_fault_is_no_repair(cast, made, changes):
    with pytest.raises(InvalidError):
        repair(cast.research_lead, made, **changes)
    assert made.repairs == []


def test_repair_upon_repair_never_becomes_another_text(cast, made):
    repair(cast.practice_lead, made, title="Een kwartier vrij lezen helpd")

    with pytest.raises(InvalidError):
        repair(cast.practice_lead, made, title="Een kwartier vrij lezd heelpd")


def test_repairs_end_after_thirty_days_and_go_one_by_one(cast, made):
    version = made.version
    repair(cast.practice_lead, made, keywords=["lezen"])
    with pytest.raises(ConflictError):
        step(cast.research_lead, made, A.REPAIR, version=version, changes={"keywords": ["boek"]})

    clock.set_clock(clock.now() + timedelta(days=31))
    with pytest.raises(ConflictError, match="dertig dagen"):
        repair(cast.practice_lead, made, keywords=["boek"])


@pytest.mark.parametrize("who", ["teacher", "leader", "outsider"])
def test_only_the_author_and_the_leads_repair(cast, made, who):
    with pytest.raises(ForbiddenError):
        repair(getattr(cast, who), made, keywords=["lezen"])


def test_an_erratum_is_said_in_public_and_stays(cast, made, knowledge_broker):
    with pytest.raises(InvalidError):
        step(cast.practice_lead, made, A.CORRECT, reason="Het waren 11 klassen.", reason_code="x")
    step(
        cast.practice_lead, made, A.CORRECT, reason="Het waren 11 klassen.",
        reason_code="wrong_figure",
    )  # fmt: skip
    step(knowledge_broker, made, A.CORRECT, reason="Bron ontbrak.", reason_code="other")

    assert made.state is VersionState.CORRECTED
    assert [one.text for one in made.errata] == ["Het waren 11 klassen.", "Bron ontbrak."]
    assert "Het waren 11 klassen." in made.finding.card.caveats
    assert any("erratum" in words for words in told(cast.researcher))
    with pytest.raises(Exception, match="erratum"):
        db.session.execute(text("DELETE FROM errata"))
    db.session.rollback()


def test_contributors_are_set_right_by_who_looks_after_it(cast, made):
    rows = [{"given_name": "Jan", "family_name": "de Wit", "role": "teacher"}]
    with pytest.raises(ForbiddenError):
        change(cast.teacher, made, rows)
    with pytest.raises(InvalidError):
        change(cast.research_lead, made, [])

    version = made.version
    change(cast.research_lead, made, rows)

    assert made.finding.card.sources[0].authors[0]["particle"] == "de"
    with pytest.raises(ConflictError):
        change(cast.practice_lead, made, [{"family_name": "Ander"}], version=version)


def change(user, made, rows, version=None):
    db.session.refresh(made)
    corrections.change_contributors(
        Actor.of(user), made, rows, version=made.version if version is None else version
    )


def search_titles(actor):
    return [
        one.card.title for one in finding.search_cards(actor, CardQuery(text="vrij lezen")).items
    ]


def test_the_office_takes_a_finding_back_and_it_is_gone_at_once(
    cast, made, programme_officer, as_actor
):
    reader = cast.outsider
    collections.use_card(as_actor(reader), made.finding.card)
    assert search_titles(as_actor()) == [made.content["title"]]

    step(
        programme_officer, made, A.RETRACT, reason="De toets was verkeerd nagekeken.",
        reason_code="error_in_data",
    )  # fmt: skip

    assert made.state is VersionState.RETRACTED
    assert search_titles(as_actor()) == []
    assert made.finding.card.status is CardStatus.WITHDRAWN
    assert "verkeerd nagekeken" in made.finding.card.withdrawn_reason
    assert findings.list_published(as_actor())[1] == 0
    for user in (reader, cast.teacher, cast.research_lead):
        assert sum("ingetrokken" in words for words in told(user)) == 1


def test_both_leads_take_it_back_together(cast, made):
    ask = {"reason": "Toestemming is ingetrokken.", "reason_code": "consent_withdrawn"}
    with pytest.raises(ForbiddenError):
        step(cast.research_lead, made, A.RETRACT, **ask)
    step(cast.practice_lead, made, A.ASK_RETRACTION, **ask)
    with pytest.raises(ForbiddenError):  # the own side does not agree with itself
        step(cast.practice_lead, made, A.RETRACT)
    with pytest.raises(ConflictError, match="al voorgesteld"):
        step(cast.research_lead, made, A.ASK_RETRACTION, **ask)
    words = [
        str(duty.words) for duty in finding_duties.list_finding_duties(Actor.of(cast.research_lead))
    ]
    assert "wil" in words[0]

    step(cast.research_lead, made, A.RETRACT)

    gone = made.finding.retraction
    assert (gone.text, gone.done_by_id) == (ask["reason"], cast.research_lead.id)
    assert made.state is VersionState.RETRACTED


def test_a_lead_may_say_that_it_stays(cast, made):
    ask = {"reason": "Ik twijfel.", "reason_code": "other"}
    step(cast.practice_lead, made, A.ASK_RETRACTION, **ask)

    step(cast.research_lead, made, A.REFUSE_RETRACTION)

    assert db.session.query(Retraction).count() == 0
    assert made.state is VersionState.PUBLISHED
    with pytest.raises(ConflictError):
        step(cast.research_lead, made, A.REFUSE_RETRACTION)


def test_what_was_taken_back_does_not_come_again(cast, made, programme_officer, knowledge_broker):
    step(cast.practice_lead, made, A.START_VERSION, reason="Beter gemeten.")
    second = findings.open_version(Actor.of(cast.teacher), made.finding)
    step(programme_officer, made, A.RETRACT, reason="Fout.", reason_code="other")

    with pytest.raises(ConflictError, match="ingetrokken"):
        step(cast.practice_lead, second, A.SUBMIT)
    with pytest.raises(ConflictError):
        step(cast.practice_lead, made, A.START_VERSION, reason="Toch.")
    assert findings.shown_version(Actor.visitor(), made.finding).state is VersionState.RETRACTED


def test_what_waits_under_embargo_can_be_stopped(cast, knowledge_broker, programme_officer):
    day = (clock.today() + timedelta(days=30)).isoformat()
    waiting = signed(cast, make_finding(cast, embargo_until=day, embargo_reason="Artikel"))
    step(knowledge_broker, waiting, A.SCHEDULE, no_interest=True)

    step(programme_officer, waiting, A.RETRACT, reason="Namen erin.", reason_code="privacy")

    assert waiting.state is VersionState.RETRACTED
    assert waiting.finding.published_at is None


@pytest.mark.parametrize("reason", ["", "x" * 4001])
def test_taking_back_asks_for_a_reason(cast, made, programme_officer, reason):
    with pytest.raises(InvalidError):
        step(programme_officer, made, A.RETRACT, reason=reason, reason_code="other")
    assert made.finding.card.is_published
