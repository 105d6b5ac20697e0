"""Claims from approved hours to a decision: amounts, caps, ceilings, states, rights."""

import hashlib
from datetime import date

import pytest
from sqlalchemy import select

from labapp import audit, clock
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role, Sector
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.jobs import services as jobs
from labapp.subsidy import assessments, claims, snapshots, submission
from labapp.subsidy.claim_models import ClaimKind, ClaimSnapshot, ClaimState, ReductionReason
from labapp.subsidy.reductions import Reduction
from labapp.subsidy.scheme_models import (
    Cap,
    CapScope,
    CapUnit,
    Grant,
    OverCapPolicy,
    Rate,
    VersionStatus,
)
from tests.factories import AffiliationFactory
from tests.subsidy import claiming
from tests.subsidy.claiming import MONDAY, approved, check_identities, draft, submit, submitted
from tests.subsidy.conftest import BEGIN
from tests.subsidy.factories import CategoryFactory, RateFactory


@pytest.fixture
def hours(teacher, school, category, school_leader):
    """Eight hours of a teacher: 388.00."""
    return approved(teacher, school, category, school_leader)


@pytest.fixture
def claim(hours, controller, version, school):
    return draft(controller, version, school)


def set_ceiling(version, cents):
    version.ceiling_cents = cents
    db.session.commit()


def add_cap(version, scope, value, unit=CapUnit.MINUTES):
    db.session.add(Cap(scheme_version_id=version.id, scope=scope, unit=unit, value=value))
    db.session.commit()


def test_a_claim_takes_all_approved_hours_and_freezes_them(claim, controller, hours, version):
    submit(controller, claim)

    assert (claim.state, claim.total_cents, claim.revision) == (ClaimState.SUBMITTED, 38_800, 1)
    assert claim.number == f"{version.scheme.code}-2026-0001"
    content = claim.snapshot.content
    assert (content["total_minutes"], content["hours"], content["lines"]) == (480, 1, 1)
    assert content["exact_cents_x"] == 480 * 4850 * 10_000
    line = claiming.lines_of(claim)[0]
    assert (line.minutes, line.rate_cents, line.cents, line.role) == (480, 4850, 38_800, "teacher")
    event = db.session.get(audit.AuditEvent, claim.audit_seq)
    assert (event.action, event.hash) == ("claim.submitted", claim.audit_head)
    check_identities()


def test_the_snapshot_is_hashed_as_it_is_read_back(claim, controller, hours):
    submit(controller, claim)
    text = b"".join(snapshots.iter_canonical(claim.snapshot))

    assert hashlib.sha256(text).hexdigest() == claim.snapshot.sha256
    assert snapshots.verify(claim.snapshot)
    assert text.startswith(b'{"claim":{"board":')
    assert [hour.entry_id for hour in snapshots.iter_hours(claim.snapshot)] == [hours[0].id]


def test_each_line_is_rounded_once_and_the_total_is_their_sum(
    controller, version, school, school_leader, teacher, colleague, category
):
    rate = version.rates[0]
    rate.rate_cents = 4833
    db.session.commit()
    for person in (teacher, colleague):
        approved(person, school, category, school_leader, (15, 15, 15))

    claim = submitted(controller, version, school)

    assert [line.cents for line in claiming.lines_of(claim)] == [3625, 3625]  # 36.2475 each
    assert claim.total_cents == 7250


def test_a_rate_that_changes_gives_two_lines_by_the_day_of_work(
    controller, version, school, school_leader, teacher, category
):
    first = version.rates[0]
    first.valid_to = date(2026, 9, 8)
    db.session.commit()
    RateFactory(scheme_version=version, rate_cents=5000, valid_from=date(2026, 9, 9))
    approved(teacher, school, category, school_leader, (60, 60, 60))

    claim = submitted(controller, version, school)

    assert [(line.rate_cents, line.minutes) for line in claiming.lines_of(claim)] == [
        (4850, 120), (5000, 60),
    ]  # fmt: skip


