"""Random operations by random people: whatever they do, the books hold after each.

More of them: `pytest tests/subsidy/test_identities.py --hypothesis-profile thousands`.
"""

from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, OrganisationKind, Role, User
from labapp.clock import now
from labapp.database import db
from labapp.errors import LabappError
from labapp.subsidy import assessments, claims, payments, reconciliation, recoveries, submission
from labapp.subsidy.assessments import Ruling
from labapp.subsidy.claim_models import (
    Allocation,
    Assessment,
    Claim,
    ClaimState,
    Decision,
    ReductionReason,
)
from labapp.subsidy.hour_models import Declaration, EntryKind, HourEntry
from labapp.subsidy.payment_models import PaymentBatch, PaymentLine, Recovery
from labapp.subsidy.reductions import Reduction
from labapp.subsidy.scheme_models import Cap, CapScope, CapUnit, OverCapPolicy, SchemeVersion
from tests.conftest import empty
from tests.factories import OrganisationFactory
from tests.subsidy import claiming
from tests.subsidy.conftest import works
from tests.subsidy.factories import CategoryFactory, RateFactory

FEW = 100  # what hypothesis does when nothing is said
CHOICE = st.integers(0, 10_000)
MINUTES = st.integers(1, 32).map(lambda quarters: 15 * quarters)


def assess_all(actor, claim, *, version):
    return assessments.assess(actor, claim, (), "Gezien", version=version)


def grant_all(actor, claim, *, version):
    return assessments.decide(actor, claim, Ruling(), version=version)


STEPS = {
    ClaimState.DRAFT: submission.submit,
    ClaimState.RETURNED: submission.submit,
    ClaimState.SUBMITTED: assess_all,
    ClaimState.ASSESSED: grant_all,
}


def chosen(found, number):
    """Give one of a list by a random number; None of an empty one."""
    return found[number % len(found)] if found else None


