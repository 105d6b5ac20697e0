"""Declarations (urenstaten): signed by the person, approved by another, never silently changed."""

from collections.abc import Container, Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.jobs import services as jobs
from labapp.subsidy import policies
from labapp.subsidy.claim_models import Allocation
from labapp.subsidy.declaration_checks import require_free, require_signable
from labapp.subsidy.declaration_snapshots import hash_of, make_snapshot, with_approver
from labapp.subsidy.declaration_states import Action, require
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry
from labapp.subsidy.surroundings import lock_people

TELL = "subsidy.tell_decision"
LONGEST_REASON = 1000
MOST = 500  # approved together


def get_declaration(actor: Actor, declaration_id: int) -> Declaration:
    """Give a declaration that one may see."""
    found = db.session.scalar(
        select(Declaration)
        .where(Declaration.id == declaration_id, policies.declarations_visible_to(actor))
        .options(selectinload(Declaration.entries))
    )
    if found is None:
        raise NotFoundError(_("Deze urenstaat bestaat niet, of je mag hem niet zien."))
    return found


def submit(actor: Actor, declaration: Declaration, version: int) -> Declaration:
    """Sign one's own declaration: from now on its hours are frozen."""
    _require_scope(actor, "hours:write")
    number, owner = declaration.id, declaration.user_id
    with transaction() as session:
        lock_people([owner])
        one = _lock(actor, number, version)
        if not policies.can_sign(actor, one):
            raise ForbiddenError(_("Alleen de persoon zelf ondertekent een urenstaat."))
        transition = require(Action.SUBMIT, one)
        held = select(Affiliation).where(
            Affiliation.user_id == owner, Affiliation.organisation_id == one.organisation_id
        )
        affiliations = session.scalars(held).all()
        require_signable(one, affiliations)
        with session.no_autoflush:  # it is signed in one change
            one.statement, one.reason = one.scheme_version.statement, ""
            one.snapshot = make_snapshot(one, one.entries, affiliations)
            one.snapshot_sha256 = hash_of(one.snapshot)
            one.signed_at, one.signed_by_id = now(), actor.id
            one.state = transition.end
        _record(actor, Action.SUBMIT, one, transition.start, sha=one.snapshot_sha256)
        return one


def withdraw(actor: Actor, declaration: Declaration, version: int) -> Declaration:
    """Take one's own signature back, before it was approved."""
    _require_scope(actor, "hours:write")
    number = declaration.id
    with transaction():
        one = _lock(actor, number, version)
        if not policies.can_sign(actor, one):
            raise ForbiddenError(_("Alleen de persoon zelf trekt een urenstaat in."))
        return _open_again(actor, Action.WITHDRAW, one, "")


def approve(actor: Actor, declaration: Declaration, version: int) -> Declaration:
    """Approve somebody else's signed declaration."""
    return approve_many(actor, [(declaration.id, version)])[0]


def approve_many(actor: Actor, wanted: Sequence[tuple[int, int]]) -> list[Declaration]:
    """Approve several declarations (id and version that was read), all or none."""
    _require_scope(actor, "hours:approve")
    if not 1 <= len(wanted) <= MOST:
        raise InvalidError(_("Kies een of meer urenstaten."))
    with transaction() as session:
        found = [_lock(actor, number, version) for number, version in sorted(set(wanted))]
        leaders = policies.leaders_among([(one.user_id, one.organisation_id) for one in found])
        for one in found:
            require(Action.APPROVE, one)
            _require_approver(actor, one, leaders)
        for one in found:
            one.state = DeclarationState.APPROVED
            one.approved_at, one.approved_by_id, one.reason = now(), actor.id, ""
            one.snapshot = with_approver(one.snapshot, actor.require_user().name)
        session.flush()
        _tell(Action.APPROVE, found)
        for one in found:
            _record(actor, Action.APPROVE, one, DeclarationState.SUBMITTED, sha=one.snapshot_sha256)
        return found


def reject(actor: Actor, declaration: Declaration, version: int, reason: str) -> Declaration:
    """Give a signed declaration back to its person, with the reason."""
    _require_scope(actor, "hours:approve")
    number = declaration.id
    with transaction():
        one = _lock(actor, number, version)
        require(Action.REJECT, one)
        _require_approver(actor, one)
        return _open_again(actor, Action.REJECT, one, reason)


def reopen(actor: Actor, declaration: Declaration, version: int, reason: str) -> Declaration:
    """Open an approved declaration whose hours are in no claim: both signatures are void."""
    _require_scope(actor, "hours:approve")
    number, owner = declaration.id, declaration.user_id
    with transaction():
        lock_people([owner])
        one = _lock(actor, number, version)
        require(Action.REOPEN, one)
        if not policies.can_reopen(actor, one):
            raise ForbiddenError(_("Je kunt deze urenstaat niet heropenen."))
        if _is_claimed(one):
            raise ConflictError(
                _("Uren van deze urenstaat staan in een claim. Corrigeer ze met een tegenboeking.")
            )
        require_free(one)
        _make_room(actor, one)
        return _open_again(actor, Action.REOPEN, one, reason)


