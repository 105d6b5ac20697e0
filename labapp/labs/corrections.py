"""After publication: small repairs, errata, new versions, other contributors, taking back."""

from collections.abc import Mapping, Sequence
from typing import Any

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import cards
from labapp.knowledge import collections as kept
from labapp.labs import documents, finding_cards, finding_repairs, policies, red_thread
from labapp.labs import finding_contributors as people
from labapp.labs import finding_rights as rights
from labapp.labs.finding_content import hash_of
from labapp.labs.finding_models import (
    Erratum,
    ErratumReason,
    FindingRepair,
    FindingVersion,
    Retraction,
    RetractionReason,
)
from labapp.labs.finding_states import MACHINE, OUT, FindingAction, not_hidden
from labapp.labs.lab_models import LabRoleKind
from labapp.labs.machine import lock, require_version
from labapp.labs.signing import Step
from labapp.notifications import emitting

CORRECTED = "finding.corrected"
RETRACTED, ASKED = "finding.retracted", "finding.retraction_asked"
LONGEST_REASON = 4000
ERRATUM_WORDS = {
    ErratumReason.WRONG_FIGURE: _l("Een getal klopte niet"),
    ErratumReason.WRONG_TEXT: _l("Een tekst klopte niet"),
    ErratumReason.MISSING_INFORMATION: _l("Er ontbrak iets"),
    ErratumReason.OTHER: _l("Iets anders"),
}
RETRACTION_WORDS = {
    RetractionReason.ERROR_IN_DATA: _l("Fout in de gegevens"),
    RetractionReason.ERROR_IN_ANALYSIS: _l("Fout in de analyse"),
    RetractionReason.PRIVACY: _l("Privacy"),
    RetractionReason.CONSENT_WITHDRAWN: _l("Toestemming ingetrokken"),
    RetractionReason.MISCONDUCT: _l("Niet zorgvuldig gewerkt"),
    RetractionReason.OTHER: _l("Iets anders"),
}
A = FindingAction


