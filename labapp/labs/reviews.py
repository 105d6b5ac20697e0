"""Reviews: asking somebody, beginning one after use, and the one way in which one changes state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.accounts.recovery import find_by_email
from labapp.clock import now
from labapp.database import db, insert_new, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import conflicts, policies, pupil_guard, review_news
from labapp.labs import review_rights as rights
from labapp.labs.machine import lock, note_step
from labapp.labs.review_models import Review, ReviewBasis, ReviewState
from labapp.labs.review_states import (
    DECLINE_WORDS,
    HOLDS,
    MACHINE,
    OWN_STEPS,
    ReviewAction,
)
from labapp.labs.review_targets import Target, get_target, load_target
from labapp.labs.rubric import HIGHEST, LOWEST, SCORES

A = ReviewAction
LONGEST = 10_000
LONGEST_REASON = 4_000
MOST = 100  # in one list


@dataclass(frozen=True)
class ReviewInput:
    """What belongs to a step: the text of a review, what was declared, or why one declines."""

    impact: int | None = None
    scalability: int | None = None
    certainty: int | None = None
    strengths: str = ""
    concerns: str = ""
    declared: Mapping[str, bool] | None = None
    decline_reason: str = ""
    confirmed: bool = False  # looked at what seemed to be about a pupil


def get_review(actor: Actor, review_id: int) -> Review:
    """Give a review that one may read; every page gets reviews here."""
    review = db.session.scalar(
        select(Review)
        .where(Review.id == review_id, rights.reviews_visible_to(actor))
        .options(joinedload(Review.reviewer))
    )
    if review is None:
        raise NotFoundError(_("Deze beoordeling bestaat niet, of je mag haar niet zien."))
    return review


def list_mine(actor: Actor) -> list[Review]:
    """Give the reviews that one wrote or is asked for, the newest first."""
    if actor.id is None:
        return []
    query = select(Review).where(Review.reviewer_id == actor.id)
    return list(db.session.scalars(query.order_by(Review.id.desc()).limit(MOST)))


def list_waiting(actor: Actor) -> list[Review]:
    """Give editors what asks for a decision first, then what is on its way."""
    if not policies.is_broker(actor):
        return []
    states = (ReviewState.SUBMITTED, ReviewState.DISPUTED, ReviewState.INVITED,
              ReviewState.ACCEPTED)  # fmt: skip
    query = (
        select(Review)
        .where(Review.state.in_(states), rights.reviews_visible_to(actor))
        .options(joinedload(Review.reviewer))
        .order_by(Review.invited_at, Review.id)
        .limit(MOST)
    )
    return sorted(db.session.scalars(query), key=lambda review: states.index(review.state) // 2)


def invite(actor: Actor, about: str, email: str) -> Review:
    """Let an editor without an interest ask an expert for a review of what is out now."""
    target = get_target(actor, about)
    if not policies.is_broker(actor) or actor.id is None:
        raise ForbiddenError(_("De redactie vraagt beoordelaars."))
    if not rights.can_invite(actor, target):
        why = " ".join(conflicts.found_for(actor, target))
        raise ForbiddenError(_("Een redacteur zonder belang beslist hierover. %(why)s", why=why))
    user = find_by_email(email)
    if user is None or not user.active or user.confirmed_at is None:
        _refuse("email", _("Met dit adres kunnen we niemand uitnodigen. Controleer het adres."))
    if user.id == actor.id:
        _refuse("email", _("Vraag iemand anders: je beslist zelf over de publicatie."))
    against = conflicts.found_for(Actor.of(user), target)
    if against:
        _refuse(
            "email",
            _("%(name)s kan dit niet beoordelen. Over deze persoon geldt: %(why)s",
              name=user.name, why=" ".join(against)),
        )  # fmt: skip
    with transaction():
        review = _add(user, target, ReviewBasis.EXPERT, ReviewState.INVITED, invited_by=actor)
        note_step(actor, review, "invite", "", review.state.value)
        review_news.tell_invited(actor, review)
    return review


def start(actor: Actor, about: str, declared: Mapping[str, bool]) -> Review:
    """Begin a review of what one's school used, as its confirmed report of use says."""
    target = get_target(actor, about)
    user = actor.require_user()
    report = rights.confirmed_use(actor, target)
    if report is None:
        raise ForbiddenError(
            _("Beoordelen kan als jouw school dit gebruikte. Schrijf eerst een gebruiksverslag.")
        )
    if not rights.is_open_to_users(target):
        raise ForbiddenError(_("Dit lab laat alleen gevraagde experts beoordelen."))
    _require_free(actor, target)
    answers = conflicts.require_declared(declared)
    with transaction():
        review = _add(
            user, target, ReviewBasis.CONFIRMED_USE, ReviewState.ACCEPTED,
            acting_for_id=report.organisation_id, conflicts=answers,
        )  # fmt: skip
        note_step(actor, review, "start", "", review.state.value)
    return review


