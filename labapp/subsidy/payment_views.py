"""Paying on the page: batches, recoveries, accounts and the ledger, for the programme office."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import (
    bank_accounts,
    claim_forms,
    claims,
    ledger,
    payments,
    policies,
    recoveries,
    schemes,
)
from labapp.subsidy.claim_models import Claim
from labapp.subsidy.payment_models import PaymentBatch
from labapp.subsidy.scheme_models import SchemeVersion

pages = Blueprint("payments", __name__)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Paying is for people of the programme office."""


@pages.get("/claims/betaalbatches")
def list_batches() -> str:
    actor = current_actor()
    batches = payments.list_batches(actor)
    waiting = [
        (version, found)
        for version in schemes.list_versions(actor)
        if (found := payments.list_payable(actor, version.id))
    ]
    return render_template(
        "subsidy/batches.html", batches=batches, waiting=waiting, name_of=payments.name_of_batch,
        total=_total, link=_link,
    )  # fmt: skip


@pages.post("/claims/betaalbatches")
def create_batch() -> ResponseReturnValue:
    """Put the ticked claims of one scheme version in a batch."""
    chosen = set(request.form.getlist("claim", type=int))
    version_id = claim_forms.number_in(request.form, "version_id")
    batch = payments.create_batch(current_actor(), version_id, chosen)
    flash(_("De batch staat klaar. Er is nog niets betaald."))
    return _to(batch)


@pages.get("/claims/betaalbatches/<int:batch_id>")
def show_batch(batch_id: int) -> str:
    return _batch_page(payments.get_batch(current_actor(), batch_id))


@pages.post("/claims/betaalbatches/<int:batch_id>/vrijgeven")
def release(batch_id: int) -> ResponseReturnValue:
    actor = current_actor()
    batch = payments.get_batch(actor, batch_id)
    payments.release_batch(actor, batch, version=claim_forms.version_in(request.form))
    flash(_("Vrijgegeven. Het bestand staat klaar en verandert niet meer."))
    return _to(batch)


@pages.post("/claims/betaalbatches/<int:batch_id>/weggooien")
def remove(batch_id: int) -> ResponseReturnValue:
    actor = current_actor()
    batch = payments.get_batch(actor, batch_id)
    payments.remove_batch(actor, batch, version=claim_forms.version_in(request.form))
    flash(_("De batch is weggegooid. De claims wachten weer op betaling."))
    return redirect(url_for("payments.list_batches"), 303)


@pages.get("/claims/betaalbatches/<int:batch_id>/bestand")
def download(batch_id: int) -> Response:
    """Give the payment file as it was made when the batch was released."""
    batch = payments.get_batch(current_actor(), batch_id)
    if batch.file is None:
        raise NotFoundError(_("Deze batch is nog niet vrijgegeven."))
    name = f"{payments.name_of_batch(batch)}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(batch.file, mimetype="text/csv", headers=headers)


@pages.post("/claims/betaalbatches/<int:batch_id>/rekening")
def confirm_account(batch_id: int) -> ResponseReturnValue:
    """Note the account of a board of the batch as checked."""
    actor = current_actor()
    batch = payments.get_batch(actor, batch_id)
    board_id = claim_forms.number_in(request.form, "board_id")
    try:
        bank_accounts.confirm_account(actor, board_id, request.form.get("iban", ""))
    except InvalidError as error:
        words = {f"iban-{board_id}": next(iter(error.fields.values()), [str(error)])}
        return _batch_page(payments.get_batch(actor, batch_id), words), 422
    flash(_("De rekening is bevestigd."))
    return _to(batch)


@pages.get("/claims/terugvorderingen")
def list_recoveries() -> str:
    actor = current_actor()
    return render_template(
        "subsidy/recoveries.html",
        found=recoveries.list_recoveries(actor),
        is_office=policies.is_office(actor),
    )


@pages.post("/claims/<int:claim_id>/terugvorderen")
def recover(claim_id: int) -> ResponseReturnValue:
    actor = current_actor()
    claim = claims.get_claim(actor, claim_id)
    recoveries.open_recovery(actor, claim, note=request.form.get("note", ""))
    flash(_("De terugvordering is vastgelegd."))
    return redirect(url_for("payments.list_recoveries"), 303)


@pages.post("/claims/terugvorderingen/<int:recovery_id>/ontvangen")
def receive(recovery_id: int) -> ResponseReturnValue:
    actor = current_actor()
    recovery = recoveries.get_recovery(actor, recovery_id)
    recoveries.receive(actor, recovery, version=claim_forms.version_in(request.form))
    flash(_("De ontvangst is vastgelegd."))
    return redirect(url_for("payments.list_recoveries"), 303)


@pages.get("/claims/grootboek/<int:version_id>")
def show_ledger(version_id: int) -> str:
    actor = current_actor()
    payments.require_reader(actor)
    version = schemes.get_version(actor, version_id)
    return render_template(
        "subsidy/ledger.html",
        version=version,
        events=ledger.list_events(version_id),
        budget=ledger.budget_of(version_id),
        room=ledger.room(version),
        numbers=_numbers(version),
    )


def _batch_page(batch: PaymentBatch, errors: dict[str, list[str]] | None = None) -> str:
    boards = payments.boards_of(batch)
    return render_template(
        "subsidy/batch.html",
        batch=batch,
        name=payments.name_of_batch(batch),
        boards=boards,
        unconfirmed=bank_accounts.unconfirmed(boards),
        errors=errors or {},
        link=_link,
    )


def _to(batch: PaymentBatch) -> ResponseReturnValue:
    return redirect(url_for("payments.show_batch", batch_id=batch.id), 303)


def _link(url: str, words: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(url, words)


def _total(found: list[Claim]) -> int:
    return sum(claim.granted_cents or 0 for claim in found)


def _numbers(version: SchemeVersion) -> dict[int, str]:
    """Give the numbers of the claims in the ledger."""
    found = claims.list_claims(current_actor(), version_id=version.id, per_page=10_000)
    return {claim.id: claim.number or "" for claim in found.items}
