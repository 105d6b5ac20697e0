"""Persons: found, made, changed, closed."""

from sqlalchemy import func, or_, select

from labapp import audit
from labapp.accounts import letters, passwords, sessions, tokens
from labapp.accounts.actors import Actor
from labapp.accounts.models import Sector, User
from labapp.accounts.recovery import find_by_email
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import LANGUAGES
from labapp.i18n import gettext as _

LONGEST = {"given_name": 80, "particle": 40, "family_name": 120}


def check_names(given_name: str, particle: str, family_name: str) -> dict[str, list[str]]:
    """Give what is wrong with a name, by field."""
    values = {"given_name": given_name, "particle": particle, "family_name": family_name}
    fields = {
        name: [_("Dit is te lang.")]
        for name, value in values.items()
        if len(value.strip()) > LONGEST[name]
    }
    if not given_name.strip():
        fields["given_name"] = [_("Vul je voornaam in.")]
    if not family_name.strip():
        fields["family_name"] = [_("Vul je achternaam in.")]
    return fields


def check_password(password: str) -> dict[str, list[str]]:
    if len(passwords.normalise(password)) >= passwords.SHORTEST:
        return {}
    words = _("Neem een wachtwoord van ten minste %(length)s tekens.", length=passwords.SHORTEST)
    return {"password": [words]}


def create_user(
    actor: Actor,
    *,
    email: str,
    given_name: str,
    family_name: str,
    particle: str = "",
    password: str | None = None,
    language: str = "nl",
) -> User:
    """Make an account whose address is known to be right: by an administrator or a command."""
    if not actor.is_administrator:
        raise ForbiddenError(_("Alleen een beheerder maakt accounts."))
    with transaction():
        if find_by_email(email) is not None:
            raise ConflictError(_("Er is al een account met dit adres."))
        user = add_user(
            email=email,
            given_name=given_name,
            particle=particle,
            family_name=family_name,
            password=password,
            language=language,
        )
        user.confirmed_at = now()
        audit.record(actor.id, "user.created", user, on_behalf_of=actor.acting_for_id)
    return user


def add_user(
    *,
    email: str,
    given_name: str,
    particle: str,
    family_name: str,
    password: str | None,
    language: str = "nl",
) -> User:
    """Add a person in the caller's transaction; the caller knows that the address is free."""
    fields = check_names(given_name, particle, family_name)
    if password is not None:
        fields |= check_password(password)
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
    with transaction() as session:
        user = User(
            email=email.strip().lower(),
            given_name=given_name.strip(),
            particle=particle.strip(),
            family_name=family_name.strip(),
            password=passwords.hash_password(password) if password is not None else None,
            language=language if language in LANGUAGES else "nl",
        )
        session.add(user)
        session.flush()
    return user


def update_profile(
    actor: Actor,
    *,
    given_name: str,
    particle: str,
    family_name: str,
    language: str,
    preferred_sector: str,
) -> None:
    """Change one's own name, language and the sector one sees first."""
    user_id = actor.require_user().id
    fields = check_names(given_name, particle, family_name)
    if language not in LANGUAGES:
        fields["language"] = [_("Kies een taal uit de lijst.")]
    if preferred_sector not in {"", *(sector.value for sector in Sector)}:
        fields["preferred_sector"] = [_("Kies een sector uit de lijst.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
    with transaction() as session:
        user = session.get_one(User, user_id)
        before = audit.pseudonym(user.id, user.name)
        user.given_name, user.particle = given_name.strip(), particle.strip()
        user.family_name, user.language = family_name.strip(), language
        user.preferred_sector = Sector(preferred_sector) if preferred_sector else None
        after = audit.pseudonym(user.id, user.name)
        changes = {"name": [before, after]} if before != after else {}
        audit.record(user.id, "user.updated", user, changes=changes)


def act_for(actor: Actor, organisation_id: int) -> None:
    """Choose for which of one's own organisations one acts from now on."""
    user_id = actor.require_user().id
    with transaction() as session:
        user = session.get_one(User, user_id)
        if organisation_id not in Actor.of(user).organisation_ids:
            raise NotFoundError(_("Je werkt niet voor deze organisatie."))
        user.acting_for_id = organisation_id


def list_users(actor: Actor, text: str = "", limit: int = 200) -> list[User]:
    """Give people by name or address, for administrators."""
    if not actor.is_administrator:
        raise ForbiddenError(_("Alleen een beheerder ziet alle mensen."))
    query = select(User).order_by(User.family_name, User.given_name, User.id).limit(limit)
    if text:
        wanted = f"%{text.lower().replace('%', '')}%"
        name = func.lower(User.given_name + " " + User.particle + " " + User.family_name)
        query = query.where(or_(User.email.like(wanted), name.like(wanted)))
    return list(db.session.scalars(query))


def deactivate_user(actor: Actor, user_id: int) -> None:
    """Close an account: nobody signs in with it, its sessions and tokens end now."""
    if not actor.is_administrator:
        raise ForbiddenError(_("Alleen een beheerder sluit accounts."))
    if user_id == actor.id:
        raise ForbiddenError(_("Vraag dit aan een andere beheerder."))
    with transaction():
        user = _get_user(user_id)
        user.active = False
        sessions.revoke_all(user_id)
        tokens.revoke_all_tokens(user_id)
        audit.record(actor.id, "user.deactivated", user, on_behalf_of=actor.acting_for_id)


def reset_second_factor(actor: Actor, user_id: int) -> None:
    """Take away the authenticator app, passkeys and recovery codes of who lost them.

    The person gets a letter, and chooses a new second step at the next sign-in where the role asks
    for one. Nobody does it for oneself: that would be a way around it.
    """
    if not actor.is_administrator:
        raise ForbiddenError(_("Alleen een beheerder haalt een tweede stap weg."))
    if user_id == actor.id:
        raise ForbiddenError(_("Vraag dit aan een andere beheerder."))
    with transaction():
        user = _get_user(user_id)
        user.tf_primary_method = user.tf_totp_secret = user.us_totp_secrets = None
        user.mf_recovery_codes = user.totp_counter = None
        user.webauthn.clear()
        sessions.revoke_all(user_id)
        letters.send_second_factor_reset(user)
        audit.record(actor.id, "user.second_factor_reset", user, on_behalf_of=actor.acting_for_id)


def set_password(actor: Actor, user_id: int, password: str) -> None:
    """Give somebody a new password, from the command line; sessions end."""
    if not actor.is_system:
        raise ForbiddenError(_("Een wachtwoord kies je zelf."))
    fields = check_password(password)
    if fields:
        raise InvalidError(fields["password"][0], fields)
    with transaction():
        user = _get_user(user_id)
        user.password = passwords.hash_password(password)
        sessions.revoke_all(user_id)
        audit.record(actor.id, "password.set", user)


def renew_hash(user: User, password: str) -> None:
    """Hash a password that was just found right at today's cost."""
    user_id = user.id
    with transaction() as session:
        session.get_one(User, user_id).password = passwords.hash_password(password)


def _get_user(user_id: int) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFoundError(_("Deze persoon bestaat niet."))
    return user
