"""Reviews and reports of use in any state, as tests begin with them."""

from dataclasses import dataclass
from datetime import timedelta

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind, Role, User
from labapp.clock import now
from labapp.database import db, name_of
from labapp.labs import reviews, use_reports
from labapp.labs.conflicts import DECLARED
from labapp.labs.finding_models import FindingVersion
from labapp.labs.lab_models import ReviewPolicy
from labapp.labs.review_models import (
    Review,
    ReviewBasis,
    ReviewState,
    UseReport,
    UseReportState,
)
from labapp.labs.review_states import ReviewAction as A
from labapp.labs.reviews import ReviewInput
from labapp.labs.use_report_states import UseReportAction as U
from labapp.labs.use_reports import UseReportInput
from tests.factories import AffiliationFactory, OrganisationFactory
from tests.labs.findings import published

FREE = dict.fromkeys(DECLARED, False)
TEXT = {"impact": 4, "scalability": 3, "certainty": 2, "strengths": "Het is simpel te doen.",
        "concerns": "Het vraagt rust in het rooster."}  # fmt: skip
USED = UseReportInput(
    did="We lazen elke dag.", outcome="Na zes weken vroegen ze om meer.", group="groep 6"
)


@dataclass
class Outside:
    """People who have nothing to do with the lab: an expert, and a school that used the finding."""

    made: FindingVersion
    expert: User
    school: Organisation
    user: User
    head: User


def make_outside(cast, editor):
    """Publish a finding in a lab where users may review too; make people who are free to."""
    cast.lab.review_policy = ReviewPolicy.OPEN
    made = published(cast, editor)
    institute = OrganisationFactory(kind=OrganisationKind.RESEARCH_INSTITUTION, brin6=None)
    school = OrganisationFactory(name="De Gebruiker", municipality="Zwolle")
    return Outside(
        made=made,
        expert=AffiliationFactory(role=Role.RESEARCHER, organisation=institute).user,
        school=school,
        user=AffiliationFactory(role=Role.TEACHER, organisation=school).user,
        head=AffiliationFactory(role=Role.SCHOOL_LEADER, organisation=school).user,
    )


def put_review(outside, reviewer, state=ReviewState.PUBLISHED, basis=ReviewBasis.EXPERT, **values):
    """Insert a review in a state, with all that belongs to it."""
    row = Review(
        target=name_of(outside.made), about=name_of(outside.made.finding),
        lab_id=outside.made.finding.lab_id, reviewer_id=reviewer.id, basis=basis, state=state,
        conflicts=FREE, expires_at=now() + timedelta(days=21), published_at=now(),
        **{**TEXT, **values},
    )  # fmt: skip
    db.session.add(row)
    db.session.commit()
    return row


def put_report(outside, state=UseReportState.PUBLISHED, **values):
    """Insert a report of use of the card of the finding."""
    report = UseReport(
        object=f"cards:{outside.made.finding.card_id}", organisation_id=outside.school.id,
        author_id=outside.user.id, state=state,
        **{"confirmed_by_id": outside.head.id, "confirmed_at": now(), "did": USED.did,
           "outcome": USED.outcome, **values},
    )  # fmt: skip
    db.session.add(report)
    db.session.commit()
    return report


def review_step(user, review, action, reason="", **given):
    """Take a step as somebody, with the version as it is."""
    db.session.refresh(review)
    reviews.perform(
        Actor.of(user), review, action, version=review.version, reason=reason,
        given=ReviewInput(**given),
    )  # fmt: skip
    return review


def report_step(user, report, action, reason=""):
    db.session.refresh(report)
    use_reports.perform(Actor.of(user), report, action, version=report.version, reason=reason)
    return report


def confirmed_report(outside, given=USED):
    """Write, hand in and confirm a report of use."""
    report = use_reports.start_report(Actor.of(outside.user), outside.made.finding.card, given)
    report_step(outside.user, report, U.SUBMIT)
    return report_step(outside.head, report, U.CONFIRM)


def reviewed(outside, editor, reviewer=None):
    """Ask for a review and take it to publication."""
    reviewer = reviewer or outside.expert
    about = name_of(outside.made.finding)
    review = reviews.invite(Actor.of(editor), about, reviewer.email)
    review_step(reviewer, review, A.ACCEPT, declared=FREE)
    review_step(reviewer, review, A.SUBMIT, **TEXT)
    return review_step(editor, review, A.PUBLISH)
