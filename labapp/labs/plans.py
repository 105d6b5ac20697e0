"""The plan of a round: written together, frozen when the test begins, changed only with a reason.

A frozen plan stays as it was; a change is the next version, which says what differs and why.
"""

from collections.abc import Mapping

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge.diffing import Segment, compare_texts
from labapp.labs import policies, round_events, round_rights, round_texts
from labapp.labs.machine import lock
from labapp.labs.plan_answers import KEYS, LONGEST, changed_keys, hash_of, unanswered
from labapp.labs.round_models import PlanVersion, Round, RoundPhase
from labapp.notifications import emitting

CHANGEABLE = (
    RoundPhase.DETECT, RoundPhase.DIAGNOSE, RoundPhase.DESIGN, RoundPhase.DETERMINE,
)  # fmt: skip
MARK_STEP = 10_000  # room for the versions of one number


def latest_plan(one: Round) -> PlanVersion | None:
    return one.plans[-1] if one.plans else None


def get_plan(one: Round, number: int) -> PlanVersion:
    """Give a version of the plan of a round that one may read."""
    found = next((plan for plan in one.plans if plan.number == number), None)
    if found is None:
        raise NotFoundError(_("Deze versie van het plan is er niet."))
    return found


def mark_of(one: Round) -> int:
    """Give the number that names the text one reads: 0 while there is no plan."""
    plan = latest_plan(one)
    return plan.number * MARK_STEP + plan.version if plan else 0


def can_save(actor: Actor, one: Round) -> bool:
    """Whether one may change the plan now: while the test runs only the leads."""
    if one.phase not in CHANGEABLE or one.lab.state not in round_rights.RUNNING:
        return False
    plan = latest_plan(one)
    if one.phase is RoundPhase.DETERMINE and plan is not None and plan.frozen_at is not None:
        return policies.is_lead(actor, one.lab)
    return round_rights.can_work_on(actor, one.lab)


def save_plan(
    actor: Actor,
    one: Round,
    answers: Mapping[str, str],
    *,
    mark: int,
    justification: str = "",
    confirmed: bool = False,
) -> PlanVersion:
    """Save the answers; those that are left out stay. What is frozen gets a next version."""
    unknown = sorted(set(answers) - set(KEYS))
    if unknown:
        raise InvalidError(_("Het plan heeft geen onderdeel ‘%(name)s’.", name=unknown[0]))
    with transaction():
        lock(one)
        _require(actor, one)
        plan = latest_plan(one)
        new = {key: (plan.answers.get(key, "") if plan else "") for key in KEYS}
        new |= round_texts.clean(answers, confirmed=confirmed, longest=dict.fromkeys(KEYS, LONGEST))
        if mark != mark_of(one):
            raise round_texts.stale(plan.answers if plan else {}, answers)
        if plan is None or (plan.number == 1 and plan.frozen_at is None):
            return _write_first(actor, one, plan, new)
        return _write_change(actor, one, plan, new, justification)


def freeze(actor: Actor, one: Round) -> PlanVersion:
    """Freeze the newest version with moment and hash, in the caller's transaction."""
    with transaction() as session:
        plan = one.plans[-1]
        if plan.frozen_at is None:
            plan.frozen_at, plan.frozen_by_id = now(), actor.id
            plan.content_hash = hash_of(plan.answers)
            session.flush()
            audit.record(
                actor.id, "plan_versions.frozen", plan, on_behalf_of=actor.acting_for_id,
                changes={"content_hash": [None, plan.content_hash]},
            )  # fmt: skip
        return plan


def frozen_plans(one: Round) -> list[PlanVersion]:
    return [plan for plan in one.plans if plan.frozen_at is not None]


def changed_since_start(one: Round) -> list[str]:
    """Give what became different from the plan with which the first test began.

    A finding shows for each part of the plan: as planned, or changed.
    """
    frozen = frozen_plans(one)
    return changed_keys(frozen[0].answers, frozen[-1].answers) if frozen else []


def compare_plans(old: PlanVersion, new: PlanVersion) -> dict[str, list[list[Segment]]]:
    """Give the lines that differ, for each part of the plan that changed."""
    return {
        key: compare_texts(old.answers.get(key, ""), new.answers.get(key, ""))
        for key in changed_keys(old.answers, new.answers)
    }


def _require(actor: Actor, one: Round) -> None:
    round_rights.require_work(actor, one.lab)
    round_rights.require_open(one)
    if one.phase not in CHANGEABLE:
        raise ConflictError(
            _("Het plan staat vast sinds de gegevens er zijn. Ga terug naar Ontwerpen om het aan"
              " te passen.")
        )  # fmt: skip
    plan = latest_plan(one)
    if one.phase is RoundPhase.DETERMINE and plan is not None and plan.frozen_at is not None:
        round_rights.require_lead(actor, one.lab)


def _write_first(
    actor: Actor, one: Round, plan: PlanVersion | None, new: dict[str, str]
) -> PlanVersion:
    if plan is None:
        plan = PlanVersion(number=1, answers=new, created_by_id=actor.id)
        one.plans.append(plan)
        changed = [key for key in KEYS if new[key]]
    else:
        changed = changed_keys(plan.answers, new)
        plan.answers = new
    _note(actor, plan, changed)
    return plan


def _write_change(
    actor: Actor, one: Round, plan: PlanVersion, new: dict[str, str], justification: str
) -> PlanVersion:
    """Write the next version, or go on with the one that is not frozen yet."""
    reason = justification.strip() or (plan.justification if plan.frozen_at is None else "")
    if not reason:
        words = _("Het plan stond al vast. Schrijf op waarom jullie het wijzigen.")
        raise InvalidError(words, {"justification": [words]})
    if len(reason) > LONGEST:
        words = round_texts.too_long(len(reason), LONGEST)
        raise InvalidError(words, {"justification": [words]})
    base = frozen_plans(one)[-1]
    changed = changed_keys(base.answers, new)
    if not changed:
        raise InvalidError(_("Er is niets anders dan in het plan dat vaststaat."))
    if plan.frozen_at is not None:
        plan = PlanVersion(number=plan.number + 1, created_by_id=actor.id)
        one.plans.append(plan)
    plan.answers, plan.changed_keys, plan.justification = new, changed, reason
    runs = one.phase is RoundPhase.DETERMINE
    if runs and unanswered(new):
        raise InvalidError(
            _("Laat in een lopende ronde geen onderdeel van het plan leeg."),
            {key: [_("Vul dit in.")] for key in unanswered(new)},
        )
    _note(actor, plan, changed, reason)
    if runs:
        freeze(actor, one)
        people = db.session.scalars(policies.members_of(one.lab_id))
        emitting.emit(actor, round_events.PLAN_CHANGED, one, people, key=f"plan_versions:{plan.id}")
    return plan


def _note(actor: Actor, plan: PlanVersion, changed: list[str], reason: str = "") -> None:
    db.session.flush()
    audit.record(
        actor.id, "plan_versions.saved", plan, on_behalf_of=actor.acting_for_id,
        changes={"answers": [None, changed]}, reason=reason or None,
    )  # fmt: skip
