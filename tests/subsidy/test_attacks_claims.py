"""Attempts to let claims and payments lie."""

from datetime import date

import pytest

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.errors import ConflictError, InvalidError, LabappError
from labapp.subsidy import claims, declarations, grants, money
from labapp.subsidy.claim_models import ReductionReason
from labapp.subsidy.exports import dossier
from labapp.subsidy.exports.declarations import export_declaration
from labapp.subsidy.grants import GrantInput
from labapp.subsidy.reductions import Reduction
from labapp.subsidy.scheme_models import (
    Cap,
    CapScope,
    CapUnit,
    OverCapPolicy,
    Participation,
    VersionStatus,
)
from tests.subsidy.claiming import (
    MONDAY,
    approved,
    assess,
    correction,
    draft,
    granted,
    lines_of,
    problems_of,
    replaced,
    reversed_part,
    submit,
    submitted,
)
from tests.subsidy.conftest import BEGIN
from tests.subsidy.factories import CategoryFactory, RateFactory, VersionFactory
from tests.subsidy.work import declare


def leave_out(controller, claim, *entries):
    claims.change_claim(
        Actor.of(controller), claim, version=claim.version,
        excluded_entries=[entry.id for entry in entries],
    )  # fmt: skip


def test_a_reversal_is_not_left_out_where_its_hours_are_claimed(
    teacher, school, category, school_leader, controller, version
):
    [entry] = approved(teacher, school, category, school_leader, (480,))
    reversal = reversed_part(entry, school_leader, 480)
    approved(teacher, school, category, school_leader, (60,), date(2026, 10, 5))
    claim = draft(controller, version, school)
    leave_out(controller, claim, reversal)
    assert claims.preview(Actor.of(controller), claim).total_minutes == 60


def test_a_reversal_goes_out_with_its_hours(
    teacher, school, category, school_leader, controller, version
):
    [entry] = approved(teacher, school, category, school_leader, (480,))
    reversed_part(entry, school_leader, 240)
    approved(teacher, school, category, school_leader, (480,), date(2026, 10, 5))
    claim = draft(controller, version, school)
    leave_out(controller, claim, entry)
    assert claims.preview(Actor.of(controller), claim).total_minutes == 480


def test_a_correction_holds_each_reversal(
    teacher, school, category, school_leader, controller, version, assessor, decider
):
    """What came instead cannot be claimed beside what it replaces."""
    [entry] = approved(teacher, school, category, school_leader, (120,))
    first = granted(controller, assessor, decider, draft(controller, version, school))
    reversal = reversed_part(entry, school_leader, 120)
    replaced(entry, school_leader, 60)
    claim = correction(controller, first)
    leave_out(controller, claim, reversal)
    plan = claims.preview(Actor.of(controller), claim)
    assert plan.total_cents == money.cents(60, 4850) - money.cents(120, 4850)


def test_hours_of_a_trimmed_line_do_not_come_free(
    teacher, colleague, school, category, school_leader, controller, version, assessor
):
    """Trimmed minutes would stay behind below zero and make room above the cap."""
    version.over_cap_policy = OverCapPolicy.TRIM
    cap = Cap(scheme_version_id=version.id, scope=CapScope.PERSON_YEAR, unit=CapUnit.MINUTES,
              value=300)  # fmt: skip
    db.session.add(cap)
    db.session.commit()
    approved(teacher, school, category, school_leader, (480,))
    approved(colleague, school, category, school_leader, (300,))
    claim = submitted(controller, version, school)
    trimmed = next(line for line in lines_of(claim) if line.user_id == teacher.id)
    whole = Reduction(trimmed.number, trimmed.cents, ReductionReason.ERROR, reusable=True)
    with pytest.raises(InvalidError):
        assess(assessor, claim, whole)


def grant_values(cents):
    return GrantInput(
        decision_number="X-1", decided_on=date(2026, 9, 1), amount_cents=cents,
        from_on=date(2026, 8, 1), to_on=date(2027, 7, 31),
    )  # fmt: skip


def test_a_draft_of_before_the_grant_keeps_to_the_grant(
    teacher, school, category, school_leader, controller, version, assessor
):
    approved(teacher, school, category, school_leader, (480,))
    claim = draft(controller, version, school)
    grants.create_grant(Actor.of(assessor), version, school, grant_values(10_000))
    with pytest.raises(ConflictError) as refused:
        submit(controller, claim)
    assert problems_of(refused) == {"cap_exceeded"}


def test_claims_of_before_the_grant_count_under_it(
    teacher, school, category, school_leader, controller, version, assessor
):
    approved(teacher, school, category, school_leader, (480,))
    submitted(controller, version, school)
    with pytest.raises(LabappError):
        grants.create_grant(Actor.of(assessor), version, school, grant_values(10_000))
    grants.create_grant(Actor.of(assessor), version, school, grant_values(40_000))
    approved(teacher, school, category, school_leader, (480,), date(2026, 10, 5))
    with pytest.raises(ConflictError) as refused:
        submit(controller, draft(controller, version, school))
    assert problems_of(refused) == {"cap_exceeded"}