@pytest.mark.parametrize("broken", ["rate_missing", "rate_double"])
def test_a_rate_that_lacks_or_is_double_is_never_nothing(claim, controller, version, broken):
    if broken == "rate_double":
        RateFactory(scheme_version=version, rate_cents=5000)
    else:
        for rate in db.session.scalars(select(Rate)):
            db.session.delete(rate)
        db.session.commit()
    db.session.expire_all()

    with pytest.raises(ConflictError) as refused:
        submit(controller, claim)

    assert broken in claiming.problems_of(refused)
    assert (claim.state, claim.number) == (ClaimState.DRAFT, None)
    check_identities()


def test_hours_of_an_activity_that_is_not_claimable_stay_out(
    controller, version, school, school_leader, teacher, hours
):
    sharing = CategoryFactory(scheme_version=version, code="kennisdeling", claimable=False)
    approved(teacher, school, sharing, school_leader, day=date(2026, 10, 5))

    claim = submitted(controller, version, school)

    assert claim.snapshot.content["total_minutes"] == 480


def test_what_is_left_out_can_be_claimed_later(controller, version, school, hours, claim):
    more = approved(hours[0].user, school, hours[0].category, hours[0].declaration.approved_by,
                    (60, 30), date(2026, 10, 5))  # fmt: skip
    actor = Actor.of(controller)
    claims.change_claim(
        actor, claim, version=claim.version, excluded_entries=[more[0].id, hours[0].id]
    )
    plan = claims.preview(actor, claim)
    assert ([e.id for e in plan.entries], plan.problems) == ([more[1].id], [])
    submit(controller, claim)

    second = submitted(controller, version, school)

    assert (claim.snapshot.content["total_minutes"], second.total_cents) == (30, 43_650)
    check_identities()


def test_an_empty_claim_is_refused(controller, version, school):
    with pytest.raises(ConflictError) as refused:
        submitted(controller, version, school)

    assert claiming.problems_of(refused) == {"no_hours"}


def test_hours_are_in_one_claim_at_most(claim, controller, version, school):
    second = draft(controller, version, school)
    submit(controller, claim)

    with pytest.raises(ConflictError) as refused:
        submit(controller, second)

    assert claiming.problems_of(refused) == {"no_hours"}


def test_a_ceiling_says_what_is_left(controller, version, school, hours, claim, school_leader):
    set_ceiling(version, 50_000)
    submit(controller, claim)
    approved(hours[0].user, school, hours[0].category, school_leader, day=date(2026, 10, 5))
    second = draft(controller, version, school)

    with pytest.raises(ConflictError) as refused:
        submit(controller, second)

    problem = refused.value.problems[0]
    message = problem.pop("message")
    assert problem == {
        "code": "cap_exceeded", "scope": "ceiling", "unit": "cents", "limit": 50_000,
        "used": 38_800, "requested": 38_800, "remaining": 11_200,
    }  # fmt: skip
    assert "112,00" in message
    check_identities()


def test_exactly_at_the_ceiling_fits(controller, version, claim):
    set_ceiling(version, 38_800)

    assert submit(controller, claim).state is ClaimState.SUBMITTED


def test_a_cap_of_a_person_counts_over_two_schools(
    controller, version, school, other_school, other_leader, school_leader, teacher, category
):
    add_cap(version, CapScope.PERSON_YEAR, 600)
    AffiliationFactory(user=teacher, organisation=other_school, role=Role.TEACHER, from_on=BEGIN)
    approved(teacher, school, category, school_leader, (480,))
    approved(teacher, other_school, category, other_leader, (180,))
    submitted(controller, version, school)

    with pytest.raises(ConflictError) as refused:
        submitted(controller, version, other_school)

    problem = refused.value.problems[0]
    assert (problem["code"], problem["scope"]) == ("cap_exceeded", "person_year")
    assert (problem["limit"], problem["used"], problem["requested"], problem["remaining"]) == (
        600, 480, 180, 120,
    )  # fmt: skip
    assert problem["user_id"] == teacher.id


