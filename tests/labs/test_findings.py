"""Beginning a finding, writing at it together, and who reads it."""

import pytest
from sqlalchemy import func, select

from labapp import links
from labapp.accounts.actors import Actor
from labapp.audit import AuditEvent
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import finding_contributors as people
from labapp.labs import finding_writing, findings, reading
from labapp.labs.finding_models import VersionState
from labapp.labs.finding_states import FindingAction as A
from labapp.labs.lab_models import LabRoleKind
from labapp.labs.round_models import RoundPhase
from labapp.search import services as search
from labapp.search.documents import Query
from tests.labs.factories import RoleFactory, RoundFactory
from tests.labs.findings import make_finding, step, to_signing


def save(user, made, version=None, contributors=None, **content):
    actor = Actor.of(user)
    db.session.refresh(made)
    return finding_writing.save_draft(
        actor, made, content, contributors, version=made.version if version is None else version
    )


def test_a_finding_begins_with_its_lab_named_and_linked_to_the_round(cast):
    one = RoundFactory(lab=cast.lab, phase=RoundPhase.STOPPED)
    finding = finding_writing.start_finding(Actor.of(cast.teacher), one, " Het  hielp niet ")

    made = finding.versions[0]
    assert finding.title == "Het hielp niet"
    assert made.state is VersionState.DRAFT
    assert [c.role for c in made.contributors] == ["lead", "lead", "researcher", "teacher"]
    assert made.contributors[0].organisation_name == "De Regenboog"
    link = links.links_of(f"findings:{finding.id}")[0]
    assert (link.from_object, link.kind.value) == (f"rounds:{one.id}", "resulted_in")


@pytest.mark.parametrize("who", ["leader", "bystander", "outsider"])
def test_who_does_not_work_along_begins_no_finding(cast, who):
    one = RoundFactory(lab=cast.lab, phase=RoundPhase.DECIDE)

    assert finding_writing.can_start(Actor.of(cast.researcher), one)
    with pytest.raises(ForbiddenError):
        finding_writing.start_finding(Actor.of(getattr(cast, who)), one, "Ja")


def test_who_only_observes_does_not_write(cast):
    made = make_finding(cast)
    RoleFactory(membership=cast.practice, user=cast.bystander, kind=LabRoleKind.OBSERVER)

    assert findings.get_finding(Actor.of(cast.bystander), made.finding_id)
    with pytest.raises(ForbiddenError):
        save(cast.bystander, made, title="Anders")


def test_a_round_that_has_not_tested_yet_has_no_finding(cast):
    one = RoundFactory(lab=cast.lab, phase=RoundPhase.DESIGN)

    with pytest.raises(ConflictError, match="Beproeven"):
        finding_writing.start_finding(Actor.of(cast.practice_lead), one, "Te vroeg")
    one.phase = RoundPhase.DECIDE
    db.session.commit()
    with pytest.raises(InvalidError):
        finding_writing.start_finding(Actor.of(cast.practice_lead), one, "x" * 201)


def test_a_draft_is_not_found_outside_its_lab(cast, as_actor, knowledge_broker, administrator):
    made = make_finding(cast)

    for user in (cast.bystander, cast.outsider, knowledge_broker, administrator, None):
        actor = as_actor(user)
        with pytest.raises(NotFoundError):
            findings.get_finding(actor, made.finding_id)
        assert findings.list_in_lab(actor, cast.lab) == []
    assert (
        findings.get_finding(as_actor(cast.leader), made.finding_id).title == made.content["title"]
    )
    assert len(findings.list_in_lab(as_actor(cast.researcher), cast.lab)) == 1


def test_writers_of_both_sides_save_over_each_other_knowingly(cast):
    made = make_finding(cast)
    read = made.version
    save(cast.researcher, made, version=read, method="Anders onderzocht.")

    with pytest.raises(ConflictError) as caught:
        save(cast.teacher, made, version=read, method="Nog anders.", title="Nieuw")
    assert caught.value.theirs["method"] == "Anders onderzocht."
    assert caught.value.yours["method"] == "Nog anders."
    assert caught.value.yours["title"] == "Nieuw"
    save(cast.teacher, made, version=read, method="Anders onderzocht.")  # nothing differs
    assert made.content["title"] == "Een kwartier vrij lezen helpt"


