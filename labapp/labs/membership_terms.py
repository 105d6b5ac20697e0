"""What is agreed with who takes part: the text, the kind, the next year, an exception to a rule."""

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import lab_events, lab_rights, policies, school_years
from labapp.labs.lab_models import LabMembership, MembershipKind, MembershipState
from labapp.labs.machine import lock, note_step, require_version
from labapp.labs.membership_rows import agreement_columns, require_text
from labapp.notifications import emitting


def agree(actor: Actor, membership: LabMembership, *, number: int) -> None:
    """Agree for who takes part to the text that one read, of this number."""
    if not lab_rights.speaks_for_party(actor, membership):
        raise ForbiddenError(_("Daarvoor tekent wie namens de deelnemer beslist."))
    with transaction():
        lock(membership.lab)
        lock(membership)
        if membership.lab.agreement_number != number:
            raise ConflictError(
                _("De afspraken zijn intussen veranderd. Lees ze eerst opnieuw."),
                theirs={"number": membership.lab.agreement_number},
                yours={"number": number},
            )
        if membership.state is not MembershipState.ACTIVE:
            raise ConflictError(_("Akkoord gaan kan wie meedoet."))
        for name, value in agreement_columns(actor, membership.lab).items():
            setattr(membership, name, value)
        db.session.flush()
        state = membership.state.value
        note_step(actor, membership, "agree", state, state,
                  changes={"agreement_number": [None, number]})  # fmt: skip


def ask_kind(
    actor: Actor, membership: LabMembership, kind: MembershipKind, *, version: int | None
) -> None:
    """Ask to take part in another way; the other side agrees, and then another row begins."""
    by_lab = policies.is_lead(actor, membership.lab)
    by_party = lab_rights.speaks_for_party(actor, membership)
    if not (by_lab or by_party):
        raise ForbiddenError(_("Dat vraagt een trekker, of wie namens de deelnemer beslist."))
    with transaction():
        lock(membership)
        require_version(membership, version)
        if membership.state is not MembershipState.ACTIVE:
            raise ConflictError(_("Dat kan wie nu meedoet."))
        if membership.asked_kind is not None:
            raise ConflictError(_("Er ligt al een verzoek. Beantwoord dat eerst."))
        place = membership.organisation
        if place is None or kind not in lab_rights.KINDS_OF.get(place.kind, ()):
            words = _("Dit soort deelname past niet bij deze deelnemer.")
            raise InvalidError(words, {"kind": [words]})
        if kind is membership.kind:
            words = _("Zo doen jullie al mee.")
            raise InvalidError(words, {"kind": [words]})
        membership.asked_kind, membership.asked_kind_by_id = kind, actor.id
        membership.asked_kind_by_lab = not by_party
        db.session.flush()
        people = lab_rights.leads_of(membership.lab_id)
        if membership.asked_kind_by_lab:
            people = lab_rights.speakers_of(membership)
        emitting.emit(actor, lab_events.KIND_ASKED, membership, people)
        state = membership.state.value
        note_step(actor, membership, "ask_kind", state, state,
                  changes={"kind": [membership.kind.value, kind.value]})  # fmt: skip


def drop_kind(actor: Actor, membership: LabMembership, *, version: int | None) -> None:
    """Take back the wish for another kind, or say no to it."""
    is_side = lab_rights.speaks_for_party(actor, membership)
    if not (is_side or policies.is_lead(actor, membership.lab)):
        raise ForbiddenError(_("Dat doet een trekker, of wie namens de deelnemer beslist."))
    with transaction():
        lock(membership)
        require_version(membership, version)
        if membership.asked_kind is None:
            raise ConflictError(_("Er is geen verzoek meer."))
        asked = membership.asked_kind.value
        membership.asked_kind, membership.asked_kind_by_id = None, None
        db.session.flush()
        state = membership.state.value
        note_step(actor, membership, "drop_kind", state, state, changes={"kind": [asked, None]})


def renew(actor: Actor, membership: LabMembership, *, renews: bool, version: int | None) -> None:
    """Say that one goes on in the next school year, or not; from 1 May on.

    On 1 August the rules of the programme are asked again.
    """
    if not lab_rights.speaks_for_party(actor, membership):
        raise ForbiddenError(_("Dat zegt wie namens de deelnemer beslist."))
    with transaction():
        lock(membership)
        require_version(membership, version)
        if membership.state is not MembershipState.ACTIVE:
            raise ConflictError(_("Verlengen kan wie nu meedoet."))
        if not school_years.renewal_is_open(membership.school_year):
            raise ConflictError(_("Verlengen kan vanaf 1 mei."))
        membership.renewed_at = now() if renews else None
        membership.renewed_by_id = actor.id if renews else None
        db.session.flush()
        state = membership.state.value
        note_step(actor, membership, "renew" if renews else "let_go", state, state)


def override_rules(
    actor: Actor, membership: LabMembership, *, reason: str, version: int | None
) -> None:
    """Let a rule of the programme go for this one, for the office, with the reason."""
    if not policies.is_office(actor):
        raise ForbiddenError(_("Een uitzondering geeft het programmabureau."))
    require_text("reason", reason)
    with transaction():
        lock(membership)
        require_version(membership, version)
        if membership.state not in (MembershipState.INVITED, MembershipState.REQUESTED):
            raise ConflictError(_("Een uitzondering kan tot er een antwoord is."))
        membership.override_reason = reason.strip()
        membership.overridden_by_id = actor.id
        db.session.flush()
        people = {*lab_rights.speakers_of(membership), *lab_rights.leads_of(membership.lab_id)}
        state = membership.state.value
        emitting.emit(actor, lab_events.STEPPED_IN, membership, people, values={"state": state})
        note_step(actor, membership, "override", state, state, reason=reason)