@pytest.mark.parametrize(
    ("scope", "unit", "value"),
    [
        (CapScope.BRANCH_YEAR, CapUnit.MINUTES, 479),
        (CapScope.BOARD_YEAR, CapUnit.MINUTES, 479),
        (CapScope.BOARD_YEAR, CapUnit.CENTS, 38_799),
        (CapScope.PERSON_YEAR, CapUnit.CENTS, 38_799),
    ],
)
def test_each_cap_holds_and_one_more_fits(claim, controller, version, scope, unit, value):
    add_cap(version, scope, value, unit)
    with pytest.raises(ConflictError) as refused:
        submit(controller, claim)
    assert refused.value.problems[0]["scope"] == scope.value

    version.caps[0].value += 1
    db.session.commit()
    assert submit(controller, claim).state is ClaimState.SUBMITTED


def test_trimming_takes_the_latest_minutes_off_and_they_are_gone(
    controller, version, school, school_leader, teacher, category
):
    version.over_cap_policy = OverCapPolicy.TRIM
    add_cap(version, CapScope.PERSON_YEAR, 500)
    approved(teacher, school, category, school_leader, (480, 75))

    claim = submitted(controller, version, school)

    lines = claiming.lines_of(claim)
    assert [(line.minutes, line.is_cap_adjustment) for line in lines] == [(555, False), (-55, True)]
    assert claim.total_cents == 40_417  # 500 minutes, rounded once
    approved(teacher, school, category, school_leader, (60,), date(2026, 10, 5))
    second = submitted(controller, version, school)
    assert (second.total_cents, second.snapshot.content["total_minutes"]) == (0, 0)
    check_identities()


@pytest.fixture
def fixed(fixed_version, school, office, programme_officer):
    """A grant of 1,000.00 in two instalments, and a category to write hours on."""
    grant = Grant(
        scheme_version_id=fixed_version.id, organisation_id=school.id, decision_number="OCW-1",
        decided_on=date(2026, 7, 1), amount_cents=100_000, from_on=date(2026, 8, 1),
        to_on=date(2027, 7, 31), instalments=[
            {"due_on": "2026-09-01", "cents": 60_000}, {"due_on": "2027-02-01", "cents": 40_000},
        ],
    )  # fmt: skip
    db.session.add(grant)
    db.session.commit()
    return CategoryFactory(scheme_version=fixed_version, code="groei")


def test_a_fixed_scheme_pays_the_instalment_and_hours_are_evidence(
    fixed, fixed_version, controller, school, teacher, school_leader
):
    approved(teacher, school, fixed, school_leader, (480, 30))

    first = submitted(controller, fixed_version, school)
    second = submitted(controller, fixed_version, school)

    assert (first.instalment, first.total_cents) == (1, 60_000)
    assert [(line.minutes, line.cents) for line in claiming.lines_of(first)] == [
        (0, 60_000), (510, 0),
    ]  # fmt: skip
    assert (second.instalment, second.total_cents) == (2, 40_000)
    check_identities()
    with pytest.raises(ConflictError) as refused:
        submitted(controller, fixed_version, school)
    assert "instalment_missing" in claiming.problems_of(refused)


def test_an_instalment_is_claimed_once(fixed, fixed_version, controller, school):
    one, two = (draft(controller, fixed_version, school, instalment=1) for _ in range(2))
    submit(controller, one)

    with pytest.raises(ConflictError) as refused:
        submit(controller, two)

    assert "instalment_claimed" in claiming.problems_of(refused)


def test_a_fixed_scheme_without_a_grant_pays_nothing(fixed_version, controller, school):
    with pytest.raises(ConflictError) as refused:
        submitted(controller, fixed_version, school)

    assert "grant_missing" in claiming.problems_of(refused)


def test_only_the_board_signs(claim, school_leader, foreign_controller, administrator, auditor):
    with pytest.raises(ForbiddenError):
        submit(school_leader, claim)
    for stranger in (foreign_controller, administrator):
        with pytest.raises(NotFoundError):
            claims.get_claim(Actor.of(stranger), claim.id)
        with pytest.raises(ForbiddenError):
            submit(stranger, claim)
    assert claims.get_claim(Actor.of(auditor), claim.id) is claim


