"""What can be reported, one entry for each kind: who wrote it, who judges it, how it is hidden.

Every table of the labs with words that others read stands here; a test looks for what does not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labapp.accounts.actors import Actor
from labapp.database import Model, db
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import (
    attachment_rows,
    attachments,
    contributions,
    documents,
    finding_rights,
    findings,
    hiding,
    labs,
    policies,
    questions,
    reading,
    reviews,
    rounds,
    threads,
    use_reports,
)
from labapp.labs.contribution_words import shows_words
from labapp.labs.finding_models import FindingVersion
from labapp.labs.lab_models import Lab, LabRoleKind
from labapp.labs.question_models import Question
from labapp.labs.review_models import Review, UseReport
from labapp.labs.review_targets import is_reviewed_side, load_target
from labapp.labs.round_models import Round
from labapp.labs.thread_models import Attachment, Contribution, ContributionState, Thread
from labapp.labs.thread_rights import rights_in
from labapp.notifications.objects import MOST_DIGITS


@dataclass(frozen=True)
class Reportable:
    """One kind of content. `find` is how a reader gets it; `set_hidden` hides or shows it again.

    `may_judge` says who decides, beside that nobody judges what is one's own. `remove` makes it
    gone until somebody else overturns that; `erase` is the end of it.
    """

    model: type[Model]
    words: Any
    find: Callable[[Actor, int], Any]
    text: Callable[[Any], str]
    authors: Callable[[Any], set[int]]
    lab_id: Callable[[Any], int | None]
    may_judge: Callable[[Actor, Any], bool]
    set_hidden: Callable[[Actor, Any, bool, str], None]
    remove: Callable[[Actor, Any, str], None] | None = None
    erase: Callable[[Any], None] = lambda _thing: None


def kind_of(name: str) -> tuple[Reportable, int]:
    """Give the kind and the number in a name such as `questions:4`."""
    kind, _colon, number = name.partition(":")
    is_number = number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
    if kind not in KINDS or not is_number:
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return KINDS[kind], int(number)


def find(actor: Actor, name: str) -> Any:
    """Give what somebody reads and wants to report."""
    kind, number = kind_of(name)
    return kind.find(actor, number)


def load(name: str) -> Any:
    """Give the object of a case, whoever asks: see `may_judge`."""
    kind, number = kind_of(name)
    return db.session.get_one(kind.model, number)


def may_judge(actor: Actor, name: str) -> bool:
    """Whether one decides about an object: never about what is one's own."""
    kind, _number = kind_of(name)
    thing = load(name)
    if actor.id is None or actor.id in kind.authors(thing):
        return False
    return kind.may_judge(actor, thing)


def is_author(actor: Actor, name: str) -> bool:
    kind, _number = kind_of(name)
    return actor.id is not None and actor.id in kind.authors(load(name))


def is_hidden(thing: Any) -> bool:
    if isinstance(thing, Contribution):
        return thing.state is not ContributionState.POSTED
    return bool(thing.is_hidden)


def _ids(*ids: int | None) -> set[int]:
    return {one for one in ids if one is not None}


def _guides(actor: Actor, lab: Lab) -> bool:
    guides = policies.is_lead(actor, lab) or policies.is_steward(actor, lab)
    return (guides or policies.is_broker(actor)) and policies.can_read(actor, lab)


def _find_contribution(actor: Actor, number: int) -> Contribution:
    one = contributions.get_contribution(actor, number)
    if not shows_words(rights_in(actor, one.thread), actor, one):
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return one


def _judges_contribution(actor: Actor, one: Contribution) -> bool:
    return reading.can_read_thread(actor, one.thread) and rights_in(actor, one.thread).moderates


def _find_version(actor: Actor, number: int) -> FindingVersion:
    made = db.session.get(FindingVersion, number)
    if made is None:
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet lezen."))
    return findings.get_version(actor, findings.get_finding(actor, made.finding_id), made.number)


def _finding_authors(made: FindingVersion) -> set[int]:
    signed = [one.user_id for one in made.signatures]
    return _ids(made.author_id, *signed, *(one.user_id for one in made.contributors))


def _leads(lab: Lab) -> set[int]:
    return set(db.session.scalars(policies.members_of(lab.id, None, LabRoleKind.LEAD)))


def _judges_file(actor: Actor, one: Attachment) -> bool:
    lab = db.session.get(Lab, one.lab_id) if one.lab_id else None
    return _guides(actor, lab) if lab is not None else policies.is_broker(actor)


