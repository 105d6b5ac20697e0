"""The states of a review, and the only ways between them."""

import enum
from datetime import timedelta

from sqlalchemy import exists, select

from labapp.accounts.actors import Actor
from labapp.database import db, name_of
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import review_rights as rights
from labapp.labs.lab_models import Step
from labapp.labs.machine import Machine
from labapp.labs.review_models import Review, ReviewBasis, ReviewState
from labapp.labs.review_targets import load_target

HOLDS = timedelta(days=21)
REMINDED_ON = (7, 14)  # days after the invitation, or after one said yes


class ReviewAction(enum.Enum):
    ACCEPT = "accept"
    DECLINE = "decline"
    SUBMIT = "submit"
    RETURN = "return"
    PUBLISH = "publish"
    REPLY = "reply"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    WITHDRAW = "withdraw"
    INVITE_AGAIN = "invite_again"
    RESUME = "resume"
    EXPIRE = "expire"  # the platform: nobody answered


S, A = ReviewState, ReviewAction
OWN_STEPS = (A.EXPIRE,)
WAITING = (S.INVITED, S.ACCEPTED)
TRANSITIONS = {
    (S.INVITED, A.ACCEPT): S.ACCEPTED,
    (S.INVITED, A.DECLINE): S.DECLINED,
    (S.ACCEPTED, A.SUBMIT): S.SUBMITTED,
    (S.SUBMITTED, A.RETURN): S.ACCEPTED,
    (S.SUBMITTED, A.PUBLISH): S.PUBLISHED,
    (S.PUBLISHED, A.REPLY): S.PUBLISHED,
    (S.PUBLISHED, A.DISPUTE): S.DISPUTED,
    (S.DISPUTED, A.UPHOLD): S.PUBLISHED,
    **{
        (state, A.WITHDRAW): S.WITHDRAWN
        for state in (S.INVITED, S.ACCEPTED, S.SUBMITTED, S.PUBLISHED, S.DISPUTED)
    },
    (S.EXPIRED, A.INVITE_AGAIN): S.INVITED,
    (S.DECLINED, A.INVITE_AGAIN): S.INVITED,
    (S.EXPIRED, A.RESUME): S.ACCEPTED,
    **{(state, A.EXPIRE): S.EXPIRED for state in WAITING},
}
STATE_WORDS = {
    S.INVITED: _l("Gevraagd"),
    S.ACCEPTED: _l("Wordt geschreven"),
    S.SUBMITTED: _l("Bij de redactie"),
    S.PUBLISHED: _l("Gepubliceerd"),
    S.DECLINED: _l("Afgewezen"),
    S.EXPIRED: _l("Verlopen"),
    S.WITHDRAWN: _l("Teruggetrokken"),
    S.DISPUTED: _l("Bezwaar gemaakt"),
}
ACTION_WORDS = {
    A.ACCEPT: _l("Ik beoordeel dit"),
    A.DECLINE: _l("Ik doe het niet"),
    A.SUBMIT: _l("Lever de beoordeling in"),
    A.RETURN: _l("Vraag een aanpassing"),
    A.PUBLISH: _l("Publiceer"),
    A.REPLY: _l("Reageer namens de makers"),
    A.DISPUTE: _l("Maak bezwaar"),
    A.UPHOLD: _l("De beoordeling blijft staan"),
    A.WITHDRAW: _l("Trek terug"),
    A.INVITE_AGAIN: _l("Vraag opnieuw"),
    A.RESUME: _l("Schrijf toch een beoordeling"),
    A.EXPIRE: _l("Verlopen"),
}
BASIS_WORDS = {
    ReviewBasis.CONFIRMED_USE: _l("Van een school die het gebruikte"),
    ReviewBasis.EXPERT: _l("Van een gevraagde expert"),
}
DECLINE_WORDS = {
    "time": _l("Ik heb nu geen tijd."),
    "expertise": _l("Ik weet hier te weinig van."),
    "interest": _l("Ik heb er belang bij."),
    "other": _l("Een andere reden"),
}


def _of_system(actor: Actor, _review: Review) -> bool:
    return actor.is_system


def _may_withdraw(actor: Actor, review: Review) -> bool:
    """The reviewer from the moment one said yes; an editor what was not answered or is disputed."""
    if review.state in (S.INVITED, S.DISPUTED) and rights.is_editor(actor, review):
        return True
    return review.state is not S.INVITED and rights.is_reviewer(actor, review)


def _may_resume(actor: Actor, review: Review) -> bool:
    is_use = review.basis is ReviewBasis.CONFIRMED_USE
    return is_use and rights.is_reviewer(actor, review)


def _not_replied(review: Review) -> list[str]:
    return [_("Er is al een reactie; die geef je één keer.")] if review.replied_at else []


def _not_judged(review: Review) -> list[str]:
    judged = exists().where(Step.object == name_of(review), Step.action == A.UPHOLD.value)
    if db.session.scalar(select(judged)):
        return [_("De redactie besliste al over een bezwaar tegen deze beoordeling.")]
    return []


def _still_current(review: Review) -> list[str]:
    if load_target(review.target).is_current:
        return []
    return [_("Deze versie is niet meer de nieuwste. Beoordeel de nieuwe versie.")]


def _rests_on_use(review: Review) -> list[str]:
    if rights.has_basis(review):
        return []
    return [_("Het gebruiksverslag waar dit op rust is er niet meer.")]


def _can_begin(review: Review) -> list[str]:
    return [*_still_current(review), *_rests_on_use(review)]


MACHINE: Machine[Review, ReviewState, ReviewAction] = Machine(
    name="review",
    transitions=TRANSITIONS,
    may={
        A.ACCEPT: rights.is_reviewer,
        A.DECLINE: rights.is_reviewer,
        A.SUBMIT: rights.is_reviewer,
        A.RETURN: rights.is_editor,
        A.PUBLISH: rights.is_editor,
        A.REPLY: rights.answers_for_side,
        A.DISPUTE: rights.answers_for_side,
        A.UPHOLD: rights.is_editor,
        A.WITHDRAW: _may_withdraw,
        A.INVITE_AGAIN: rights.is_editor,
        A.RESUME: _may_resume,
        A.EXPIRE: _of_system,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={
        A.ACCEPT: _still_current,
        A.SUBMIT: _rests_on_use,
        A.PUBLISH: _rests_on_use,
        A.REPLY: _not_replied,
        A.DISPUTE: _not_judged,
        A.INVITE_AGAIN: _still_current,
        A.RESUME: _can_begin,
    },
    reasons=(A.RETURN, A.REPLY, A.DISPUTE, A.UPHOLD, A.WITHDRAW),
)
