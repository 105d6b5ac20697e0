"""Batches, their file, setting off, recoveries; and corrections that leave no cent behind."""

import hashlib
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, OrganisationKind, Role
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.subsidy import bank_accounts, claims, declarations, payments, recoveries
from labapp.subsidy.budget_models import Budget, BudgetEventType
from labapp.subsidy.claim_models import ClaimState, ReductionReason
from labapp.subsidy.payment_models import BatchState, RecoveryState
from labapp.subsidy.reductions import Reduction
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.subsidy import claiming
from tests.subsidy.claiming import (
    approved,
    check_identities,
    correction,
    draft,
    granted,
    pay,
    replaced,
    reversed_part,
    submit,
)
from tests.subsidy.conftest import works
from tests.subsidy.factories import RateFactory


@pytest.fixture
def account(board):
    claiming.give_account(board)


@pytest.fixture
def hours(teacher, school, category, school_leader):
    return approved(teacher, school, category, school_leader, (30,))


@pytest.fixture
def claim(hours, controller, version, school):
    """30 minutes at 48.33: 24.17."""
    version.rates[0].rate_cents = 4833
    db.session.commit()
    return draft(controller, version, school)


@pytest.fixture
def ready(claim, controller, assessor, decider, account):
    return granted(controller, assessor, decider, claim)


@pytest.fixture
def paid(ready, payer, version):
    pay(payer, version)
    return ready


def through(controller, assessor, decider, claim):
    return granted(controller, assessor, decider, claim)


def test_a_batch_pays_what_was_granted_with_a_file_and_its_hash(ready, payer, version, board):
    batch = pay(payer, version)

    assert (ready.state, batch.state, batch.total_cents) == (
        ClaimState.PAID, BatchState.RELEASED, 2417,
    )  # fmt: skip
    assert batch.file == (
        "batch,board_number,board,iban,currency,amount,description\r\n"
        f"{version.scheme.code}-2026.1-B001,41234,Stichting Samen,{claiming.IBAN},EUR,24.17,"
        f"{ready.number}\r\n"
    )
    assert batch.file_sha256 == hashlib.sha256(batch.file.encode()).hexdigest()
    check_identities()


def test_a_board_without_a_confirmed_account_is_not_paid(
    claim, controller, assessor, decider, payer, version, board
):
    granted(controller, assessor, decider, claim)
    batch = claiming.batch_of(payer, version)
    with pytest.raises(ConflictError) as refused:
        payments.release_batch(Actor.of(payer), batch, version=batch.version)
    assert claiming.problems_of(refused) == {"account_missing"}

    bank_accounts.confirm_account(Actor.of(payer), board.id, "nl91 abna 0417 1643 00")
    payments.release_batch(Actor.of(payer), batch, version=batch.version)
    assert claiming.IBAN in batch.file


@pytest.mark.parametrize("iban", ["", "NL91ABNA0417164301", "NL91ABNA041716430", "12", "ñl91"])
def test_an_account_that_does_not_add_up_is_refused(payer, board, iban):
    with pytest.raises(InvalidError):
        bank_accounts.confirm_account(Actor.of(payer), board.id, iban)


def test_only_the_office_confirms_accounts(controller, administrator, board, payer, school):
    for other in (controller, administrator):
        with pytest.raises(ForbiddenError):
            bank_accounts.confirm_account(Actor.of(other), board.id, claiming.IBAN)
    with pytest.raises(NotFoundError):
        bank_accounts.confirm_account(Actor.of(payer), school.id, claiming.IBAN)


def test_who_decided_does_not_pay(ready, decider, payer, version):
    batch = claiming.batch_of(decider, version)
    with pytest.raises(ForbiddenError, match="beslist"):
        payments.release_batch(Actor.of(decider), batch, version=batch.version)

    payments.release_batch(Actor.of(payer), batch, version=batch.version)
    assert ready.state is ClaimState.PAID


@pytest.mark.parametrize("who", ["administrator", "controller", "teacher"])
def test_batches_exist_for_the_office_and_the_auditor_only(request, ready, payer, version, who):
    actor = Actor.of(request.getfixturevalue(who))
    batch = claiming.batch_of(payer, version)

    for refused in (
        lambda: payments.get_batch(actor, batch.id),
        lambda: payments.list_batches(actor),
        lambda: payments.create_batch(actor, version.id),
        lambda: payments.release_batch(actor, batch, version=batch.version),
    ):
        with pytest.raises(NotFoundError):
            refused()


