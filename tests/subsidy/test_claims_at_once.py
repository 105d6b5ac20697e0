"""What holds when many submit at once, from threads and processes, on both databases."""

import threading
from collections import Counter

import pytest
from sqlalchemy import func, select

from labapp import clock, create_app, database
from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.database import db
from labapp.subsidy import ledger
from labapp.subsidy.budget_models import Budget
from labapp.subsidy.claim_models import Allocation, Claim, ClaimState
from labapp.subsidy.scheme_models import Cap, CapScope, CapUnit, SchemeVersion
from tests.conftest import close
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.processes import processes
from tests.subsidy import crowd
from tests.subsidy.claiming import approved, check_identities, draft, submit
from tests.subsidy.conftest import BEGIN

MANY = 16
FIT = 5


@pytest.fixture
def ceiling(version):
    """Room for five claims and a bit."""
    version.ceiling_cents = FIT * crowd.CENTS + 600
    db.session.commit()


@pytest.fixture
def drafts(ceiling, controller, version, category, school_leader):
    return crowd.drafts_of_branches(MANY, controller, version, category, school_leader)


def check_exactly(count):
    numbers = db.session.scalars(
        select(Claim.sequence).where(Claim.number.is_not(None)).order_by(Claim.sequence)
    ).all()
    assert numbers == list(range(1, count + 1))
    budget = db.session.scalars(select(Budget)).one()
    assert budget.reserved_cents == count * crowd.CENTS
    check_identities()


def test_threads_at_a_ceiling_get_exactly_what_fits(app, drafts, controller):
    statuses = crowd.submit_in_threads(app, drafts, controller)

    assert Counter(statuses) == {200: FIT, 409: MANY - FIT}
    check_exactly(FIT)


def test_processes_at_a_ceiling_get_exactly_what_fits(app, drafts, controller, tmp_path):
    answers = crowd.submit_in_processes(app, drafts, controller, tmp_path, count=3)

    assert Counter(answers) == {"accepted": FIT, "refused": MANY - FIT}
    check_exactly(FIT)


def test_many_claims_of_one_entry_are_one_claim(
    app, controller, version, school, teacher, category, school_leader
):
    approved(teacher, school, category, school_leader)
    drafts = crowd.drafts_of_one_entry(MANY, controller, version, school)

    statuses = crowd.submit_in_threads(app, drafts, controller)

    assert Counter(statuses) == {200: 1, 409: MANY - 1}
    active = select(func.count()).select_from(Allocation).where(Allocation.released_at.is_(None))
    assert db.session.scalar(active) == 1
    check_exactly(1)


def test_the_cap_of_a_person_holds_over_two_schools_at_once(
    app, controller, version, category, board, school_leader, teacher
):
    db.session.add(
        Cap(scheme_version_id=version.id, scope=CapScope.PERSON_YEAR, unit=CapUnit.MINUTES,
            value=240)
    )  # fmt: skip
    db.session.commit()
    drafts = []
    for number in range(8):
        branch = OrganisationFactory(brin6=f"{number:02}YY00", board=board)
        AffiliationFactory(user=teacher, organisation=branch, role=Role.TEACHER, from_on=BEGIN)
        approved(teacher, branch, category, school_leader, (90,))
        drafts.append(draft(controller, version, branch).id)

    statuses = crowd.submit_in_threads(app, drafts, controller)

    assert Counter(statuses) == {200: 2, 409: 6}
    assert db.session.scalar(select(func.sum(Allocation.minutes))) == 180
    check_identities()


def test_a_process_that_dies_before_the_commit_leaves_nothing(
    app, controller, version, school, teacher, category, school_leader, tmp_path
):
    approved(teacher, school, category, school_leader)
    claim = draft(controller, version, school)
    halfway = processes.Event()
    uri, moment = app.config["SQLALCHEMY_DATABASE_URI"], clock.now().isoformat()
    process = processes.Process(
        target=crowd.die_between,
        args=(uri, str(tmp_path), moment, claim.id, controller.id, halfway),
    )
    db.session.commit()
    process.start()
    assert halfway.wait(120)
    process.kill()
    process.join()
    db.session.rollback()
    db.session.expire_all()

    assert (claim.state, claim.number) == (ClaimState.DRAFT, None)
    assert db.session.scalar(select(func.count()).select_from(Allocation)) == 0
    check_identities()
    assert submit(controller, claim).sequence == 1
    check_identities()


@pytest.fixture
def impatient(monkeypatch):
    """Wait a moment for another writer, not twenty seconds."""
    db.session.remove()
    db.engine.dispose()
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    monkeypatch.setattr(ledger, "LOCK_SECONDS", 0.1)
    yield
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def served(app):
    """The application as it is in production: a fault is an answer, not an exception."""
    other = create_app(
        TESTING=True,
        DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"],
        INSTANCE=app.config["INSTANCE"],
        SECRET_KEY="test",
        EMBEDDING_MODEL="hashing",
        RATELIMIT_ENABLED=False,
        PROPAGATE_EXCEPTIONS=False,
    )
    yield other
    close(other)


def test_who_waits_too_long_for_another_is_told_to_come_back(
    served, impatient, controller, version, school, teacher, category, school_leader
):
    approved(teacher, school, category, school_leader)
    claim = draft(controller, version, school)
    text = tokens.create_token(Actor.of(controller), name="T", scopes=["claims:write"], days=1)[1]
    headers = {"Authorization": f"Bearer {text}", "If-Match": "*"}
    path = f"/api/v1/subsidy/claims/{claim.id}/submission"
    served.test_client().patch(f"/api/v1/subsidy/claims/{claim.id}", json={}, headers=headers)
    db.session.commit()

    def post():
        return served.test_client().post(path, json={"agree": True}, headers=headers)

    with db.engine.connect().execution_options(labapp_writes=True) as holder:
        holder.execute(
            select(SchemeVersion.__table__.c.id).with_for_update()
        ).all()  # on SQLite the whole database is held
        found = []
        other = threading.Thread(target=lambda: found.append(post()))
        other.start()
        other.join()
    refused, answered = found[0], post()

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert answered.status_code == 200
