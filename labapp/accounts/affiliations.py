"""Who works where: asked for, confirmed, refused, given, ended."""

from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from labapp import audit
from labapp.accounts import letters, policies, sessions
from labapp.accounts.actors import Actor
from labapp.accounts.models import (
    Affiliation,
    AffiliationStatus,
    Organisation,
    OrganisationKind,
    Role,
    User,
)
from labapp.clock import today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _


def get_affiliation(actor: Actor, affiliation_id: int) -> Affiliation:
    """Give an affiliation that one may know of."""
    visible = policies.affiliations_visible_to(actor)
    affiliation = db.session.scalar(
        select(Affiliation).where(Affiliation.id == affiliation_id, visible)
    )
    if affiliation is None:
        raise NotFoundError(_("Dit bestaat niet, of je mag het niet zien."))
    return affiliation


def list_affiliations(actor: Actor, organisation: Organisation) -> list[Affiliation]:
    """Give who works at an organisation today, those who wait included for who decides."""
    if not policies.can_see_people(actor, organisation):
        return []
    day = today()
    rows = db.session.scalars(
        select(Affiliation)
        .join(User, User.id == Affiliation.user_id)
        .where(
            Affiliation.organisation_id == organisation.id,
            Affiliation.status != AffiliationStatus.REFUSED,
            Affiliation.until_on.is_(None) | (Affiliation.until_on > day),
            User.active,
        )
        .options(joinedload(Affiliation.user).lazyload(User.affiliations))
        .order_by(User.family_name, User.given_name, Affiliation.id)
    ).all()
    decides = policies.can_manage(actor, organisation)
    return [a for a in rows if a.status is AffiliationStatus.CONFIRMED or decides]


def list_requests(actor: Actor) -> list[Affiliation]:
    """Give the requests that wait for this person, of all organisations one looks after."""
    query = (
        select(Affiliation)
        .join(User, User.id == Affiliation.user_id)
        .where(Affiliation.status == AffiliationStatus.REQUESTED, User.confirmed_at.is_not(None))
        .options(joinedload(Affiliation.user).lazyload(User.affiliations))
        .order_by(Affiliation.created_at, Affiliation.id)
    )
    if not policies.manages_all(actor):
        query = query.where(Affiliation.organisation_id.in_(sorted(actor.organisation_ids)))
    return [a for a in db.session.scalars(query) if policies.can_decide(actor, a)]


def request_affiliation(actor: Actor, organisation_id: int, role: Role) -> Affiliation:
    """Ask to work for a school; its leader, or else the office, decides."""
    user_id = actor.require_user().id
    with transaction() as session:
        user = session.get_one(User, user_id)
        affiliation = add_request(user, organisation_id, role)
        announce_requests(user)
    return affiliation


def add_request(user: User, organisation_id: int, role: Role) -> Affiliation:
    """Note a request in the caller's transaction."""
    with transaction() as session:
        organisation = session.get(Organisation, organisation_id)
        if organisation is None or organisation.kind is not OrganisationKind.SCHOOL:
            raise InvalidError(
                _("Kies je school."), {"organisation": [_("Kies je school uit de lijst.")]}
            )
        if not organisation.is_open:
            raise InvalidError(
                _("Kies je school."), {"organisation": [_("Deze school is gesloten.")]}
            )
        if role not in policies.SIGN_UP_ROLES:
            raise InvalidError(_("Kies je rol."), {"role": [_("Kies je rol uit de lijst.")]})
        session.execute(select(User.id).where(User.id == user.id).with_for_update())
        session.refresh(user, ["affiliations"])
        if _is_known(user, organisation, role):
            raise ConflictError(_("Je hebt deze rol hier al, of je aanvraag wacht nog."))
        affiliation = Affiliation(
            user=user,
            organisation=organisation,
            role=role,
            status=AffiliationStatus.REQUESTED,
        )
        session.add(affiliation)
        session.flush()
        audit.record(user.id, "affiliation.requested", affiliation)
    return affiliation


def announce_requests(user: User) -> None:
    """Tell who decides that somebody waits; only once the address of that person is confirmed."""
    if user.confirmed_at is None:
        return
    with transaction():
        for affiliation in user.affiliations:
            if affiliation.status is AffiliationStatus.REQUESTED:
                for person in deciders(affiliation):
                    letters.send_request(person, user, affiliation.organisation)


