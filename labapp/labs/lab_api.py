"""Labs as JSON: found, proposed, read, changed, moved on."""

from dataclasses import fields, replace
from typing import Any

from flask import Response, url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.labs import (
    access,
    fairness,
    lab_archive_zip,
    lab_page,
    lab_proposing,
    lab_settings,
    labs,
    policies,
    rules,
)
from labapp.labs.fairness import Board
from labapp.labs.lab_fields import LabSwitches, LabTexts, switches_of, texts_of
from labapp.labs.lab_models import Lab, LabAccess
from labapp.labs.lab_schemas import (
    LabAccessSchema,
    LabBoardSchema,
    LabDetailSchema,
    LabPatchSchema,
    LabQuerySchema,
    LabsSchema,
    LabStepAnswerSchema,
    LabStepSchema,
    LookIntoSchema,
    NewLabSchema,
    ProgrammeRulesSchema,
    RuleQuerySchema,
)
from labapp.labs.lab_states import LabAction
from labapp.labs.labs import LabQuery
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, page_links, unchanged

TAG = {"ETag": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
LINK = {"Link": {"schema": {"type": "string"}}}
ONE = f"<{ID}:lab_id>"
TEXTS = {one.name for one in fields(LabTexts)}
SWITCHES = {one.name for one in fields(LabSwitches)}

resources = Resources(
    "Labs",
    __name__,
    url_prefix="/api/v1/labs",
    description="Labs in which schools and researchers work on one theme together.",
)


def _me() -> int | None:
    return current_actor().id


def _get(lab_id: int) -> Lab:
    return labs.get_lab(current_actor(), lab_id)


def shown(lab: Lab) -> dict[str, Any]:
    """Give a lab with what whoever asks can do."""
    actor = current_actor()
    names = (*TEXTS, *SWITCHES, "id", "state", "agreement_number", "created_at", "started_at",
             "closed_at", "version")  # fmt: skip
    found = {name: getattr(lab, name) for name in names}
    found["agreement"] = lab.agreement if policies.can_read(actor, lab) else None
    found["steps"] = [
        {
            "action": LabAction(step.action),
            "missing": step.missing,
            "asks_reason": step.asks_reason,
            "is_shared": step.is_shared,
        }
        for step in lab_page.possible_steps(actor, lab)
    ]
    return found


@resources.route("")
class AllLabs(MethodView):
    @require_scope("labs:read", visitors=True)
    @resources.arguments(LabQuerySchema, location="query")
    @resources.response(200, LabsSchema, headers=LINK)
    def get(self, query: dict[str, Any]) -> Any:
        """List the labs that you may see: without a token the open ones."""
        wanted = LabQuery(
            text=query["q"], theme=query["theme"], sector=query["sector"], state=query["state"],
            mine=query["mine"], page=query["page"], per_page=query["per_page"],
        )  # fmt: skip
        rows, total = labs.list_labs(current_actor(), wanted)
        links = page_links(query["page"], query["per_page"], total)
        return {"items": rows, "total": total}, links

    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(403, 409)
    @resources.arguments(
        NewLabSchema,
        example={
            "title": "Leeslab", "theme": "reading", "goal": "Wat houdt leerlingen aan het lezen?",
            "practice_email": "lead@example.org", "research_email": "other@example.org",
        },
    )  # fmt: skip
    @resources.response(201, LabDetailSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Propose a lab, as a school leader or a researcher."""
        lab = lab_proposing.propose_lab(
            current_actor(),
            LabTexts(**{name: values[name] for name in values if name in TEXTS}),
            LabSwitches(**{name: values[name] for name in values if name in SWITCHES}),
            practice_email=values["practice_email"],
            research_email=values["research_email"],
            confirmed=values["pupil_data_checked"],
        )
        place = url_for("Labs.OneLab", lab_id=lab.id)
        return shown(lab), etag(lab.version) | {"Location": place}


@resources.route("/rules")
class LabRules(MethodView):
    @require_scope("labs:read", visitors=True)
    @resources.arguments(RuleQuerySchema, location="query")
    @resources.response(200, ProgrammeRulesSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """List what does not go together in the programme, with its sources."""
        return {"items": rules.list_rules(query["school_year"])}


@resources.route(f"/{ONE}")
class OneLab(MethodView):
    @require_scope("labs:read", visitors=True)
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, LabDetailSchema, headers=TAG)
    def get(self, lab_id: int) -> Any:
        """Read a lab, with the steps that you can take."""
        lab = _get(lab_id)
        return unchanged(lab.version) or (shown(lab), etag(lab.version))

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(403, 404, 409)
    @resources.arguments(LabPatchSchema)
    @resources.response(200, LabDetailSchema, headers=TAG)
    def patch(self, values: dict[str, Any], lab_id: int) -> Any:
        """Change texts or switches. More readers waits until a lead of the other side agrees."""
        actor, lab = current_actor(), _get(lab_id)
        version = matched_version(lab.version)
        texts = {name: values[name] for name in values if name in TEXTS}
        switches = {name: values[name] for name in values if name in SWITCHES}
        lab_settings.change(
            actor, lab, replace(texts_of(lab), **texts), replace(switches_of(lab), **switches),
            version=version, confirmed=values["pupil_data_checked"],
        )  # fmt: skip
        return shown(lab), etag(lab.version)


@resources.route(f"/{ONE}/steps")
class LabSteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(403, 404, 409)
    @resources.arguments(LabStepSchema, example={"action": "start"})
    @resources.response(200, LabStepAnswerSchema, headers=TAG)
    def post(self, values: dict[str, Any], lab_id: int) -> Any:
        """Take a step: approve, start, pause, conclude, close ..."""
        lab = _get(lab_id)
        taken = labs.perform(
            current_actor(), lab, values["action"], version=matched_version(lab.version),
            reason=values["reason"],
        )  # fmt: skip
        return {"taken": taken, "lab": lab}, etag(lab.version)


@resources.route(f"/{ONE}/proposal")
class LabProposal(MethodView):
    @require_scope("labs:write")
    @refuses(403, 404)
    @resources.response(204)
    def delete(self, lab_id: int) -> None:
        """Say no to what the other lead proposed, or take your own proposal back."""
        labs.refuse_proposal(current_actor(), _get(lab_id))


@resources.route(f"/{ONE}/board")
class LabBoard(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(403, 404)
    @resources.response(200, LabBoardSchema)
    def get(self, lab_id: int) -> Board:
        """Read how practice and research share in a lab."""
        actor = current_actor()
        return fairness.board_of(actor, labs.get_readable_lab(actor, lab_id))


@resources.route(f"/{ONE}/archive")
class LabArchive(MethodView):
    @require_scope("labs:read")
    @refuses(403, 404)
    @resources.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
    def get(self, lab_id: int) -> Response:
        """Take out all that you may read of a lab: JSON, a readable page and the files."""
        actor = current_actor()
        lab = labs.get_readable_lab(actor, lab_id)
        return Response(lab_archive_zip.stream_archive(actor, lab), mimetype="application/zip")


@resources.route(f"/{ONE}/access")
class LabLook(MethodView):
    @require_scope("labs:write")
    @refuses(403, 404, 409)
    @resources.arguments(LookIntoSchema)
    @resources.response(201, LabAccessSchema)
    def post(self, values: dict[str, str], lab_id: int) -> LabAccess:
        """Look into a private lab for a day, as the office; its leads are told."""
        return access.look_into(current_actor(), _get(lab_id), values["reason"])
