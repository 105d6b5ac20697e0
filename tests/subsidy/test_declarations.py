"""Signing, approving, giving back, opening again, and correcting what is approved."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from labapp import clock
from labapp.accounts.models import Role
from labapp.audit import AuditEvent
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.jobs import services as jobs
from labapp.mail.services import list_outbox
from labapp.subsidy import declarations, hours
from labapp.subsidy.claim_models import Allocation, Claim
from labapp.subsidy.declaration_snapshots import hash_of, is_intact, number_of
from labapp.subsidy.hour_models import Declaration, DeclarationState, EntryKind, HourEntry
from labapp.subsidy.hour_writing import EntriesInvalidError
from labapp.subsidy.hours import EntryInput
from labapp.subsidy.scheme_models import VersionStatus
from tests.factories import AffiliationFactory
from tests.subsidy.conftest import BEGIN, works

DAY = date(2026, 10, 27)
COLUMNS = (
    "user_id, organisation_id, scheme_version_id, category_id, declaration_id, work_date, minutes,"
    " description, evidence, source, kind, late_reason, created_at, touched_by"
)
LATE_ROW = (
    f"INSERT INTO hour_entries (id, {COLUMNS}, version) SELECT 'Z', {COLUMNS}, 1 FROM hour_entries"
)


@pytest.fixture
def october(teacher, school, version, category):
    return EntryInput(
        user_id=teacher.id, organisation_id=school.id, scheme_version_id=version.id,
        category_id=category.id, work_date=DAY, minutes=90, description="Les ontworpen",
    )  # fmt: skip


@pytest.fixture
def leader(school_leader, as_actor):
    return as_actor(school_leader)


@pytest.fixture
def declaration(me, october):
    """The teacher's declaration of October, ready to be signed."""
    return hours.add_entry(me, october).declaration


@pytest.fixture
def signed(me, declaration):
    return declarations.submit(me, declaration, declaration.version)


@pytest.fixture
def approved(leader, signed):
    return declarations.approve(leader, signed, signed.version)


def test_the_person_signs_and_the_leader_approves(me, leader, declaration, teacher, school):
    one = declarations.submit(me, declaration, declaration.version)
    assert (one.state, one.signed_by_id) == (DeclarationState.SUBMITTED, teacher.id)
    assert one.statement == "Ik verklaar dat ik deze uren heb besteed."
    assert one.snapshot_sha256 == hash_of(one.snapshot)
    assert one.snapshot["number"] == number_of(one) == (
        f"{school.brin6}-{one.scheme_version.scheme.code}.1-202610-P{teacher.id:06}-1"
    )  # fmt: skip
    assert [e["minutes"] for e in one.snapshot["entries"]] == [90]

    one = declarations.approve(leader, one, one.version)
    assert (one.state, one.approved_by_id) == (DeclarationState.APPROVED, leader.id)
    assert is_intact(one)
    actions = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.seq)).all()
    assert actions == ["hours.saved", "declaration.submit", "declaration.approve"]


def test_the_name_can_be_taken_out_and_the_hash_holds(signed):
    signed.snapshot["names"] = {}
    assert is_intact(signed)
    signed.snapshot["entries"][0]["minutes"] = 120
    assert not is_intact(signed)


def test_a_month_is_signed_from_its_last_day(me, october):
    november = hours.add_entry(me, replace(october, work_date=date(2026, 11, 17))).declaration
    with pytest.raises(ConflictError, match="30 nov 2026"):
        declarations.submit(me, november, november.version)
    clock.set_clock("2026-11-30T00:10")
    assert declarations.submit(me, november, november.version)


def test_nobody_signs_for_another(leader, declaration, as_actor, controller):
    for other in (leader, as_actor(controller)):
        with pytest.raises(ForbiddenError):
            declarations.submit(other, declaration, declaration.version)


def test_signing_checks_the_hours_again(me, declaration, teacher):
    teacher.affiliations[0].until_on = date(2026, 10, 15)  # ended in the middle of the month
    db.session.commit()
    with pytest.raises(InvalidError) as refused:
        declarations.submit(me, declaration, declaration.version)
    assert refused.value.fields == {
        "27 okt 2026": ["Er is op deze dag geen aanstelling bij deze vestiging."]
    }


def test_hours_before_the_end_of_an_appointment_are_still_signed_for(me, declaration, teacher):
    teacher.affiliations[0].until_on = date(2026, 10, 28)
    db.session.commit()
    assert declarations.submit(me, declaration, declaration.version)


def test_hours_without_a_rate_or_with_two_are_not_signed(me, declaration, version):
    version.rates[0].valid_from = date(2026, 11, 1)
    db.session.commit()
    with pytest.raises(InvalidError) as refused:
        declarations.submit(me, declaration, declaration.version)
    assert "geen tarief" in refused.value.fields["27 okt 2026"][0]


