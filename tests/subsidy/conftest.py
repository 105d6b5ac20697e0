"""The world that hours are written in: 18 November 2026, one board with two schools."""

from datetime import date

import pytest
from hypothesis import settings

from labapp import clock
from labapp.accounts.models import OrganisationKind, Role
from labapp.subsidy.scheme_models import SchemeKind
from labapp.subsidy.surroundings import EntryInput
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.subsidy.factories import CategoryFactory, RateFactory, VersionFactory

BEGIN = date(2026, 8, 1)
TUESDAY = date(2026, 11, 17)
settings.register_profile("thousands", max_examples=400)


@pytest.fixture(autouse=True)
def in_november():
    """It is Wednesday 18 November 2026, half past nine."""
    clock.set_clock("2026-11-18T09:30")


@pytest.fixture
def board():
    return OrganisationFactory(
        kind=OrganisationKind.BOARD, name="Stichting Samen", brin6=None, board_number="41234"
    )


@pytest.fixture
def school(board, in_november):
    return OrganisationFactory(name="De Regenboog", board=board)


@pytest.fixture
def other_school(board, in_november):
    """Another branch of the same board."""
    return OrganisationFactory(name="Het Zandkasteel", board=board)


def works(role, organisation, **extra):
    return AffiliationFactory(role=role, organisation=organisation, from_on=BEGIN, **extra).user


@pytest.fixture
def teacher(school):
    return works(Role.TEACHER, school)


@pytest.fixture
def colleague(school):
    return works(Role.TEACHER, school)


@pytest.fixture
def school_leader(school):
    return works(Role.SCHOOL_LEADER, school)


@pytest.fixture
def other_leader(other_school):
    return works(Role.SCHOOL_LEADER, other_school)


@pytest.fixture
def controller(board):
    return works(Role.BOARD_CONTROLLER, board)


@pytest.fixture
def exporter(board):
    return works(Role.EXPORTER, board)


@pytest.fixture
def foreign_controller():
    """The controller of another board."""
    other = OrganisationFactory(
        kind=OrganisationKind.BOARD, name="Een ander", brin6=None, board_number="49999"
    )
    return works(Role.BOARD_CONTROLLER, other)


@pytest.fixture
def assessor(office):
    return works(Role.PROGRAMME_OFFICER, office)


@pytest.fixture
def decider(office):
    return works(Role.PROGRAMME_OFFICER, office)


@pytest.fixture
def payer(office):
    return works(Role.PROGRAMME_OFFICER, office)


@pytest.fixture
def auditor(office):
    return works(Role.AUDITOR, office)


@pytest.fixture
def version(in_november):
    """An hourly scheme of 2026-2027 with one category, at 48.50 an hour."""
    category = CategoryFactory(code="teamsessie", label_nl="Teamsessie")
    RateFactory(scheme_version=category.scheme_version)
    return category.scheme_version


@pytest.fixture
def category(version):
    return version.categories[0]


@pytest.fixture
def fixed_version(in_november):
    return VersionFactory(kind=SchemeKind.FIXED)


@pytest.fixture
def wrote(teacher, school, version, category):
    """Hours of the teacher on Tuesday, ready to be changed into what a test needs."""
    return EntryInput(
        user_id=teacher.id,
        organisation_id=school.id,
        scheme_version_id=version.id,
        category_id=category.id,
        work_date=TUESDAY,
        minutes=90,
    )


@pytest.fixture
def me(teacher, as_actor):
    return as_actor(teacher)
