"""Who takes which step with a question, and what must be in order before."""

from sqlalchemy import exists, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, AffiliationStatus, Role
from labapp.clock import today
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.labs import policies
from labapp.labs.lab_models import Lab, LabState
from labapp.labs.question_models import Question, QuestionMatch, QuestionVisibility


def is_asker(actor: Actor, question: Question) -> bool:
    """Whether one speaks for who asked: oneself, or the leader of a school whose asker left."""
    if actor.id is None:
        return False
    if question.asker_id == actor.id:
        return True
    school = question.acting_for_id
    if school is None or not actor.has_role(Role.SCHOOL_LEADER, organisation_id=school):
        return False
    return question.submitted_at is not None and not _still_there(question)


def _still_there(question: Question) -> bool:
    day = today()
    works = exists().where(
        Affiliation.user_id == question.asker_id,
        Affiliation.organisation_id == question.acting_for_id,
        Affiliation.status == AffiliationStatus.CONFIRMED,
        Affiliation.from_on <= day,
        Affiliation.until_on.is_(None) | (Affiliation.until_on > day),
    )
    return question.asker_id is not None and bool(db.session.scalar(select(works)))


def led_labs(actor: Actor) -> list[Lab]:
    """Give the labs at work that one leads, on either side: those that can adopt a question."""
    query = select(Lab).where(policies.labs_led_by(actor), Lab.state == LabState.ACTIVE)
    return list(db.session.scalars(query.order_by(Lab.title, Lab.id)))


def leads_a_lab(actor: Actor, _question: Question) -> bool:
    return bool(led_labs(actor))


def leads_its_lab(actor: Actor, question: Question) -> bool:
    return question.lab is not None and policies.is_lead(actor, question.lab)


def may_help(actor: Actor, _question: Question) -> bool:
    return policies.is_broker(actor)


def may_doubt(actor: Actor, _question: Question) -> bool:
    return policies.is_broker(actor) or actor.has_role(Role.RESEARCHER)


def may_agree(actor: Actor, question: Question) -> bool:
    """Whether one is the other of the two: a researcher after a broker, or a broker after one."""
    if question.doubted_by_id is None:
        return may_doubt(actor, question)
    if actor.id == question.doubted_by_id:
        return False
    if question.doubted_by_broker:
        return actor.has_role(Role.RESEARCHER)
    return policies.is_broker(actor)


def missing_fields(title: str, seen: str) -> dict[str, list[str]]:
    """Give by field what is missing before one can look what is there already."""
    missing = {}
    if not title.strip():
        missing["title"] = [_("Schrijf je vraag in één zin.")]
    if not seen.strip():
        missing["seen"] = [_("Schrijf op wat je ziet.")]
    return missing


def missing_text(question: Question) -> list[str]:
    return [
        words for some in missing_fields(question.title, question.seen).values() for words in some
    ]


def missing_verdicts(question: Question) -> list[str]:
    """Give what is missing before asking: a verdict on each thing that was opened."""
    opened = select(QuestionMatch.id).where(
        QuestionMatch.question_id == question.id,
        QuestionMatch.opened_at.is_not(None),
        QuestionMatch.verdict.is_(None),
    )
    if db.session.scalar(opened.limit(1)) is None:
        return []
    return [_("Zeg bij elk stuk dat je las of het je vraag beantwoordt.")]


def missing_asker(question: Question) -> list[str]:
    if question.asker_id is None and question.acting_for_id is None:
        return [_("Deze vraag heeft geen steller aan wie je iets kunt vragen.")]
    return []


def missing_second_reader(question: Question) -> list[str]:
    if question.visibility is QuestionVisibility.ORGANISATION:
        return [_("Een onderzoeker moet meelezen. Vraag de steller de vraag te delen.")]
    return []


def missing_first_reader(question: Question) -> list[str]:
    if question.doubted_by_id is None:
        return [_("Eerst zegt een van beiden waarom er te weinig over bekend is.")]
    return []