class Books(RuleBasedStateMachine):
    """Two schools of two boards, an office of four, and a scheme with a ceiling and caps."""

    def __init__(self):
        super().__init__()
        db.session.rollback()
        db.session.remove()
        empty(db.engine)
        clock.set_clock("2026-11-18T09:30")
        self.category = CategoryFactory(code="teamsessie")
        self.version_id = self.category.scheme_version_id
        RateFactory(scheme_version=self.category.scheme_version, rate_cents=4833)
        self.version.ceiling_cents = 200_000
        self.version.percentage_bp = 5_500
        for scope, unit, value in (
            (CapScope.PERSON_YEAR, CapUnit.MINUTES, 1_500),
            (CapScope.BOARD_YEAR, CapUnit.CENTS, 150_000),
        ):
            db.session.add(
                Cap(scheme_version_id=self.version_id, scope=scope, unit=unit, value=value)
            )
        db.session.commit()
        office = OrganisationFactory(kind=OrganisationKind.PROGRAMME_OFFICE, brin6=None)
        self.office, self.branches, people = office.id, [], []
        for number in range(2):
            board = OrganisationFactory(
                kind=OrganisationKind.BOARD, brin6=None, board_number=f"4000{number}"
            )
            claiming.give_account(board)
            branch = OrganisationFactory(board=board)
            people += [works(Role.TEACHER, branch), works(Role.SCHOOL_LEADER, branch),
                       works(Role.BOARD_CONTROLLER, board)]  # fmt: skip
            self.branches.append(branch.id)
        people += [works(Role.PROGRAMME_OFFICER, office) for _ in range(4)]
        people.append(works(Role.ADMINISTRATOR, office))
        self.people = [person.id for person in people]
        for number in range(2):  # something to begin with
            self.work(number, [480, 90, 15], 14)
            self.work(number, [60, 75], 40)
            self.assemble_and_submit(number)
            self.work(number, [30, 45], 50)
        for who in (0, 1):  # one of them is decided and paid, and one is corrected already
            self.go_on(0, who)
        self.make_batch(2, 3)
        self.end_batch(2, 0, is_kept=True)
        self.correct_what_was_claimed(0, 45)

    @property
    def version(self):
        return db.session.get(SchemeVersion, self.version_id)

    def actor(self, number):
        return Actor.of(db.session.get(User, chosen(self.people, number)))

    def claim(self, number, *states):
        """Give some claim; three times in four one in a state in which something can be done."""
        found = db.session.scalars(select(Claim).order_by(Claim.id)).all()
        likely = [claim for claim in found if claim.state in states]
        return chosen(likely if number % 4 and likely else found, number // 4)

    def attempt(self, action):
        """Do what may be refused; anything but a refusal in words is a fault."""
        try:
            action()
        except LabappError:
            db.session.rollback()
        db.session.expire_all()

    def with_claim(self, who, which, action, *states):
        claim = self.claim(which, *states)
        if claim is not None:
            self.attempt(lambda: action(self.actor(who), claim, claim.version))

    @rule(branch=CHOICE, minutes=st.lists(MINUTES, min_size=1, max_size=3),
          day=st.integers(0, 70))  # fmt: skip
    def work(self, branch, minutes, day):
        number = branch % 2
        teacher, leader = (db.session.get(User, self.people[3 * number + n]) for n in (0, 1))
        place = teacher.affiliations[0].organisation if teacher.affiliations else None
        if place is not None and place.kind is OrganisationKind.SCHOOL:
            first = date(2026, 8, 24) + timedelta(days=day)
            claiming.approved(teacher, place, self.fresh_category(), leader, minutes, first)

    def fresh_category(self):
        return db.session.merge(self.category)

    @rule(entry=CHOICE, minutes=MINUTES, also=st.booleans(), instead=MINUTES)
    def correct_hours(self, entry, minutes, also, instead):
        """Take back what is left at most, and perhaps put something in its place."""
        found = db.session.scalars(
            select(HourEntry).where(HourEntry.kind != EntryKind.REVERSAL).order_by(HourEntry.id)
        ).all()
        self.take_back(chosen(found, entry), minutes, instead if also else 0)

    def take_back(self, original, minutes, instead=0):
        if original is None or original.kind is EntryKind.REVERSAL:
            return
        taken = db.session.scalars(
            select(HourEntry.minutes).where(
                HourEntry.corrects_id == original.id, HourEntry.kind == EntryKind.REVERSAL
            )
        )
        left = original.minutes + sum(taken)
        leader = original.declaration.approved_by
        if left > 0:
            claiming.reversed_part(original, leader, min(minutes, left))
            if instead:
                claiming.replaced(original, leader, instead)

    @rule(who=CHOICE, branch=CHOICE)
    def assemble(self, who, branch):
        values = {"version_id": self.version_id, "branch_id": self.branches[branch % 2]}
        self.attempt(lambda: claims.assemble(self.actor(who), **values))

    @rule(branch=CHOICE)
    def assemble_and_submit(self, branch):
        """What succeeds often, so that there is something to decide about."""
        number = branch % 2

        def both():
            actor = self.actor(3 * number + 2)
            claim = claims.assemble(
                actor, version_id=self.version_id, branch_id=self.branches[number]
            )
            submission.submit(actor, claim, version=claim.version)

        self.attempt(both)

    @rule(which=CHOICE, who=CHOICE)
    def go_on(self, which, who):
        """Let the next step be done by somebody whose turn it is."""
        claim = self.claim(4 * which + 1, *STEPS)
        if claim is None or claim.state not in STEPS:
            return
        board = 3 * self.branches.index(claim.organisation_id) + 2
        action = STEPS[claim.state]
        number = board if action is submission.submit else 6 + who % 4
        self.attempt(lambda: action(self.actor(number), claim, version=claim.version))

    @rule(entry=CHOICE, minutes=MINUTES)
    def correct_what_was_claimed(self, entry, minutes):
        """Take hours of a decided claim back and claim that at once."""
        decided = select(Claim).where(Claim.granted_cents > 0, Claim.corrects_id.is_(None))
        claim = chosen(db.session.scalars(decided.order_by(Claim.id)).all(), entry)
        if claim is None:
            return
        held = select(HourEntry).join(Allocation).where(Allocation.claim_id == claim.id)
        original = chosen(db.session.scalars(held.order_by(HourEntry.id)).all(), entry)
        self.take_back(original, minutes)
        number = 3 * self.branches.index(claim.organisation_id) + 2

        def both():
            made = claims.correct(self.actor(number), claim)
            submission.submit(self.actor(number), made, version=made.version)

        self.attempt(both)

    @rule(who=CHOICE, which=CHOICE)
    def correct_claim(self, who, which):
        self.with_claim(who, which, lambda actor, claim, _version: claims.correct(actor, claim))

    @rule(who=CHOICE, which=CHOICE, out=st.lists(CHOICE, max_size=3))
    def leave_out(self, who, which, out):
        entries = db.session.scalars(select(HourEntry.id).order_by(HourEntry.id)).all()
        left_out = [chosen(entries, number) for number in out] if entries else []
        self.with_claim(
            who, which,
            lambda actor, claim, version: claims.change_claim(
                actor, claim, version=version, excluded_entries=left_out
            ),
        )  # fmt: skip

    @rule(who=CHOICE, which=CHOICE)
    def submit(self, who, which):
        self.with_claim(
            who, which, lambda actor, claim, version: submission.submit(
                actor, claim, version=version),
            ClaimState.DRAFT, ClaimState.RETURNED,
        )  # fmt: skip

    @rule(who=CHOICE, which=CHOICE)
    def withdraw(self, who, which):
        self.with_claim(
            who, which, lambda actor, claim, version: submission.withdraw(
                actor, claim, version=version),
            ClaimState.SUBMITTED, ClaimState.RETURNED,
        )  # fmt: skip

    @rule(who=CHOICE, which=CHOICE)
    def give_back(self, who, which):
        self.with_claim(
            6 + who % 4, which, lambda actor, claim, version: assessments.return_claim(
                actor, claim, "Vul aan.", version=version),
            ClaimState.SUBMITTED,
        )  # fmt: skip

    @rule(who=CHOICE, which=CHOICE, cents=st.integers(0, 3_000))
    def assess(self, who, which, cents):
        less = [Reduction(1, cents, ReductionReason.ERROR)] if cents % 2 else []
        self.with_claim(
            6 + who % 4, which, lambda actor, claim, version: assessments.assess(
                actor, claim, less, "Gezien", version=version),
            ClaimState.SUBMITTED,
        )  # fmt: skip

    @rule(who=CHOICE, which=CHOICE, cents=st.integers(1, 3_000), way=st.integers(0, 3))
    def decide(self, who, which, cents, way):
        ruling = (
            Ruling(),
            Ruling(reductions=[Reduction(1, cents, ReductionReason.NO_EVIDENCE)]),
            Ruling(is_rejected=True, text="Nee"),
            Ruling(is_rejected=True, text="Nee", reusable=True),
        )[way]
        self.with_claim(
            6 + who % 4, which, lambda actor, claim, version: assessments.decide(
                actor, claim, ruling, version=version),
            ClaimState.ASSESSED,
        )  # fmt: skip

    @rule(who=CHOICE, some=CHOICE)
    def make_batch(self, who, some):
        actor = self.actor(6 + who % 4)

        def make():
            waiting = [claim.id for claim in payments.list_payable(actor, self.version_id)]
            payments.create_batch(actor, self.version_id, waiting[: 1 + some % 4] or None)

        self.attempt(make)

    @rule(who=CHOICE, which=CHOICE, is_kept=st.booleans())
    def end_batch(self, who, which, is_kept):
        batches = db.session.scalars(select(PaymentBatch).order_by(PaymentBatch.id)).all()
        batch = chosen(batches, which)
        if batch is None:
            return
        action = payments.release_batch if is_kept else payments.remove_batch
        self.attempt(lambda: action(self.actor(6 + who % 4), batch, version=batch.version))

    @rule(who=CHOICE, which=CHOICE)
    def ask_back(self, who, which):
        self.with_claim(
            6 + who % 4, which, lambda actor, claim, _version: recoveries.open_recovery(
                actor, claim),
            ClaimState.GRANTED,
        )  # fmt: skip

    @rule(who=CHOICE, which=CHOICE)
    def receive(self, who, which):
        found = db.session.scalars(select(Recovery).order_by(Recovery.id)).all()
        recovery = chosen(found, which)
        if recovery is not None:
            self.attempt(
                lambda: recoveries.receive(
                    self.actor(6 + who % 4), recovery, version=recovery.version
                )
            )

    @rule(days=st.integers(1, 15))
    def wait(self, days):
        clock.set_clock(now() + timedelta(days=days))
        assessments.expire_claims()
        db.session.expire_all()

    @rule(who=CHOICE)
    def join_the_office(self, who):
        """Somebody of a school or board gets the office's role too."""
        user_id = chosen(self.people[:6], who)
        db.session.add(
            Affiliation(user_id=user_id, organisation_id=self.office, from_on=date(2026, 8, 1),
                        role=Role.PROGRAMME_OFFICER)
        )  # fmt: skip
        db.session.commit()
        db.session.expire_all()

    @rule()
    def trim_from_now_on(self):
        """As long as no claim used the version."""
        used = select(Claim.id).where(Claim.revision > 0).limit(1)
        if db.session.scalar(used) is None:
            self.version.over_cap_policy = OverCapPolicy.TRIM
            db.session.commit()

    @invariant()
    def the_books_hold(self):
        claiming.check_identities()
        report = reconciliation.reconcile(self.version)
        assert report.faults == [], [(one.code, one.left, one.right) for one in report.faults]

    @invariant()
    def nobody_did_what_is_kept_apart(self):
        for decision in db.session.scalars(select(Decision)):
            claim = db.session.get(Claim, decision.claim_id)
            before = set(
                db.session.scalars(
                    select(Assessment.assessed_by_id).where(Assessment.claim_id == claim.id)
                )
            )
            before.add(claim.submitted_by_id)
            rows = db.session.execute(
                select(Declaration.user_id, Declaration.approved_by_id)
                .join(HourEntry, HourEntry.declaration_id == Declaration.id)
                .join(Allocation, Allocation.entry_id == HourEntry.id)
                .where(Allocation.claim_id == claim.id)
            )
            for owner, approver in rows:
                assert owner != approver
                before |= {owner, approver}
            assert decision.decided_by_id not in before
            payers = select(PaymentBatch.released_by_id).join(PaymentLine).where(
                PaymentLine.claim_id == claim.id
            )  # fmt: skip
            assert decision.decided_by_id not in set(db.session.scalars(payers))
        db.session.rollback()


def test_the_books_hold_whatever_people_do(app):
    told = settings.default.max_examples
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=6 if told == FEW else told,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            print_blob=True,
        ),
    )
