"""Who may see and do what with hours, claims and schemes (spec/subsidy.md 3.3).

Rights are on persons and organisations of today. An administrator has none here: keeping the
system and moving its money are apart. Each `..._visible_to` is the one filter that lists, counts,
searches and exports share; what it leaves out does not exist for the actor (404).
"""

from collections.abc import Collection, Container

from sqlalchemy import ColumnElement, false, select, true

from labapp.accounts.actors import Actor
from labapp.accounts.models import (
    Affiliation,
    AffiliationStatus,
    Organisation,
    OrganisationKind,
    Role,
)
from labapp.database import db
from labapp.subsidy.claim_models import Claim, ClaimState
from labapp.subsidy.hour_models import Declaration, HourEntry, HourProposal
from labapp.subsidy.scheme_models import Grant, Participation, SchemeVersion, VersionStatus

TRAIL_OBJECTS = frozenset({
    "claims", "declarations", "grants", "hour_entries", "hour_import_batches", "hour_proposals",
    "payment_batches", "recoveries",
})  # fmt: skip
"""Tables whose events in the audit trail say what was written, claimed or decided."""


def organisations_of(actor: Actor, *roles: Role) -> list[int]:
    """Give where one holds any of these roles today."""
    return sorted({a.organisation_id for a in actor.affiliations if a.role in roles})


def reads_all(actor: Actor) -> bool:
    """Whether one reads everything, the trail included."""
    return actor.has_role(Role.AUDITOR)


def is_office(actor: Actor) -> bool:
    """Whether one assesses, decides and pays for the programme."""
    return actor.has_role(Role.PROGRAMME_OFFICER)


def branches_of(boards: list[int]) -> ColumnElement[bool]:
    """The condition, on Organisation, that a branch is of one of these boards."""
    return Organisation.board_id.in_(boards)


