"""How taking part in a lab begins and ends, who says so, and what must be in order first."""

import enum

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import lab_rights, policies, rules, school_years
from labapp.labs.lab_models import LabMembership, LabState, MembershipState
from labapp.labs.machine import Machine

S = MembershipState


class MembershipAction(enum.Enum):
    ACCEPT = "accept"  # an invitation, by who was invited
    DECLINE = "decline"
    CANCEL = "cancel"  # an invitation, by the lab
    ADMIT = "admit"  # a request, by the lab
    REFUSE = "refuse"
    WITHDRAW = "withdraw"  # a request, by who asked
    EXPIRE = "expire"
    SUSPEND = "suspend"
    RESUME = "resume"
    CHANGE_KIND = "change_kind"  # this row ends, another begins
    END = "end"
    LAPSE = "lapse"  # with the school year


A = MembershipAction
STATE_WORDS = {
    S.INVITED: _l("Uitgenodigd"),
    S.REQUESTED: _l("Aangevraagd"),
    S.ACTIVE: _l("Doet mee"),
    S.SUSPENDED: _l("Tijdelijk niet"),
    S.ENDED: _l("Gestopt"),
    S.DECLINED: _l("Afgewezen"),
    S.CANCELLED: _l("Teruggenomen"),
    S.EXPIRED: _l("Verlopen"),
}
ACTION_WORDS = {
    A.ACCEPT: _l("Doe mee"),
    A.DECLINE: _l("Doe niet mee"),
    A.CANCEL: _l("Trek de uitnodiging in"),
    A.ADMIT: _l("Laat meedoen"),
    A.REFUSE: _l("Wijs af"),
    A.WITHDRAW: _l("Trek de aanvraag in"),
    A.EXPIRE: _l("Verloopt"),
    A.SUSPEND: _l("Zet tijdelijk stil"),
    A.RESUME: _l("Laat weer meedoen"),
    A.CHANGE_KIND: _l("Ga akkoord met het andere soort deelname"),
    A.END: _l("Stop met meedoen"),
    A.LAPSE: _l("Eindigt met het schooljaar"),
}
OPEN_LABS = (LabState.PROPOSED, *lab_rights.LED)


def may_party(actor: Actor, membership: LabMembership) -> bool:
    return lab_rights.speaks_for_party(actor, membership)


def may_lab(actor: Actor, membership: LabMembership) -> bool:
    return lab_rights.speaks_for_lab(actor, membership.lab)


def may_lab_or_office(actor: Actor, membership: LabMembership) -> bool:
    return policies.is_office(actor) or policies.is_lead(actor, membership.lab)


def may_party_or_office(actor: Actor, membership: LabMembership) -> bool:
    return policies.is_office(actor) or may_party(actor, membership)


def may_other_side(actor: Actor, membership: LabMembership) -> bool:
    """Whether one answers the wish for another kind: who did not ask it."""
    if membership.asked_kind is None:
        return may_party(actor, membership) or policies.is_lead(actor, membership.lab)
    if membership.asked_kind_by_lab:
        return may_party(actor, membership)
    return policies.is_lead(actor, membership.lab)


def may_platform(actor: Actor, _membership: LabMembership) -> bool:
    return actor.is_system


def missing_to_begin(membership: LabMembership) -> list[str]:
    """Ask that it is not too late, and that no rule of the programme says no."""
    missing = []
    if membership.expires_at is not None and membership.expires_at <= now():
        missing.append(_("De termijn van dertig dagen is voorbij. Vraag het opnieuw."))
    if membership.lab.state not in OPEN_LABS:
        missing.append(_("Dit lab neemt geen deelnemers meer aan."))
    if membership.school_year != school_years.this_year():
        missing.append(_("Dit was voor een ander schooljaar. Vraag het opnieuw."))
    return [*missing, *(rules.explain(rule) for rule in rules.broken_by(membership))]


def missing_to_end(membership: LabMembership) -> list[str]:
    if lab_rights.leaves_side_alone(membership):
        return [
            _(
                "Hier werkt de laatste trekker van deze kant. Laat eerst een opvolger het"
                " trekkerschap aannemen."
            )
        ]
    return []


def missing_to_change(membership: LabMembership) -> list[str]:
    """Ask for a wish to answer, and that the other kind breaks no rule."""
    if membership.asked_kind is None:
        return [_("Niemand vroeg om een ander soort deelname.")]
    broken = rules.broken_rules(
        membership.organisation, membership.asked_kind, membership.school_year, leaving=membership
    )
    return [rules.explain(rule) for rule in broken]


MACHINE: Machine[LabMembership, MembershipState, MembershipAction] = Machine(
    name="lab_memberships",
    transitions={
        (S.INVITED, A.ACCEPT): S.ACTIVE,
        (S.INVITED, A.DECLINE): S.DECLINED,
        (S.INVITED, A.CANCEL): S.CANCELLED,
        (S.REQUESTED, A.ADMIT): S.ACTIVE,
        (S.REQUESTED, A.REFUSE): S.DECLINED,
        (S.REQUESTED, A.WITHDRAW): S.CANCELLED,
        (S.INVITED, A.EXPIRE): S.EXPIRED,
        (S.REQUESTED, A.EXPIRE): S.EXPIRED,
        (S.ACTIVE, A.SUSPEND): S.SUSPENDED,
        (S.SUSPENDED, A.RESUME): S.ACTIVE,
        (S.ACTIVE, A.CHANGE_KIND): S.ENDED,
        (S.ACTIVE, A.END): S.ENDED,
        (S.SUSPENDED, A.END): S.ENDED,
        (S.ACTIVE, A.LAPSE): S.ENDED,
        (S.SUSPENDED, A.LAPSE): S.ENDED,
    },
    may={
        A.ACCEPT: may_party,
        A.DECLINE: may_party,
        A.CANCEL: may_lab,
        A.ADMIT: may_lab,
        A.REFUSE: may_lab,
        A.WITHDRAW: may_party,
        A.EXPIRE: may_platform,
        A.SUSPEND: may_lab_or_office,
        A.RESUME: may_lab_or_office,
        A.CHANGE_KIND: may_other_side,
        A.END: may_party_or_office,
        A.LAPSE: may_platform,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={
        A.ACCEPT: missing_to_begin,
        A.ADMIT: missing_to_begin,
        A.SUSPEND: missing_to_end,
        A.CHANGE_KIND: missing_to_change,
        A.END: missing_to_end,
    },
    reasons=frozenset({A.DECLINE, A.REFUSE, A.SUSPEND, A.END}),
)