def test_the_office_does_not_see_a_draft(claim, controller, assessor):
    with pytest.raises(NotFoundError):
        claims.get_claim(Actor.of(assessor), claim.id)
    submit(controller, claim)

    assert claims.get_claim(Actor.of(assessor), claim.id) is claim
    assert claims.list_claims(Actor.of(assessor)).total == 1


def test_somebody_elses_branch_and_scheme_do_not_exist(
    foreign_controller, version, school, controller
):
    with pytest.raises(NotFoundError):
        draft(foreign_controller, version, school)
    version.status = VersionStatus.DRAFT
    db.session.commit()
    with pytest.raises(NotFoundError):
        draft(controller, version, school)


def test_an_old_version_of_the_page_is_a_conflict(claim, controller):
    with pytest.raises(ConflictError):
        submission.submit(Actor.of(controller), claim, version=claim.version + 1)

    assert claim.state is ClaimState.DRAFT


@pytest.mark.parametrize("status", [VersionStatus.CLOSED, VersionStatus.ARCHIVED])
def test_a_closed_scheme_takes_no_new_claims(claim, controller, version, status):
    version.status = status
    db.session.commit()

    with pytest.raises(ConflictError) as refused:
        submit(controller, claim)

    assert claiming.problems_of(refused) == {"scheme_not_active"}


def test_a_window_opens_and_closes(claim, controller, version):
    version.opens_at = clock.now().replace(month=12)
    db.session.commit()
    with pytest.raises(ConflictError) as refused:
        submit(controller, claim)
    assert claiming.problems_of(refused) == {"window_closed"}

    clock.set_clock("2026-12-20T12:00")
    assert submit(controller, claim).state is ClaimState.SUBMITTED


def test_a_returned_claim_keeps_its_money_and_is_submitted_again(
    claim, controller, assessor, hours, school, school_leader
):
    submit(controller, claim)
    before = claim.snapshot.sha256
    assessments.return_claim(
        Actor.of(assessor), claim, "Laat de middag weg.", version=claim.version
    )
    assert (claim.state, claim.return_reason) == (ClaimState.RETURNED, "Laat de middag weg.")
    check_identities()
    approved(hours[0].user, school, hours[0].category, school_leader, (60,), date(2026, 10, 5))
    claims.change_claim(
        Actor.of(controller), claim, version=claim.version, excluded_entries=[hours[0].id]
    )

    submit(controller, claim)

    assert (claim.state, claim.revision, claim.total_cents) == (ClaimState.SUBMITTED, 2, 4850)
    assert claim.number.endswith("-0001")
    kept = db.session.scalars(select(ClaimSnapshot).order_by(ClaimSnapshot.revision)).all()
    assert [one.revision for one in kept] == [1, 2]
    assert kept[0].sha256 == before
    assert snapshots.verify(kept[0])
    check_identities()


def test_a_returned_claim_expires_after_fourteen_days_by_the_clock_of_the_application(
    claim, controller, assessor, version, school
):
    submit(controller, claim)
    assessments.return_claim(Actor.of(assessor), claim, "Vul aan.", version=claim.version)
    clock.set_clock("2026-12-02T09:29")  # a minute too early, whatever the database's clock says
    assert assessments.expire_claims() == 0

    clock.set_clock("2026-12-02T09:31")
    with pytest.raises(ConflictError, match="veertien dagen"):
        submit(controller, claim)
    with transaction():
        jobs.enqueue("subsidy.expire_claims")
    jobs.run_waiting()
    db.session.expire_all()

    assert claim.state is ClaimState.EXPIRED
    check_identities()
    assert submitted(controller, version, school).total_cents == 38_800


def test_a_claim_is_withdrawn_until_it_is_assessed(claim, controller, assessor, version, school):
    submit(controller, claim)
    submission.withdraw(Actor.of(controller), claim, version=claim.version)
    assert claim.state is ClaimState.WITHDRAWN
    check_identities()

    second = claiming.assess(assessor, submitted(controller, version, school))
    with pytest.raises(ConflictError):
        submission.withdraw(Actor.of(controller), second, version=second.version)


