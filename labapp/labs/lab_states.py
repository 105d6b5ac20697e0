"""How a lab goes from a proposal to the archive, who moves it, and what must be in order first."""

import enum
from datetime import timedelta

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.i18n import ngettext
from labapp.labs import lab_rights, policies
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    LabRoleKind,
    LabState,
    MembershipKind,
    MembershipState,
    Side,
)
from labapp.labs.machine import Machine
from labapp.labs.question_models import Question, QuestionState
from labapp.labs.round_models import Round, RoundPhase

S = LabState
KEPT_OPEN = timedelta(days=365)  # between closing and the archive


class LabAction(enum.Enum):
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CONCLUDE = "conclude"
    CLOSE = "close"
    ARCHIVE = "archive"


A = LabAction
BOTH_LEADS = frozenset({A.PAUSE, A.RESUME, A.CONCLUDE})  # one side proposes, the other takes it
STATE_WORDS = {
    S.PROPOSED: _l("Voorgesteld"),
    S.RECRUITING: _l("Zoekt deelnemers"),
    S.ACTIVE: _l("Aan het werk"),
    S.PAUSED: _l("Onderbroken"),
    S.CONCLUDING: _l("Rondt af"),
    S.CLOSED: _l("Afgesloten"),
    S.ARCHIVED: _l("In het archief"),
    S.REJECTED: _l("Afgewezen"),
    S.WITHDRAWN: _l("Teruggenomen"),
}
ACTION_WORDS = {
    A.APPROVE: _l("Keur goed"),
    A.REJECT: _l("Wijs af"),
    A.WITHDRAW: _l("Neem terug"),
    A.START: _l("Begin"),
    A.PAUSE: _l("Onderbreek"),
    A.RESUME: _l("Ga verder"),
    A.CONCLUDE: _l("Rond af"),
    A.CLOSE: _l("Sluit af"),
    A.ARCHIVE: _l("Zet in het archief"),
}


def is_proposer(actor: Actor, lab: Lab) -> bool:
    return actor.id is not None and lab.proposed_by_id == actor.id


def may_withdraw(actor: Actor, lab: Lab) -> bool:
    return is_proposer(actor, lab) or policies.is_lead(actor, lab)


def may_office(actor: Actor, _lab: Lab) -> bool:
    return policies.is_office(actor)


def may_lead(actor: Actor, lab: Lab) -> bool:
    return policies.is_lead(actor, lab)


def may_lead_or_office(actor: Actor, lab: Lab) -> bool:
    return policies.is_office(actor) or policies.is_lead(actor, lab)


def may_platform(actor: Actor, _lab: Lab) -> bool:
    return actor.is_system


def missing_to_approve(lab: Lab) -> list[str]:
    """Ask for a named lead on both sides, who need not have accepted yet."""
    named = set(
        db.session.scalars(
            select(LabRole.side).where(
                LabRole.lab_id == lab.id,
                LabRole.kind == LabRoleKind.LEAD,
                LabRole.until_on.is_(None),
            )
        )
    )
    return [_without_lead(side) for side in Side if side not in named]


def missing_to_start(lab: Lab) -> list[str]:
    """Ask for a lead on both sides who accepted, a co-creating branch, and all agreements."""
    missing = [_without_lead(side) for side in Side if not lab_rights.leads_of(lab.id, side)]
    active = db.session.scalars(
        select(LabMembership).where(
            LabMembership.lab_id == lab.id, LabMembership.state == MembershipState.ACTIVE
        )
    ).all()
    if not any(one.kind is MembershipKind.CO_CREATING for one in active):
        missing.append(_("Er doet nog geen co-creërende vestiging mee."))
    if not lab.agreement.strip():
        missing.append(_("Er staan nog geen afspraken."))
    waiting = sum(not has_agreed(one, lab) for one in active)
    if waiting:
        missing.append(
            ngettext(
                "%(num)s deelnemer is nog niet akkoord met de afspraken.",
                "%(num)s deelnemers zijn nog niet akkoord met de afspraken.",
                waiting,
            )
        )
    return missing


