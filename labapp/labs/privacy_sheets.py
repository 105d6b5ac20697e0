"""The privacy sheet of a round: written in the lab, approved by whom the lab named for it."""

from collections.abc import Mapping
from typing import Any

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import transaction
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import policies, round_events, round_rights, round_texts
from labapp.labs.machine import lock
from labapp.labs.privacy_sheet_states import MACHINE, SheetAction
from labapp.labs.round_models import PrivacySheet, Round, SheetState
from labapp.labs.round_seal import SHEET
from labapp.notifications import emitting

WRITABLE = (SheetState.DRAFT, SheetState.RETURNED)


def find_sheet(actor: Actor, one: Round) -> PrivacySheet | None:
    """Give the sheet of a round, for the people of its lab; None when nobody wrote one."""
    if not policies.works_in(actor, one.lab):
        raise NotFoundError(_("Dit privacyblad is er alleen voor de mensen van het lab."))
    return one.privacy_sheet


def get_sheet(actor: Actor, one: Round) -> PrivacySheet:
    sheet = find_sheet(actor, one)
    if sheet is None:
        raise NotFoundError(_("Deze ronde heeft nog geen privacyblad."))
    return sheet


def save_sheet(
    actor: Actor, one: Round, values: Mapping[str, str], *, version: int, confirmed: bool = False
) -> PrivacySheet:
    """Write what is collected, why, on what ground, how long, and who sees it.

    `version` is 0 when one began an empty sheet. What is left out stays.
    """
    unknown = sorted(set(values) - set(SHEET))
    if unknown:
        raise InvalidError(_("Het privacyblad heeft geen onderdeel ‘%(name)s’.", name=unknown[0]))
    with transaction() as session:
        lock(one)
        find_sheet(actor, one)
        round_rights.require_work(actor, one.lab)
        round_rights.require_open(one)
        texts = round_texts.clean(values, confirmed=confirmed)
        sheet = one.privacy_sheet
        if sheet is None:
            if version:
                raise ConflictError(_("Deze ronde heeft nog geen privacyblad."))
            sheet = PrivacySheet(round=one, state=SheetState.DRAFT)
            session.add(sheet)
        else:
            round_texts.require_same(sheet, version, texts)
        if sheet.state not in WRITABLE:
            raise ConflictError(
                _("Dit blad is ingediend of goedgekeurd. Kies eerst ‘Wijzig opnieuw’.")
            )
        changed = [name for name, text in texts.items() if getattr(sheet, name) != text]
        for name in changed:
            setattr(sheet, name, texts[name])
        session.flush()
        audit.record(
            actor.id, "privacy_sheets.saved", sheet, on_behalf_of=actor.acting_for_id,
            changes={"texts": [None, changed]},
        )  # fmt: skip
    return sheet


def perform(
    actor: Actor, sheet: PrivacySheet, action: SheetAction, *, version: int, reason: str = ""
) -> None:
    """Hand in, approve, give back or take up again."""
    one = sheet.round
    with transaction():
        lock(one)
        values = _columns(actor, action, reason)
        MACHINE.check(actor, sheet, action, version=version, reason=reason)
        round_rights.require_open(one)
        MACHINE.perform(actor, sheet, action, version=version, reason=reason, values=values)
        judge = one.lab.privacy_person_id
        if action is SheetAction.SUBMIT and judge is not None:
            emitting.emit(actor, round_events.SHEET_SUBMITTED, one, [judge])
        if action in (SheetAction.APPROVE, SheetAction.RETURN) and sheet.submitted_by_id:
            code = (
                round_events.SHEET_APPROVED
                if action is SheetAction.APPROVE
                else round_events.SHEET_RETURNED
            )
            emitting.emit(actor, code, one, [sheet.submitted_by_id])


def _columns(actor: Actor, action: SheetAction, reason: str) -> dict[str, Any]:
    """Give what changes beside the state."""
    if action is SheetAction.SUBMIT:
        return {"submitted_by_id": actor.id, "note": ""}
    if action is SheetAction.APPROVE:
        return {"approved_by_id": actor.id, "approved_at": now()}
    if action is SheetAction.RETURN:
        return {"note": reason.strip()}
    return {"approved_by_id": None, "approved_at": None}
