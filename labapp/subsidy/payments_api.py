"""Payment batches, recoveries and the ledger as JSON, for the programme office."""

from typing import Any

from flask import Response, url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, unchanged
from labapp.subsidy import claims, ledger, payments, recoveries, schemes
from labapp.subsidy.claim_schemas import (
    LedgerSchema,
    NewBatchSchema,
    NewRecoverySchema,
    PaymentBatchesSchema,
    PaymentBatchSchema,
    RecoveriesSchema,
    RecoverySchema,
)
from labapp.subsidy.payment_models import PaymentBatch

resources = Resources(
    "Payments",
    __name__,
    url_prefix="/api/v1/subsidy",
    description="Paying what was granted, and asking back what was paid too much.",
)
TAG = {"ETag": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
once = idempotent(lambda: current_actor().id)


def asked(batch_id: int) -> tuple[PaymentBatch, int]:
    batch = payments.get_batch(current_actor(), batch_id)
    return batch, matched_version(batch.version)


@resources.route("/batches")
class Batches(MethodView):
    @require_scope("claims:read")
    @refuses(404)
    @resources.response(200, PaymentBatchesSchema)
    def get(self) -> dict[str, Any]:
        """List the batches, the newest first; for the office and the auditor."""
        return {"items": payments.list_batches(current_actor())}

    @require_scope("claims:assess")
    @once
    @refuses(404, 409)
    @resources.arguments(NewBatchSchema)
    @resources.response(201, PaymentBatchSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Put granted claims in a batch; it is paid when it is released."""
        batch = payments.create_batch(
            current_actor(), values["scheme_version_id"], values.get("claims")
        )
        place = url_for("Payments.OneBatch", batch_id=batch.id)
        return batch, etag(batch.version) | {"Location": place}


@resources.route(f"/batches/<{ID}:batch_id>")
class OneBatch(MethodView):
    @require_scope("claims:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, PaymentBatchSchema, headers=TAG)
    def get(self, batch_id: int) -> Any:
        """Read a batch."""
        batch = payments.get_batch(current_actor(), batch_id)
        return unchanged(batch.version) or (batch, etag(batch.version))

    @require_scope("claims:assess")
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(204)
    def delete(self, batch_id: int) -> None:
        """Throw away a batch that was not released."""
        batch, version = asked(batch_id)
        payments.remove_batch(current_actor(), batch, version=version)


@resources.route(f"/batches/<{ID}:batch_id>/release")
class BatchRelease(MethodView):
    @require_scope("claims:assess")
    @once
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(200, PaymentBatchSchema, headers=TAG)
    def post(self, batch_id: int) -> Any:
        """Pay a batch: its file is made once. Not by who decided about one of its claims."""
        batch, version = asked(batch_id)
        released = payments.release_batch(current_actor(), batch, version=version)
        return released, etag(released.version)


@resources.route(f"/batches/<{ID}:batch_id>/file")
class BatchFile(MethodView):
    @require_scope("claims:read")
    @refuses(404)
    @resources.response(200, {"type": "string"}, content_type="text/csv")
    def get(self, batch_id: int) -> Response:
        """Download the payment file: one row for each board."""
        batch = payments.get_batch(current_actor(), batch_id)
        if batch.file is None:
            raise NotFoundError(_("Deze batch is nog niet vrijgegeven."))
        return Response(batch.file, mimetype="text/csv")


@resources.route("/recoveries")
class Recoveries(MethodView):
    @require_scope("claims:read")
    @resources.response(200, RecoveriesSchema)
    def get(self) -> dict[str, Any]:
        """List what has to be paid back: a board its own, the office and the auditor all."""
        return {"items": recoveries.list_recoveries(current_actor())}

    @require_scope("claims:assess")
    @once
    @refuses(404, 409)
    @resources.arguments(NewRecoverySchema)
    @resources.response(201, RecoverySchema, headers=TAG)
    def post(self, values: dict[str, Any]) -> Any:
        """Ask back what a granted negative claim says, where it cannot be set off."""
        actor = current_actor()
        claim = claims.get_claim(actor, values["claim_id"])
        made = recoveries.open_recovery(actor, claim, note=values["note"])
        return made, etag(made.version)


@resources.route(f"/recoveries/<{ID}:recovery_id>/receipt")
class RecoveryReceipt(MethodView):
    @require_scope("claims:assess")
    @once
    @asks("If-Match")
    @refuses(404, 409)
    @resources.response(200, RecoverySchema, headers=TAG)
    def post(self, recovery_id: int) -> Any:
        """Note that the money came in; not by who decided about the claim."""
        actor = current_actor()
        recovery = recoveries.get_recovery(actor, recovery_id)
        version = matched_version(recovery.version)
        received = recoveries.receive(actor, recovery, version=version)
        return received, etag(received.version)


@resources.route(f"/ledger/<{ID}:version_id>")
class Ledger(MethodView):
    @require_scope("claims:read")
    @refuses(404)
    @resources.response(200, LedgerSchema)
    def get(self, version_id: int) -> dict[str, Any]:
        """Read every movement of money of a scheme version; for the office and the auditor."""
        actor = current_actor()
        payments.require_reader(actor)
        version = schemes.get_version(actor, version_id)
        return {
            "items": ledger.list_events(version_id),
            "remaining_cents": ledger.room(version),
        }
