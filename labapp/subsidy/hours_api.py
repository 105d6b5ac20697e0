"""Hours as JSON: written, changed, taken back; proposed; and brought in from files."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

from flask import abort, make_response, request, url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.i18n import gettext as _
from labapp.resources import PROBLEM, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, unchanged
from labapp.subsidy import hours, proposals
from labapp.subsidy.hour_imports import import_hours
from labapp.subsidy.hour_models import EntrySource, HourEntry, HourProposal
from labapp.subsidy.hour_schemas import (
    HourChangeSchema,
    HourEntrySchema,
    HourFaultSchema,
    HourImportInputSchema,
    HourInputSchema,
    HourListInputSchema,
    HourPageSchema,
    HourProblemSchema,
    HourProposalAnswerSchema,
    HourProposalsInputSchema,
    HourProposalsSchema,
    HourQuerySchema,
    HourReportSchema,
    HourReversalSchema,
)
from labapp.subsidy.hour_writing import EntriesInvalidError, input_of
from labapp.subsidy.hours import EntryInput
from labapp.subsidy.proposals import ProposalInput
from labapp.web import answer

View = TypeVar("View", bound=Callable[..., Any])
TAG = {"ETag": {"schema": {"type": "string"}}}
ENTRY = "string(length=26):entry_id"

resources = Resources(
    "Hours",
    __name__,
    url_prefix="/api/v1/subsidy",
    description="Hours that people worked, and proposals of them.",
)
refusal = resources.alt_response(
    422, schema=HourProblemSchema, content_type=PROBLEM, description="Rules that are broken."
)


def with_problems(view: View) -> View:
    """Tell which rules hours break, by code, beside the words for people."""

    @wraps(view)
    def wrapped(*args: Any, **values: Any) -> Any:
        try:
            return view(*args, **values)
        except EntriesInvalidError as error:
            problems = [
                {"index": place, "code": one.code, "field": one.field, "message": one.words}
                for place, found in sorted(error.problems.items())
                for one in found
            ]
            extra = {"errors": error.fields, "problems": problems}
            abort(make_response(*answer(422, str(error), extra)))

    return cast("View", wrapped)


def _me() -> int | None:
    return current_actor().id


def _entry(values: dict[str, Any]) -> EntryInput:
    return EntryInput(**{"user_id": current_actor().require_user().id, **values})


def _can_repeat() -> bool:
    return "Idempotency-Key" in request.headers


@resources.route("/hours")
class AllHours(MethodView):
    @require_scope("hours:read")
    @resources.arguments(HourQuerySchema, location="query")
    @resources.response(200, HourPageSchema)
    def get(self, query: dict[str, Any]) -> dict[str, list[HourEntry]]:
        """List the hours that you may see, the newest day first."""
        page, size = query.pop("page"), query.pop("per_page")
        found = hours.list_entries(current_actor(), **query, limit=size, offset=(page - 1) * size)
        return {"items": found}

    @require_scope("hours:write")
    @idempotent(_me)
    @with_problems
    @refusal
    @refuses(404)
    @resources.arguments(HourInputSchema)
    @resources.response(
        201, HourEntrySchema, headers={**TAG, "Location": {"schema": {"type": "string"}}}
    )
    def post(self, values: dict[str, Any]) -> Any:
        """Write hours, in the open declaration of their month."""
        entry = hours.add_entry(
            current_actor(), _entry(values), source=EntrySource.API, may_repeat=_can_repeat()
        )
        place = url_for("Hours.OneHour", entry_id=entry.id)
        return entry, etag(entry.version) | {"Location": place}


@resources.route("/hours/bulk")
class ManyHours(MethodView):
    @require_scope("hours:write")
    @idempotent(_me)
    @with_problems
    @refusal
    @refuses(404)
    @resources.arguments(HourListInputSchema)
    @resources.response(201, HourPageSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Write a list of hours in one transaction, all or none."""
        saved = hours.add_entries(
            current_actor(),
            [_entry(one) for one in values["items"]],
            source=EntrySource.API,
            may_repeat=_can_repeat(),
        )
        return {"items": saved}


