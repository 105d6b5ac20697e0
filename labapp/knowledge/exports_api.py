"""All cards one may read as one file, streamed."""

from typing import Any

from flask import Response, stream_with_context, url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.clock import today
from labapp.knowledge import exporters
from labapp.knowledge.api_schemas import ExportQuerySchema
from labapp.knowledge.models import Card
from labapp.resources import Resources

resources = Resources(
    "Exports", __name__, url_prefix="/api/v1/exports", description="Everything as one file."
)
SUFFIXES = {"bibtex": "bib", "csl-json": "csl.json"}
TEXT = {"type": "string"}


@resources.route("/cards")
class CardsExport(MethodView):
    @require_scope("cards:read", visitors=True)
    @resources.arguments(ExportQuerySchema, location="query")
    @resources.response(200, {"type": "object"}, content_type="application/json")
    @resources.alt_response(200, schema=TEXT, content_type="text/csv", success=True)
    @resources.alt_response(200, schema=TEXT, content_type="application/x-bibtex", success=True)
    @resources.alt_response(
        200, schema=TEXT, content_type="application/x-research-info-systems", success=True
    )
    @resources.alt_response(
        200,
        schema={"type": "array", "items": {"type": "object"}},
        content_type="application/vnd.citationstyles.csl+json",
        success=True,
    )
    def get(self, values: dict[str, Any]) -> Response:
        """Export every card that you may read; JSON loses nothing and can be imported again.

        JSON and CSV also have your own drafts; BibTeX, RIS and CSL-JSON have cards and sources.
        """
        form = values["format"]
        pieces = exporters.export_cards(current_actor(), form, address_of)
        answer = Response(stream_with_context(pieces), mimetype=exporters.FORMATS[form])
        name = f"kaarten-{today().isoformat()}.{SUFFIXES.get(form, form)}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        answer.headers["Cache-Control"] = "private, no-store"
        return answer


def address_of(card: Card) -> str:
    return url_for("cards.show_card", card_id=card.id, _external=True)