def test_a_new_version_in_the_same_year_has_no_second_ceiling(
    teacher, school, category, school_leader, controller, version
):
    version.ceiling_cents = 40_000
    db.session.commit()
    approved(teacher, school, category, school_leader, (480,))
    submitted(controller, version, school)
    version.status = VersionStatus.CLOSED
    again = VersionFactory(scheme=version.scheme, number=2, ceiling_cents=40_000)
    other = CategoryFactory(scheme_version=again, code="teamsessie")
    RateFactory(scheme_version=again)
    approved(teacher, school, other, school_leader, (480,), date(2026, 10, 5))
    with pytest.raises(ConflictError) as refused:
        submitted(controller, again, school)
    assert problems_of(refused) == {"cap_exceeded"}


def test_tracks_that_shut_one_another_out_are_not_both_claimed(
    teacher, school, category, school_leader, controller, version
):
    """Without a participation nobody looked at the tracks."""
    version.track = "groeikracht"
    other = CategoryFactory(scheme_version=VersionFactory(
        track="cocreatie", excluded_tracks=["groeikracht"]))  # fmt: skip
    RateFactory(scheme_version=other.scheme_version)
    db.session.commit()
    approved(teacher, school, category, school_leader, (480,))
    submitted(controller, version, school)
    approved(teacher, school, other, school_leader, (480,), date(2026, 10, 5))
    with pytest.raises(ConflictError) as refused:
        submitted(controller, other.scheme_version, school)
    assert problems_of(refused) == {"track_excluded"}


def test_the_rate_is_that_of_the_role_that_was_signed(
    teacher, school, category, school_leader, controller, version
):
    """A role that is changed between approval and claim changes no amount."""
    RateFactory(scheme_version=version, role=Role.EXPERT_COACH, rate_cents=9_900)
    declare(teacher, school, category, [480], by=school_leader)
    teacher.affiliations[0].role = Role.EXPERT_COACH
    db.session.commit()
    claim = draft(controller, version, school)
    assert claims.preview(Actor.of(controller), claim).total_cents == money.cents(480, 4850)


def test_hours_after_the_branch_left_are_not_claimed(
    teacher, school, category, school_leader, controller, version
):
    part = Participation(
        scheme_version_id=version.id, organisation_id=school.id, from_on=BEGIN,
        to_on=date(2027, 7, 31),
    )  # fmt: skip
    db.session.add(part)
    db.session.commit()
    approved(teacher, school, category, school_leader, (480, 480))
    part.to_on = MONDAY
    db.session.commit()
    claim = draft(controller, version, school)
    with pytest.raises(ConflictError) as refused:
        submit(controller, claim)
    assert problems_of(refused) == {"outside_participation"}


def test_a_dossier_of_what_was_tampered_with_says_so(
    teacher, school, category, school_leader, auditor, tmp_path
):
    one = declare(teacher, school, category, [480], by=school_leader)
    whole = dossier.export_dossier(Actor.of(auditor), school.id, 2026, tmp_path)
    assert whole.matches_earlier
    one.snapshot = {**one.snapshot, "total_minutes": 960}
    db.session.commit()
    assert not dossier.export_dossier(Actor.of(auditor), school.id, 2026, tmp_path).matches_earlier


def test_the_paper_of_a_declaration_keeps_the_name_of_who_approved(
    teacher, school, category, school_leader, auditor, tmp_path
):
    one = declare(teacher, school, category, [480])
    declarations.approve(Actor.of(school_leader), one, one.version)
    first = export_declaration(Actor.of(auditor), one.id, tmp_path)
    school_leader.family_name = "Anders"
    db.session.commit()
    again = export_declaration(Actor.of(auditor), one.id, tmp_path)
    assert again.matches_earlier
    assert again.zip.sha256 == first.zip.sha256


def test_a_correction_of_many_hours_takes_no_more_statements(
    teacher, school, category, school_leader, controller, version, assessor, decider, count_queries
):
    entries = approved(teacher, school, category, school_leader, [60] * 12)
    first = granted(controller, assessor, decider, draft(controller, version, school))
    claim = correction(controller, first)

    def statements():
        db.session.commit()
        db.session.expire_all()
        with count_queries() as queries:
            plan = claims.preview(Actor.of(controller), claim)
        return len(queries), plan.total_minutes

    reversed_part(entries[0], school_leader, 60)
    few, taken = statements()
    assert taken == -60
    for entry in entries[1:]:
        reversed_part(entry, school_leader, 60)
    many, taken = statements()
    assert taken == -720
    assert many <= few + 1