def has_agreed(membership: LabMembership, lab: Lab) -> bool:
    """Whether who takes part agreed to the text that holds now."""
    return membership.agreed_at is not None and membership.agreement_number == lab.agreement_number


def missing_to_conclude(lab: Lab) -> list[str]:
    """Ask that no round is still under way."""
    number = _count_rounds(lab, (RoundPhase.DECIDE, RoundPhase.CLOSED, RoundPhase.STOPPED))
    if not number:
        return []
    return [
        ngettext(
            "%(num)s ronde is nog niet bij Besluiten en niet gestopt.",
            "%(num)s rondes zijn nog niet bij Besluiten en niet gestopt.",
            number,
        )
    ]


def missing_to_close(lab: Lab) -> list[str]:
    """Ask for an outcome of each adopted question and a decision in each round."""
    missing = []
    open_questions = db.session.scalar(
        select(func.count())
        .select_from(Question)
        .where(Question.lab_id == lab.id, Question.state == QuestionState.ADOPTED)
    )
    if open_questions:
        missing.append(
            ngettext(
                "%(num)s vraag heeft nog geen uitkomst.",
                "%(num)s vragen hebben nog geen uitkomst.",
                open_questions,
            )
        )
    rounds = _count_rounds(lab, (RoundPhase.CLOSED, RoundPhase.STOPPED))
    if rounds:
        missing.append(
            ngettext(
                "%(num)s ronde heeft nog geen besluit.",
                "%(num)s rondes hebben nog geen besluit.",
                rounds,
            )
        )
    return missing


def missing_to_archive(lab: Lab) -> list[str]:
    if lab.closed_at is not None and lab.closed_at <= now() - KEPT_OPEN:
        return []
    return [_("Een lab gaat een jaar na het afsluiten naar het archief.")]


def _without_lead(side: Side) -> str:
    if side is Side.PRACTICE:
        return _("Er is nog geen trekker vanuit de praktijk.")
    return _("Er is nog geen trekker vanuit het onderzoek.")


def _count_rounds(lab: Lab, done: tuple[RoundPhase, ...]) -> int:
    """Give the number of rounds that are in another phase."""
    query = select(func.count()).select_from(Round)
    return db.session.scalar(query.where(Round.lab_id == lab.id, Round.phase.not_in(done))) or 0


MACHINE: Machine[Lab, LabState, LabAction] = Machine(
    name="labs",
    transitions={
        (S.PROPOSED, A.APPROVE): S.RECRUITING,
        (S.PROPOSED, A.REJECT): S.REJECTED,
        (S.PROPOSED, A.WITHDRAW): S.WITHDRAWN,
        (S.RECRUITING, A.WITHDRAW): S.WITHDRAWN,
        (S.RECRUITING, A.START): S.ACTIVE,
        (S.ACTIVE, A.PAUSE): S.PAUSED,
        (S.PAUSED, A.RESUME): S.ACTIVE,
        (S.ACTIVE, A.CONCLUDE): S.CONCLUDING,
        (S.CONCLUDING, A.CLOSE): S.CLOSED,
        (S.CLOSED, A.ARCHIVE): S.ARCHIVED,
    },
    may={
        A.APPROVE: may_office,
        A.REJECT: may_office,
        A.WITHDRAW: may_withdraw,
        A.START: may_lead,
        A.PAUSE: may_lead_or_office,
        A.RESUME: may_lead_or_office,
        A.CONCLUDE: may_lead,
        A.CLOSE: may_office,
        A.ARCHIVE: may_platform,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={
        A.APPROVE: missing_to_approve,
        A.START: missing_to_start,
        A.CONCLUDE: missing_to_conclude,
        A.CLOSE: missing_to_close,
        A.ARCHIVE: missing_to_archive,
    },
    reasons=frozenset({A.REJECT, A.WITHDRAW, A.PAUSE, A.RESUME}),
)