def test_hours_that_are_not_claimed_need_no_rate(me, declaration, version, category):
    version.rates[0].valid_from = date(2026, 11, 1)
    category.claimable = False
    db.session.commit()
    assert declarations.submit(me, declaration, declaration.version)


def test_signed_hours_are_frozen_until_they_are_withdrawn(me, signed, october):
    entry = signed.entries[0]
    with pytest.raises(ConflictError):
        hours.change_entry(me, entry, replace(october, minutes=60), entry.version)
    with pytest.raises(ConflictError):
        hours.remove_entry(me, entry, entry.version)
    with pytest.raises(EntriesInvalidError) as refused:
        hours.add_entry(me, replace(october, minutes=15))
    assert [p.code for p in refused.value.problems[0]] == ["period_submitted"]

    one = declarations.withdraw(me, signed, signed.version)
    assert (one.state, one.snapshot, one.signed_at) == (DeclarationState.OPEN, None, None)
    assert hours.change_entry(me, entry, replace(october, minutes=60), entry.version)


@pytest.mark.parametrize("action", ["approve", "reject", "withdraw", "reopen"])
def test_an_open_declaration_can_only_be_signed(me, leader, declaration, action):
    actor = me if action == "withdraw" else leader
    extra = ["Reden"] if action in ("reject", "reopen") else []
    with pytest.raises(ConflictError, match="Concept"):
        getattr(declarations, action)(actor, declaration, declaration.version, *extra)


@pytest.mark.parametrize("action", ["submit", "approve", "reject", "withdraw"])
def test_an_approved_declaration_can_only_be_opened_again(me, leader, approved, action):
    actor = me if action in ("withdraw", "submit") else leader
    extra = ["Reden"] if action == "reject" else []
    with pytest.raises(ConflictError, match="Goedgekeurd"):
        getattr(declarations, action)(actor, approved, approved.version, *extra)


def test_giving_back_asks_a_reason_and_tells_the_person(me, leader, signed):
    with pytest.raises(InvalidError):
        declarations.reject(leader, signed, signed.version, "  ")
    one = declarations.reject(leader, signed, signed.version, "De les van dinsdag ontbreekt")
    assert (one.state, one.reason) == (DeclarationState.OPEN, "De les van dinsdag ontbreekt")
    jobs.run_waiting()
    letter = list_outbox()[0]
    assert "De les van dinsdag ontbreekt" in letter.text
    assert f"/urenstaten/{one.id}" in letter.text
    assert declarations.submit(me, one, one.version).reason == ""


def test_nobody_approves_own_hours(school, version, category, as_actor):
    both = works(Role.TEACHER, school)
    AffiliationFactory(user=both, organisation=school, role=Role.SCHOOL_LEADER, from_on=BEGIN)
    actor = as_actor(both)
    one = hours.add_entry(
        actor, EntryInput(both.id, school.id, version.id, category.id, DAY, 60)
    ).declaration
    declarations.submit(actor, one, one.version)
    for who in (actor, as_actor(both, scopes=frozenset({"hours:approve"}))):
        with pytest.raises(ForbiddenError, match="eigen uren"):
            declarations.approve(who, one, one.version)


def test_hours_of_a_leader_go_to_the_board(school_leader, school, version, category, as_actor,
                                           controller):  # fmt: skip
    actor = as_actor(school_leader)
    one = hours.add_entry(
        actor, EntryInput(school_leader.id, school.id, version.id, category.id, DAY, 60)
    ).declaration
    declarations.submit(actor, one, one.version)
    second = as_actor(works(Role.SCHOOL_LEADER, school))
    with pytest.raises(ForbiddenError, match="controller"):
        declarations.approve(second, one, one.version)
    assert declarations.approve(as_actor(controller), one, one.version)


def test_who_changed_an_entry_does_not_approve_it(me, leader, declaration, october, school,
                                                  as_actor):  # fmt: skip
    entry = declaration.entries[0]
    hours.change_entry(leader, entry, replace(october, minutes=60), entry.version)
    one = declarations.submit(me, declaration, declaration.version)
    with pytest.raises(ForbiddenError, match="zelf uren"):
        declarations.approve(leader, one, one.version)
    second = as_actor(works(Role.SCHOOL_LEADER, school))
    assert declarations.approve(second, one, one.version)


def test_strangers_do_not_know_of_a_declaration(signed, as_actor, other_leader, colleague,
                                                foreign_controller, administrator):  # fmt: skip
    for stranger in (other_leader, colleague, foreign_controller, administrator):
        with pytest.raises(NotFoundError):
            declarations.get_declaration(as_actor(stranger), signed.id)
        with pytest.raises(NotFoundError):
            declarations.approve(as_actor(stranger), signed, signed.version)