@resources.route("/hours/imports")
class HourImports(MethodView):
    @require_scope("hours:write")
    @idempotent(_me)
    @refusal
    @resources.arguments(HourImportInputSchema, location="multipart")
    @resources.response(200, HourReportSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Take in a table of hours (CSV or XLSX), whole or not at all; twice adds nothing."""
        file = values["file"]
        with TemporaryDirectory(prefix="labapp-") as folder:
            path = Path(folder, "hours")
            file.save(path)
            report = import_hours(
                current_actor(), path, dry_run=values["dry_run"], file_name=file.filename or ""
            )
        if report.faults and not values["dry_run"]:
            words = _("Er is niets ingevoerd, want het bestand heeft fouten.")
            faults = HourFaultSchema(many=True).dump(report.faults)
            abort(make_response(*answer(422, words, {"faults": faults})))
        return report


@resources.route(f"/hours/<{ENTRY}>")
class OneHour(MethodView):
    @require_scope("hours:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, HourEntrySchema, headers=TAG)
    def get(self, entry_id: str) -> Any:
        """Read hours."""
        entry = hours.get_entry(current_actor(), entry_id)
        return unchanged(entry.version) or (entry, etag(entry.version))

    @require_scope("hours:write")
    @asks("If-Match")
    @with_problems
    @refusal
    @refuses(404, 409)
    @resources.arguments(HourChangeSchema)
    @resources.response(200, HourEntrySchema, headers=TAG)
    def patch(self, values: dict[str, Any], entry_id: str) -> Any:
        """Change hours that are not signed for; 409 has both values when somebody was first."""
        entry = hours.get_entry(current_actor(), entry_id)
        new = replace(input_of(entry), **values)
        if "minutes" not in values and {"start_local", "end_local"} & set(values):
            new = replace(new, minutes=None)  # the new times say the length
        version = matched_version(entry.version)
        changed = hours.change_entry(current_actor(), entry, new, version)
        return changed, etag(changed.version)

    @require_scope("hours:write")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(204)
    def delete(self, entry_id: str) -> None:
        """Take hours away that are not signed for."""
        entry = hours.get_entry(current_actor(), entry_id)
        hours.remove_entry(current_actor(), entry, matched_version(entry.version))


@resources.route(f"/hours/<{ENTRY}>/reversal")
class HourReversals(MethodView):
    @require_scope("hours:write")
    @idempotent(_me)
    @with_problems
    @refusal
    @refuses(404, 409)
    @resources.arguments(HourReversalSchema)
    @resources.response(201, HourPageSchema)
    def post(self, values: dict[str, Any], entry_id: str) -> Any:
        """Take approved hours back in a supplementary declaration, perhaps for others."""
        entry = hours.get_entry(current_actor(), entry_id)
        instead = values.get("replacement")
        new = EntryInput(**{"user_id": entry.user_id, **instead}) if instead else None
        made = hours.reverse(current_actor(), entry, values["minutes"], values["reason"], new)
        return {"items": made}


@resources.route("/proposals")
class HourProposals(MethodView):
    @require_scope("hours:read")
    @resources.response(200, HourProposalsSchema)
    def get(self) -> dict[str, list[HourProposal]]:
        """List the hours that were proposed to you and wait for an answer."""
        return {"items": proposals.list_open(current_actor())}

    @require_scope("hours:write")
    @idempotent(_me)
    @refuses(404)
    @resources.arguments(HourProposalsInputSchema)
    @resources.response(200, HourProposalsSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Propose hours to people of your branch; the same source proposes once."""
        wanted = [ProposalInput(**one) for one in values["items"]]
        return {"items": proposals.propose_hours(current_actor(), wanted)}


@resources.route("/proposals/accept")
class AcceptedProposals(MethodView):
    @require_scope("hours:write")
    @idempotent(_me)
    @with_problems
    @refusal
    @refuses(404, 409)
    @resources.arguments(HourProposalAnswerSchema)
    @resources.response(201, HourPageSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Take proposals over as your own hours, all or none."""
        return {"items": proposals.accept(current_actor(), values["ids"])}


@resources.route("/proposals/dismiss")
class DismissedProposals(MethodView):
    @require_scope("hours:write")
    @idempotent(_me)
    @refuses(404, 409)
    @resources.arguments(HourProposalAnswerSchema)
    @resources.response(204)
    def post(self, values: dict[str, Any]) -> None:
        """Say of proposals that these hours are not yours."""
        proposals.dismiss(current_actor(), values["ids"])