def repair(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Set right small faults within thirty days; what was signed stays beside it."""
    MACHINE.perform(actor, made, A.REPAIR, version=step.version, reason=step.reason)
    changes = finding_repairs.checked(made, step.more.get("changes") or {})
    made.repairs.append(FindingRepair(changes=changes, user_id=actor.id))
    made.saved_at = now()  # whoever read it before sees that it changed
    db.session.flush()
    made.finding.title = finding_repairs.content_of(made)["title"]
    finding_cards.put_card(actor, made.finding, made, _("Herstel van een foutje"))


def correct(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Say in public what was wrong in a text that is out."""
    reason = _choice(ErratumReason, step.more.get("reason_code"))
    _check_length(step.reason)
    MACHINE.perform(
        actor, made, A.CORRECT, version=step.version, reason=step.reason,
        values={"saved_at": now()},
    )  # fmt: skip
    made.errata.append(Erratum(reason=reason, text=step.reason.strip(), user_id=actor.id))
    db.session.flush()
    finding_cards.put_card(actor, made.finding, made, _("Erratum"))
    emitting.emit(
        actor, CORRECTED, made.finding,
        red_thread.upstream_people(name_of(made.finding)), key=f"errata:{made.errata[-1].id}",
    )  # fmt: skip


def start_version(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Begin the next text from the one that is out, which stays as it is until then."""
    lock(made.finding)
    MACHINE.perform(actor, made, A.START_VERSION, version=step.version, reason=step.reason)
    with transaction() as session:
        last = max(one.number for one in made.finding.versions)
        content = finding_repairs.content_of(made) | {"embargo_until": None, "embargo_reason": ""}
        new = FindingVersion(
            finding=made.finding, number=last + 1, content=content,
            content_hash=hash_of(content), licence=made.licence,
            author_id=actor.id, saved_by_id=actor.id, change_reason=step.reason.strip(),
        )  # fmt: skip
        session.add(new)
        session.flush()
        people.write(new, people.plain(made))


def change_contributors(
    actor: Actor, made: FindingVersion, rows: Sequence[Mapping[str, Any]], *, version: int
) -> None:
    """Set right who contributed to a text that is out."""
    with transaction():
        lock(made)
        if not rights.looks_after(actor, made):
            raise ForbiddenError(_("Dit doet de schrijver of een trekker van het lab."))
        if made.state not in OUT:
            raise ConflictError(_("Dit kan alleen bij een bevinding die openbaar is."))
        require_version(made, version)
        if not_hidden(made):
            raise ConflictError(" ".join(not_hidden(made)))
        named = people.checked(made, rows)
        if not named:
            words = _("Noem wie er meededen, ook wie geen account heeft.")
            raise InvalidError(words, {"contributors": [words]})
        if named == people.plain(made):
            return
        people.write(made, named)
        made.saved_at = now()
        finding_cards.put_card(actor, made.finding, made, _("Medewerkers gewijzigd"))
        audit.record(
            actor.id, "finding.contributors_changed", made.finding,
            changes={"version": [None, made.number]}, on_behalf_of=actor.acting_for_id,
        )  # fmt: skip


def ask_retraction(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Ask the lead of the other side to take the finding back together."""
    reason = _choice(RetractionReason, step.more.get("reason_code"))
    _check_length(step.reason)
    MACHINE.perform(actor, made, A.ASK_RETRACTION, version=step.version, reason=step.reason)
    side = policies.lead_side(actor, made.finding.lab)
    _add_retraction(actor, made, reason, step.reason, asked_side=side)
    leads = policies.members_of(made.finding.lab_id, None, LabRoleKind.LEAD)
    emitting.emit(actor, ASKED, made.finding, db.session.scalars(leads))


def refuse_retraction(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Let a lead say that the finding stays; the proposal goes, the history keeps it."""
    MACHINE.perform(actor, made, A.REFUSE_RETRACTION, version=step.version, reason=step.reason)
    asked = rights.retraction_of(made.finding_id)
    if asked is not None and asked.done_at is None:
        db.session.delete(asked)
        db.session.flush()


def retract(actor: Actor, made: FindingVersion, step: Step) -> None:
    """Take a finding back: by the office, or by the second of both leads.

    Its card is gone from the knowledge base and the search at once; a tombstone stays. Whoever
    kept the card, and everybody upstream, is told.
    """
    lock(made.finding)  # before its version: another one may be coming out
    lock(made)
    MACHINE.require(actor, made, A.RETRACT)
    asked = rights.retraction_of(made.finding_id)
    is_second = asked is not None and not policies.is_office(actor)
    reason = step.reason.strip() or (asked.text if asked is not None and is_second else "")
    _check_reason(reason)
    MACHINE.perform(
        actor, made, A.RETRACT, version=step.version, reason=reason,
        values={"published_at": made.published_at or now()},
    )  # fmt: skip
    if asked is None:
        code = _choice(RetractionReason, step.more.get("reason_code"))
        asked = _add_retraction(actor, made, code, reason, asked_side=None)
    asked.done_by_id, asked.done_at = actor.id, now()
    db.session.flush()
    finding, card = made.finding, made.finding.card
    for other in finding.versions:  # also the one that is out, or would come out
        if MACHINE.leads_on(other, A.RETRACT):
            values = {"published_at": other.published_at or now()}
            MACHINE.perform(Actor.system(), other, A.RETRACT, reason=reason, values=values)
    told = red_thread.upstream_people(name_of(finding))
    if card is not None and card.is_published:
        told |= kept.people_with(card.id)
        words = _("De bevinding is ingetrokken: %(why)s", why=asked.text)
        cards.withdraw_card(Actor.system(), card, words)
    documents.remove_finding(finding)
    emitting.emit(actor, RETRACTED, finding, told, key=f"retracted:{finding.id}")


def _add_retraction(
    actor: Actor, made: FindingVersion, reason: RetractionReason, text: str, *, asked_side: Any
) -> Retraction:
    session = db.session()
    row = Retraction(
        finding=made.finding, reason=reason, text=text.strip(), title=made.finding.title,
        asked_by_id=actor.id, asked_side=asked_side,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _choice(kind: Any, value: Any) -> Any:
    found = next((one for one in kind if one.value == value or one is value), None)
    if found is None:
        words = _("Kies een reden uit de lijst.")
        raise InvalidError(words, {"reason_code": [words]})
    return found


def _check_reason(text: str) -> None:
    if not text:
        words = _("Schrijf op waarom.")
        raise InvalidError(words, {"reason": [words]})
    _check_length(text)


def _check_length(text: str) -> None:
    if len(text) > LONGEST_REASON:
        words = _("Schrijf hoogstens 4000 tekens.")
        raise InvalidError(words, {"reason": [words]})
