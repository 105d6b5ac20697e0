"""What the labs keep about a person: for their download, and for their erasure.

What somebody wrote together with others stays, without the name: the account that stands behind it
is emptied by the accounts. What is theirs alone goes: drafts, read marks, marks, wishes.
"""

from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import joinedload

from labapp.clock import today
from labapp.database import Model, db, transaction
from labapp.i18n import gettext as _
from labapp.labs import finding_cards
from labapp.labs.finding_models import FindingContributor, Signature
from labapp.labs.lab_models import Lab, LabAccess, LabMembership, LabRole, LeadProposal, Step
from labapp.labs.question_models import AgendaVote, Question, QuestionState, SchoolToo
from labapp.labs.review_models import Review, UseReport
from labapp.labs.round_models import Activity, ActivityPerson, PrivacySheet, RoundTask, TaskState
from labapp.labs.thread_models import (
    Attachment,
    Contribution,
    ContributionText,
    Mention,
    ReadMark,
    Report,
    Thread,
)

UNASKED = (QuestionState.DRAFT, QuestionState.MATCHING)
OPEN_TASKS = (TaskState.PLANNED, TaskState.OPEN)


def export_personal(user_id: int) -> dict[str, Any]:
    """Give what somebody did in labs: roles, questions, words, signatures, reviews, meetings."""
    return {
        "roles": _roles(user_id),
        "memberships": _memberships(user_id),
        "steps": _rows(Step, Step.user_id == user_id, "object", "action", "reason", "at"),
        "looked_into": _rows(LabAccess, LabAccess.user_id == user_id, "lab_id", "reason",
                             "created_at"),
        "questions": _rows(Question, Question.asker_id == user_id, "id", "title", "seen", "groups",
                           "tried", "decision", "state", "created_at"),
        "schools_too": _rows(SchoolToo, SchoolToo.proposed_by_id == user_id, "question_id",
                             "context", "created_at"),
        "votes": _rows(AgendaVote, AgendaVote.user_id == user_id, "item_id", "place", "created_at"),
        "threads": _rows(Thread, Thread.starter_id == user_id, "id", "title", "created_at"),
        "contributions": _rows(Contribution, Contribution.author_id == user_id, "id", "thread_id",
                               "kind", "body", "state", "created_at"),
        "earlier_texts": _rows(ContributionText, ContributionText.written_by_id == user_id,
                               "contribution_id", "body", "written_at"),
        "attachments": _rows(Attachment, Attachment.added_by_id == user_id, "id", "title",
                             "created_at"),
        "reports": _rows(Report, Report.reporter_id == user_id, "reason", "text", "created_at"),
        "read": _rows(ReadMark, ReadMark.user_id == user_id, "thread_id", "read_at"),
        "tasks": _rows(RoundTask, RoundTask.owner_id == user_id, "title", "due_on", "state"),
        "activities": _activities(user_id),
        "privacy_sheets": _rows(
            PrivacySheet,
            or_(PrivacySheet.submitted_by_id == user_id, PrivacySheet.approved_by_id == user_id),
            "round_id", "state", "approved_at",
        ),
        "signatures": _rows(Signature, Signature.user_id == user_id, "finding_version_id", "side",
                            "name", "signed_at", "voided_at"),
        "contributor_of": _rows(FindingContributor, FindingContributor.user_id == user_id,
                                "finding_version_id", "role"),
        "reviews": _rows(Review, Review.reviewer_id == user_id, "about", "state", "impact",
                         "scalability", "certainty", "strengths", "concerns", "submitted_at"),
        "use_reports": _rows(UseReport, UseReport.author_id == user_id, "object", "did", "changed",
                             "outcome", "state", "created_at"),
    }  # fmt: skip


def erase_personal(user_id: int) -> None:
    """Take somebody's name from what stays, and remove what was theirs alone.

    A signature stays, on the same text, as that of a former member; roles end today.
    """
    nobody = _("Oud-deelnemer")
    with transaction() as session:
        finding_cards.take_name_out(user_id, nobody)
        session.execute(update(Signature).where(Signature.user_id == user_id).values(name=nobody))
        session.execute(
            update(FindingContributor)
            .where(FindingContributor.user_id == user_id)
            .values(given_name="", particle="", family_name=nobody)
        )
        session.execute(
            update(LabRole)
            .where(LabRole.user_id == user_id, LabRole.until_on.is_(None))
            .values(until_on=today())
        )
        for column in (Lab.steward_id, Lab.privacy_person_id):
            lab = update(Lab).where(column == user_id)
            session.execute(lab.values({column.key: None, "version": Lab.version + 1}))
        session.execute(
            update(RoundTask)
            .where(RoundTask.owner_id == user_id, RoundTask.state.in_(OPEN_TASKS))
            .values(owner_id=None, version=RoundTask.version + 1)
        )
        for model in (ReadMark, Mention, LeadProposal, AgendaVote):
            session.execute(delete(model).where(model.user_id == user_id))
        session.execute(
            delete(Question).where(Question.asker_id == user_id, Question.state.in_(UNASKED))
        )
        session.execute(
            update(Report).where(Report.reporter_id == user_id).values(reporter_id=None)
        )
        session.flush()


def _rows(model: type[Model], rule: ColumnElement[bool], *names: str) -> list[dict[str, Any]]:
    columns = [getattr(model, name) for name in names]
    query = select(*columns).where(rule).order_by(next(iter(model.__table__.primary_key)))
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True)}
        for row in db.session.execute(query)
    ]


def _plain(value: Any) -> Any:
    value = getattr(value, "value", value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _roles(user_id: int) -> list[dict[str, Any]]:
    query = (
        select(LabRole)
        .where(LabRole.user_id == user_id)
        .options(joinedload(LabRole.membership).joinedload(LabMembership.lab))
        .order_by(LabRole.id)
    )
    return [
        {
            "lab": role.membership.lab.title,
            "role": role.kind.value,
            "side": role.side.value,
            "from": role.from_on.isoformat(),
            "until": _plain(role.until_on),
            "accepted_at": _plain(role.accepted_at),
        }
        for role in db.session.scalars(query)
    ]


def _memberships(user_id: int) -> list[dict[str, Any]]:
    mine = or_(
        LabMembership.user_id == user_id,
        LabMembership.requested_by_id == user_id,
        LabMembership.agreed_by_id == user_id,
    )
    return _rows(
        LabMembership, mine, "lab_id", "kind", "school_year", "state", "motivation", "created_at",
        "agreed_at",
    )  # fmt: skip


def _activities(user_id: int) -> list[dict[str, Any]]:
    query = (
        select(ActivityPerson)
        .join(Activity, Activity.id == ActivityPerson.activity_id)
        .where(ActivityPerson.user_id == user_id)
        .options(joinedload(ActivityPerson.activity))
        .order_by(ActivityPerson.id)
    )
    return [
        {
            "title": one.activity.title,
            "held_on": one.activity.held_on.isoformat(),
            "minutes": one.minutes or one.activity.minutes,
            "was_there": one.was_there,
        }
        for one in db.session.scalars(query)
    ]