def perform(
    actor: Actor,
    review: Review,
    action: ReviewAction,
    *,
    version: int | None,
    reason: str = "",
    given: ReviewInput | None = None,
) -> None:
    """Take a step with all that belongs to it; `reason` is the answer itself in a reply."""
    with transaction():
        lock(review)
        MACHINE.require(actor, review, action)
        values = _VALUES.get(action, _nothing)(actor, review, given or ReviewInput())
        if len(reason) > LONGEST_REASON:
            _refuse("reason", _("Gebruik hoogstens %(most)s tekens.", most=LONGEST_REASON))
        if action is A.REPLY:
            pupil_guard.check(reason, confirmed=bool(given and given.confirmed))
            values = {"reply": reason.strip(), "replied_by_id": actor.id, "replied_at": now()}
        MACHINE.perform(actor, review, action, version=version, reason=reason, values=values)
        review_news.tell(actor, review, action)


def actions(actor: Actor, review: Review) -> list[ReviewAction]:
    """Give what somebody can do now, nothing being in the way."""
    found = [one for one in MACHINE.actions(actor, review) if one not in OWN_STEPS]
    return [one for one in found if not MACHINE.missing(review, one)]


def _add(
    user: User,
    target: Target,
    basis: ReviewBasis,
    state: ReviewState,
    *,
    invited_by: Actor | None = None,
    **values: Any,
) -> Review:
    """Insert a review unless this person has one of this version, in the caller's transaction."""
    row = {
        "target": target.name,
        "about": target.about,
        "lab_id": target.lab.id if target.lab else None,
        "reviewer_id": user.id,
        "basis": basis,
        "state": state,
        "invited_by_id": invited_by.id if invited_by else None,
        "expires_at": now() + HOLDS,
        "version": 1,
        **values,
    }
    if not insert_new(Review, **row):
        raise ConflictError(_("Deze persoon heeft al een beoordeling van deze versie."))
    query = select(Review).where(Review.target == target.name, Review.reviewer_id == user.id)
    return db.session.scalars(query).one()


def _require_free(actor: Actor, target: Target) -> None:
    against = conflicts.found_for(actor, target)
    if against:
        raise ForbiddenError(_("Je kunt dit niet beoordelen. %(why)s", why=" ".join(against)))


def _accept(actor: Actor, review: Review, given: ReviewInput) -> dict[str, Any]:
    _require_free(actor, load_target(review.target))
    answers = conflicts.require_declared(given.declared or {})
    return {
        "conflicts": answers,
        "acting_for_id": actor.acting_for_id,
        "expires_at": now() + HOLDS,
    }


def _decline(_actor: Actor, _review: Review, given: ReviewInput) -> dict[str, Any]:
    if given.decline_reason not in DECLINE_WORDS:
        _refuse("decline_reason", _("Kies een reden."))
    return {"decline_reason": given.decline_reason, "expires_at": None}


def _submit(actor: Actor, review: Review, given: ReviewInput) -> dict[str, Any]:
    _require_free(actor, load_target(review.target))
    fields: dict[str, list[str]] = {}
    scores = {name: getattr(given, name) for name in SCORES}
    for name, score in scores.items():
        if score is None or not LOWEST <= score <= HIGHEST:
            fields[name] = [_("Kies een stap van 1 tot en met 5.")]
    texts = {"strengths": given.strengths.strip(), "concerns": given.concerns.strip()}
    for name, text in texts.items():
        if not text:
            fields[name] = [_("Schrijf hier iets op; een paar zinnen is genoeg.")]
        elif len(text) > LONGEST:
            fields[name] = [_("Gebruik hoogstens %(most)s tekens.", most=LONGEST)]
    if fields:
        raise InvalidError(_("Er ontbreekt nog iets aan de beoordeling."), fields)
    pupil_guard.check("\n\n".join(texts.values()), confirmed=given.confirmed)
    return {**scores, **texts, "submitted_at": now(), "expires_at": None}


def _publish(_actor: Actor, _review: Review, _given: ReviewInput) -> dict[str, Any]:
    return {"published_at": now()}


def _again(actor: Actor, _review: Review, _given: ReviewInput) -> dict[str, Any]:
    return {
        "expires_at": now() + HOLDS, "invited_by_id": actor.id, "invited_at": now(),
        "decline_reason": "",
    }  # fmt: skip


def _longer(actor: Actor, review: Review, _given: ReviewInput) -> dict[str, Any]:
    if review.reviewer_id == actor.id:
        _require_free(actor, load_target(review.target))
    return {"expires_at": now() + HOLDS}


def _ended(_actor: Actor, _review: Review, _given: ReviewInput) -> dict[str, Any]:
    return {"expires_at": None}


def _nothing(_actor: Actor, _review: Review, _given: ReviewInput) -> dict[str, Any]:
    return {}


def _refuse(field: str, words: str) -> NoReturn:
    raise InvalidError(words, {field: [words]})


_VALUES: Mapping[ReviewAction, Callable[[Actor, Review, ReviewInput], dict[str, Any]]] = {
    A.ACCEPT: _accept,
    A.DECLINE: _decline,
    A.SUBMIT: _submit,
    A.PUBLISH: _publish,
    A.RETURN: _longer,
    A.RESUME: _longer,
    A.INVITE_AGAIN: _again,
    A.WITHDRAW: _ended,
    A.EXPIRE: _ended,
}
