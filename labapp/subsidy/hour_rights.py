"""Who writes hours of whom. Only the person signs for them, whoever wrote them."""

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, Role
from labapp.subsidy import policies


def can_write_for(actor: Actor, user_id: int, branch: Organisation | None) -> bool:
    """Whether one writes hours of a person: one's own, or at a branch that one looks after.

    Who wrote hours of another never approves them: see `policies.can_approve`.
    """
    return actor.id == user_id or looks_after(actor, branch)


def looks_after(actor: Actor, branch: Organisation | None) -> bool:
    """Whether one is coach or leader of a branch, controller of its board, or a command."""
    if actor.is_system:
        return True
    if branch is None:
        return False
    roles = (Role.INTERNAL_COACH, Role.EXPERT_COACH, Role.SCHOOL_LEADER)
    here = actor.has_role(*roles, organisation_id=branch.id)
    return here or policies.controls(actor, branch)


def can_see_import(actor: Actor) -> bool:
    """Whether one brings hours of others in from a file, somewhere."""
    return actor.is_system or actor.has_role(
        Role.INTERNAL_COACH, Role.EXPERT_COACH, Role.SCHOOL_LEADER, Role.BOARD_CONTROLLER
    )