def test_an_auditor_reads_batches_and_releases_none(ready, payer, auditor, version):
    batch = claiming.batch_of(payer, version)
    assert payments.get_batch(Actor.of(auditor), batch.id) is batch
    with pytest.raises(ForbiddenError):
        payments.release_batch(Actor.of(auditor), batch, version=batch.version)


def test_a_claim_is_paid_once(paid, payer, version):
    with pytest.raises(ConflictError, match="Er wacht geen claim"):
        pay(payer, version)
    with pytest.raises(ConflictError):
        pay(payer, version, paid)


def test_a_batch_can_be_thrown_away_until_it_is_paid(ready, payer, version):
    actor = Actor.of(payer)
    batch = claiming.batch_of(payer, version)
    payments.remove_batch(actor, batch, version=batch.version)
    batch = pay(payer, version)

    with pytest.raises(ConflictError):
        payments.remove_batch(actor, batch, version=batch.version)
    with pytest.raises(ConflictError):
        payments.release_batch(actor, batch, version=batch.version)
    check_identities()


def test_a_correction_by_steps_leaves_no_cent_behind(
    paid, hours, controller, assessor, decider, school_leader, version
):
    before = paid.snapshot.sha256
    reversed_part(hours[0], school_leader, 15)
    first = through(controller, assessor, decider, correction(controller, paid))
    reversed_part(hours[0], school_leader, 15)
    second = through(controller, assessor, decider, correction(controller, paid))

    assert (first.total_cents, second.total_cents) == (-1209, -1208)
    assert paid.total_cents + first.total_cents + second.total_cents == 0
    assert claiming.lines_of(second)[0].corrects_line == 1
    assert (paid.state, paid.snapshot.sha256) == (ClaimState.PAID, before)
    check_identities()


def test_the_frozen_rate_counts_not_that_of_today(
    paid, hours, controller, school_leader, version, school, teacher
):
    """The rates of a used version are frozen; a rate that only reversals would meet is not used."""
    with pytest.raises(IntegrityError):
        RateFactory(scheme_version=version, rate_cents=9999)
    db.session.rollback()
    reversed_part(hours[0], school_leader, 30)

    assert submit(controller, correction(controller, paid)).total_cents == -2417


def test_a_replacement_of_the_same_kind_is_one_line_with_the_reversal(
    paid, hours, controller, school_leader
):
    reversed_part(hours[0], school_leader, 30)
    replaced(hours[0], school_leader, 45)

    claim = submit(controller, correction(controller, paid))

    lines = claiming.lines_of(claim)
    assert [(line.minutes, line.cents) for line in lines] == [(15, 1208)]  # 36.2475 - 24.17
    check_identities()


def test_more_cannot_be_taken_back_than_there_is(paid, hours, controller, school_leader):
    reversed_part(hours[0], school_leader, 45)

    with pytest.raises(ConflictError) as refused:
        submit(controller, correction(controller, paid))

    assert claiming.problems_of(refused) == {"nothing_to_reverse"}


def test_reversals_of_claimed_hours_stay_out_of_a_new_claim(
    paid, hours, controller, school_leader, version, school
):
    reversed_part(hours[0], school_leader, 15)

    with pytest.raises(ConflictError) as refused:
        submit(controller, draft(controller, version, school))

    assert claiming.problems_of(refused) == {"no_hours"}


def test_a_reversal_before_the_claim_is_in_the_claim(hours, claim, controller, school_leader):
    reversed_part(hours[0], school_leader, 15)

    submit(controller, claim)

    assert (claim.total_cents, claim.snapshot.content["hours"]) == (1208, 2)
    check_identities()


def test_one_correction_at_a_time(paid, hours, controller, school_leader):
    reversed_part(hours[0], school_leader, 15)
    submit(controller, correction(controller, paid))
    reversed_part(hours[0], school_leader, 15)

    with pytest.raises(ConflictError) as refused:
        submit(controller, correction(controller, paid))

    assert claiming.problems_of(refused) == {"correction_open"}


