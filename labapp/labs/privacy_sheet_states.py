"""The states of a privacy sheet: nobody approves what one handed in oneself."""

import enum
from collections.abc import Sequence

from labapp.accounts.actors import Actor
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import round_rights
from labapp.labs.machine import Machine
from labapp.labs.round_models import PrivacySheet, SheetState, TaskState
from labapp.labs.round_seal import SHEET

LABELS = {
    "purpose": _l("Waarvoor verzamelen we gegevens?"),
    "data_list": _l("Welke gegevens zijn dat?"),
    "legal_ground": _l("Op welke grond mag dat?"),
    "retention": _l("Hoelang bewaren we ze?"),
    "who_sees": _l("Wie ziet ze?"),
}


class SheetAction(enum.Enum):
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    REVISE = "revise"  # taken back to change it: it has to be approved anew


STATE_WORDS = {
    SheetState.DRAFT: _l("Concept"),
    SheetState.SUBMITTED: _l("Wacht op goedkeuring"),
    SheetState.RETURNED: _l("Teruggegeven"),
    SheetState.APPROVED: _l("Goedgekeurd"),
}
ACTION_WORDS = {
    SheetAction.SUBMIT: _l("Vraag goedkeuring"),
    SheetAction.APPROVE: _l("Keur goed"),
    SheetAction.RETURN: _l("Geef terug"),
    SheetAction.REVISE: _l("Wijzig opnieuw"),
}


def works(actor: Actor, sheet: PrivacySheet) -> bool:
    return round_rights.can_work_on(actor, sheet.round.lab)


def hands_in(actor: Actor, sheet: PrivacySheet) -> bool:
    """Whether one works on it and is not the one who would have to approve it."""
    return works(actor, sheet) and actor.id != sheet.round.lab.privacy_person_id


def judges(actor: Actor, sheet: PrivacySheet) -> bool:
    """Whether one is the person whom the lab named for privacy, and did not hand it in."""
    named = sheet.round.lab.privacy_person_id
    return actor.id is not None and actor.id == named and actor.id != sheet.submitted_by_id


def missing_answers(sheet: PrivacySheet) -> Sequence[str]:
    empty = [str(LABELS[name]) for name in SHEET if not getattr(sheet, name).strip()]
    missing = [_("Vul nog in: %(names)s", names=" ".join(empty))] if empty else []
    if sheet.round.lab.privacy_person_id is None:
        missing.append(_("Het lab heeft nog niemand die privacybladen goedkeurt."))
    return missing


def missing_rest(sheet: PrivacySheet) -> Sequence[str]:
    """While data are collected the sheet on which that rests stays as it is."""
    busy = [
        task.title
        for task in sheet.round.tasks
        if task.collects_data and task.state is TaskState.OPEN
    ]
    if not busy:
        return []
    return [_("Rond eerst af, of stop: %(titles)s.", titles=", ".join(busy))]


MACHINE: Machine[PrivacySheet, SheetState, SheetAction] = Machine(
    name="privacy_sheets",
    transitions={
        (SheetState.DRAFT, SheetAction.SUBMIT): SheetState.SUBMITTED,
        (SheetState.RETURNED, SheetAction.SUBMIT): SheetState.SUBMITTED,
        (SheetState.SUBMITTED, SheetAction.APPROVE): SheetState.APPROVED,
        (SheetState.SUBMITTED, SheetAction.RETURN): SheetState.RETURNED,
        (SheetState.SUBMITTED, SheetAction.REVISE): SheetState.DRAFT,
        (SheetState.APPROVED, SheetAction.REVISE): SheetState.DRAFT,
    },
    may={
        SheetAction.SUBMIT: hands_in,
        SheetAction.APPROVE: judges,
        SheetAction.RETURN: judges,
        SheetAction.REVISE: works,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={SheetAction.SUBMIT: missing_answers, SheetAction.REVISE: missing_rest},
    reasons=(SheetAction.RETURN,),
)
