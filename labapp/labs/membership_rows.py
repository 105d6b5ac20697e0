"""Rows of taking part: made, taken over, and ended with the roles that hang on them."""

from datetime import timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs.lab_models import (
    Lab,
    LabMembership,
    LabRole,
    MembershipKind,
    MembershipState,
)

ANSWERED_WITHIN = timedelta(days=30)
LONGEST_TEXT = 2000


def require_text(name: str, text: str, *, shortest: int = 1) -> None:
    """Refuse a text that is missing or too long, with words at its field."""
    if not shortest <= len(text.strip()) <= LONGEST_TEXT:
        words = (
            _("Gebruik hoogstens %(longest)s tekens.", longest=LONGEST_TEXT)
            if text.strip()
            else _("Schrijf op waarom.")
        )
        raise InvalidError(words, {name: [words]})


def agreement_columns(actor: Actor, lab: Lab) -> dict[str, Any]:
    """Give what is kept of an agreement to the text of a lab as it is now."""
    return {
        "agreed_by_id": actor.id,
        "agreement_number": lab.agreement_number,
        "agreed_at": now(),
    }


def require_agreement(lab: Lab, *, agrees: bool) -> None:
    if lab.agreement.strip() and not agrees:
        words = _("Vink aan dat jullie akkoord zijn met de afspraken van het lab.")
        raise InvalidError(words, {"agrees": [words]})


def add_row(lab: Lab, row: LabMembership) -> LabMembership:
    """Add a row in the caller's transaction; one organisation takes part once in a school year."""
    try:
        with transaction() as session:
            row.lab_id = lab.id
            session.add(row)
            session.flush()
    except IntegrityError as error:
        raise ConflictError(
            _("Deze deelnemer doet dit schooljaar al mee, of er wacht nog een antwoord.")
        ) from error
    return row


def copy_row(old: LabMembership, *, kind: MembershipKind, school_year: int) -> LabMembership:
    """Begin a row today that goes on where another ended, with the same agreement."""
    row = LabMembership(
        organisation_id=old.organisation_id,
        user_id=old.user_id,
        kind=kind,
        school_year=school_year,
        state=MembershipState.ACTIVE,
        requested_by_id=old.requested_by_id,
        agreed_by_id=old.agreed_by_id,
        agreement_number=old.agreement_number,
        agreed_at=old.agreed_at,
        from_on=today(),
    )
    return add_row(old.lab, row)


def copy_roles(old: LabMembership, new: LabMembership) -> None:
    """Let everybody keep their role: the old one ends today, the same begins."""
    for role in current_roles(old):
        db.session.add(
            LabRole(
                lab_id=new.lab_id,
                membership_id=new.id,
                user_id=role.user_id,
                kind=role.kind,
                side=new.side,
                from_on=today(),
                accepted_at=role.accepted_at,
                given_by_id=role.given_by_id,
            )
        )
        end_role(role)
    db.session.flush()


def end_roles(membership: LabMembership) -> None:
    """End every role that hangs on a row; what people wrote stays theirs."""
    for role in current_roles(membership):
        end_role(role)
    db.session.flush()


def end_role(role: LabRole) -> None:
    role.until_on = max(role.from_on, today())


def current_roles(membership: LabMembership) -> list[LabRole]:
    return [role for role in membership.roles if role.until_on is None or role.until_on > today()]


def expiry() -> dict[str, Any]:
    """Give when an invitation or request that nobody answers ends."""
    return {"expires_at": now() + ANSWERED_WITHIN}