def why_not_approve(
    actor: Actor, declaration: Declaration, leaders: Container[tuple[int, int]] | None = None
) -> str | None:
    """Say why somebody who sees a signed declaration cannot approve it; None when they can."""
    pair = (declaration.user_id, declaration.organisation_id)
    known = policies.leaders_among([pair]) if leaders is None else leaders
    if policies.can_approve(actor, declaration, known):
        return None
    if actor.id == declaration.user_id:
        return _("Je kunt je eigen uren niet goedkeuren.")
    if any(actor.id in entry.touched_by for entry in declaration.entries):
        return _("Je hebt zelf uren in deze urenstaat ingevuld. Laat een ander hem goedkeuren.")
    if pair in known:
        return _("Uren van een schoolleider keurt de controller van het bestuur goed.")
    return _("De schoolleider van de vestiging keurt deze uren goed.")


def _lock(actor: Actor, number: int, version: int) -> Declaration:
    """Read a declaration as it is now and let nobody else change it; refuse an older reading."""
    query = (
        select(Declaration)
        .where(Declaration.id == number, policies.declarations_visible_to(actor))
        .options(selectinload(Declaration.entries))
        .with_for_update(of=Declaration)
        .execution_options(populate_existing=True)
    )
    one = db.session.scalar(query)
    if one is None:
        raise NotFoundError(_("Deze urenstaat bestaat niet, of je mag hem niet zien."))
    if one.version != version:
        raise ConflictError(
            _("Iemand anders heeft deze urenstaat intussen gewijzigd. Laad de pagina opnieuw."),
            theirs={"version": one.version, "state": one.state.value},
            yours={"version": version},
        )
    return one


def _require_approver(
    actor: Actor, one: Declaration, leaders: Container[tuple[int, int]] | None = None
) -> None:
    words = why_not_approve(actor, one, leaders)
    if words is not None:
        raise ForbiddenError(words)


def _open_again(actor: Actor, action: Action, one: Declaration, reason: str) -> Declaration:
    """Make the signatures void and let the hours be changed again."""
    transition = require(action, one)
    said = reason.strip()
    if transition.needs_reason and not 1 <= len(said) <= LONGEST_REASON:
        words = _("Geef een reden van hoogstens 1000 tekens.")
        raise InvalidError(words, {"reason": [words]})
    one.state, one.reason = transition.end, said
    one.statement, one.snapshot, one.snapshot_sha256 = "", None, None
    one.signed_at = one.signed_by_id = one.approved_at = one.approved_by_id = None
    db.session.flush()
    if action is not Action.WITHDRAW:
        _tell(action, [one])
    _record(actor, action, one, transition.start, reason=said or None)
    return one


def _make_room(actor: Actor, one: Declaration) -> None:
    """Take away an empty supplementary declaration: of a month one is open at a time."""
    other = db.session.scalar(
        select(Declaration).where(
            Declaration.user_id == one.user_id,
            Declaration.organisation_id == one.organisation_id,
            Declaration.scheme_version_id == one.scheme_version_id,
            Declaration.month == one.month,
            Declaration.id != one.id,
            Declaration.state != DeclarationState.APPROVED,
        )
    )
    if other is None:
        return
    if other.entries:
        raise ConflictError(
            _("Er is een aanvullende urenstaat van deze maand. Laat die eerst goedkeuren.")
        )
    audit.record(actor.id, "declaration.removed", other, on_behalf_of=actor.acting_for_id)
    db.session.delete(other)
    db.session.flush()


def _is_claimed(one: Declaration) -> bool:
    claimed = (
        select(Allocation.id)
        .join(HourEntry, HourEntry.id == Allocation.entry_id)
        .where(HourEntry.declaration_id == one.id, Allocation.released_at.is_(None))
    )
    return db.session.scalar(claimed.limit(1)) is not None


def _require_scope(actor: Actor, scope: str) -> None:
    if not actor.may(scope):
        raise ForbiddenError(_("Dit token mag dit niet: %(scope)s.", scope=scope))


def _tell(action: Action, found: Sequence[Declaration]) -> None:
    """Let the people read in a mail what was decided."""
    jobs.enqueue(TELL, {"action": action.value, "declarations": [one.id for one in found]})


def _record(
    actor: Actor,
    action: Action,
    one: Declaration,
    start: DeclarationState,
    *,
    sha: str | None = None,
    reason: str | None = None,
) -> None:
    changes: dict[str, list[str | None]] = {"state": [start.value, one.state.value]}
    if sha:
        changes["snapshot_sha256"] = [None if action is Action.SUBMIT else sha, sha]
    audit.record(
        actor.id, f"declaration.{action.value}", one, changes=changes,
        on_behalf_of=actor.acting_for_id, reason=reason,
    )  # fmt: skip
