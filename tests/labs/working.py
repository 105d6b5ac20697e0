"""A round at any point of its way, as tests of rounds begin with it."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import update

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, User
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.labs import activities
from labapp.labs.activities import ActivityInput
from labapp.labs.activity_states import ActivityAction
from labapp.labs.finding_models import Finding, FindingVersion, VersionState
from labapp.labs.lab_models import LabRole
from labapp.labs.plan_answers import KEYS
from labapp.labs.question_models import Question, QuestionState, Turn
from labapp.labs.round_models import (
    ConsentState,
    PlanVersion,
    PrivacySheet,
    Round,
    RoundDecision,
    RoundQuestion,
    RoundSite,
    SheetState,
)
from labapp.labs.round_seal import SHEET
from tests.factories import AffiliationFactory
from tests.labs.factories import QuestionFactory, RoundFactory


@dataclass
class Work:
    """A round of the lab of a cast, and who approves its privacy sheets."""

    round: Round
    question: Question
    judge: User


def start(cast):
    """Give a round in Detect with an adopted question; the lab has a person for privacy."""
    judge = AffiliationFactory(organisation=cast.institution).user
    cast.lab.privacy_person_id = judge.id
    question = adopted(cast)
    one = RoundFactory(lab=cast.lab)
    db.session.add(RoundQuestion(round_id=one.id, question_id=question.id))
    db.session.commit()
    return Work(one, question, judge)


def adopted(cast):
    return QuestionFactory(
        state=QuestionState.ADOPTED, lab=cast.lab, acting_for=cast.school, asker=cast.bystander,
        turn=Turn.LAB,
    )  # fmt: skip


def prepare(cast, work):
    """Let a round have all that the gates ask, whatever its phase."""
    one = work.round
    one.known_already, one.known_checked_at = "Vrij lezen helpt soms.", now()
    one.result_data = "Toetsen van twee klassen."
    one.decision, one.decision_reason = RoundDecision.SCALE, "Het werkte op beide scholen."
    one.review_due_on = today() + timedelta(days=365)
    plan = PlanVersion(round_id=one.id, number=1, answers=dict.fromkeys(KEYS, "Zo."))
    sheet = PrivacySheet(
        round_id=one.id, state=SheetState.APPROVED, approved_at=now(), submitted_by_id=None,
        approved_by_id=work.judge.id, **dict.fromkeys(SHEET, "Toetsen, zonder namen."),
    )  # fmt: skip
    site = RoundSite(
        round_id=one.id, organisation_id=cast.school.id, kind=cast.practice.kind,
        consent=ConsentState.GIVEN, started_on=today(), finished_on=today(),
    )  # fmt: skip
    finding = Finding(lab_id=cast.lab.id, round_id=one.id, title="Vrij lezen")
    shared = FindingVersion(
        finding=finding, number=1, state=VersionState.LAB_REVIEW, content={}, content_hash="0" * 64
    )
    db.session.add_all([plan, sheet, site, finding, shared])
    db.session.commit()
    return one


def at_work_since_august():
    """Let everybody work where they do since the school year began."""
    with transaction() as session:
        session.execute(update(Affiliation).values(from_on=date(2026, 8, 1)))
        session.execute(update(LabRole).values(from_on=date(2026, 8, 1)))


def actor_of(user):
    return Actor.of(user) if user else Actor.visitor()


def at(day=None, clock=time(15), **values):
    """The values of a meeting."""
    return {
        "title": "Werksessie vrij lezen", "held_on": day or date(2026, 11, 17),
        "starts_at": clock, "minutes": 90, **values,
    }  # fmt: skip


def set_phase(one, phase):
    with transaction():
        one.phase = phase


def plan_meeting(cast, user=None, people=(), **values):
    """Plan a meeting that was held yesterday, with two people of both sides."""
    wanted = frozenset(one.id for one in people or (cast.teacher, cast.researcher))
    return activities.plan_activity(
        actor_of(user or cast.practice_lead), cast.lab, ActivityInput(**at(people=wanted, **values))
    )


def confirm_meeting(user, activity, *people, **values):
    """Say who was at a meeting."""
    given = {"present": {one.id: None for one in people}, "version": activity.version, **values}
    return activities.perform(actor_of(user), activity, ActivityAction.CONFIRM, **given)