def _of_my_branches(actor: Actor, column: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that `column` is a branch that one leads, or whose board one controls."""
    led = organisations_of(actor, Role.SCHOOL_LEADER)
    boards = organisations_of(actor, Role.BOARD_CONTROLLER)
    if not led and not boards:
        return false()
    of_board = select(Organisation.id).where(branches_of(boards))
    return column.in_(led) | column.in_(of_board)


def entries_visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own everywhere; a leader those of that branch, a controller those of that board."""
    if reads_all(actor):
        return true()
    if actor.user is None:
        return false()
    mine = HourEntry.user_id == actor.user.id
    return mine | _of_my_branches(actor, HourEntry.__table__.c.organisation_id)


def declarations_visible_to(actor: Actor) -> ColumnElement[bool]:
    """As `entries_visible_to`."""
    if reads_all(actor):
        return true()
    if actor.user is None:
        return false()
    mine = Declaration.user_id == actor.user.id
    return mine | _of_my_branches(actor, Declaration.__table__.c.organisation_id)


def proposals_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Only one's own: they are nobody's hours yet."""
    return HourProposal.user_id == actor.user.id if actor.user else false()


def claims_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Those of one's branch or board; the office sees what was submitted, the auditor all."""
    if reads_all(actor):
        return true()
    boards = organisations_of(actor, Role.BOARD_CONTROLLER, Role.EXPORTER)
    led = organisations_of(actor, Role.SCHOOL_LEADER)
    mine = Claim.board_id.in_(boards) | Claim.organisation_id.in_(led)
    if is_office(actor) or exports_all(actor):
        return mine | (Claim.state != ClaimState.DRAFT)
    return mine


def organisations_visible_to(actor: Actor) -> ColumnElement[bool]:
    """The branches whose progress and overviews one sees, as a condition on Organisation."""
    if reads_all(actor) or is_office(actor) or exports_all(actor):
        return true()
    boards = organisations_of(actor, Role.BOARD_CONTROLLER, Role.EXPORTER)
    led = organisations_of(actor, Role.SCHOOL_LEADER)
    return Organisation.id.in_(led) | branches_of(boards)


def versions_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Who signed in sees the schemes in force; the office and the auditor see drafts too."""
    if is_office(actor) or reads_all(actor) or actor.is_system:
        return true()
    return SchemeVersion.status != VersionStatus.DRAFT if actor.is_signed_in else false()


def participations_visible_to(actor: Actor) -> ColumnElement[bool]:
    """What one's organisation takes part in; the office and the auditor see all."""
    return _of_own(actor, Participation.__table__.c.organisation_id)


def grants_visible_to(actor: Actor) -> ColumnElement[bool]:
    """As `claims_visible_to`, by branch: grants are of leaders, boards, office and auditor."""
    if reads_all(actor) or is_office(actor) or exports_all(actor):
        return true()
    return _of_my_branches(actor, Grant.__table__.c.organisation_id)


def _of_own(actor: Actor, column: ColumnElement[int]) -> ColumnElement[bool]:
    if reads_all(actor) or is_office(actor) or exports_all(actor):
        return true()
    mine = column.in_(sorted(actor.organisation_ids))
    return mine | _of_my_branches(actor, column)


def manages_schemes(actor: Actor) -> bool:
    """Whether one enters schemes, participations and grants: the office, or a command."""
    return is_office(actor) or actor.is_system


def leads(actor: Actor, organisation_id: int) -> bool:
    return actor.has_role(Role.SCHOOL_LEADER, organisation_id=organisation_id)


def controls(actor: Actor, branch: Organisation) -> bool:
    """Whether one is controller of the board of a branch."""
    return branch.board_id is not None and actor.has_role(
        Role.BOARD_CONTROLLER, organisation_id=branch.board_id
    )


def can_sign(actor: Actor, declaration: Declaration) -> bool:
    """Only the person, never on behalf of another."""
    return actor.user is not None and actor.user.id == declaration.user_id


def can_approve(
    actor: Actor, declaration: Declaration, leaders: Container[tuple[int, int]] | None = None
) -> bool:
    """The leader of the branch; for a leader's own hours the controller of the board.

    Never the person, and nobody who made or changed one of the entries. Who looks at many gives
    the `leaders` of them all.
    """
    if actor.user is None or actor.user.id == declaration.user_id:
        return False
    if any(actor.user.id in entry.touched_by for entry in declaration.entries):
        return False
    pair = (declaration.user_id, declaration.organisation_id)
    if pair in (leaders_among([pair]) if leaders is None else leaders):
        return controls(actor, declaration.organisation)
    return leads(actor, declaration.organisation_id)


def declarations_approvable_by(actor: Actor) -> ColumnElement[bool]:
    """As `can_approve` for lists and counts, but for who made or changed one of the entries."""
    of_leader = select(Affiliation.id).where(
        Affiliation.user_id == Declaration.user_id,
        Affiliation.organisation_id == Declaration.organisation_id,
        Affiliation.role == Role.SCHOOL_LEADER,
        Affiliation.status == AffiliationStatus.CONFIRMED,
    ).exists()  # fmt: skip
    led = Declaration.organisation_id.in_(organisations_of(actor, Role.SCHOOL_LEADER))
    boards = organisations_of(actor, Role.BOARD_CONTROLLER)
    controlled = Declaration.organisation_id.in_(select(Organisation.id).where(branches_of(boards)))
    mine = (led & ~of_leader) | (controlled & of_leader)
    return declarations_visible_to(actor) & (Declaration.user_id != actor.id) & mine


def can_reopen(actor: Actor, declaration: Declaration) -> bool:
    """The approver's role, or the controller of the board."""
    if actor.user is None or actor.user.id == declaration.user_id:
        return False
    return can_approve(actor, declaration) or controls(actor, declaration.organisation)


def leaders_among(pairs: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
    """Give which persons lead these branches, or ever did: hours of a leader go to the board.

    That somebody asked for the role is not enough.
    """
    held = select(Affiliation.user_id, Affiliation.organisation_id).where(
        Affiliation.user_id.in_({user_id for user_id, _branch in pairs}),
        Affiliation.organisation_id.in_({branch for _user, branch in pairs}),
        Affiliation.role == Role.SCHOOL_LEADER,
        Affiliation.status == AffiliationStatus.CONFIRMED,
    )
    return {(user_id, branch) for user_id, branch in db.session.execute(held)}


def is_led_by(user_id: int, organisation_id: int) -> bool:
    """Whether a person leads a branch, now or at any time."""
    return bool(leaders_among([(user_id, organisation_id)]))


def can_assemble(actor: Actor, branch: Organisation) -> bool:
    """Whether one prepares claims of a branch: its leader or the controller of its board."""
    return leads(actor, branch.id) or controls(actor, branch)


def can_submit(actor: Actor, claim: Claim) -> bool:
    """Only the controller of the board may sign a claim."""
    return actor.has_role(Role.BOARD_CONTROLLER, organisation_id=claim.board_id)


def exports_all(actor: Actor) -> bool:
    """Whether one may take out files of every board: auditor, or exporter of the office."""
    if reads_all(actor):
        return True
    return any(
        a.role is Role.EXPORTER and a.organisation.kind is OrganisationKind.PROGRAMME_OFFICE
        for a in actor.affiliations
    )


def can_export(actor: Actor, board_id: int) -> bool:
    """Whether one may take out files of a board. It is a right of its own."""
    return exports_all(actor) or actor.has_role(Role.EXPORTER, organisation_id=board_id)
