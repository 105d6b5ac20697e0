"""Contributions to a conversation: written, changed, taken back, judged.

The words of a removed contribution stay in the database and are shown to nobody; a reply shows what
it quotes only while that stands.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role, User
from labapp.clock import now
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import attachment_rows, documents, held, mentions, policies, reading
from labapp.labs import contribution_news as news
from labapp.labs.contribution_states import MACHINE, OWN_STATES, ContributionAction, is_own
from labapp.labs.contribution_words import (
    Words,
    check,
    one_line,
    render,
    replied_to,
    require_few,
    shows,
    shows_words,
)
from labapp.labs.lab_models import Lab, PostingPolicy
from labapp.labs.machine import lock
from labapp.labs.question_models import Question
from labapp.labs.thread_models import (
    Contribution,
    ContributionState,
    ContributionText,
    Thread,
)
from labapp.labs.thread_rights import Rights, rights_in
from labapp.mail import withdrawing
from labapp.notifications import following

FREE = timedelta(hours=24)  # in which an author changes words without a trace
AGAIN = timedelta(minutes=2)  # the same words again within this are a second click


@dataclass(frozen=True)
class Posted:
    """What was kept, and what its author should know: names that reach nobody."""

    contribution: Contribution
    notices: list[str] = field(default_factory=list)


def get_contribution(actor: Actor, contribution_id: int) -> Contribution:
    """Give a contribution in a conversation that one may read; a guest's waits for its people."""
    found = db.session.scalar(
        select(Contribution)
        .join(Thread, Thread.id == Contribution.thread_id)
        .where(Contribution.id == contribution_id, reading.threads_visible_to(actor))
        .options(joinedload(Contribution.thread).joinedload(Thread.lab))
    )
    if found is None or not shows(rights_in(actor, found.thread), actor, found):
        raise NotFoundError(_("Deze bijdrage bestaat niet, of je mag haar niet lezen."))
    return found


def may_edit(rights: Rights, actor: Actor, contribution: Contribution) -> bool:
    """Whether one may change the words: one's own, while they stand and the talk is open."""
    stands = contribution.state in OWN_STATES
    return is_own(actor, contribution) and stands and rights.reads and not rights.closed_for


def keeps_trace(contribution: Contribution) -> bool:
    """Whether an edit now leaves the old words to be read."""
    return now() - contribution.created_at > FREE


def require_may_post(actor: Actor, rights: Rights, lab: Lab | None) -> None:
    """Refuse who may not read, who may not write, and a conversation that is closed."""
    if not rights.reads:
        raise NotFoundError(_("Dit gesprek bestaat niet, of je mag het niet lezen."))
    actor.require_user()
    if not rights.speaks:
        if lab is not None and lab.posting_policy is PostingPolicy.LEADS:
            raise ForbiddenError(_("In dit lab schrijven alleen de trekkers."))
        raise ForbiddenError(_("Hier schrijft alleen wie meedoet. Lezen mag je wel."))
    if rights.closed_for:
        raise ConflictError(rights.closed_for)


def post_contribution(actor: Actor, thread: Thread, words: Words) -> Posted:
    """Say something in a conversation; a guest's words may wait until somebody of the lab saw them.

    Whoever says something follows the conversation from then on.
    """
    with transaction() as session:
        lock(thread)
        rights = rights_in(actor, thread)
        require_may_post(actor, rights, thread.lab)
        before = _just_said(actor, thread, words.body)
        if before is not None:
            return Posted(before)
        warned_of = check(words)
        reply_to = replied_to(actor, rights, thread, words)
        found = mentions.find_mentions(actor, thread, rights, words.body)
        require_few(found)
        contribution = Contribution(
            thread=thread,
            kind=words.kind,
            body=words.body.strip(),
            body_html=render(words.body, found),
            author_id=actor.id,
            acting_for_id=actor.acting_for_id,
            role=_role_of(actor),
            side=policies.side_of(actor, thread.lab) if thread.lab is not None else None,
            reply_to=reply_to,
            quote=one_line(words.quote) if reply_to is not None else "",
            state=_first_state(rights, thread),
            warned_of=warned_of,
        )
        session.add(contribution)
        session.flush()
        mentions.keep_mentions(contribution, found)
        _count(thread)
        following.follow(actor, name_of(thread))
        _stand(actor, contribution)
        changes = {"kind": words.kind.value, "thread": name_of(thread), "warned_of": warned_of}
        _record(actor, "contributions.post", contribution, changes)
    return Posted(contribution, found.notices)


