"""Who may read questions, conversations and findings, and what the search compares of them.

Each rule stands as rows (`..._visible_to`) and as keys (`audience_of_...`, `audiences_of`): a test
holds them to the same answer.
"""

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    false,
    literal,
    not_,
    or_,
    select,
    true,
)

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.knowledge import policies as knowledge_policies
from labapp.labs.finding_models import Finding, FindingVersion, VersionState
from labapp.labs.lab_models import Lab, LabVisibility
from labapp.labs.policies import (
    NOT_BEGUN,
    in_own_lab,
    in_readable_lab,
    is_broker,
    labs_led_by,
    labs_worked_in_by,
)
from labapp.labs.question_models import Question, QuestionState, QuestionVisibility
from labapp.labs.round_models import Round
from labapp.labs.thread_models import Thread

BROKER_KEY = "broker"
UNASKED = (QuestionState.DRAFT, QuestionState.MATCHING)
WITH_EDITOR = (VersionState.EDITORIAL, VersionState.SCHEDULED)


def questions_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The questions that one may read: one's own, and what was asked of who may read it."""
    if actor.is_system:
        return true()
    asked = Question.state.not_in(UNASKED)
    shown = and_(asked, Question.is_hidden.is_(False))
    ways: list[ColumnElement[bool]] = []
    if actor.id is not None:
        ways.append(Question.asker_id == actor.id)
    if actor.affiliations:
        ways.append(and_(shown, Question.visibility == QuestionVisibility.PROGRAMME))
        ways.append(and_(shown, Question.acting_for_id.in_(sorted(actor.organisation_ids))))
        ways.append(and_(shown, in_own_lab(actor, Question.lab_id)))
    if is_broker(actor):
        ways.append(asked)
    return or_(*ways) if ways else false()


def can_read_question(actor: Actor, question: Question) -> bool:
    rule = and_(Question.id == question.id, questions_visible_to(actor))
    return db.session.scalar(select(Question.id).where(rule)) is not None


def threads_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The conversations that one may read: by the rule of their lab, or of their question."""
    if actor.is_system:
        return true()
    questions = select(Question.id).where(questions_visible_to(actor))
    return and_(
        or_(
            in_readable_lab(actor, Thread.lab_id),
            and_(Thread.lab_id.is_(None), Thread.question_id.in_(questions)),
        ),
        _shown_or_judged(actor, Thread),
        Thread.subject.not_in(_names(Finding, not_(findings_visible_to(actor)))),
        Thread.subject.not_in(_names(Round, not_(rounds_visible_to(actor)))),
    )


def _names(model: type[Finding | Round], rule: ColumnElement[bool]) -> Select[str]:
    """Give the names of rows as conversations have them: `rounds:4`."""
    return select(literal(f"{model.__tablename__}:") + cast(model.id, String)).where(rule)


def rounds_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The rounds of the labs that one may read; a hidden one for who judges it."""
    return and_(in_readable_lab(actor, Round.lab_id), _shown_or_judged(actor, Round))


def _shown_or_judged(actor: Actor, model: type[Thread | Round]) -> ColumnElement[bool]:
    """What is hidden stays for who may put it right: leads, the broker of the lab, the office."""
    if is_broker(actor):
        return true()
    judged = select(Lab.id).where(or_(labs_led_by(actor), Lab.steward_id == (actor.id or 0)))
    return or_(model.is_hidden.is_(False), model.lab_id.in_(judged))


def can_read_thread(actor: Actor, thread: Thread) -> bool:
    rule = and_(Thread.id == thread.id, threads_visible_to(actor))
    return db.session.scalar(select(Thread.id).where(rule)) is not None


def published_findings() -> ColumnElement[bool]:
    """The findings with a version that is out; retracted ones keep their tombstone."""
    out = select(FindingVersion.finding_id).where(
        FindingVersion.published_at.is_not(None), FindingVersion.is_hidden.is_(False)
    )
    return and_(Finding.published_at.is_not(None), Finding.id.in_(out))


def findings_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The findings that one may read in some version: published ones, and those of one's labs."""
    return or_(published_findings(), in_own_lab(actor, Finding.lab_id), _edited_by(actor))


def finding_versions_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The texts that one may read; what was published stays readable, or is a tombstone."""
    public = and_(FindingVersion.published_at.is_not(None), FindingVersion.is_hidden.is_(False))
    of_lab = FindingVersion.finding_id.in_(
        select(Finding.id).where(in_own_lab(actor, Finding.lab_id))
    )
    ways = [public, of_lab]
    if is_broker(actor):
        ways += [FindingVersion.state.in_(WITH_EDITOR), FindingVersion.published_at.is_not(None)]
    return or_(*ways)


def _edited_by(actor: Actor) -> ColumnElement[bool]:
    """What was handed in is read by the editors, also from a private lab, and what was out."""
    if not is_broker(actor):
        return false()
    with_editor = exists().where(
        FindingVersion.finding_id == Finding.id,
        or_(FindingVersion.state.in_(WITH_EDITOR), FindingVersion.published_at.is_not(None)),
    )
    return with_editor.correlate(Finding)  # also in a query that has versions of its own


def audience_of_lab(lab: Lab) -> frozenset[str]:
    """Give the keys of who may find what is in a lab."""
    if lab.state in NOT_BEGUN:
        return frozenset({f"lab:{lab.id}"})
    if lab.is_hidden or lab.visibility is LabVisibility.PRIVATE:
        return frozenset({f"lab:{lab.id}"})
    return frozenset({lab.visibility.value, f"lab:{lab.id}"})


def audience_of_question(question: Question) -> frozenset[str]:
    """Give the keys of who may find a question; nobody finds one that was not asked yet."""
    if question.state in UNASKED or question.is_hidden:
        return frozenset()
    keys = {BROKER_KEY}
    if question.acting_for_id is not None:
        keys.add(f"organisation:{question.acting_for_id}")
    if question.asker_id is not None:
        keys.add(f"asker:{question.asker_id}")
    if question.visibility is QuestionVisibility.PROGRAMME:
        keys.add("programme")
    if question.lab_id is not None:
        keys.add(f"lab:{question.lab_id}:members")
    return frozenset(keys)


def audiences_of(actor: Actor) -> frozenset[str]:
    """Give the keys that an actor holds, those for cards included."""
    keys = set(knowledge_policies.audiences_of(actor)) | {"public"}
    if actor.affiliations:
        keys.add("programme")
    keys |= {f"organisation:{number}" for number in actor.organisation_ids}
    if actor.id is None:
        return frozenset(keys)
    keys.add(f"asker:{actor.id}")
    if is_broker(actor):
        keys.add(BROKER_KEY)
    closed = or_(Lab.visibility == LabVisibility.PRIVATE, Lab.is_hidden, Lab.state.in_(NOT_BEGUN))
    own = select(Lab.id, closed.label("is_closed")).where(labs_worked_in_by(actor))
    for number, is_closed in db.session.execute(own):
        keys.add(f"lab:{number}:members")
        if is_closed:  # an open one is found by another key
            keys.add(f"lab:{number}")
    return frozenset(keys)
