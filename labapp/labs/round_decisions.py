"""The decision at the end of a round, and looking at it again when its day came."""

from datetime import date, timedelta

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import today
from labapp.database import transaction
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import policies, round_rights, round_texts
from labapp.labs.machine import lock, note_step
from labapp.labs.round_models import Round, RoundDecision, RoundPhase

LATEST_REVIEW = timedelta(days=5 * 366)


def can_decide(actor: Actor, one: Round) -> bool:
    """Whether one writes down the decision of a round now."""
    return one.phase is RoundPhase.DECIDE and policies.is_lead(actor, one.lab)


def can_review(actor: Actor, one: Round) -> bool:
    """Whether one looks again at what was decided."""
    return one.phase is RoundPhase.CLOSED and policies.is_lead(actor, one.lab)


def take_decision(
    actor: Actor,
    one: Round,
    *,
    decision: RoundDecision,
    reason: str,
    review_due_on: date | None,
    version: int,
    confirmed: bool = False,
) -> Round:
    """Write down what was decided; both leads agree to it when they close the round."""
    text = round_texts.clean({"decision_reason": reason}, confirmed=confirmed)["decision_reason"]
    fields: dict[str, list[str]] = {}
    if not text:
        fields["decision_reason"] = [_("Schrijf op waarom.")]
    if review_due_on is None or not today() < review_due_on <= today() + LATEST_REVIEW:
        fields["review_due_on"] = [_("Kies een dag in de komende vijf jaar.")]
    with transaction() as session:
        lock(one)
        round_rights.require_lead(actor, one.lab)
        round_rights.require_open(one)
        if one.phase is not RoundPhase.DECIDE:
            raise ConflictError(_("Een besluit neem je in de fase Besluiten."))
        if fields:
            raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
        values = {"decision": decision, "decision_reason": text, "review_due_on": review_due_on}
        round_texts.require_same(one, version, values)
        old = one.decision.value if one.decision else None
        for name, value in values.items():
            setattr(one, name, value)
        session.flush()
        audit.record(
            actor.id, "rounds.decided", one, on_behalf_of=actor.acting_for_id, reason=text,
            changes={"decision": [old, decision.value]},
        )  # fmt: skip
    return one


def review_decision(
    actor: Actor, one: Round, *, review_due_on: date | None, note: str, version: int
) -> Round:
    """Look again at what was decided, once its date came, and say when to look next."""
    text = round_texts.clean({"note": note}, confirmed=True)["note"]
    fields: dict[str, list[str]] = {}
    if not text:
        fields["note"] = [_("Schrijf op wat jullie zagen.")]
    if review_due_on is None or not today() < review_due_on <= today() + LATEST_REVIEW:
        fields["review_due_on"] = [_("Kies een dag in de komende vijf jaar.")]
    with transaction():
        lock(one)
        round_rights.require_lead(actor, one.lab)
        if one.phase is not RoundPhase.CLOSED:
            raise ConflictError(_("Er is nog geen besluit om opnieuw te bekijken."))
        if fields:
            raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
        round_texts.require_same(one, version, {"review_due_on": review_due_on})
        one.review_due_on = review_due_on
        phase = one.phase.value
        note_step(actor, one, "review", phase, phase, reason=text)
    return one