def deciders(affiliation: Affiliation) -> list[User]:
    """Give the leaders of the organisation; where there are none, or for a leader, the office."""
    leaders = _holders(Role.SCHOOL_LEADER, affiliation.organisation_id)
    leaders = [leader for leader in leaders if leader.id != affiliation.user_id]
    return leaders or _holders(Role.PROGRAMME_OFFICER) or _holders(Role.ADMINISTRATOR)


def decide(actor: Actor, affiliation_id: int, *, confirm: bool) -> Affiliation:
    """Confirm or refuse a request. Two who decide at once: the first one counts."""
    with transaction() as session:
        affiliation = get_affiliation(actor, affiliation_id)
        if not policies.can_decide(actor, affiliation):
            raise ForbiddenError(_("Hierover beslis jij niet."))
        status = AffiliationStatus.CONFIRMED if confirm else AffiliationStatus.REFUSED
        changed = session.execute(
            update(Affiliation)
            .where(
                Affiliation.id == affiliation_id,
                Affiliation.status == AffiliationStatus.REQUESTED,
            )
            .values(status=status, decided_by_id=actor.id, from_on=today())
        ).rowcount  # type: ignore[attr-defined]
        if not changed:
            raise ConflictError(_("Hierover is al beslist."))
        session.refresh(affiliation)
        action = "affiliation.confirmed" if confirm else "affiliation.refused"
        audit.record(actor.id, action, affiliation, on_behalf_of=actor.acting_for_id)
        letters.send_decision(affiliation.user, affiliation.organisation, confirmed=confirm)
    return affiliation


def give_role(
    actor: Actor,
    user_id: int,
    organisation_id: int,
    role: Role,
    *,
    from_on: date | None = None,
    until_on: date | None = None,
) -> Affiliation:
    """Give somebody a role at an organisation, from a day until a day."""
    with transaction() as session:
        user, organisation = (
            session.get(User, user_id),
            session.get(Organisation, organisation_id),
        )
        if user is None or organisation is None:
            raise NotFoundError(_("Deze persoon of organisatie bestaat niet."))
        if user.id == actor.id or not policies.can_give(actor, organisation, role):
            raise ForbiddenError(_("Deze rol kun jij hier niet geven."))
        start = from_on or today()
        if until_on is not None and until_on < start:
            raise InvalidError(_("De laatste dag ligt voor de eerste."))
        affiliation = Affiliation(
            user=user, organisation=organisation, role=role, from_on=start, until_on=until_on,
            decided_by_id=actor.id,
        )  # fmt: skip
        session.add(affiliation)
        session.flush()
        if role in User.second_factor_roles:
            sessions.revoke_all(user.id)  # they sign in again, with a second step
        audit.record(
            actor.id, "affiliation.given", affiliation,
            changes={"role": [None, role], "until_on": [None, until_on]},
            on_behalf_of=actor.acting_for_id,
        )  # fmt: skip
    return affiliation


def end_affiliation(actor: Actor, affiliation_id: int) -> Affiliation:
    """End an affiliation: the rights that come with it are gone today."""
    with transaction():
        affiliation = get_affiliation(actor, affiliation_id)
        if not policies.can_end(actor, affiliation):
            raise ForbiddenError(_("Dit mag je niet doen."))
        if affiliation.until_on is not None and affiliation.until_on <= today():
            raise ConflictError(_("Dit was al beëindigd."))
        if affiliation.status is AffiliationStatus.REQUESTED:
            affiliation.status = AffiliationStatus.REFUSED
            affiliation.decided_by_id = actor.id
        before, affiliation.until_on = affiliation.until_on, max(today(), affiliation.from_on)
        audit.record(
            actor.id, "affiliation.ended", affiliation,
            changes={"until_on": [before, affiliation.until_on]},
            on_behalf_of=actor.acting_for_id,
        )  # fmt: skip
    return affiliation


def _is_known(user: User, organisation: Organisation, role: Role) -> bool:
    day = today()
    return any(
        a.organisation_id == organisation.id
        and a.role is role
        and a.status is not AffiliationStatus.REFUSED
        and (a.until_on is None or a.until_on > day)
        for a in user.affiliations
    )


def _holders(role: Role, organisation_id: int | None = None) -> list[User]:
    day = today()
    query = (
        select(Affiliation)
        .join(User, User.id == Affiliation.user_id)
        .where(Affiliation.role == role, User.active, User.confirmed_at.is_not(None))
        .options(joinedload(Affiliation.user).lazyload(User.affiliations))
    )
    if organisation_id is not None:
        query = query.where(Affiliation.organisation_id == organisation_id)
    people = [a.user for a in db.session.scalars(query) if a.is_active_on(day)]
    return list({person.id: person for person in people}.values())
