"""Rounds as JSON: begun, written, moved on by both leads; their plan and privacy sheet."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.labs import (
    plans,
    policies,
    privacy_sheets,
    round_decisions,
    round_questions,
    rounds,
)
from labapp.labs.round_models import Round
from labapp.labs.round_schemas import (
    NewRoundSchema,
    OneRoundSchema,
    PrivacySheetInputSchema,
    PrivacySheetSchema,
    PrivacySheetStepSchema,
    RoundDecisionSchema,
    RoundPlanInputSchema,
    RoundPlanSchema,
    RoundPlansSchema,
    RoundQuerySchema,
    RoundQuestionSchema,
    RoundReasonSchema,
    RoundsSchema,
    RoundStepSchema,
    RoundTextsSchema,
)
from labapp.labs.round_states import MACHINE
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, unchanged

TAG = {"ETag": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
ONE = f"<{ID}:round_id>"

resources = Resources(
    "Rounds",
    __name__,
    url_prefix="/api/v1/rounds",
    description="Rounds of research in a lab: detect, diagnose, design, determine, decide.",
)


def get_round(round_id: int) -> Round:
    return rounds.get_round(current_actor(), round_id)


def _shown(one: Round, question_ids: list[int]) -> dict[str, Any]:
    names = (
        "id", "lab_id", "title", "aim", "phase", "phase_since", "known_already",
        "known_checked_at", "diagnosis", "design", "result_data", "decision", "decision_reason",
        "review_due_on", "created_at", "version",
    )  # fmt: skip
    kept = {name: getattr(one, name) for name in names}
    return {**kept, "question_ids": question_ids, "plan_changed": plans.changed_since_start(one)}


def _answer(one: Round) -> tuple[dict[str, Any], dict[str, str]]:
    actor = current_actor()
    known = rounds.proposal_of(one) if policies.works_in(actor, one.lab) else None
    body = {
        **_shown(one, round_questions.question_ids_of(actor, [one])[one.id]),
        "proposal": known,
        "actions": MACHINE.actions(actor, one),
    }
    return body, etag(one.version)


@resources.route("")
class Rounds(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.arguments(RoundQuerySchema, location="query")
    @resources.response(200, RoundsSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the rounds of a lab, the newest first."""
        actor = current_actor()
        lab = rounds.get_lab_of_rounds(actor, query["lab_id"])
        found = rounds.list_rounds(actor, lab)
        ids = round_questions.question_ids_of(actor, found)
        return {"items": [_shown(one, ids[one.id]) for one in found]}

    @require_scope("labs:write")
    @idempotent(lambda: current_actor().id)
    @refuses(404, 409)
    @resources.arguments(NewRoundSchema)
    @resources.response(201, OneRoundSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Begin a round with questions that the lab adopted."""
        actor = current_actor()
        made = rounds.create_round(
            actor,
            rounds.get_lab_of_rounds(actor, values["lab_id"]),
            {"title": values["title"], "aim": values["aim"]},
            values["question_ids"],
            confirmed=values["pupil_data_checked"],
        )
        body, headers = _answer(made)
        return body, headers | {"Location": url_for("Rounds.OneRound", round_id=made.id)}


@resources.route(f"/{ONE}")
class OneRound(MethodView):
    @require_scope("labs:read", visitors=True)
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, OneRoundSchema, headers=TAG)
    def get(self, round_id: int) -> Any:
        """Read one round."""
        one = get_round(round_id)
        return unchanged(one.version) or _answer(one)

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RoundTextsSchema)
    @resources.response(200, OneRoundSchema, headers=TAG)
    def patch(self, values: dict[str, Any], round_id: int) -> Any:
        """Change texts of a round; 409 with both texts when somebody else did."""
        one = get_round(round_id)
        is_confirmed = values.pop("pupil_data_checked")
        checked = values.pop("known_checked", None)
        rounds.change_round(
            current_actor(), one, values, version=matched_version(one.version),
            checked=checked, confirmed=is_confirmed,
        )  # fmt: skip
        return _answer(one)


@resources.route(f"/{ONE}/steps")
class RoundSteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RoundStepSchema)
    @resources.response(200, OneRoundSchema, headers=TAG)
    def post(self, values: dict[str, Any], round_id: int) -> Any:
        """Propose a step, or take the one that the lead of the other side proposed."""
        one = get_round(round_id)
        rounds.perform(current_actor(), one, version=matched_version(one.version), **values)
        return _answer(one)


@resources.route(f"/{ONE}/refusals")
class RoundRefusals(MethodView):
    @require_scope("labs:write")
    @refuses(404)
    @resources.arguments(RoundReasonSchema)
    @resources.response(200, OneRoundSchema, headers=TAG)
    def post(self, values: dict[str, Any], round_id: int) -> Any:
        """Say no to what the other side proposed, or take back one's own proposal."""
        one = get_round(round_id)
        rounds.refuse_step(current_actor(), one, reason=values["reason"])
        return _answer(one)


@resources.route(f"/{ONE}/decision")
class RoundDecisions(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RoundDecisionSchema)
    @resources.response(200, OneRoundSchema, headers=TAG)
    def put(self, values: dict[str, Any], round_id: int) -> Any:
        """Write down the decision; both leads agree to it when they close the round."""
        one = get_round(round_id)
        is_confirmed = values.pop("pupil_data_checked")
        version = matched_version(one.version)
        round_decisions.take_decision(
            current_actor(), one, version=version, confirmed=is_confirmed, **values
        )
        return _answer(one)


@resources.route(f"/{ONE}/questions")
class RoundQuestions(MethodView):
    @require_scope("labs:write")
    @refuses(404, 409)
    @resources.arguments(RoundQuestionSchema)
    @resources.response(200, OneRoundSchema, headers=TAG)
    def post(self, values: dict[str, Any], round_id: int) -> Any:
        """Work on another question that the lab adopted."""
        one = get_round(round_id)
        round_questions.add_question(current_actor(), one, values["question_id"])
        return _answer(one)


@resources.route(f"/{ONE}/questions/<{ID}:question_id>")
class OneRoundQuestion(MethodView):
    @require_scope("labs:write")
    @refuses(404, 409)
    @resources.response(204)
    def delete(self, round_id: int, question_id: int) -> None:
        """Leave a question; the last one stays."""
        round_questions.remove_question(current_actor(), get_round(round_id), question_id)


@resources.route(f"/{ONE}/plan")
class RoundPlan(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.response(200, RoundPlansSchema, headers=TAG)
    def get(self, round_id: int) -> Any:
        """Read every version of the plan, the first first; its tag names the newest text."""
        one = get_round(round_id)
        return {"items": one.plans}, etag(plans.mark_of(one))

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(RoundPlanInputSchema)
    @resources.response(200, RoundPlanSchema, headers=TAG)
    def put(self, values: dict[str, Any], round_id: int) -> Any:
        """Write the plan; once it is frozen, a next version with the reason."""
        one = get_round(round_id)
        plan = plans.save_plan(
            current_actor(),
            one,
            values["answers"],
            mark=matched_version(plans.mark_of(one)),
            justification=values["justification"],
            confirmed=values["pupil_data_checked"],
        )
        return plan, etag(plans.mark_of(one))


@resources.route(f"/{ONE}/privacy-sheet")
class RoundSheet(MethodView):
    @require_scope("labs:read")
    @refuses(404)
    @resources.response(200, PrivacySheetSchema, headers=TAG)
    def get(self, round_id: int) -> Any:
        """Read the privacy sheet, as somebody of the lab."""
        sheet = privacy_sheets.get_sheet(current_actor(), get_round(round_id))
        return sheet, etag(sheet.version)

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(PrivacySheetInputSchema)
    @resources.response(200, PrivacySheetSchema, headers=TAG)
    def put(self, values: dict[str, Any], round_id: int) -> Any:
        """Write the privacy sheet; `If-Match: *` when there is none yet."""
        one = get_round(round_id)
        is_confirmed = values.pop("pupil_data_checked")
        known = privacy_sheets.find_sheet(current_actor(), one)
        version = matched_version(known.version if known else 0)
        sheet = privacy_sheets.save_sheet(
            current_actor(), one, values, version=version, confirmed=is_confirmed
        )
        return sheet, etag(sheet.version)


@resources.route(f"/{ONE}/privacy-sheet/steps")
class RoundSheetSteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.arguments(PrivacySheetStepSchema)
    @resources.response(200, PrivacySheetSchema, headers=TAG)
    def post(self, values: dict[str, Any], round_id: int) -> Any:
        """Hand in, approve, give back or take up the privacy sheet."""
        sheet = privacy_sheets.get_sheet(current_actor(), get_round(round_id))
        version = matched_version(sheet.version)
        privacy_sheets.perform(current_actor(), sheet, version=version, **values)
        return sheet, etag(sheet.version)
