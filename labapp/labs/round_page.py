"""What the pages of a round show: phases, the next step and who takes it, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.database import name_of
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import both_leads, policies, rounds
from labapp.labs.lab_models import LeadProposal
from labapp.labs.machine import list_steps
from labapp.labs.round_models import (
    ActivityState,
    ConsentState,
    Round,
    RoundPhase,
    SheetState,
    TaskState,
)
from labapp.labs.round_states import ACTION_WORDS, ENDED, FIVE, MACHINE, PHASE_WORDS, RoundAction

ENGLISH = {
    RoundPhase.DETECT: "Detect", RoundPhase.DIAGNOSE: "Diagnose", RoundPhase.DESIGN: "Design",
    RoundPhase.DETERMINE: "Determine", RoundPhase.DECIDE: "Decide",
}  # fmt: skip
ASKS = {
    RoundPhase.DETECT: _l("Wat zien we, en welke vraag is het waard om samen uit te zoeken?"),
    RoundPhase.DIAGNOSE: _l("Wat is er aan de hand, en wat is er al bekend?"),
    RoundPhase.DESIGN: _l("Wat gaan we doen, en hoe merken we of het werkt?"),
    RoundPhase.DETERMINE: _l("We proberen het uit op de scholen en kijken wat er gebeurt."),
    RoundPhase.DECIDE: _l("Gaan we verder, passen we aan of stoppen we?"),
    RoundPhase.CLOSED: _l("De ronde is klaar."),
    RoundPhase.STOPPED: _l("De ronde is gestopt voordat ze klaar was."),
}
TONES = {
    SheetState.DRAFT: "neutral", SheetState.SUBMITTED: "sun", SheetState.RETURNED: "sun",
    SheetState.APPROVED: "ok", ConsentState.ASKED: "sun", ConsentState.GIVEN: "ok",
    ConsentState.REFUSED: "neutral", ConsentState.WITHDRAWN: "red", TaskState.PLANNED: "neutral",
    TaskState.OPEN: "sun", TaskState.DONE: "ok", TaskState.CANCELLED: "neutral",
    ActivityState.PLANNED: "sun", ActivityState.HELD: "ok", ActivityState.CANCELLED: "neutral",
}  # fmt: skip
OTHER_STEPS = {
    "create": _l("begon de ronde"),
    "review": _l("bekeek het besluit opnieuw"),
    "refuse_proposal": _l("nam een voorstel terug of wees het af"),
}


@dataclass(frozen=True)
class Phase:
    """One of the five in the bar: past, now or to come."""

    word: str
    english: str
    place: str  # past, now, next


@dataclass(frozen=True)
class Possible:
    """A step that a lead can propose or confirm, and what is missing first."""

    action: str
    words: str
    missing: Sequence[str]
    places: Sequence[tuple[str, str]]  # where one puts that in order
    asks_reason: bool
    is_confirmation: bool
    is_main: bool


@dataclass(frozen=True)
class Happened:
    at: datetime
    who: str
    words: str
    reason: str


def phases_of(one: Round) -> list[Phase]:
    """Give the five phases; a closed round has them all behind it."""
    now = FIVE.index(one.phase) if one.phase in FIVE else len(FIVE)
    if one.phase is RoundPhase.STOPPED:
        now = FIVE.index(_last_phase(one))
    return [
        Phase(
            str(PHASE_WORDS[phase]),
            ENGLISH[phase],
            "past" if place < now else "now" if place == now else "next",
        )
        for place, phase in enumerate(FIVE)
    ]


def possible_steps(actor: Actor, one: Round) -> list[Possible]:
    """Give the steps for a lead, the one that leads on first."""
    known = rounds.proposal_of(one)
    side = policies.lead_side(actor, one.lab)
    waiting = known.action if known is not None and known.side is not side else None
    return [
        Possible(
            action.value,
            str(ACTION_WORDS[action]),
            MACHINE.missing(one, action),
            _places(one, action),
            action in MACHINE.reasons and waiting != action.value,
            waiting == action.value,
            action not in (RoundAction.STOP, RoundAction.ADAPT),
        )
        for action in MACHINE.actions(actor, one)
    ]


def _places(one: Round, action: RoundAction) -> list[tuple[str, str]]:
    """Give the pages on which one does what a step asks for."""
    texts = ("rounds.change", _("Bewerk de teksten"))
    found = {
        RoundAction.DESIGN: [texts],
        RoundAction.DETERMINE: [
            ("plans.show_plan", _("Plan")),
            ("sites.show_sites", _("Scholen")),
            ("plans.show_privacy", _("Privacyblad")),
        ],
        RoundAction.DECIDE: [("sites.show_sites", _("Scholen")), texts],
        RoundAction.CLOSE: [("decisions.decide", _("Neem een besluit"))],
    }
    return [(words, url_for(name, round_id=one.id)) for name, words in found.get(action, [])]


def shown_proposal(actor: Actor, one: Round) -> tuple[LeadProposal, str, bool, bool] | None:
    """Give what was proposed, in words, whether by one's own side, and whether it still holds."""
    known = both_leads.proposal_of(one)
    if known is None or not policies.works_in(actor, one.lab):
        return None
    words = str(ACTION_WORDS[RoundAction(known.action)])
    is_own = known.side is policies.lead_side(actor, one.lab)
    return known, words, is_own, rounds.proposal_of(one) is not None


def history_of(actor: Actor, one: Round) -> list[Happened]:
    """Give what happened; names for who may read who takes part."""
    names = policies.can_see_members(actor, one.lab)
    return [
        Happened(step.at, _who(step.user, names), _step_words(step.action), step.reason)
        for step in list_steps(name_of(one))
    ]


def tabs_of(actor: Actor, one: Round, now: str) -> list[tuple[str, str, bool, int | None]]:
    """Give the pages of a round that one may read."""
    found = [
        ("rounds.show", _("Overzicht"), None),
        ("plans.show_plan", _("Plan"), None),
        ("sites.show_sites", _("Scholen"), len(one.sites)),
    ]
    if policies.works_in(actor, one.lab):
        found += [
            ("plans.show_privacy", _("Privacyblad"), None),
            ("sites.show_tasks", _("Taken"), len(one.tasks)),
        ]
    return [
        (words, url_for(name, round_id=one.id), name == now, count) for name, words, count in found
    ]


def is_running(one: Round) -> bool:
    return one.phase not in ENDED


def tone_of(state: object) -> str:
    return TONES.get(state, "neutral")  # type: ignore[call-overload, no-any-return]


def _last_phase(one: Round) -> RoundPhase:
    """Give the phase in which a round was stopped."""
    old = next(
        (step.old_state for step in reversed(list_steps(name_of(one)))
         if step.new_state == RoundPhase.STOPPED.value),
        RoundPhase.DETECT.value,
    )  # fmt: skip
    return RoundPhase(old)


def _who(user: User | None, names: bool) -> str:
    if user is None:
        return _("Het platform")
    return user.name if names else _("Een trekker")


def _step_words(action: str) -> str:
    if action in OTHER_STEPS:
        return str(OTHER_STEPS[action])
    if action.startswith(rounds.PROPOSED):
        what = str(ACTION_WORDS[RoundAction(action.removeprefix(rounds.PROPOSED))])
        return _("stelde voor: %(what)s", what=what)
    return _("bevestigde: %(what)s", what=str(ACTION_WORDS[RoundAction(action)]))
