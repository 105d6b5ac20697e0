"""Taking a step with a finding: the one way in which a version changes its state."""

from collections.abc import Callable, Mapping
from typing import Any

from labapp.accounts.actors import Actor
from labapp.database import transaction
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.labs import corrections, publishing, signing
from labapp.labs.finding_content import required
from labapp.labs.finding_models import FindingVersion
from labapp.labs.finding_states import MACHINE, OWN_STEPS, FindingAction
from labapp.labs.machine import lock
from labapp.labs.policies import is_broker
from labapp.labs.signing import Step

A = FindingAction
BY_EDITOR = (A.PUBLISH, A.SCHEDULE)
NEEDS_ALL = (A.SUBMIT, A.START_SIGNING, A.SIGN, A.PUBLISH, A.SCHEDULE)


def perform(
    actor: Actor,
    made: FindingVersion,
    action: FindingAction,
    *,
    version: int | None,
    reason: str = "",
    **more: Any,
) -> None:
    """Take a step with all that belongs to it, or none of it.

    `version` is the one that was read. `more`: `content_hash` to sign; `no_interest` to publish;
    `reason_code` for errata and retractions; `changes` for a repair.
    """
    with transaction() as session:
        lock(made)
        if action in BY_EDITOR and is_broker(actor):
            publishing.explain_conflict(actor, made)
        MACHINE.require(actor, made, action)
        if action in NEEDS_ALL:
            check_complete(made)
        _DOERS.get(action, _plainly(action))(actor, made, Step(version, reason, more))
        session.flush()


def check_complete(made: FindingVersion) -> None:
    """Refuse a text in which something is missing, with the words at each field."""
    missing = required(made.content, len(made.contributors))
    if missing:
        raise InvalidError(_("Er ontbreekt nog iets aan de bevinding."), missing)


def actions(actor: Actor, made: FindingVersion) -> list[FindingAction]:
    """Give what somebody can do now with a version, nothing being in the way but the text."""
    found = [one for one in MACHINE.actions(actor, made) if one not in OWN_STEPS]
    blocked = {one for one in found if MACHINE.missing(made, one)}
    if A.SIGN in found and _has_signed(actor, made):
        blocked.add(A.SIGN)
    return [one for one in found if one not in blocked]


def _has_signed(actor: Actor, made: FindingVersion) -> bool:
    return any(one.user_id == actor.id for one in signing.valid_signatures(made)) or (
        signing.own_side_signed(actor, made)
    )


def _plainly(action: FindingAction) -> Callable[[Actor, FindingVersion, Step], None]:
    def perform_plainly(actor: Actor, made: FindingVersion, step: Step) -> None:
        MACHINE.perform(actor, made, action, version=step.version, reason=step.reason)

    return perform_plainly


_DOERS: Mapping[FindingAction, Callable[[Actor, FindingVersion, Step], None]] = {
    A.START_SIGNING: signing.start_signing,
    A.TAKE_BACK: signing.take_back,
    A.SIGN: signing.sign,
    A.REQUEST_CHANGES: signing.request_changes,
    A.PUBLISH: publishing.publish,
    A.SCHEDULE: publishing.schedule,
    A.REPAIR: corrections.repair,
    A.CORRECT: corrections.correct,
    A.START_VERSION: corrections.start_version,
    A.ASK_RETRACTION: corrections.ask_retraction,
    A.REFUSE_RETRACTION: corrections.refuse_retraction,
    A.RETRACT: corrections.retract,
}