def test_saving_the_same_changes_nothing(cast):
    made = make_finding(cast)
    before = db.session.scalar(select(func.count()).select_from(AuditEvent))

    save(cast.teacher, made, **made.content)

    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == before


def test_pupils_data_is_kept_only_after_a_look(cast):
    made = make_finding(cast)
    text = "Emma de Vries uit groep 6 vond het leuk."

    with pytest.raises(InvalidError) as caught:
        save(cast.teacher, made, context=text)
    assert "pupil_data" in caught.value.fields
    finding_writing.save_draft(
        Actor.of(cast.teacher), made, {"context": text}, version=made.version, confirmed=True
    )
    assert made.content["context"] == text
    assert made.warned_of


def test_what_the_lab_reads_already_stays_whole(cast):
    made = step(cast.practice_lead, make_finding(cast), A.SUBMIT)

    with pytest.raises(InvalidError) as caught:
        save(cast.teacher, made, limitations="")
    assert set(caught.value.fields) == {"limitations"}
    save(cast.teacher, made, limitations="Het was kort.")
    assert made.state is VersionState.LAB_REVIEW


def test_a_text_with_gaps_is_not_put_before_the_lab(cast):
    made = make_finding(cast, funding="", plain="")

    with pytest.raises(InvalidError) as caught:
        step(cast.practice_lead, made, A.SUBMIT)
    assert set(caught.value.fields) == {"funding", "plain"}
    assert made.state is VersionState.DRAFT


def test_changing_what_was_asked_makes_it_a_draft_again(cast):
    made = to_signing(cast, make_finding(cast))
    step(cast.research_lead, made, A.REQUEST_CHANGES, reason="Noem de uitval.")
    assert (made.state, made.request_note) == (VersionState.CHANGES_REQUESTED, "Noem de uitval.")

    save(cast.practice_lead, made, limitations="Twee klassen vielen uit.")

    assert made.state is VersionState.DRAFT


def test_contributors_need_no_account_and_particles_find_their_place(cast):
    made = make_finding(cast)
    rows = [
        {"given_name": "Jan", "family_name": "van der Berg", "role": "teacher"},
        {"given_name": "An", "particle": "d'", "family_name": "Hondt", "role": "researcher"},
        {"organisation_name": "Basisschool De Linde", "role": "school"},
        {"family_name": "Vos", "user_id": cast.outsider.id, "role": "coach"},
        {"family_name": "Lid", "user_id": cast.teacher.id, "role": "iets"},
    ]
    save(cast.teacher, made, contributors=rows)

    found = made.contributors
    assert [people.name_of(one) for one in found[:3]] == [
        "Jan van der Berg", "An d' Hondt", "Basisschool De Linde",
    ]  # fmt: skip
    assert (found[0].particle, found[0].family_name) == ("van der", "Berg")
    assert [one.user_id for one in found] == [None, None, None, None, cast.teacher.id]
    assert found[4].role == "support"


@pytest.mark.parametrize(
    "rows", [[{"role": "teacher"}], [{"family_name": "x" * 121}], [{"family_name": "A"}] * 61]
)
def test_a_row_that_names_nobody_or_too_much_is_refused(cast, rows):
    made = make_finding(cast)

    with pytest.raises(InvalidError) as caught:
        save(cast.teacher, made, contributors=rows)
    assert "contributors" in caught.value.fields


def test_a_finding_speaks_only_of_findings_that_are_out(cast):
    made = make_finding(cast)
    other = make_finding(cast)

    for number in (made.finding_id, other.finding_id, 999):
        with pytest.raises(InvalidError):
            save(cast.teacher, made, relations=[{"kind": "replicates", "finding": number}])


def test_the_lab_finds_its_draft_and_others_do_not(cast, as_actor):
    made = make_finding(cast, title="Kwartierlezen")

    def found(user):
        audiences = reading.audiences_of(as_actor(user))
        query = Query(text="Kwartierlezen", kinds=("finding",), audiences=audiences)
        return [hit.id for hit in search.search(query).hits]

    assert found(cast.teacher) == [made.finding_id]
    assert found(cast.outsider) == []
