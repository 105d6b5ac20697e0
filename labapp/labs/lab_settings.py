"""Changing what a lab says and who may do what in it."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role, User
from labapp.accounts.recovery import find_by_email
from labapp.clock import today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import (
    both_leads,
    documents,
    lab_events,
    lab_rights,
    labs,
    policies,
    pupil_guard,
    reading,
)
from labapp.labs.lab_fields import (
    LabSwitches,
    LabTexts,
    all_text,
    changed,
    is_wider,
    require_right,
    switch_faults,
    text_faults,
)
from labapp.labs.lab_models import Lab, LabMembership, LabState, LabVisibility, MembershipState
from labapp.labs.machine import lock, require_version
from labapp.notifications import emitting

WIDEN = "widen"  # the action under which a proposal to show a lab to more people is kept
BROKERS = (Role.KNOWLEDGE_BROKER, Role.PROGRAMME_OFFICER)


def change_texts(
    actor: Actor, lab: Lab, values: LabTexts, *, version: int | None, confirmed: bool = False
) -> None:
    """Change theme, name, goal and agreement; to another agreement everybody agrees anew."""
    _require_change(actor, lab)
    require_right(text_faults(values))
    pupil_guard.check(all_text(values), confirmed=confirmed)
    with transaction() as session:
        lock(lab)
        changes = _apply(lab, values, version)
        if "agreement" in changes:
            lab.agreement_number += 1
        session.flush()
        if changes:
            documents.put_whole_lab(lab)
        if "agreement" in changes:
            _ask_to_agree(actor, lab)
        _record(actor, lab, changes)


def change_switches(actor: Actor, lab: Lab, values: LabSwitches, *, version: int | None) -> bool:
    """Set the switches; tell whether all of them were set.

    To show a lab to more people both sides are needed: the wish is kept as a proposal, and the
    other lead's same change sets it. Fewer people is a matter of one lead.
    """
    _require_change(actor, lab)
    require_right(switch_faults(values))
    with transaction() as session:
        lock(lab)
        _require_version(lab, values, version)
        wanted = values.visibility
        widens = is_wider(wanted, lab.visibility) and lab.state is not LabState.PROPOSED
        is_set = not widens or _both_agree(actor, lab, wanted)
        if not is_set:
            values = replace(values, visibility=lab.visibility)
        before = reading.audience_of_lab(lab)
        changes = _apply(lab, values, version)
        session.flush()
        if reading.audience_of_lab(lab) != before:
            documents.put_whole_lab(lab)
        _record(actor, lab, changes)
    return is_set


def change(
    actor: Actor,
    lab: Lab,
    texts: LabTexts,
    switches: LabSwitches,
    *,
    version: int | None,
    confirmed: bool = False,
) -> None:
    """Change texts and switches together, both or neither, over the version that one read."""
    with transaction():
        lock(lab)
        _require_change(actor, lab)
        for values in (texts, switches):
            _require_version(lab, values, version)
        if changed(lab, texts):
            change_texts(actor, lab, texts, version=None, confirmed=confirmed)
        if changed(lab, switches):
            change_switches(actor, lab, switches, version=None)


def set_steward(actor: Actor, lab: Lab, email: str, *, version: int | None) -> None:
    """Assign a knowledge broker to a lab, or none: by the office."""
    if not policies.is_office(actor):
        raise ForbiddenError(_("De begeleider wijst het programmabureau aan."))
    user = _find(email)
    if user is not None and not _is_broker(user):
        words = _("Kies een kennismakelaar.")
        raise InvalidError(words, {"email": [words]})
    _set_person(actor, lab, "steward_id", user, version)


def set_privacy_person(actor: Actor, lab: Lab, email: str, *, version: int | None) -> None:
    """Name who approves privacy sheets for a lab, or nobody: by a lead. That person reads along."""
    _require_change(actor, lab)
    user = _find(email)
    if user is not None and not user.affiliations_on(today()):
        words = _("Noem iemand die bij een school, bestuur of instelling werkt.")
        raise InvalidError(words, {"email": [words]})
    _set_person(actor, lab, "privacy_person_id", user, version)


def _require_change(actor: Actor, lab: Lab) -> None:
    if not lab_rights.speaks_for_lab(actor, lab):
        raise ForbiddenError(_("Dat doen de trekkers van het lab."))
    if not lab_rights.can_change(actor, lab):
        raise ConflictError(_("Dit lab is afgesloten: er verandert niets meer aan."))


def _apply(lab: Lab, values: LabTexts | LabSwitches, version: int | None) -> dict[str, list[Any]]:
    _require_version(lab, values, version)
    changes = changed(lab, values)
    for name, (_old, new) in changes.items():
        setattr(lab, name, new)
    return changes


def _require_version(lab: Lab, values: LabTexts | LabSwitches, version: int | None) -> None:
    """Refuse a change of an older version, with what stands there now beside what was typed."""
    if version is None or version == lab.version:
        return
    differences = changed(lab, values)
    raise ConflictError(
        _("Iemand was je voor: dit is intussen gewijzigd. Bekijk wat er nu staat."),
        theirs={name: _plain(old) for name, (old, _new) in differences.items()},
        yours={name: _plain(new) for name, (_old, new) in differences.items()},
    )


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def _both_agree(actor: Actor, lab: Lab, wanted: LabVisibility) -> bool:
    values = {"visibility": wanted.value}
    known = both_leads.proposal_of(lab)
    side = policies.lead_side(actor, lab)
    if known is not None and known.side is side and known.values == values:
        return False  # proposed before: the other switches may still be set
    if both_leads.agree(actor, lab, lab, WIDEN, values=values) is None:
        labs.ask_other_side(actor, lab, WIDEN)
        return False
    both_leads.drop(lab)
    return True


def _ask_to_agree(actor: Actor, lab: Lab) -> None:
    rows = db.session.scalars(
        select(LabMembership).where(
            LabMembership.lab_id == lab.id, LabMembership.state == MembershipState.ACTIVE
        )
    )
    people = {person for row in rows for person in lab_rights.speakers_of(row)}
    emitting.emit(actor, lab_events.AGREEMENT, lab, people, key=f"{lab.id}:{lab.agreement_number}")


def _record(actor: Actor, lab: Lab, changes: dict[str, list[Any]]) -> None:
    if changes:
        kept = {name: [_plain(old), _plain(new)] for name, (old, new) in changes.items()}
        audit.record(actor.id, "labs.changed", lab, changes=kept, on_behalf_of=actor.acting_for_id)


def _find(email: str) -> User | None:
    """Give who has an address; nobody when it is empty, a refusal when it is unknown."""
    if not email.strip():
        return None
    user = find_by_email(email)
    if user is None or not user.active or user.confirmed_at is None:
        words = _("Met dit adres vinden we niemand. Controleer het adres.")
        raise InvalidError(words, {"email": [words]})
    return user


def _is_broker(user: User) -> bool:
    return any(a.role in BROKERS for a in user.affiliations_on(today()))


def _set_person(
    actor: Actor, lab: Lab, column: str, user: User | None, version: int | None
) -> None:
    new = user.id if user else None
    with transaction() as session:
        lock(lab)
        require_version(lab, version)
        old = getattr(lab, column)
        if old == new:
            return
        setattr(lab, column, new)
        session.flush()
        if user is not None:
            emitting.emit(actor, lab_events.ROLE_GIVEN, lab, [user.id])
        audit.record(
            actor.id, "labs.changed", lab, changes={column: [old, new]},
            on_behalf_of=actor.acting_for_id,
        )  # fmt: skip
