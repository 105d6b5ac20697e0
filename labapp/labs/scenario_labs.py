"""Steps of a scenario: labs, who takes part, questions, conversations."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Sector
from labapp.database import db
from labapp.labs import (
    contributions,
    joining,
    lab_proposing,
    lab_settings,
    lab_tasks,
    labs,
    membership_terms,
    memberships,
    question_writing,
    questions,
    roles,
    schools_too,
    threads,
)
from labapp.labs.contribution_words import Words
from labapp.labs.joining import Wish
from labapp.labs.lab_fields import LabSwitches, LabTexts
from labapp.labs.lab_models import (
    LIVE,
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    LabVisibility,
    MembershipKind,
)
from labapp.labs.lab_states import LabAction
from labapp.labs.membership_states import MembershipAction
from labapp.labs.question_effects import Extras
from labapp.labs.question_models import Question
from labapp.labs.question_states import QuestionAction
from labapp.labs.question_writing import QuestionInput
from labapp.labs.scenarios import Play, step
from labapp.labs.thread_models import Contribution, ContributionKind, Thread
from labapp.labs.thread_states import ThreadAction

Row = Mapping[str, Any]


@step
def propose_lab(_play: Play, actor: Actor, row: Row) -> Lab:
    texts = LabTexts(
        theme=row["theme"], title=row["title"], goal=row["goal"], sectors=row["sectors"],
        agreement=row["agreement"],
    )  # fmt: skip
    return lab_proposing.propose_lab(
        actor,
        texts,
        LabSwitches(visibility=LabVisibility(row["visibility"])),
        practice_email=row["practice_lead"],
        research_email=row["research_lead"],
    )


@step
def lab_step(play: Play, actor: Actor, row: Row) -> None:
    lab = play.get(row, "lab")
    labs.perform(
        actor, lab, LabAction(row["action"]), version=lab.version, reason=row.get("reason", "")
    )


@step
def request_membership(play: Play, actor: Actor, row: Row) -> LabMembership:
    wish = Wish(kind=MembershipKind(row["kind"]), motivation=row["motivation"])
    place = play.world.organisation(row["organisation"])
    return joining.request_membership(actor, play.get(row, "lab"), place, wish, agrees=True)


@step
def membership_step(play: Play, actor: Actor, row: Row) -> None:
    one = _membership(play, row)
    action = MembershipAction(row["action"])
    memberships.perform(
        actor, one, action, version=one.version, reason=row.get("reason", ""), agrees=True
    )


@step
def agree(play: Play, actor: Actor, row: Row) -> None:
    one = _membership(play, row)
    membership_terms.agree(actor, one, number=one.lab.agreement_number)


@step
def renew(play: Play, actor: Actor, row: Row) -> None:
    one = _membership(play, row)
    membership_terms.renew(actor, one, renews=True, version=one.version)


@step
def begin_school_year(_play: Play, _actor: Actor, _row: Row) -> None:
    lab_tasks.turn_school_year()


@step
def accept_lead(play: Play, actor: Actor, row: Row) -> None:
    lab = play.get(row, "lab")
    query = select(LabRole).where(LabRole.lab_id == lab.id, LabRole.user_id == actor.id)
    roles.accept_role(actor, db.session.scalars(query).one())


@step
def give_role(play: Play, actor: Actor, row: Row) -> None:
    roles.give_role(actor, _membership(play, row), row["person"], LabRoleKind(row["role"]))


@step
def set_privacy_person(play: Play, actor: Actor, row: Row) -> None:
    lab = play.get(row, "lab")
    lab_settings.set_privacy_person(actor, lab, row["person"], version=lab.version)


@step
def set_steward(play: Play, actor: Actor, row: Row) -> None:
    lab = play.get(row, "lab")
    lab_settings.set_steward(actor, lab, row["person"], version=lab.version)


@step
def ask(_play: Play, actor: Actor, row: Row) -> Question:
    names = ("title", "seen", "groups", "subject", "tried", "decision", "needed_on", "theme")
    values = QuestionInput(
        sector=Sector(row["sector"]), **{name: row[name] for name in names if name in row}
    )
    made = question_writing.draft_question(actor, values, confirmed=True)
    for action in (QuestionAction.LOOK, QuestionAction.SUBMIT):
        questions.perform(actor, made, action, version=made.version)
    return made


@step
def question_step(play: Play, actor: Actor, row: Row) -> None:
    question = play.get(row, "question")
    extras = Extras(reason=row.get("text", ""), confirmed=True)
    action = QuestionAction(row["action"])
    questions.perform(actor, question, action, version=question.version, extras=extras)


@step
def adopt(play: Play, actor: Actor, row: Row) -> None:
    question, lab = play.get(row, "question"), play.get(row, "lab")
    questions.adopt(actor, question, lab.id, version=question.version)


@step
def school_too(play: Play, actor: Actor, row: Row) -> None:
    schools_too.join(actor, play.get(row, "question"), row["context"], confirmed=True)


@step
def start_thread(play: Play, actor: Actor, row: Row) -> Thread:
    about = next(name for name in ("lab", "round", "question") if name in row)
    subject = play.get(row, about)
    name = f"{subject.__tablename__}:{subject.id}"
    return threads.start_thread(actor, name, _words(row), title=row["title"]).contribution.thread


@step
def post(play: Play, actor: Actor, row: Row) -> Contribution:
    return contributions.post_contribution(actor, play.get(row, "thread"), _words(row)).contribution


@step
def close_thread(play: Play, actor: Actor, row: Row) -> None:
    thread = play.get(row, "thread")
    threads.perform(
        actor, thread, ThreadAction.CLOSE, version=thread.version, reason=row["conclusion"]
    )


def _words(row: Row) -> Words:
    return Words(row["text"], ContributionKind(row["kind"]), confirmed=True)


def _membership(play: Play, row: Row) -> LabMembership:
    """Give the living membership of an organisation, or of the side of research."""
    if "side" in row:
        whose = LabMembership.kind == MembershipKind.RESEARCH
    else:
        whose = LabMembership.organisation_id == play.world.organisation(row["organisation"]).id
    query = select(LabMembership).where(
        LabMembership.lab_id == play.get(row, "lab").id, LabMembership.state.in_(LIVE), whose
    )
    return db.session.scalars(query).one()