def test_what_was_taken_off_is_not_taken_back_again(
    claim, hours, controller, assessor, decider, school_leader, account
):
    claiming.assess(assessor, submit(controller, claim))
    claiming.decide(decider, claim, Reduction(1, 1417, ReductionReason.NO_EVIDENCE))
    reversed_part(hours[0], school_leader, 30)

    whole = submit(controller, correction(controller, claim))

    assert (claim.granted_cents, whole.total_cents) == (1000, -1000)


def test_an_undecided_claim_is_not_corrected(claim, controller):
    submit(controller, claim)

    with pytest.raises(ConflictError):
        correction(controller, claim)


def test_claimed_hours_are_not_reopened(paid, hours, school_leader):
    declaration = hours[0].declaration

    with pytest.raises(ConflictError):
        declarations.reopen(Actor.of(school_leader), declaration, declaration.version, "Toch niet")


@pytest.fixture
def owed(paid, hours, controller, assessor, decider, school_leader):
    """A granted correction of -24.17."""
    reversed_part(hours[0], school_leader, 30)
    return through(controller, assessor, decider, correction(controller, paid))


def test_what_is_owed_is_set_off_in_the_next_batch(
    owed, controller, assessor, decider, payer, version, school, teacher, school_leader, category
):
    approved(teacher, school, category, school_leader, (60,), date(2026, 10, 5))
    more = through(controller, assessor, decider, draft(controller, version, school))

    batch = pay(payer, version)

    assert batch.total_cents == 4833 - 2417
    assert (owed.state, more.state) == (ClaimState.PAID, ClaimState.PAID)
    assert claiming.summed(BudgetEventType.RECOVER) == 2417
    assert ",24.16," in batch.file
    check_identities()


def test_a_batch_below_zero_is_refused_and_becomes_a_recovery(owed, payer, decider, version):
    with pytest.raises(ConflictError) as refused:
        pay(payer, version)
    assert claiming.problems_of(refused) == {"negative_total"}

    actor = Actor.of(payer)
    recovery = recoveries.open_recovery(actor, owed, note="Nota volgt.")
    assert (recovery.cents, recovery.state) == (2417, RecoveryState.OPEN)
    with pytest.raises(ConflictError):
        recoveries.open_recovery(actor, owed)
    with pytest.raises(ForbiddenError):
        recoveries.receive(Actor.of(decider), recovery, version=recovery.version)

    recoveries.receive(actor, recovery, version=recovery.version)
    assert (owed.state, recovery.state) == (ClaimState.PAID, RecoveryState.RECEIVED)
    check_identities()


def test_one_board_does_not_pay_for_another(owed, assessor, decider, payer, version, category):
    other = OrganisationFactory(
        kind=OrganisationKind.BOARD, brin6=None, board_number="45678", name="Elders"
    )
    claiming.give_account(other)
    branch = OrganisationFactory(board=other)
    person, leader, board_controller = (
        works(Role.TEACHER, branch), works(Role.SCHOOL_LEADER, branch),
        works(Role.BOARD_CONTROLLER, other),
    )  # fmt: skip
    approved(person, branch, category, leader, (480,))
    through(board_controller, assessor, decider, draft(board_controller, version, branch))

    with pytest.raises(ConflictError) as refused:
        pay(payer, version)

    assert claiming.problems_of(refused) == {"negative_total"}


@pytest.mark.parametrize("returns", [False, True])
def test_recovered_money_goes_back_to_the_ceiling_only_if_the_scheme_says_so(
    hours, version, school, controller, assessor, decider, payer, school_leader, account, returns
):
    version.returns_recovered, version.ceiling_cents = returns, 2425
    db.session.commit()
    first = through(controller, assessor, decider, draft(controller, version, school))
    pay(payer, version)
    reversed_part(hours[0], school_leader, 30)
    owed = through(controller, assessor, decider, correction(controller, first))
    assert db.session.scalars(select(Budget.paid_cents)).all() == [2425]  # not before it came
    recovery = recoveries.open_recovery(Actor.of(payer), owed)
    recoveries.receive(Actor.of(payer), recovery, version=recovery.version)
    approved(hours[0].user, school, hours[0].category, school_leader, (30,), date(2026, 10, 5))
    again = draft(controller, version, school)

    if returns:
        assert submit(controller, again).total_cents == 2425
    else:
        with pytest.raises(ConflictError):
            submit(controller, again)
    check_identities()


