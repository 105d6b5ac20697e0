"""Inviting people by e-mail, and accepting: a token that works once, for two weeks."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts import letters, people, policies
from labapp.accounts.access_models import Invitation
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Organisation, Role, User
from labapp.accounts.recovery import find_by_email
from labapp.accounts.sessions import digest
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import current_language
from labapp.i18n import gettext as _

VALID_FOR = timedelta(days=14)


@dataclass(frozen=True)
class NewPerson:
    """What somebody without an account fills in when they accept."""

    given_name: str
    particle: str
    family_name: str
    password: str


def invite(actor: Actor, organisation: Organisation, *, email: str, role: Role) -> Invitation:
    """Invite somebody by e-mail; an older open invitation of the same address and role ends."""
    inviter = actor.require_user()
    if not policies.can_give(actor, organisation, role):
        raise ForbiddenError(_("Deze rol kun jij hier niet geven."))
    address, token = email.strip().lower(), secrets.token_urlsafe(32)
    inviter_id, organisation_id = inviter.id, organisation.id
    with transaction() as session:
        session.execute(
            update(Invitation)
            .where(
                Invitation.organisation_id == organisation_id,
                Invitation.email == address,
                Invitation.role == role,
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=now())
        )
        invitation = Invitation(
            organisation_id=organisation_id,
            role=role,
            email=address,
            token_hash=digest(token),
            invited_by_id=inviter_id,
            expires_at=now() + VALID_FOR,
        )
        session.add(invitation)
        session.flush()
        audit.record(
            inviter_id, "invitation.sent", invitation,
            changes={"role": [None, role]}, on_behalf_of=actor.acting_for_id,
        )  # fmt: skip
        known = find_by_email(address)
        letters.send_invitation(invitation, token, known.language if known else current_language())
    return invitation


def list_invitations(actor: Actor, organisation: Organisation) -> list[Invitation]:
    """Give the open invitations of an organisation, for who manages it."""
    if not policies.can_manage(actor, organisation):
        return []
    return list(
        db.session.scalars(
            select(Invitation)
            .where(Invitation.organisation_id == organisation.id, *_open())
            .options(joinedload(Invitation.invited_by).lazyload(User.affiliations))
            .order_by(Invitation.id)
        )
    )


def withdraw(actor: Actor, invitation_id: int) -> Invitation:
    """Make an open invitation worthless."""
    with transaction() as session:
        invitation = session.get(Invitation, invitation_id)
        if invitation is None or not policies.can_manage(actor, invitation.organisation):
            raise NotFoundError(_("Deze uitnodiging bestaat niet."))
        if invitation.accepted_at is not None:
            raise ConflictError(_("Deze uitnodiging is al aangenomen."))
        invitation.withdrawn_at = invitation.withdrawn_at or now()
        audit.record(actor.id, "invitation.withdrawn", invitation, on_behalf_of=actor.acting_for_id)
    return invitation


def find_invitation(token: str) -> Invitation:
    """Give an invitation that can be accepted; unknown, used, withdrawn and expired look alike."""
    invitation = db.session.scalar(
        select(Invitation).where(Invitation.token_hash == digest(token), *_open())
    )
    if invitation is None:
        raise NotFoundError(_("Deze uitnodiging bestaat niet, is gebruikt of is verlopen."))
    return invitation


def has_account(invitation: Invitation) -> bool:
    """Whether the invited address has an account; only who holds the token may ask."""
    return find_by_email(invitation.email) is not None


def accept(actor: Actor, token: str, person: NewPerson | None = None) -> User:
    """Accept an invitation as oneself, or as a new person. Of two at once, one succeeds."""
    with transaction() as session:
        invitation = find_invitation(token)
        taken = session.execute(
            update(Invitation)
            .where(Invitation.id == invitation.id, *_open())
            .values(accepted_at=now())
        ).rowcount  # type: ignore[attr-defined]
        if not taken:
            raise NotFoundError(_("Deze uitnodiging bestaat niet, is gebruikt of is verlopen."))
        user = _accepting_user(actor, invitation, person)  # a refusal gives the invitation back
        affiliation = Affiliation(
            user=user,
            organisation=invitation.organisation,
            role=invitation.role,
            decided_by_id=invitation.invited_by_id,
        )
        session.add(affiliation)
        session.flush()
        user.acting_for_id = invitation.organisation_id
        audit.record(user.id, "invitation.accepted", invitation)
    return user


def _accepting_user(actor: Actor, invitation: Invitation, person: NewPerson | None) -> User:
    known = find_by_email(invitation.email)
    if known is None and person is not None and not actor.is_signed_in:
        user = people.add_user(
            email=invitation.email,
            given_name=person.given_name,
            particle=person.particle,
            family_name=person.family_name,
            password=person.password,
            language=current_language(),
        )
        user.confirmed_at = now()  # the letter reached them
        return user
    if known is None or actor.id != known.id:
        raise ForbiddenError(_("Deze uitnodiging is voor een ander e-mailadres."))
    if not known.active:
        raise InvalidError(_("Dit account is gesloten."))
    return known


def _open() -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > now(),
    )