def edit_contribution(
    actor: Actor, contribution: Contribution, version: int | None, words: Words
) -> Posted:
    """Change one's own words: freely for a day, later the old words stay to be read."""
    with transaction() as session:
        lock(contribution.thread)
        lock(contribution)
        thread = contribution.thread
        rights = rights_in(actor, thread)
        if not is_own(actor, contribution):
            raise ForbiddenError(_("Alleen wie het schreef wijzigt een bijdrage."))
        if rights.closed_for or not may_edit(rights, actor, contribution):
            raise ConflictError(
                rights.closed_for or _("Deze bijdrage staat er niet meer: wijzigen kan niet.")
            )
        if version is not None and version != contribution.version:
            raise ConflictError(
                _("Iemand was je voor: deze bijdrage is intussen gewijzigd. Kies uit beide."),
                theirs={"body": contribution.body, "version": contribution.version},
                yours={"body": words.body, "version": version},
            )
        warned_of = check(words)
        found = mentions.find_mentions(actor, thread, rights, words.body)
        require_few(found)
        body = words.body.strip()
        if (body, words.kind) == (contribution.body, contribution.kind):
            return Posted(contribution)
        if keeps_trace(contribution):
            session.add(
                ContributionText(
                    contribution_id=contribution.id,
                    body=contribution.body,
                    written_by_id=contribution.author_id,
                    written_at=contribution.edited_at or contribution.created_at,
                )
            )
        contribution.body, contribution.kind = body, words.kind
        contribution.body_html = render(body, found)
        contribution.warned_of, contribution.edited_at = warned_of, now()
        session.flush()
        mentions.keep_mentions(contribution, found)
        documents.put_contribution(contribution)
        if contribution.state is ContributionState.POSTED:
            session.flush()
            news.tell_mentioned(actor, contribution)
        _record(actor, "contributions.edit", contribution, {"warned_of": warned_of})
    return Posted(contribution, found.notices)


def perform(
    actor: Actor,
    contribution: Contribution,
    action: ContributionAction,
    *,
    version: int | None = None,
    reason: str = "",
) -> None:
    """Take a step with a contribution: place, hide, put back or remove it."""
    with transaction():
        lock(contribution.thread)
        MACHINE.perform(actor, contribution, action, version=version, reason=reason)
        held.settle(actor, contribution, action, reason)
        if action is ContributionAction.RELEASE:
            _stand(_author_of(contribution), contribution)
            news.tell_author(actor, contribution, news.RELEASED)
            return
        documents.put_contribution(contribution)
        if action in (ContributionAction.HIDE, ContributionAction.REMOVE):
            withdrawing.withdraw([name_of(contribution)])
        if action is ContributionAction.HIDE:
            news.tell_author(actor, contribution, news.HIDDEN, reason.strip())
        elif action is ContributionAction.REMOVE:
            if is_own(actor, contribution):  # else when nobody appeals: see moderation
                attachment_rows.drop_all(name_of(contribution))
            news.tell_author(actor, contribution, news.REMOVED)


def list_texts(actor: Actor, contribution: Contribution) -> list[ContributionText]:
    """Give what a contribution said before, the newest first, to who may read what it says now."""
    if not shows_words(rights_in(actor, contribution.thread), actor, contribution):
        raise NotFoundError(_("Deze bijdrage bestaat niet, of je mag haar niet lezen."))
    query = select(ContributionText).where(ContributionText.contribution_id == contribution.id)
    return list(db.session.scalars(query.order_by(ContributionText.id.desc())))


def drop_texts(contribution: Contribution) -> None:
    """Forget what a contribution said before, in the caller's transaction."""
    db.session.execute(
        delete(ContributionText).where(ContributionText.contribution_id == contribution.id)
    )


def _stand(author: Actor, contribution: Contribution) -> None:
    """Let a contribution that stands be found and heard of; one that waits is shown to the lab."""
    if contribution.state is ContributionState.HELD:
        held.open_case(contribution)
        news.tell_held(author, contribution)
        return
    documents.put_contribution(contribution)
    thread = contribution.thread
    if thread.question_id is not None:
        _note_first_reply(thread.question_id, contribution)
    news.tell_posted(author, contribution)


def _note_first_reply(question_id: int, contribution: Contribution) -> None:
    """Note when a question got its first answer from somebody else than the asker."""
    db.session.execute(
        update(Question)
        .where(
            Question.id == question_id,
            Question.first_reply_at.is_(None),
            Question.asker_id != contribution.author_id,
        )
        .values(first_reply_at=now())
        .execution_options(synchronize_session="fetch")
    )


def _role_of(actor: Actor) -> Role | None:
    """Give in what role one speaks for the organisation one acts for."""
    here = [a.role for a in actor.affiliations if a.organisation_id == actor.acting_for_id]
    return here[0] if here else None


def _first_state(rights: Rights, thread: Thread) -> ContributionState:
    waits = thread.lab is not None and thread.lab.pre_moderates_guests and not rights.takes_part
    return ContributionState.HELD if waits else ContributionState.POSTED


def _just_said(actor: Actor, thread: Thread, body: str) -> Contribution | None:
    """Give the same words of a moment ago: somebody pressed twice."""
    query = select(Contribution).where(
        Contribution.thread_id == thread.id,
        Contribution.author_id == actor.id,
        Contribution.created_at > now() - AGAIN,
        Contribution.state.in_(OWN_STATES),
    )
    last = db.session.scalar(query.order_by(Contribution.id.desc()).limit(1))
    return last if last is not None and last.body == body.strip() else None


def _count(thread: Thread) -> None:
    """Count a contribution and its moment, without making the version of the thread an old one."""
    db.session.execute(
        update(Thread)
        .where(Thread.id == thread.id)
        .values(contribution_count=Thread.contribution_count + 1, last_at=now())
    )
    db.session.refresh(thread)


def _author_of(contribution: Contribution) -> Actor:
    user = db.session.get(User, contribution.author_id) if contribution.author_id else None
    return Actor.of(user, contribution.acting_for) if user is not None else Actor.system()


def _record(actor: Actor, action: str, contribution: Contribution, changes: dict[str, Any]) -> None:
    audit.record(actor.id, action, contribution, changes=changes, on_behalf_of=actor.acting_for_id)
