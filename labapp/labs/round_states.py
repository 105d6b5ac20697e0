"""The phases of a round (5D), the ways between them and the gates on those ways."""

import enum
from collections.abc import Sequence

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import plan_answers, policies
from labapp.labs.finding_models import Finding, FindingVersion, VersionState
from labapp.labs.machine import Machine
from labapp.labs.round_models import ConsentState, Round, RoundDecision, RoundPhase, SheetState


class RoundAction(enum.Enum):
    """What leads to another phase."""

    DIAGNOSE = "diagnose"
    DESIGN = "design"
    DETERMINE = "determine"
    DECIDE = "decide"
    CLOSE = "close"
    ADAPT = "adapt"  # back to the design
    STOP = "stop"


FIVE = (
    RoundPhase.DETECT, RoundPhase.DIAGNOSE, RoundPhase.DESIGN, RoundPhase.DETERMINE,
    RoundPhase.DECIDE,
)  # fmt: skip
ENDED = (RoundPhase.CLOSED, RoundPhase.STOPPED)
PHASE_WORDS = {
    RoundPhase.DETECT: _l("Verkennen"),
    RoundPhase.DIAGNOSE: _l("Begrijpen"),
    RoundPhase.DESIGN: _l("Ontwerpen"),
    RoundPhase.DETERMINE: _l("Beproeven"),
    RoundPhase.DECIDE: _l("Besluiten"),
    RoundPhase.CLOSED: _l("Afgerond"),
    RoundPhase.STOPPED: _l("Gestopt"),
}
ACTION_WORDS = {
    RoundAction.DIAGNOSE: _l("Naar Begrijpen"),
    RoundAction.DESIGN: _l("Naar Ontwerpen"),
    RoundAction.DETERMINE: _l("Naar Beproeven"),
    RoundAction.DECIDE: _l("Naar Besluiten"),
    RoundAction.CLOSE: _l("Ronde afronden"),
    RoundAction.ADAPT: _l("Pas het ontwerp aan"),
    RoundAction.STOP: _l("Stop de ronde"),
}
DECISION_WORDS = {
    RoundDecision.SCALE: _l("Verder verspreiden"),
    RoundDecision.ADAPT: _l("Aanpassen en opnieuw proberen"),
    RoundDecision.STOP: _l("Niet verdergaan"),
}


def moves(actor: Actor, one: Round) -> bool:
    """Whether one has a say in the phase: the leads, and both sides must agree."""
    return policies.is_lead(actor, one.lab)


def missing_knowledge(one: Round) -> Sequence[str]:
    """Before the design: what is known already was looked for, and is written down."""
    missing = []
    if not one.known_already.strip():
        missing.append(_("Schrijf op wat er al bekend is uit onderzoek en eerdere bevindingen."))
    if one.known_checked_at is None:
        missing.append(_("Zeg dat jullie in de kennisbank en in eerdere bevindingen zochten."))
    return missing


def missing_preparation(one: Round) -> Sequence[str]:
    """Before the test: a whole plan, schools that said yes or no, an approved privacy sheet."""
    missing = []
    unanswered = plan_answers.unanswered(one.plans[-1].answers if one.plans else {})
    if unanswered:
        names = ", ".join(str(plan_answers.LABELS[key]).rstrip("?") for key in unanswered)
        missing.append(_("Het plan is nog niet af: %(names)s.", names=names))
    if not any(site.consent is ConsentState.GIVEN for site in one.sites):
        missing.append(_("Nog geen school heeft toestemming gegeven."))
    waiting = [s.organisation.name for s in one.sites if s.consent is ConsentState.ASKED]
    if waiting:
        missing.append(_("Nog geen antwoord van: %(names)s.", names=", ".join(waiting)))
    if one.privacy_sheet is None or one.privacy_sheet.state is not SheetState.APPROVED:
        missing.append(_("Het privacyblad is nog niet goedgekeurd."))
    return missing


def missing_results(one: Round) -> Sequence[str]:
    """Before the decision: each school is done or stopped, and the data are described."""
    busy = [
        site.organisation.name
        for site in one.sites
        if site.consent is ConsentState.GIVEN and not (site.finished_on or site.stopped_on)
    ]
    missing = []
    if busy:
        missing.append(
            _("Nog niet klaar, en niet gestopt met een reden: %(names)s.", names=", ".join(busy))
        )
    if not one.result_data.strip():
        missing.append(_("Beschrijf welke gegevens er zijn."))
    return missing


def missing_decision(one: Round) -> Sequence[str]:
    """Before the end: a decision with its reason and review date, and a finding that was shared."""
    missing = []
    if one.decision is None:
        missing.append(_("Neem een besluit, met een reden en een dag om het opnieuw te bekijken."))
    if not has_finding(one):
        missing.append(_("Schrijf een bevinding en deel haar in het lab, ook als niets werkte."))
    return missing


def has_finding(one: Round) -> bool:
    """Whether the round has a finding that is more than somebody's draft."""
    query = (
        select(FindingVersion.id)
        .join(Finding, Finding.id == FindingVersion.finding_id)
        .where(Finding.round_id == one.id, FindingVersion.state != VersionState.DRAFT)
    )
    return db.session.scalar(query.limit(1)) is not None


MACHINE: Machine[Round, RoundPhase, RoundAction] = Machine(
    name="rounds",
    attribute="phase",
    transitions={
        (RoundPhase.DETECT, RoundAction.DIAGNOSE): RoundPhase.DIAGNOSE,
        (RoundPhase.DIAGNOSE, RoundAction.DESIGN): RoundPhase.DESIGN,
        (RoundPhase.DESIGN, RoundAction.DETERMINE): RoundPhase.DETERMINE,
        (RoundPhase.DETERMINE, RoundAction.DECIDE): RoundPhase.DECIDE,
        (RoundPhase.DECIDE, RoundAction.CLOSE): RoundPhase.CLOSED,
        (RoundPhase.DETERMINE, RoundAction.ADAPT): RoundPhase.DESIGN,
        (RoundPhase.DECIDE, RoundAction.ADAPT): RoundPhase.DESIGN,
        **{(phase, RoundAction.STOP): RoundPhase.STOPPED for phase in FIVE},
    },
    may=dict.fromkeys(RoundAction, moves),
    words=PHASE_WORDS,
    action_words=ACTION_WORDS,
    guards={
        RoundAction.DESIGN: missing_knowledge,
        RoundAction.DETERMINE: missing_preparation,
        RoundAction.DECIDE: missing_results,
        RoundAction.CLOSE: missing_decision,
    },
    reasons=(RoundAction.ADAPT, RoundAction.STOP),
)