@pytest.fixture
def assessed(claim, controller, assessor):
    return claiming.assess(assessor, submit(controller, claim))


def test_a_decision_grants_all(assessed, decider):
    claiming.decide(decider, assessed)

    assert (assessed.state, assessed.granted_cents) == (ClaimState.GRANTED, 38_800)
    check_identities()


def test_a_decision_takes_off_with_a_reason(assessed, decider):
    less = Reduction(1, 8_800, ReductionReason.NO_EVIDENCE, "Geen presentielijst.")
    claiming.decide(decider, assessed, less)

    assert (assessed.state, assessed.granted_cents) == (ClaimState.PARTIAL, 30_000)
    assert assessments.decision_of(assessed).reductions[0]["reason"] == "no_evidence"
    check_identities()


@pytest.mark.parametrize("reusable", [False, True])
def test_rejected_hours_come_free_only_when_the_decision_says_so(
    assessed, decider, controller, version, school, reusable
):
    claiming.decide(decider, assessed, is_rejected=True, reusable=reusable)
    assert (assessed.state, assessed.granted_cents) == (ClaimState.REJECTED, 0)
    check_identities()

    again = draft(controller, version, school)
    if reusable:
        assert submit(controller, again).total_cents == 38_800
    else:
        with pytest.raises(ConflictError):
            submit(controller, again)


@pytest.mark.parametrize(
    "wrong",
    [
        Reduction(9, 100, ReductionReason.ERROR),
        Reduction(1, 0, ReductionReason.ERROR),
        Reduction(1, 38_801, ReductionReason.ERROR),
        Reduction(1, 100, ReductionReason.OTHER),
        Reduction(1, 100, ReductionReason.ERROR, reusable=True),
    ],
)
def test_a_reduction_must_make_sense(assessed, decider, wrong):
    with pytest.raises(InvalidError):
        claiming.decide(decider, assessed, wrong)

    assert assessed.state is ClaimState.ASSESSED


def test_what_is_decided_is_decided(assessed, decider, payer, assessor):
    claiming.decide(decider, assessed)

    for again in (
        lambda: claiming.decide(payer, assessed),
        lambda: claiming.assess(assessor, assessed),
        lambda: assessments.return_claim(
            Actor.of(payer), assessed, "x", version=assessed.version
        ),
    ):  # fmt: skip
        with pytest.raises(ConflictError):
            again()


def test_the_school_year_and_scheme_number_the_claims_without_gaps(
    controller, version, school, hours, claim, school_leader
):
    set_ceiling(version, 41_000)
    submit(controller, claim)
    approved(hours[0].user, school, hours[0].category, school_leader, day=date(2026, 10, 5))
    failing = draft(controller, version, school)
    with pytest.raises(ConflictError):
        submit(controller, failing)
    approved(hours[0].user, school, hours[0].category, school_leader, (15,), date(2026, 10, 12))
    kept = draft(controller, version, school)
    entries = [e.id for e in claims.preview(Actor.of(controller), kept).entries if e.minutes > 15]
    claims.change_claim(Actor.of(controller), kept, version=kept.version, excluded_entries=entries)

    submit(controller, kept)

    assert kept.sequence == 2
    check_identities()


def test_a_draft_can_be_thrown_away(claim, controller, foreign_controller):
    with pytest.raises(ForbiddenError):
        claims.remove_draft(Actor.of(foreign_controller), claim, version=claim.version)
    claims.remove_draft(Actor.of(controller), claim, version=claim.version)

    with pytest.raises(NotFoundError):
        claims.get_claim(Actor.of(controller), claim.id)


def test_a_sector_has_its_own_rate(claim, controller, version):
    RateFactory(scheme_version=version, rate_cents=6000, sector=Sector.PO)
    db.session.expire_all()

    assert submit(controller, claim).total_cents == 48_000
    assert claim.kind is ClaimKind.NORMAL
    assert claiming.lines_of(claim)[0].period_from == MONDAY
