from dataclasses import replace
from datetime import date

import pytest

from labapp.accounts.models import Sector
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.subsidy import grants
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.grants import GrantInput, Instalment
from tests.factories import OrganisationFactory
from tests.subsidy.factories import FixedAmountFactory

FIRST = Instalment(due_on=date(2026, 10, 1), cents=600_000)
SECOND = Instalment(due_on=date(2027, 4, 1), cents=400_000)
VALUES = GrantInput(
    decision_number="DUS-I 2026/1",
    decided_on=date(2026, 9, 1),
    amount_cents=1_000_000,
    min_minutes=6000,
    min_participants=2,
    from_on=date(2026, 8, 1),
    to_on=date(2027, 7, 31),
    instalments=[FIRST, SECOND],
)


@pytest.fixture
def officer(assessor, as_actor):
    return as_actor(assessor)


@pytest.fixture
def grant(officer, fixed_version, school):
    return grants.create_grant(officer, fixed_version, school, VALUES)


def claim(grant, board, **values):
    row = Claim(
        scheme_version_id=grant.scheme_version_id, board_id=board.id, grant_id=grant.id,
        organisation_id=grant.organisation_id, **values,
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return row


def test_a_grant_is_of_the_branch_the_board_and_the_office(
    officer, grant, fixed_version, school, as_actor, controller, school_leader, auditor, teacher,
    foreign_controller, administrator,
):  # fmt: skip
    assert grants.get_grant(fixed_version, school) == grant
    assert grants.GrantInput.of(grant) == VALUES
    for user in (controller, school_leader, auditor):
        assert grants.read_grant(as_actor(user), grant.id) == grant
        assert grants.list_grants(as_actor(user), version_id=fixed_version.id) == [grant]
    for user in (teacher, foreign_controller, administrator):
        assert grants.list_grants(as_actor(user)) == []
        with pytest.raises(NotFoundError):
            grants.read_grant(as_actor(user), grant.id)


def test_only_the_office_registers_one(grant, fixed_version, other_school, as_actor, controller):
    actor = as_actor(controller)
    with pytest.raises(ForbiddenError):
        grants.create_grant(actor, fixed_version, other_school, VALUES)
    with pytest.raises(ForbiddenError):
        grants.change_grant(actor, grant, VALUES, expected=grant.version)
    with pytest.raises(ForbiddenError):
        grants.remove_grant(actor, grant, expected=grant.version)


def test_a_branch_has_one_grant_of_a_version(officer, grant, fixed_version, school):
    with pytest.raises(InvalidError) as refused:
        grants.create_grant(officer, fixed_version, school, VALUES)

    assert list(refused.value.fields) == ["organisation_id"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("decision_number", {"decision_number": " "}),
        ("decided_on", {"decided_on": date(2026, 11, 19)}),
        ("amount_cents", {"amount_cents": -1, "instalments": []}),
        ("min_minutes", {"min_minutes": -1}),
        ("from_on", {"from_on": date(2026, 7, 31)}),
        ("to_on", {"to_on": date(2026, 7, 31)}),
        ("instalments", {"instalments": [FIRST]}),
        ("instalments", {"instalments": [FIRST, SECOND, replace(SECOND, cents=0)]}),
        ("instalments", {"amount_cents": 999_999}),
    ],
)
def test_a_grant_that_cannot_be_is_refused(officer, fixed_version, school, field, values):
    with pytest.raises(InvalidError) as refused:
        grants.create_grant(officer, fixed_version, school, replace(VALUES, **values))

    assert field in refused.value.fields


def test_a_later_decision_changes_it_and_the_second_editor_is_told(officer, grant):
    read = grant.version
    more = replace(
        VALUES, amount_cents=1_200_000, instalments=[FIRST, replace(SECOND, cents=600_000)]
    )
    grants.change_grant(officer, grant, more, expected=read)

    with pytest.raises(ConflictError):
        grants.change_grant(officer, grant, VALUES, expected=read)

    assert grants.read_grant(officer, grant.id).amount_cents == 1_200_000


def test_what_was_claimed_stays(officer, grant, board):
    claim(
        grant, board, number="F-1", sequence=1, state=ClaimState.SUBMITTED, instalment=1,
        total_cents=600_000,
    )  # fmt: skip
    less = replace(VALUES, amount_cents=599_999, instalments=[])
    with pytest.raises(InvalidError) as refused:
        grants.change_grant(officer, grant, less, expected=grant.version)
    assert list(refused.value.fields) == ["amount_cents"]
    other = replace(VALUES, instalments=[SECOND, FIRST])
    with pytest.raises(InvalidError) as refused:
        grants.change_grant(officer, grant, other, expected=grant.version)
    assert list(refused.value.fields) == ["instalments"]
    with pytest.raises(ConflictError):
        grants.remove_grant(officer, grant, expected=grant.version)

    smaller = replace(VALUES, amount_cents=600_000, instalments=[FIRST])
    grants.change_grant(officer, grant, smaller, expected=grant.version)

    assert grants.claimed_cents(grant) == 600_000


def test_a_claim_that_came_to_nothing_frees_the_grant(officer, grant, board):
    claim(
        grant, board, number="F-1", sequence=1, state=ClaimState.WITHDRAWN, instalment=1,
        total_cents=600_000,
    )  # fmt: skip

    less = replace(VALUES, amount_cents=100, instalments=[])
    grants.change_grant(officer, grant, less, expected=grant.version)

    assert grants.read_grant(officer, grant.id).amount_cents == 100


def test_a_grant_without_a_claim_can_be_taken_back(officer, grant, fixed_version, school):
    grants.remove_grant(officer, grant, expected=grant.version)

    assert grants.get_grant(fixed_version, school) is None


def test_a_fixed_version_proposes_what_it_gives_the_sector(fixed_version, school):
    FixedAmountFactory(scheme_version=fixed_version)
    secondary = OrganisationFactory(sector=Sector.VO)

    proposed = grants.proposed(fixed_version, school)

    assert (proposed.amount_cents, proposed.min_minutes) == (1_000_000, 6000)
    assert grants.proposed(fixed_version, secondary).amount_cents == 0