def test_an_older_reading_is_refused(me, leader, signed):
    old = signed.version
    declarations.withdraw(me, signed, old)
    with pytest.raises(ConflictError):
        declarations.approve(leader, signed, old)


def test_several_are_approved_together_or_none(me, leader, signed, october):
    other = hours.add_entry(me, replace(october, work_date=date(2026, 9, 29))).declaration
    wanted = [(signed.id, signed.version), (other.id, other.version)]
    with pytest.raises(ConflictError):
        declarations.approve_many(leader, wanted)
    assert db.session.get(Declaration, signed.id).state is DeclarationState.SUBMITTED

    declarations.submit(me, other, other.version)
    done = declarations.approve_many(leader, [(one.id, one.version) for one in (signed, other)])
    assert {one.state for one in done} == {DeclarationState.APPROVED}


def test_a_late_entry_comes_in_a_supplementary_declaration(me, leader, approved, october):
    entry = hours.add_entry(me, replace(october, minutes=30))
    assert (entry.declaration.seq, entry.declaration.state) == (2, DeclarationState.OPEN)
    assert [e.minutes for e in approved.entries] == [90]
    with pytest.raises(ConflictError, match="aanvullende"):
        declarations.reopen(leader, approved, approved.version, "Vergissing")
    hours.remove_entry(me, entry, entry.version)
    one = declarations.reopen(leader, approved, approved.version, "Vergissing")
    assert (one.state, one.approved_by_id) == (DeclarationState.OPEN, None)


def test_claimed_hours_are_not_opened_again(leader, approved, version, school, board):
    claim = Claim(
        scheme_version_id=version.id, board_id=board.id, organisation_id=school.id,
        excluded_entries=[],
    )  # fmt: skip
    db.session.add(claim)
    db.session.flush()
    entry = approved.entries[0]
    db.session.add(Allocation(entry_id=entry.id, claim_id=claim.id, minutes=entry.minutes))
    db.session.commit()
    with pytest.raises(ConflictError, match="claim"):
        declarations.reopen(leader, approved, approved.version, "Vergissing")


def test_the_controller_may_open_again_and_the_person_not(me, approved, controller, as_actor):
    with pytest.raises(ForbiddenError):
        declarations.reopen(me, approved, approved.version, "Ik wil dat")
    assert declarations.reopen(as_actor(controller), approved, approved.version, "Verkeerd")


def test_approved_hours_are_corrected_by_taking_them_back(me, approved, october):
    entry = approved.entries[0]
    made = hours.reverse(me, entry, 90, "Was op woensdag",
                         replace(october, work_date=date(2026, 10, 28), minutes=60))  # fmt: skip
    assert [(e.kind, e.minutes, e.corrects_id) for e in made] == [
        (EntryKind.REVERSAL, -90, entry.id), (EntryKind.REPLACEMENT, 60, entry.id),
    ]  # fmt: skip
    assert {e.declaration.seq for e in made} == {2}
    with pytest.raises(InvalidError) as refused:
        hours.reverse(me, entry, 15, "Nog eens")
    assert "minutes" in refused.value.fields

    hours.remove_entry(me, made[0], made[0].version)  # both halves go
    assert db.session.scalars(select(HourEntry.id)).all() == [entry.id]


def test_a_reversal_makes_room_on_its_day(me, approved, october, version):
    version.max_day_minutes = 120
    db.session.commit()
    entry = approved.entries[0]
    with pytest.raises(EntriesInvalidError):
        hours.add_entry(me, replace(october, minutes=45))
    assert hours.reverse(me, entry, 90, "Te kort", replace(october, minutes=120))


def test_a_closed_school_year_takes_corrections_only(me, approved, october, version):
    version.status = VersionStatus.CLOSED
    db.session.commit()
    with pytest.raises(EntriesInvalidError):
        hours.add_entry(me, replace(october, minutes=15))
    assert hours.reverse(me, approved.entries[0], 30, "Te veel")


def test_hours_that_are_not_approved_are_changed_themselves(me, declaration):
    with pytest.raises(ConflictError):
        hours.reverse(me, declaration.entries[0], 30, "Te veel")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hour_entries SET minutes = 600",
        "DELETE FROM hour_entries",
        "UPDATE declarations SET snapshot_sha256 = 'x'",
        "UPDATE declarations SET approved_by_id = user_id",
        "DELETE FROM declarations",
        LATE_ROW,
    ],
)
def test_the_database_itself_refuses_to_change_what_is_approved(approved, statement):
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(statement))
    assert db.session.scalars(select(HourEntry.minutes)).all() == [90]


def test_the_database_lets_nobody_skip_a_signature(declaration, school_leader):
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(
            text("UPDATE declarations SET state = 'approved', approved_by_id = :leader"),
            {"leader": school_leader.id},
        )