def change_role(user, role, organisation):
    """Let somebody be something else from now on."""
    for affiliation in db.session.scalars(select(Affiliation).filter_by(user_id=user.id)):
        db.session.delete(affiliation)
    db.session.commit()
    AffiliationFactory(user=user, organisation=organisation, role=role)
    db.session.expire_all()


@pytest.mark.parametrize("who", ["teacher", "school_leader", "controller"])
def test_who_took_part_does_not_assess_or_decide_after_a_change_of_role(
    request, claim, controller, assessor, office, who
):
    """The rule looks at persons: another role, a token or no role of then make no difference."""
    submit(controller, claim)
    person = request.getfixturevalue(who)
    change_role(person, Role.PROGRAMME_OFFICER, office)
    with pytest.raises(ForbiddenError):
        claiming.assess(person, claim)

    claiming.assess(assessor, claim)
    for same in (person, assessor):
        with pytest.raises(ForbiddenError):
            claiming.decide(same, claim)
    assert claim.state is ClaimState.ASSESSED


def test_who_submitted_an_earlier_revision_does_not_decide(
    claim, controller, board, assessor, office
):
    from labapp.subsidy import assessments

    submit(controller, claim)
    assessments.return_claim(Actor.of(assessor), claim, "Vul aan.", version=claim.version)
    submit(works(Role.BOARD_CONTROLLER, board), claim)
    claiming.assess(assessor, claim)
    change_role(controller, Role.PROGRAMME_OFFICER, office)

    with pytest.raises(ForbiddenError):
        claiming.decide(controller, claim)


def test_an_administrator_does_nothing_with_money(
    ready, administrator, version, school, claim, controller
):
    actor = Actor.of(administrator)
    for refused in (
        lambda: claims.get_claim(actor, ready.id),
        lambda: claims.assemble(actor, version_id=version.id, branch_id=school.id),
        lambda: payments.create_batch(actor, version.id),
        lambda: recoveries.open_recovery(actor, ready),
    ):
        with pytest.raises(NotFoundError):
            refused()
    assert claims.list_claims(actor).total == 0


RAW = {
    "a claim": "UPDATE claims SET total_cents = 1",
    "its number": "UPDATE claims SET number = 'X'",
    "paid is the end": "UPDATE claims SET state = 'granted'",
    "what was granted": "UPDATE claims SET granted_cents = 5",
    "a claim away": "DELETE FROM claims",
    "a snapshot": "UPDATE claim_snapshots SET sha256 = 'x'",
    "a line": "UPDATE claim_lines SET cents = 1",
    "an hour": "UPDATE claim_hours SET minutes = 15",
    "an hour away": "DELETE FROM claim_hours",
    "an allocation away": "DELETE FROM allocations",
    "an allocation": "UPDATE allocations SET minutes = 15",
    "a decision": "UPDATE decisions SET granted_cents = 9",
    "an event": "UPDATE budget_events SET cents = 9",
    "a batch": "UPDATE payment_batches SET file = 'x'",
    "its line": "DELETE FROM payment_lines",
    "the entry": "UPDATE hour_entries SET minutes = 60",
    "the declaration": "UPDATE declarations SET state = 'open'",
    "the rate": "UPDATE rates SET rate_cents = 1",
    "the version": "UPDATE scheme_versions SET ceiling_cents = 1",
}


@pytest.mark.parametrize("name", RAW)
def test_the_database_itself_refuses(paid, name):
    with pytest.raises(DBAPIError) as refused, transaction() as session:
        session.execute(text(RAW[name]))
    assert isinstance(refused.value, IntegrityError)

    check_identities()


def test_a_double_payment_is_refused_by_the_database(paid):
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(
            text("INSERT INTO allocations (entry_id, claim_id, minutes, created_at)"
                 " SELECT entry_id, claim_id, minutes, created_at FROM allocations")
        )  # fmt: skip