def _judges_thread(actor: Actor, one: Thread) -> bool:
    return reading.can_read_thread(actor, one) and rights_in(actor, one).moderates


def _judges_review(actor: Actor, one: Review) -> bool:
    if not policies.is_broker(actor):
        return False
    target = load_target(one.target)
    made = db.session.get(FindingVersion, int(one.target.partition(":")[2]))
    is_finding = one.target.startswith("finding_versions:") and made is not None
    own = is_finding and made is not None and bool(finding_rights.conflicts(actor, made))
    return not is_reviewed_side(actor, target) and not own


def _lines(*texts: str) -> str:
    return "\n\n".join(text for text in texts if text)


KINDS: Mapping[str, Reportable] = {
    "contributions": Reportable(
        Contribution, _l("Bijdrage"), _find_contribution,
        text=lambda one: one.body,
        authors=lambda one: _ids(one.author_id),
        lab_id=lambda one: one.thread.lab_id,
        may_judge=_judges_contribution,
        set_hidden=hiding.hide_contribution,
        remove=hiding.remove_contribution,
        erase=hiding.erase_contribution,
    ),
    "threads": Reportable(
        Thread, _l("Gesprek"), threads.get_thread,
        text=lambda one: _lines(one.title, one.conclusion),
        authors=lambda one: _ids(one.starter_id, one.closed_by_id),
        lab_id=lambda one: one.lab_id,
        may_judge=_judges_thread,
        set_hidden=hiding.flag(documents.put_thread),
    ),
    "questions": Reportable(
        Question, _l("Vraag"), questions.get_question,
        text=lambda one: _lines(one.title, one.seen, one.tried, one.decision, one.answer),
        authors=lambda one: _ids(one.asker_id),
        lab_id=lambda _one: None,
        may_judge=lambda actor, _one: policies.is_broker(actor),
        set_hidden=hiding.flag(documents.put_question),
    ),
    "rounds": Reportable(
        Round, _l("Ronde"), rounds.get_round,
        text=lambda one: _lines(one.title, one.aim, one.known_already, one.diagnosis, one.design,
                                one.result_data),
        authors=lambda one: _ids(one.created_by_id),
        lab_id=lambda one: one.lab_id,
        may_judge=lambda actor, one: _guides(actor, one.lab),
        set_hidden=hiding.flag(documents.put_round),
    ),
    "labs": Reportable(
        Lab, _l("Lab"), labs.get_lab,
        text=lambda one: _lines(one.title, one.goal, one.agreement),
        authors=_leads,
        lab_id=lambda _one: None,
        may_judge=lambda actor, one: policies.is_broker(actor) and policies.can_see(actor, one),
        set_hidden=hiding.flag(documents.put_whole_lab),
    ),
    "finding_versions": Reportable(
        FindingVersion, _l("Bevinding"), _find_version,
        text=lambda one: _lines(*(text for text in one.content.values() if isinstance(text, str))),
        authors=_finding_authors,
        lab_id=lambda _one: None,
        may_judge=finding_rights.is_editor,
        set_hidden=hiding.flag(hiding.put_version, hiding.names_of_version),
    ),
    "attachments": Reportable(
        Attachment, _l("Bestand"), attachments.get_attachment,
        text=lambda one: one.title,
        authors=lambda one: _ids(one.added_by_id),
        lab_id=lambda one: one.lab_id,
        may_judge=_judges_file,
        set_hidden=hiding.flag(hiding.nothing),
        erase=attachment_rows.drop,
    ),
    "use_reports": Reportable(
        UseReport, _l("Gebruiksverslag"), use_reports.get_report,
        text=lambda one: _lines(one.did, one.changed, one.outcome, one.reply),
        authors=lambda one: _ids(one.author_id),
        lab_id=lambda _one: None,
        may_judge=lambda actor, _one: policies.is_broker(actor),
        set_hidden=hiding.flag(hiding.nothing),
    ),
    "reviews": Reportable(
        Review, _l("Beoordeling"), reviews.get_review,
        text=lambda one: _lines(one.strengths, one.concerns, one.reply),
        authors=lambda one: _ids(one.reviewer_id),
        lab_id=lambda _one: None,
        may_judge=_judges_review,
        set_hidden=hiding.flag(hiding.nothing),
    ),
}  # fmt: skip
