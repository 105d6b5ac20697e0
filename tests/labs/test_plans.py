"""The plan of a round: frozen with a hash, changed only with a reason, compared for the finding."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from labapp.database import transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.labs import plans
from labapp.labs.plan_answers import KEYS, hash_of
from labapp.labs.round_models import RoundPhase
from tests.labs import working
from tests.labs.working import actor_of

WHOLE = dict.fromkeys(KEYS, "Zo.")


@pytest.fixture
def one(cast):
    return working.start(cast).round


@pytest.fixture
def frozen(cast, one):
    """A round in Determine with a frozen plan."""
    plans.save_plan(actor_of(cast.researcher), one, WHOLE, mark=0)
    with transaction():
        one.phase = RoundPhase.DETERMINE
        plans.freeze(actor_of(cast.research_lead), one)
    return one


def test_a_plan_is_written_together_until_it_is_frozen(cast, one):
    plans.save_plan(actor_of(cast.researcher), one, {"question": "Helpt het?"}, mark=0)
    mark = plans.mark_of(one)
    plan = plans.save_plan(actor_of(cast.teacher), one, {"design": "Twee klassen."}, mark=mark)

    assert (plan.number, plan.answers["question"], plan.answers["design"]) == (
        1, "Helpt het?", "Twee klassen.",
    )  # fmt: skip
    assert plan.frozen_at is None
    with pytest.raises(ConflictError) as refused:
        plans.save_plan(actor_of(cast.researcher), one, {"design": "Drie."}, mark=mark)
    assert refused.value.theirs["design"] == "Twee klassen."
    assert refused.value.yours == {"design": "Drie."}


@pytest.mark.parametrize("who", ["leader", "bystander", "outsider"])
def test_who_has_no_part_in_the_work_writes_no_plan(cast, one, who):
    with pytest.raises(ForbiddenError):
        plans.save_plan(actor_of(getattr(cast, who)), one, WHOLE, mark=0)


def test_a_plan_takes_only_what_belongs_in_it(cast, one):
    lead = actor_of(cast.research_lead)
    with pytest.raises(InvalidError, match="geheim"):
        plans.save_plan(lead, one, {"geheim": "x"}, mark=0)
    with pytest.raises(InvalidError) as refused:
        plans.save_plan(lead, one, {"design": "a" * 50_000}, mark=0)

    assert list(refused.value.fields) == ["design"]
    assert one.plans == []


def test_a_change_of_a_frozen_plan_is_a_next_version_with_a_reason(cast, frozen):
    lead = actor_of(cast.practice_lead)
    with pytest.raises(InvalidError) as refused:
        plans.save_plan(lead, frozen, {"schools": "Eén school."}, mark=plans.mark_of(frozen))
    with pytest.raises(ForbiddenError):  # while the test runs only the leads
        plans.save_plan(
            actor_of(cast.teacher), frozen, {"schools": "Eén."}, mark=plans.mark_of(frozen),
            justification="Omdat.",
        )  # fmt: skip

    plan = plans.save_plan(
        lead, frozen, {"schools": "Eén school."}, mark=plans.mark_of(frozen),
        justification="Een school viel af.",
    )  # fmt: skip

    first = plans.get_plan(frozen, 1)
    assert list(refused.value.fields) == ["justification"]
    assert (plan.number, plan.changed_keys) == (2, ["schools"])
    assert plan.content_hash == hash_of(plan.answers) != first.content_hash
    assert first.answers == WHOLE
    assert plans.changed_since_start(frozen) == ["schools"]
    assert list(plans.compare_plans(first, plan)) == ["schools"]


def test_a_change_that_changes_nothing_is_refused(cast, frozen):
    with pytest.raises(InvalidError, match="niets anders"):
        plans.save_plan(
            actor_of(cast.practice_lead), frozen, {"design": "Zo."}, mark=plans.mark_of(frozen),
            justification="Zomaar.",
        )  # fmt: skip


def test_a_running_round_keeps_every_answer(cast, frozen):
    with pytest.raises(InvalidError) as refused:
        plans.save_plan(
            actor_of(cast.practice_lead), frozen, {"stopping": " "}, mark=plans.mark_of(frozen),
            justification="Weet ik niet.",
        )  # fmt: skip

    assert list(refused.value.fields) == ["stopping"]
    assert len(frozen.plans) == 1


def test_back_in_the_design_the_next_version_waits_for_the_next_start(cast, frozen):
    working.set_phase(frozen, RoundPhase.DESIGN)
    teacher = actor_of(cast.teacher)

    plan = plans.save_plan(
        teacher, frozen, {"analysis": "Anders."}, mark=plans.mark_of(frozen), justification="Beter."
    )
    again = plans.save_plan(
        teacher, frozen, {"analysis": "Nog anders."}, mark=plans.mark_of(frozen)
    )

    assert again is plan
    assert (plan.number, plan.frozen_at, plan.justification) == (2, None, "Beter.")
    assert plans.changed_since_start(frozen) == []


def test_with_the_data_in_the_plan_stays(cast, frozen):
    working.set_phase(frozen, RoundPhase.DECIDE)

    assert not plans.can_save(actor_of(cast.practice_lead), frozen)
    with pytest.raises(ConflictError, match="Ontwerpen"):
        plans.save_plan(
            actor_of(cast.practice_lead), frozen, {"analysis": "Gunstiger."},
            mark=plans.mark_of(frozen), justification="Mooier.",
        )  # fmt: skip
    with pytest.raises(NotFoundError):
        plans.get_plan(frozen, 7)


def test_the_database_keeps_a_frozen_plan(frozen):
    with pytest.raises(DatabaseError, match="frozen plan"), transaction() as session:
        session.execute(text("UPDATE plan_versions SET justification = 'anders'"))


def test_the_hash_is_over_all_answers_and_nothing_else():
    assert hash_of(WHOLE) == hash_of({**dict(reversed(WHOLE.items())), "other": "x"})
    assert hash_of(WHOLE) != hash_of({**WHOLE, "stopping": "zo."})
