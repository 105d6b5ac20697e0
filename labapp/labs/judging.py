"""Who finds, wrote, judges and reads each kind of content that can be reported."""

from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import contributions, finding_rights, findings, policies, reading
from labapp.labs.contribution_words import shows_words
from labapp.labs.finding_models import FindingVersion
from labapp.labs.lab_models import Lab, LabRoleKind, LabVisibility
from labapp.labs.question_models import Question
from labapp.labs.review_models import Review
from labapp.labs.review_targets import is_reviewed_side, load_target
from labapp.labs.thread_models import Attachment, Contribution, Thread
from labapp.labs.thread_rights import rights_in


def ids(*numbers: int | None) -> set[int]:
    return {one for one in numbers if one is not None}


def guides(actor: Actor, lab: Lab) -> bool:
    """Whether one looks after a lab, or is a broker, and reads what is in it."""
    own = policies.is_lead(actor, lab) or policies.is_steward(actor, lab)
    return (own or policies.is_broker(actor)) and policies.can_read(actor, lab)


def find_contribution(actor: Actor, number: int) -> Contribution:
    one = contributions.get_contribution(actor, number)
    if not shows_words(rights_in(actor, one.thread), actor, one):
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return one


def judges_contribution(actor: Actor, one: Contribution) -> bool:
    return reading.can_read_thread(actor, one.thread) and rights_in(actor, one.thread).moderates


def find_version(actor: Actor, number: int) -> FindingVersion:
    made = db.session.get(FindingVersion, number)
    if made is None:
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return findings.get_version(actor, findings.get_finding(actor, made.finding_id), made.number)


def finding_authors(made: FindingVersion) -> set[int]:
    signed = [one.user_id for one in made.signatures]
    return ids(made.author_id, *signed, *(one.user_id for one in made.contributors))


def leads(lab: Lab) -> set[int]:
    return set(db.session.scalars(policies.members_of(lab.id, None, LabRoleKind.LEAD)))


def judges_file(actor: Actor, one: Attachment) -> bool:
    lab = db.session.get(Lab, one.lab_id) if one.lab_id else None
    return guides(actor, lab) if lab is not None else policies.is_broker(actor)


def judges_thread(actor: Actor, one: Thread) -> bool:
    return reading.can_read_thread(actor, one) and rights_in(actor, one).moderates


def judges_review(actor: Actor, one: Review) -> bool:
    if not policies.is_broker(actor):
        return False
    target = load_target(one.target)
    made = db.session.get(FindingVersion, int(one.target.partition(":")[2]))
    is_finding = one.target.startswith("finding_versions:") and made is not None
    own = is_finding and made is not None and bool(finding_rights.conflicts(actor, made))
    return not is_reviewed_side(actor, target) and not own


def is_of_no_lab(_actor: Actor, _one: Any) -> bool:
    """Reviews and reports of use stand in no lab: who decides or wrote it reads it."""
    return True


def reads_lab(actor: Actor, one: Lab) -> bool:
    """An open lab that is hidden keeps no secrets from who decides on it."""
    return one.visibility is not LabVisibility.PRIVATE or policies.can_read(actor, one)


def reads_version(actor: Actor, made: FindingVersion) -> bool:
    if made.published_at is not None:
        return True
    rule = reading.finding_versions_visible_to(actor)
    query = select(FindingVersion.id).where(FindingVersion.id == made.id, rule)
    return db.session.scalar(query) is not None


def reads_file(actor: Actor, one: Attachment) -> bool:
    if one.lab_id is not None:
        return policies.can_read(actor, db.session.get_one(Lab, one.lab_id))
    question = db.session.get(Question, one.question_id) if one.question_id else None
    return question is not None and reading.can_read_question(actor, question)


def own_in_thread(one: Thread, user_id: int) -> str:
    parts = ((one.starter_id, one.title), (one.closed_by_id, one.conclusion))
    return lines(*(text for writer_id, text in parts if writer_id == user_id))


def own_version(made: FindingVersion, user_id: int) -> str:
    """Give a text at which nobody else wrote, as far as the platform knows."""
    is_alone = finding_authors(made) == {user_id} and made.saved_by_id in (None, user_id)
    return text_of_version(made) if is_alone else ""


def text_of_version(made: FindingVersion) -> str:
    return lines(*(text for text in made.content.values() if isinstance(text, str)))


def lines(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)
