"""What the pages of taking part in a lab show: which buttons, which forms, what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.labs import lab_rights, lab_words, policies, roles, rules, school_years
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    MembershipKind,
    MembershipState,
)
from labapp.labs.lab_states import has_agreed
from labapp.labs.membership_rows import current_roles
from labapp.labs.membership_states import ACTION_WORDS, MACHINE, MembershipAction
from labapp.labs.rule_models import ProgrammeRule

A = MembershipAction
OWN_PLACE = frozenset({A.CHANGE_KIND})  # answered beside the wish, not among the steps
TONES = {
    MembershipState.INVITED: "sun", MembershipState.REQUESTED: "sun", MembershipState.ACTIVE: "ok",
    MembershipState.SUSPENDED: "red",
}  # fmt: skip


@dataclass(frozen=True)
class Possible:
    """A step that whoever looks can take, and what is missing first."""

    action: str
    words: str
    missing: Sequence[str]
    asks_reason: bool
    asks_agreement: bool


@dataclass(frozen=True)
class View:
    """What one page about a membership shows, and lets whoever looks do."""

    row: LabMembership
    steps: Sequence[Possible]
    roles: Sequence[LabRole]
    role_kinds: Sequence[tuple[str, str]]  # that whoever looks may give
    kinds: Sequence[tuple[str, str]]  # of taking part, other than now
    broken: Sequence[ProgrammeRule]
    may_override: bool
    may_agree: bool
    may_answer_kind: bool
    may_drop_kind: bool
    may_renew: bool
    speaks: bool
    year: str


def view_of(actor: Actor, row: LabMembership) -> View:
    """Gather what a page shows of one membership."""
    is_active = row.state is MembershipState.ACTIVE
    waits = row.state in (MembershipState.INVITED, MembershipState.REQUESTED)
    speaks = lab_rights.speaks_for_party(actor, row)
    is_lead = policies.is_lead(actor, row.lab)
    has_wish = row.asked_kind is not None
    return View(
        row=row,
        steps=_steps(actor, row),
        roles=current_roles(row) if _sees_people(actor, row.lab) or speaks else [],
        role_kinds=_role_kinds(actor, row) if is_active else [],
        kinds=_kinds(row) if is_active and not has_wish and (speaks or is_lead) else [],
        broken=_broken(actor, row) if waits else [],
        may_override=waits and policies.is_office(actor) and not row.override_reason,
        may_agree=is_active and speaks and bool(row.lab.agreement) and not has_agreed(row, row.lab),
        may_answer_kind=has_wish and MACHINE.is_allowed(actor, row, A.CHANGE_KIND),
        may_drop_kind=has_wish and (speaks or is_lead),
        may_renew=is_active and speaks and school_years.renewal_is_open(row.school_year),
        speaks=speaks,
        year=school_years.words(row.school_year),
    )


def _broken(actor: Actor, row: LabMembership) -> list[ProgrammeRule]:
    """Give the rules that a row breaks; what a school does in other labs its own people hear."""
    knows = policies.is_office(actor) or lab_rights.speaks_for_party(actor, row)
    return [rule for rule in rules.broken_by(row) if knows or not rule.excluded_kinds]


def kinds_for(places: Sequence[Organisation]) -> list[tuple[str, str]]:
    """Give the kinds in which any of some organisations may take part, as choices."""
    found = {kind for place in places for kind in lab_rights.KINDS_OF.get(place.kind, ())}
    return [choice(kind) for kind in MembershipKind if kind in found]


def all_kinds() -> list[tuple[str, str]]:
    return [choice(kind) for kind in MembershipKind]


def choice(kind: MembershipKind) -> tuple[str, str]:
    """Give a kind as a choice, with what it means."""
    return kind.value, f"{lab_words.KINDS[kind]}: {lab_words.KIND_HINTS[kind]}"


def _steps(actor: Actor, row: LabMembership) -> list[Possible]:
    return [
        Possible(
            action.value,
            str(ACTION_WORDS[action]),
            MACHINE.missing(row, action),
            action in MACHINE.reasons,
            action is A.ACCEPT and bool(row.lab.agreement),
        )
        for action in MACHINE.actions(actor, row)
        if action not in OWN_PLACE
    ]


def _kinds(row: LabMembership) -> list[tuple[str, str]]:
    place = row.organisation
    if place is None:
        return []
    return [
        choice(kind) for kind in lab_rights.KINDS_OF.get(place.kind, ()) if kind is not row.kind
    ]


def _role_kinds(actor: Actor, row: LabMembership) -> list[tuple[str, str]]:
    if not lab_rights.is_under_way(row.lab):
        return []
    return [
        (kind.value, str(lab_words.ROLES[kind]))
        for kind in LabRoleKind
        if kind in roles.KINDS_OF[row.kind] and roles.can_give(actor, row, kind)
    ]


def _sees_people(actor: Actor, lab: Lab) -> bool:
    return policies.can_see_members(actor, lab)
