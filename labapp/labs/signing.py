"""Signing a finding: each side for itself, on the very text that it read."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError
from labapp.i18n import gettext as _
from labapp.labs import policies
from labapp.labs.finding_models import Finding, FindingVersion, Signature, VersionState
from labapp.labs.finding_states import MACHINE, FindingAction, both_signed
from labapp.labs.finding_writing import void_signatures
from labapp.labs.lab_models import Lab, LabMembership, LabRole, LabRoleKind, Side
from labapp.labs.machine import lock, require_version
from labapp.notifications import emitting

SIGNING, CHANGES_REQUESTED = "finding.signing", "finding.changes_requested"
A = FindingAction


@dataclass(frozen=True)
class Step:
    """What somebody asks: the version that was read (None: the platform), why, and what more."""

    version: int | None
    reason: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def valid_signatures(made: FindingVersion) -> list[Signature]:
    """Give the signatures that count: on the present text."""
    query = (
        select(Signature)
        .where(Signature.finding_version_id == made.id, Signature.voided_at.is_(None))
        .order_by(Signature.id)
    )
    return list(db.session.scalars(query))


def own_side_signed(actor: Actor, made: FindingVersion) -> bool:
    """Whether the side that one leads has signed."""
    side = policies.lead_side(actor, made.finding.lab)
    return any(one.side is side for one in valid_signatures(made))


def start_signing(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Ask the leads of both sides to sign."""
    MACHINE.perform(
        actor, made, A.START_SIGNING, version=step.version, values={"signing_since": now()}
    )
    ask_to_sign(actor, made)


def ask_to_sign(actor: Actor, made: FindingVersion) -> None:
    """Tell the leads that a text waits for them: once for each text."""
    leads = policies.members_of(made.finding.lab_id, None, LabRoleKind.LEAD)
    emitting.emit(
        actor,
        SIGNING,
        made.finding,
        db.session.scalars(leads).all(),
        key=f"{made.id}:{made.content_hash}",
    )


def sign(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Sign for one's own side; with both sides it goes to the editors.

    `content_hash` is that of the text that was read: another text is not signed unread.
    """
    lock(made)
    MACHINE.require(actor, made, A.SIGN)
    require_version(made, step.version)
    side = policies.lead_side(actor, made.finding.lab)
    if side is None:
        raise ForbiddenError(_("Alleen een trekker tekent, voor de eigen kant."))
    _require_text(made, str(step.more.get("content_hash", "")))
    _add(actor, made, side, is_silent=False)
    MACHINE.perform(actor, made, A.SIGN, reason=step.reason)
    _complete(made)


def take_back(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Take a text back to write on; signatures on it are void."""
    MACHINE.perform(actor, made, A.TAKE_BACK, version=step.version, reason=step.reason)
    void_signatures(made)


def request_changes(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Give a text back with what must be other; signatures on it are void."""
    MACHINE.perform(
        actor, made, A.REQUEST_CHANGES, version=step.version, reason=step.reason,
        values={"request_note": step.reason.strip(), "requested_by_id": actor.id},
    )  # fmt: skip
    void_signatures(made)
    writers = [number for number in (made.author_id, made.saved_by_id) if number]
    leads = policies.members_of(made.finding.lab_id, None, LabRoleKind.LEAD)
    people = {*writers, *db.session.scalars(leads)}
    emitting.emit(actor, CHANGES_REQUESTED, made.finding, people)


def approve_in_silence() -> int:
    """Sign for the side that did not answer in time, in labs that chose so; give how many.

    One side must have signed itself: silence of both is no approval. A lead of the silent side is
    named, as who did not object.
    """
    query = (
        select(FindingVersion.id)
        .join(Finding, Finding.id == FindingVersion.finding_id)
        .join(Lab, Lab.id == Finding.lab_id)
        .where(
            FindingVersion.state == VersionState.SIGNING,
            FindingVersion.signing_since.is_not(None),
            Lab.silent_approval_days.is_not(None),
        )
        .order_by(FindingVersion.id)
    )
    return sum(_approve(number) for number in db.session.scalars(query).all())


def silent_from(made: FindingVersion) -> Any:
    """Give the moment from which silence is approval; None where the lab did not choose so."""
    days = made.finding.lab.silent_approval_days
    if days is None or made.signing_since is None:
        return None
    return made.signing_since + timedelta(days=days)


def _approve(number: int) -> bool:
    with transaction() as session:
        made = session.get_one(FindingVersion, number)
        lock(made)
        moment = silent_from(made)
        if made.state is not VersionState.SIGNING or moment is None or now() < moment:
            return False
        signed = valid_signatures(made)
        silent = set(Side) - {one.side for one in signed}
        if len(silent) != 1:
            return False
        side = silent.pop()
        lead = _a_lead(made.finding.lab_id, side, {one.user_id for one in signed})
        if lead is None:
            return False
        user, organisation_id = lead
        _insert(made, side, user, organisation_id, is_silent=True)
        MACHINE.perform(Actor.system(), made, A.COMPLETE)
    return True


def _a_lead(lab_id: int, side: Side, others: set[int]) -> tuple[User, int | None] | None:
    leads = policies.members_of(lab_id, side, LabRoleKind.LEAD)
    query = (
        select(User, LabMembership.organisation_id)
        .join(LabRole, LabRole.user_id == User.id)
        .join(LabMembership, LabMembership.id == LabRole.membership_id)
        .where(
            User.id.in_(leads),
            User.id.not_in(others),
            LabRole.lab_id == lab_id,
            LabRole.side == side,
            LabRole.kind == LabRoleKind.LEAD,
        )
        .order_by(LabRole.id)
        .limit(1)
    )
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row else None


def _require_text(made: FindingVersion, content_hash: str) -> None:
    if content_hash != made.content_hash:
        raise ConflictError(
            _("De tekst is intussen gewijzigd. Lees hem opnieuw voor je tekent."),
            theirs={"content_hash": made.content_hash},
            yours={"content_hash": content_hash},
        )


def _add(actor: Actor, made: FindingVersion, side: Side, *, is_silent: bool) -> None:
    user = actor.require_user()
    for known in valid_signatures(made):
        if known.side is side:
            raise ConflictError(_("Jouw kant heeft deze tekst al getekend."))
        if known.user_id == user.id:
            raise ForbiddenError(_("Je tekende al voor de andere kant."))
    _insert(made, side, user, actor.acting_for_id, is_silent=is_silent)


def _insert(
    made: FindingVersion, side: Side, user: User, organisation_id: int | None, *, is_silent: bool
) -> None:
    session = db.session()
    session.add(
        Signature(
            finding_version_id=made.id,
            side=side,
            user_id=user.id,
            name=user.name,
            acting_for_id=organisation_id,
            content_hash=made.content_hash,
            is_silent=is_silent,
        )
    )
    session.flush()


def _complete(made: FindingVersion) -> None:
    if both_signed(made):
        MACHINE.perform(Actor.system(), made, A.COMPLETE)
