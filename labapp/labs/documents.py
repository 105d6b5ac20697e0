"""What the search knows of the labs: labs, questions, rounds, drafts of findings, contributions.

A finding that is out is found as its card. Whatever changes an object puts it here in the same
transaction; a lab that changes its visibility puts all that is in it.
"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from labapp.database import db
from labapp.knowledge import markdown
from labapp.labs import reading
from labapp.labs.finding_models import Finding, FindingVersion
from labapp.labs.lab_models import Hideable, Lab
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.round_models import Round
from labapp.labs.thread_models import Contribution, ContributionState, Thread
from labapp.search import services as search
from labapp.search.documents import Document

LAB, QUESTION, ROUND, FINDING, CONTRIBUTION = KINDS = (
    "lab", "question", "round", "finding", "contribution",
)  # fmt: skip
GONE = (QuestionState.WITHDRAWN, QuestionState.MERGED)


def shown(model: type[Hideable]) -> ColumnElement[bool]:
    """The rows that nobody hid."""
    return model.is_hidden.is_(False)


def put_lab(lab: Lab) -> None:
    """Make a lab findable for who may read it, in the caller's transaction."""
    search.put(of_lab(lab))


def put_question(question: Question) -> None:
    """Make a question findable, or no longer: before it is asked, after it is taken back."""
    if question.is_hidden or question.state in reading.UNASKED or question.state in GONE:
        search.remove(QUESTION, question.id)
    else:
        search.put(of_question(question))


def put_round(one: Round) -> None:
    """Make a round findable, or no longer when it is hidden."""
    if one.is_hidden:
        search.remove(ROUND, one.id)
    else:
        search.put(of_round(one))


def put_thread(thread: Thread) -> None:
    """Put all that was said in a conversation anew: it was hidden, or is shown again."""
    query = select(Contribution).where(Contribution.thread_id == thread.id)
    for contribution in db.session.scalars(query.options(joinedload(Contribution.thread))):
        put_contribution(contribution)


def put_finding(finding: Finding) -> None:
    """Make the newest text findable in its lab; once it is out the card is found instead."""
    version = finding.versions[-1] if finding.versions else None
    if version is None or version.is_hidden or finding.published_at is not None:
        search.remove(FINDING, finding.id)
    else:
        search.put(of_finding(finding, version))


def remove_finding(finding: Finding) -> None:
    """Make a finding that was taken back unfindable, in its lab too."""
    search.remove(FINDING, finding.id)


def put_contribution(contribution: Contribution) -> None:
    """Make a contribution findable while it stands; its meaning follows by a job."""
    if contribution.state is ContributionState.POSTED and not contribution.thread.is_hidden:
        search.put(of_contribution(contribution), later=True)
    else:
        search.remove(CONTRIBUTION, contribution.id)


def put_whole_lab(lab: Lab) -> None:
    """Put all that is in a lab anew: its visibility changed, and that is everybody's."""
    search.put_all(_whole_lab(lab))


def of_lab(lab: Lab) -> Document:
    return Document(
        kind=LAB,
        id=lab.id,
        language="nl",
        title=lab.title,
        texts=(lab.goal,),
        audience=reading.audience_of_lab(lab),
        facets={"theme": (lab.theme,), "sector": tuple(lab.sectors)},
    )


def of_question(question: Question) -> Document:
    texts = (question.seen, question.decision, question.tried, question.answer)
    sector = (question.sector.value,) if question.sector else ()
    return Document(
        kind=QUESTION,
        id=question.id,
        language=question.language,
        title=question.title,
        texts=tuple(text for text in texts if text),
        audience=reading.audience_of_question(question),
        facets={
            "theme": (question.theme,) if question.theme else (),
            "sector": sector,
            "state": (question.state.value,),
        },
        numbers={"updated": (question.submitted_at or question.created_at).timestamp()},
    )


def of_round(one: Round) -> Document:
    texts = (one.aim, one.diagnosis, one.design, one.known_already, one.result_data)
    return Document(
        kind=ROUND,
        id=one.id,
        language="nl",
        title=one.title,
        texts=tuple(text for text in texts if text),
        audience=reading.audience_of_lab(one.lab),
        facets={"theme": (one.lab.theme,), "sector": tuple(one.lab.sectors)},
    )


def of_finding(finding: Finding, version: FindingVersion) -> Document:
    content = version.content
    texts = (content.get("plain", ""), content.get("question", ""), content.get("method", ""))
    return Document(
        kind=FINDING,
        id=finding.id,
        language=content.get("language", "nl"),
        title=finding.title,
        texts=tuple(text for text in texts if text),
        audience=frozenset({f"lab:{finding.lab_id}:members"}),
    )


def of_contribution(contribution: Contribution) -> Document:
    thread = contribution.thread
    return Document(
        kind=CONTRIBUTION,
        id=contribution.id,
        language="nl",
        title=thread.title,
        texts=(markdown.plain(contribution.body),),
        audience=_audience_of_thread(thread),
        numbers={"updated": contribution.created_at.timestamp()},
    )


def _audience_of_thread(thread: Thread) -> frozenset[str]:
    if thread.subject.startswith("findings:"):  # it may be about a draft
        return frozenset({f"lab:{thread.lab_id}:members"})
    if thread.lab is not None:
        return reading.audience_of_lab(thread.lab)
    if thread.question_id is None:
        return frozenset()
    return reading.audience_of_question(db.session.get_one(Question, thread.question_id))


def _whole_lab(lab: Lab) -> Iterator[Document]:
    yield of_lab(lab)
    for one in db.session.scalars(select(Round).where(Round.lab_id == lab.id, shown(Round))):
        yield of_round(one)
    contributions = (
        select(Contribution)
        .join(Thread, Thread.id == Contribution.thread_id)
        .where(
            Thread.lab_id == lab.id, shown(Thread), Contribution.state == ContributionState.POSTED
        )
        .options(joinedload(Contribution.thread))
    )
    for contribution in db.session.scalars(contributions):
        yield of_contribution(contribution)


def all_labs() -> Iterator[Document]:
    """Give every lab, for a rebuild of the index; the next ones do so for their own kind."""
    for lab in db.session.scalars(select(Lab).order_by(Lab.id)):
        yield of_lab(lab)


def all_questions() -> Iterator[Document]:
    hidden = (*reading.UNASKED, *GONE)
    query = (
        select(Question).where(Question.state.not_in(hidden), shown(Question)).order_by(Question.id)
    )
    for question in db.session.scalars(query.execution_options(yield_per=200)):
        yield of_question(question)


def all_rounds() -> Iterator[Document]:
    for one in db.session.scalars(
        select(Round).where(shown(Round)).options(joinedload(Round.lab)).order_by(Round.id)
    ):
        yield of_round(one)


def all_findings() -> Iterator[Document]:
    query = select(Finding).where(Finding.published_at.is_(None)).order_by(Finding.id)
    for finding in db.session.scalars(query):
        if finding.versions:
            yield of_finding(finding, finding.versions[-1])


def all_contributions() -> Iterator[Document]:
    query = (
        select(Contribution)
        .join(Thread, Thread.id == Contribution.thread_id)
        .where(Contribution.state == ContributionState.POSTED, shown(Thread))
        .options(joinedload(Contribution.thread).joinedload(Thread.lab))
        .order_by(Contribution.id)
        .execution_options(yield_per=200)
    )
    for contribution in db.session.scalars(query):
        yield of_contribution(contribution)


SEARCHABLE = {
    LAB: all_labs,
    QUESTION: all_questions,
    ROUND: all_rounds,
    FINDING: all_findings,
    CONTRIBUTION: all_contributions,
}
