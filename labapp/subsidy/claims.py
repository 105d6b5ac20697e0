"""Claims before they are submitted, and finding them: assemble, leave out hours, list."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind, User
from labapp.audit import AuditEvent
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import claim_plans, policies
from labapp.subsidy.claim_lines import Plan
from labapp.subsidy.claim_models import Claim, ClaimKind, ClaimState
from labapp.subsidy.scheme_models import Grant, Scheme, SchemeKind, SchemeVersion, VersionStatus
from labapp.subsidy.transitions import DECIDED

CHANGEABLE = (ClaimState.DRAFT, ClaimState.RETURNED)
LONGEST_NOTE = 4_000


@dataclass(frozen=True)
class Page:
    """A part of a list, and how many there are in all."""

    items: Sequence[Claim]
    total: int


def get_claim(actor: Actor, claim_id: int) -> Claim:
    """Give a claim that one may see; any other does not exist."""
    claim = db.session.scalar(
        select(Claim).where(Claim.id == claim_id, policies.claims_visible_to(actor))
    )
    if claim is None:
        raise NotFoundError(_("Deze claim bestaat niet, of je mag haar niet zien."))
    return claim


def list_events(claim: Claim) -> list[tuple[AuditEvent, User | None]]:
    """Give what the trail knows of a claim that one may see, and who did it, the first first."""
    query = (
        select(AuditEvent, User)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.object == name_of(claim))
        .order_by(AuditEvent.seq)
    )
    return [(event, user) for event, user in db.session.execute(query)]


def list_claims(
    actor: Actor,
    *,
    states: Collection[ClaimState] = (),
    version_id: int | None = None,
    branch_id: int | None = None,
    board_id: int | None = None,
    page: int = 1,
    per_page: int = 50,
) -> Page:
    """Give the claims that one may see, the newest first."""
    wanted: list[ColumnElement[bool]] = [policies.claims_visible_to(actor)]
    if states:
        wanted.append(Claim.state.in_(states))
    for column, value in (
        (Claim.scheme_version_id, version_id),
        (Claim.organisation_id, branch_id),
        (Claim.board_id, board_id),
    ):
        if value is not None:
            wanted.append(column == value)
    found = db.session.scalars(
        select(Claim)
        .where(*wanted)
        .options(joinedload(Claim.organisation), joinedload(Claim.board))
        .order_by(Claim.id.desc())
        .offset((page - 1) * per_page)
        .limit(per_page)
    )
    total = db.session.scalar(select(func.count()).select_from(Claim).where(*wanted))
    return Page(list(found), total or 0)


def list_all(
    *,
    states: Collection[ClaimState] = (),
    scheme: str | None = None,
    school_year: int | None = None,
) -> Iterator[Claim]:
    """Give every claim that was submitted, the oldest first: for who has the machine."""
    query = (
        select(Claim)
        .join(SchemeVersion, SchemeVersion.id == Claim.scheme_version_id)
        .join(Scheme, Scheme.id == SchemeVersion.scheme_id)
        .where(Claim.number.is_not(None))
        .order_by(Claim.id)
    )
    if states:
        query = query.where(Claim.state.in_(states))
    if scheme is not None:
        query = query.where(Scheme.code == scheme)
    if school_year is not None:
        query = query.where(SchemeVersion.school_year == school_year)
    yield from db.session.scalars(query)


def list_branches(actor: Actor) -> list[Organisation]:
    """Give the branches for which one may assemble claims, by name."""
    found = db.session.scalars(
        select(Organisation)
        .where(
            Organisation.kind == OrganisationKind.SCHOOL,
            policies.organisations_visible_to(actor),
        )
        .order_by(Organisation.name, Organisation.id)
    )
    return [branch for branch in found if policies.can_assemble(actor, branch)]


def assemble(
    actor: Actor,
    *,
    version_id: int,
    branch_id: int,
    instalment: int | None = None,
    note: str = "",
) -> Claim:
    """Start a claim of a branch: it proposes all approved hours; nothing is reserved yet."""
    version = _version(actor, version_id)
    branch = _branch(actor, branch_id)
    with transaction() as session:
        if version.status is not VersionStatus.ACTIVE:
            raise ConflictError(_("Bij deze regeling kan nu geen claim ingediend worden."))
        claim = _new(actor, version, branch, note)
        claim.instalment = instalment
        if version.kind is SchemeKind.FIXED and instalment is None:
            claim.instalment = _next_instalment(claim)
        session.add(claim)
        audit.record(
            actor.id, "claim.assembled", claim, on_behalf_of=actor.acting_for_id,
            changes={"branch": [None, branch.brin6], "scheme": [None, version.scheme.code]},
        )  # fmt: skip
    return claim


def correct(actor: Actor, original: Claim, *, note: str = "") -> Claim:
    """Start a claim that corrects a decided one, with the reversals approved since."""
    branch = _branch(actor, original.organisation_id)
    with transaction() as session:
        if original.state not in DECIDED:
            raise ConflictError(_("Alleen een claim waarover beslist is kun je corrigeren."))
        claim = _new(actor, original.scheme_version, branch, note)
        claim.kind, claim.board_id = ClaimKind.CORRECTION, original.board_id
        claim.corrects_id = original.corrects_id or original.id
        claim.grant_id = original.grant_id
        session.add(claim)
        audit.record(
            actor.id, "claim.correction_assembled", claim, on_behalf_of=actor.acting_for_id,
            changes={"corrects": [None, original.number]},
        )  # fmt: skip
    return claim


def change_claim(
    actor: Actor,
    claim: Claim,
    *,
    version: int,
    excluded_entries: Sequence[str] | None = None,
    note: str | None = None,
    instalment: int | None = None,
) -> None:
    """Say what to leave out of a draft or a returned claim; the version is the one one read."""
    with transaction():
        require_assembler(actor, claim)
        require_version(claim, version)
        if claim.state not in CHANGEABLE:
            raise ConflictError(_("Deze claim is ingediend en verandert niet meer."))
        if excluded_entries is not None:
            claim.excluded_entries = sorted(set(excluded_entries))
        if note is not None:
            claim.note = checked_note(note)
        if instalment is not None:
            claim.instalment = instalment
        audit.record(
            actor.id, "claim.changed", claim, on_behalf_of=actor.acting_for_id,
            changes={"left_out": [None, len(claim.excluded_entries)]},
        )  # fmt: skip


def remove_draft(actor: Actor, claim: Claim, *, version: int) -> None:
    """Throw away a draft; it never had a number."""
    with transaction() as session:
        require_assembler(actor, claim)
        require_version(claim, version)
        if claim.state is not ClaimState.DRAFT:
            raise ConflictError(_("Alleen een concept kun je weggooien."))
        audit.record(actor.id, "claim.removed", claim, on_behalf_of=actor.acting_for_id)
        session.delete(claim)


def preview(actor: Actor, claim: Claim) -> Plan:
    """Give what a draft or returned claim would ask for now, with its problems.

    It is for who makes the claim; the office sees what was submitted.
    """
    get_claim(actor, claim.id)
    if not may_preview(actor, claim):
        raise ForbiddenError(_("Alleen de schoolleider of het bestuur stelt claims samen."))
    if claim.state not in CHANGEABLE:
        raise ConflictError(_("Deze claim is ingediend en verandert niet meer."))
    return claim_plans.make_plan(claim)


def may_preview(actor: Actor, claim: Claim) -> bool:
    """Whether one makes or submits the claim, or reads everything."""
    makes = policies.can_assemble(actor, claim.organisation) or policies.can_submit(actor, claim)
    return makes or policies.reads_all(actor)


def require_version(claim: Claim, version: int) -> None:
    """Refuse what was decided about another version of the claim than there is now."""
    if claim.version != version:
        raise ConflictError(
            _("Deze claim is intussen veranderd. Laad de pagina opnieuw en kijk wat er staat.")
        )


def require_assembler(actor: Actor, claim: Claim) -> None:
    if not policies.can_assemble(actor, claim.organisation):
        raise ForbiddenError(_("Alleen de schoolleider of het bestuur stelt claims samen."))


def checked_note(note: str) -> str:
    words = note.strip()
    if len(words) > LONGEST_NOTE:
        too_long = _("Schrijf hoogstens 4000 tekens.")
        raise InvalidError(too_long, {"note": [too_long]})
    return words


def _new(actor: Actor, version: SchemeVersion, branch: Organisation, note: str) -> Claim:
    if branch.board_id is None:
        raise ConflictError(_("Deze vestiging heeft geen bestuur dat kan indienen."))
    grant = db.session.scalar(
        select(Grant).where(
            Grant.scheme_version_id == version.id, Grant.organisation_id == branch.id
        )
    )
    return Claim(
        scheme_version_id=version.id,
        scheme_version=version,
        board_id=branch.board_id,
        organisation_id=branch.id,
        grant_id=grant.id if grant else None,
        grant=grant,
        note=checked_note(note),
        created_by_id=actor.require_user().id,
    )


def _next_instalment(claim: Claim) -> int | None:
    amounts = claim_plans.instalments(claim.grant)
    taken = claim_plans.claimed_instalments(claim) if claim.grant else set()
    return next((n for n in range(1, len(amounts) + 1) if n not in taken), None)


def _version(actor: Actor, version_id: int) -> SchemeVersion:
    version = db.session.scalar(
        select(SchemeVersion).where(
            SchemeVersion.id == version_id, policies.versions_visible_to(actor)
        )
    )
    if version is None:
        raise NotFoundError(_("Deze regeling bestaat niet, of je mag haar niet zien."))
    return version


def _branch(actor: Actor, branch_id: int) -> Organisation:
    """Give a branch for which one assembles; any other does not exist for the purpose."""
    branch = db.session.get(Organisation, branch_id)
    if branch is None or not policies.can_assemble(actor, branch):
        raise NotFoundError(_("Deze vestiging bestaat niet, of is niet van jou."))
    return branch
