"""Declarations on the page: one's own to sign, those of others to approve."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import ngettext
from labapp.subsidy import declaration_lists, declarations, policies, section
from labapp.subsidy.declaration_checks import can_be_signed_from, is_due
from labapp.subsidy.declaration_snapshots import days_late, is_intact, number_of
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry

pages = Blueprint("declarations", __name__)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Declarations are of people."""


@pages.get("/urenstaten")
def list_all() -> ResponseReturnValue:
    """Show one's own months; who has none but approves goes to what waits."""
    actor = current_actor()
    own = declaration_lists.list_own(actor)
    if not own and section.approves(actor):
        return redirect(url_for("declarations.list_to_approve"), 303)
    return render_template(
        "subsidy/declarations.html",
        own=own,
        is_due=is_due,
        signed_from=can_be_signed_from,
        approves=section.approves(actor),
    )


@pages.get("/urenstaten/goedkeuren")
def list_to_approve() -> str:
    return _approval_page({})


@pages.post("/urenstaten/goedkeuren")
def approve_chosen() -> ResponseReturnValue:
    """Approve what was ticked, all or none; each box says which version was looked at."""
    actor = current_actor()
    wanted = [_numbers(text) for text in request.form.getlist("urenstaat")]
    try:
        done = declarations.approve_many(actor, [pair for pair in wanted if pair])
    except InvalidError as error:
        return _approval_page({"urenstaat": [str(error)]}), 422
    count = len(done)
    flash(ngettext("%(num)s urenstaat is goedgekeurd.", "%(num)s urenstaten zijn goedgekeurd.",
                   count))  # fmt: skip
    return redirect(url_for("declarations.list_to_approve"), 303)


@pages.get("/urenstaten/<int:declaration_id>")
def show(declaration_id: int) -> str:
    actor = current_actor()
    return _page(actor, declarations.get_declaration(actor, declaration_id), {})


@pages.post("/urenstaten/<int:declaration_id>/ondertekenen")
def submit(declaration_id: int) -> ResponseReturnValue:
    actor = current_actor()
    one = declarations.get_declaration(actor, declaration_id)
    if request.form.get("akkoord") != "1":
        words = _("Zet een vinkje om te ondertekenen.")
        return _page(actor, one, {"akkoord": [words]}), 422
    try:
        declarations.submit(actor, one, _version())
    except InvalidError as error:
        one = declarations.get_declaration(actor, declaration_id)
        return _page(actor, one, error.fields), 422
    flash(_("Ondertekend. Nu kijkt een ander de uren na; je krijgt bericht."))
    return _to(declaration_id)


@pages.post("/urenstaten/<int:declaration_id>/intrekken")
def withdraw(declaration_id: int) -> ResponseReturnValue:
    actor = current_actor()
    declarations.withdraw(actor, declarations.get_declaration(actor, declaration_id), _version())
    flash(_("Je handtekening is ingetrokken. Je kunt de uren weer wijzigen."))
    return _to(declaration_id)


@pages.post("/urenstaten/<int:declaration_id>/goedkeuren")
def approve(declaration_id: int) -> ResponseReturnValue:
    actor = current_actor()
    declarations.approve(actor, declarations.get_declaration(actor, declaration_id), _version())
    flash(_("De urenstaat is goedgekeurd."))
    return redirect(url_for("declarations.list_to_approve"), 303)


@pages.post("/urenstaten/<int:declaration_id>/teruggeven")
def reject(declaration_id: int) -> ResponseReturnValue:
    return _with_reason(declaration_id, declarations.reject, _("De urenstaat is teruggegeven."))


@pages.post("/urenstaten/<int:declaration_id>/heropenen")
def reopen(declaration_id: int) -> ResponseReturnValue:
    return _with_reason(declaration_id, declarations.reopen, _("De urenstaat is weer open."))


def _with_reason(declaration_id: int, action: Any, words: str) -> ResponseReturnValue:
    actor = current_actor()
    one = declarations.get_declaration(actor, declaration_id)
    try:
        action(actor, one, _version(), request.form.get("reason", ""))
    except InvalidError as error:
        one = declarations.get_declaration(actor, declaration_id)
        return _page(actor, one, error.fields), 422
    flash(words)
    return _to(declaration_id)


def _page(actor: Actor, one: Declaration, errors: dict[str, list[str]]) -> str:
    is_mine = one.user_id == actor.id
    is_signed = one.state is DeclarationState.SUBMITTED
    is_approved = one.state is DeclarationState.APPROVED
    return render_template(
        "subsidy/declaration.html",
        one=one,
        number=number_of(one),
        days=_days(one.entries),
        total=sum(entry.minutes for entry in one.entries),
        late=days_late,
        errors=errors,
        is_mine=is_mine,
        is_due=is_due(one),
        signed_from=can_be_signed_from(one),
        is_intact=is_intact(one),
        why_not=declarations.why_not_approve(actor, one) if is_signed and not is_mine else None,
        may_reopen=is_approved and policies.can_reopen(actor, one),
    )


def _days(entries: list[HourEntry]) -> list[tuple[Any, list[HourEntry], int]]:
    """Give the entries by day, with the sum of each day."""
    found: dict[Any, list[HourEntry]] = {}
    for entry in entries:
        found.setdefault(entry.work_date, []).append(entry)
    return [(day, rows, sum(e.minutes for e in rows)) for day, rows in sorted(found.items())]


def _approval_page(errors: dict[str, list[str]]) -> str:
    actor = current_actor()
    return render_template(
        "subsidy/approvals.html",
        waiting=declaration_lists.list_waiting(actor),
        decided=declaration_lists.list_decided(actor),
        has_own=section.works_at_school(actor),
        errors=errors,
    )


def _numbers(text: str) -> tuple[int, int] | None:
    """Read a box: the number of a declaration and the version that was looked at."""
    number, dot, version = text.partition(".")
    if not dot or not all(p.isascii() and p.isdigit() and len(p) < 10 for p in (number, version)):  # noqa: PLR2004
        raise ConflictError(_("Laad de pagina opnieuw en kies nog eens."))
    return int(number), int(version)


def _version() -> int:
    return request.form.get("version", 0, type=int)


def _to(declaration_id: int) -> ResponseReturnValue:
    return redirect(url_for("declarations.show", declaration_id=declaration_id), 303)
