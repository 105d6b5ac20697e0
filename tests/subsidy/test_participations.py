from dataclasses import replace
from datetime import date
from threading import Thread

import pytest

from labapp.accounts.models import OrganisationKind
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.subsidy import participations
from labapp.subsidy.hour_models import Declaration
from labapp.subsidy.participations import ParticipationInput
from labapp.subsidy.scheme_models import VersionStatus
from tests.factories import OrganisationFactory
from tests.subsidy.factories import VersionFactory

DAYS = ParticipationInput(from_on=date(2026, 8, 1), to_on=date(2027, 7, 31))


@pytest.fixture
def officer(assessor, as_actor):
    return as_actor(assessor)


@pytest.fixture
def joined(officer, version, school):
    return participations.create_participation(officer, version, school, DAYS)


def tracks(**values):
    return VersionFactory(**values)


def test_a_branch_takes_part_and_those_of_it_see_that(
    officer, joined, as_actor, teacher, controller, foreign_controller, auditor, administrator
):
    for user in (teacher, controller, auditor):
        assert participations.list_participations(as_actor(user)) == [joined]
        assert participations.get_participation(as_actor(user), joined.id) == joined
    for user in (foreign_controller, administrator):
        assert participations.list_participations(as_actor(user)) == []
        with pytest.raises(NotFoundError):
            participations.get_participation(as_actor(user), joined.id)
    assert participations.list_participations(officer, version_id=joined.scheme_version_id)
    assert participations.list_participations(officer, organisation_id=0) == []


def test_only_the_office_enters_it(version, school, joined, as_actor, controller, administrator):
    for user in (controller, administrator):
        with pytest.raises(ForbiddenError):
            participations.create_participation(as_actor(user), version, school, DAYS)
        with pytest.raises(ForbiddenError):
            participations.remove_participation(as_actor(user), joined, expected=joined.version)


def test_a_branch_takes_part_once(officer, version, school, joined):
    with pytest.raises(InvalidError) as refused:
        participations.create_participation(officer, version, school, DAYS)

    assert list(refused.value.fields) == ["organisation_id"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("from_on", {"from_on": date(2026, 7, 31)}),
        ("to_on", {"to_on": date(2027, 8, 1)}),
        ("to_on", {"from_on": date(2027, 2, 1), "to_on": date(2027, 1, 1)}),
    ],
)
def test_its_days_lie_within_those_of_the_scheme(officer, version, school, field, values):
    with pytest.raises(InvalidError) as refused:
        participations.create_participation(officer, version, school, replace(DAYS, **values))

    assert field in refused.value.fields


def test_only_a_branch_with_the_money_of_the_scheme_takes_part(officer, version, board):
    island = OrganisationFactory(name="Eiland", currency="USD", time_zone="America/Kralendijk")
    for place in (board, island, None):
        with pytest.raises(InvalidError):
            participations.create_participation(officer, version, place, DAYS)
    assert board.kind is OrganisationKind.BOARD


def test_a_closed_version_gains_no_branches(officer, school):
    closed = VersionFactory(status=VersionStatus.CLOSED)
    with pytest.raises(ConflictError):
        participations.create_participation(officer, closed, school, DAYS)


# Tracks that a branch does not combine (spec, D3)


@pytest.mark.parametrize("named_by_first", [True, False])
def test_tracks_that_shut_one_another_out_do_so_from_both_sides(officer, school, named_by_first):
    culture = tracks(track="cultuur", excluded_tracks=["expert"] if named_by_first else [])
    expert = tracks(track="expert", excluded_tracks=[] if named_by_first else ["cultuur"])
    participations.create_participation(officer, culture, school, DAYS)

    with pytest.raises(InvalidError) as refused:
        participations.create_participation(officer, expert, school, DAYS)

    assert "cultuur" in refused.value.fields["organisation_id"][0]
    assert participations.excluded_by(expert, school) == [culture]


def test_other_branches_years_and_tracks_are_free(officer, school, other_school):
    culture = tracks(track="cultuur", excluded_tracks=["expert"])
    year = {"school_year": 2025, "valid_from": date(2025, 8, 1), "valid_to": date(2026, 7, 31)}
    last_year = tracks(track="expert", **year)
    before = ParticipationInput(from_on=date(2025, 8, 1), to_on=date(2026, 7, 31))
    participations.create_participation(officer, culture, school, DAYS)

    participations.create_participation(officer, tracks(track="expert"), other_school, DAYS)
    participations.create_participation(officer, last_year, school, before)
    participations.create_participation(officer, tracks(track="lab"), school, DAYS)
    participations.create_participation(officer, tracks(), school, DAYS)

    assert len(participations.list_participations(officer, organisation_id=school.id)) == 4


def test_two_officers_at_once_do_not_combine_them_either(app, officer, school):
    culture = tracks(track="cultuur", excluded_tracks=["expert"])
    expert = tracks(track="expert")
    ids, done = (culture.id, expert.id), []
    user_id, school_id = officer.id, school.id
    db.session.commit()

    def enter(version_id):
        with app.app_context():
            from labapp.accounts.actors import Actor
            from labapp.accounts.models import Organisation, User
            from labapp.subsidy.scheme_models import SchemeVersion

            actor = Actor.of(db.session.get_one(User, user_id))
            version = db.session.get_one(SchemeVersion, version_id)
            branch = db.session.get_one(Organisation, school_id)
            try:
                participations.create_participation(actor, version, branch, DAYS)
                done.append("in")
            except InvalidError:
                done.append("refused")
            finally:
                db.session.remove()

    threads = [Thread(target=enter, args=(number,)) for number in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(done) == ["in", "refused"]


# Changing


def test_it_can_end_early_and_the_second_editor_is_told(officer, joined):
    read = joined.version
    early = replace(DAYS, to_on=date(2026, 12, 31), activity_plan="Ons plan.")
    participations.change_participation(officer, joined, early, expected=read)

    with pytest.raises(ConflictError):
        participations.change_participation(officer, joined, DAYS, expected=read)

    assert participations.get_participation(officer, joined.id).to_on == date(2026, 12, 31)


def test_a_slip_is_taken_back_but_not_when_there_are_hours(officer, version, school, teacher):
    slip = participations.create_participation(officer, version, school, DAYS)
    participations.remove_participation(officer, slip, expected=slip.version)
    joined = participations.create_participation(officer, version, school, DAYS)
    db.session.add(
        Declaration(
            user_id=teacher.id, organisation_id=school.id, scheme_version_id=version.id,
            month=date(2026, 11, 1),
        )
    )  # fmt: skip
    db.session.commit()

    with pytest.raises(ConflictError):
        participations.remove_participation(officer, joined, expected=joined.version)
