"""Signing up by oneself: an account that waits for one's address and for the school leader."""

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from labapp import audit
from labapp.accounts import affiliations, passwords, people, policies
from labapp.accounts.models import Role
from labapp.accounts.recovery import CONFIRMATION, EXISTING, find_by_email
from labapp.accounts.schools import get_school
from labapp.database import transaction
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.jobs.services import enqueue


@dataclass(frozen=True)
class Application:
    """What somebody fills in to sign up."""

    email: str
    given_name: str
    particle: str
    family_name: str
    password: str
    organisation_id: int
    role: str
    language: str = "nl"


def sign_up(application: Application) -> None:
    """Make an account, or tell the owner of the address by letter: the answer is the same.

    Either way a password is hashed and a job is queued, so the time tells nothing either.
    """
    role = check(application)
    try:
        with transaction():
            _sign_up(application, role)
    except IntegrityError:  # the same address came twice at once
        with transaction():
            _sign_up(application, role)


def _sign_up(application: Application, role: Role) -> None:
    known = find_by_email(application.email)
    if known is not None:
        passwords.hash_password(application.password)
        enqueue(EXISTING, {"user": known.id})
        return
    user = people.add_user(
        email=application.email,
        given_name=application.given_name,
        particle=application.particle,
        family_name=application.family_name,
        password=application.password,
        language=application.language,
    )
    audit.record(user.id, "user.signed_up", user)
    affiliations.add_request(user, application.organisation_id, role)
    enqueue(CONFIRMATION, {"user": user.id})


def check(application: Application) -> Role:
    """Refuse what was filled in wrong, a word at each field; give the role."""
    fields = people.check_names(
        application.given_name, application.particle, application.family_name
    )
    fields |= people.check_password(application.password)
    roles = {role.value: role for role in policies.SIGN_UP_ROLES}
    if application.role not in roles:
        fields["role"] = [_("Kies je rol uit de lijst.")]
    if get_school(application.organisation_id) is None:
        fields["organisation"] = [_("Kies je school uit de lijst.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
    return roles[application.role]
