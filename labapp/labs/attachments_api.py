"""Files as JSON: added, listed, opened, taken away."""

from typing import Any

from flask import Response, url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.errors import InvalidError
from labapp.files.checking import KINDS
from labapp.files.serving import send
from labapp.i18n import gettext as _
from labapp.labs import attachments
from labapp.labs.attachment_schemas import (
    AddedSchema,
    AttachmentInputSchema,
    AttachmentQuerySchema,
    AttachmentSchema,
    AttachmentsSchema,
)
from labapp.labs.thread_models import Attachment
from labapp.resources import ID, Resources, refuses

ONE = f"<{ID}:attachment_id>"
MEDIA_TYPES = sorted({kind.media_type for kind in KINDS.values()})
BYTES = {"type": "string", "format": "binary"}

resources = Resources(
    "Attachments",
    __name__,
    url_prefix="/api/v1/attachments",
    description="Files with contributions, rounds, findings, labs and questions.",
)


def of_any_kind(view: Any) -> Any:
    """Describe an answer that is a file of each kind that is accepted."""
    for media_type in MEDIA_TYPES:
        described = resources.alt_response(200, schema=BYTES, content_type=media_type, success=True)
        view = described(view)
    return view


@resources.route("")
class AllAttachments(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(403, 404)
    @resources.arguments(AttachmentQuerySchema, location="query")
    @resources.response(200, AttachmentsSchema)
    def get(self, query: dict[str, str]) -> Any:
        """List the files of an object that you may read."""
        return {"items": attachments.list_attachments(current_actor(), query["object"])}

    @require_scope("labs:write")
    @refuses(403, 404, 413, 415)
    @resources.arguments(AttachmentInputSchema, location="multipart")
    @resources.response(201, AddedSchema, headers={"Location": {"schema": {"type": "string"}}})
    def post(self, values: dict[str, Any]) -> Any:
        """Add a file; what looks like data of pupils is refused until you confirm it."""
        file = values["file"]
        if not getattr(file, "filename", ""):
            raise InvalidError(_("Kies een bestand."), {"file": [_("Kies een bestand.")]})
        added = attachments.add_attachment(
            current_actor(),
            values["object"],
            file.stream,
            file.filename,
            title=values["title"],
            confirmed=values["confirmed"],
        )
        place = url_for("Attachments.OneAttachment", attachment_id=added.attachment.id)
        return added, 201, {"Location": place}


@resources.route(f"/{ONE}")
class OneAttachment(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.response(200, AttachmentSchema)
    def get(self, attachment_id: int) -> Attachment:
        """Read what a file is called and how large it is."""
        return attachments.get_attachment(current_actor(), attachment_id)

    @require_scope("labs:write")
    @refuses(403, 404)
    @resources.response(204)
    def delete(self, attachment_id: int) -> None:
        """Take a file away: your own, or as lead; never from a published text."""
        actor = current_actor()
        attachment = attachments.get_attachment(actor, attachment_id)
        attachments.remove_attachment(actor, attachment)


@resources.route(f"/{ONE}/file")
class AttachmentFile(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @of_any_kind
    def get(self, attachment_id: int) -> Response:
        """Download the file itself."""
        return send(attachments.get_attachment(current_actor(), attachment_id).file)
