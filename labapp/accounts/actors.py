"""The one who acts: a person for an organisation, a visitor, or the system itself."""

from dataclasses import dataclass, field
from functools import cached_property

from labapp.accounts.models import Affiliation, Organisation, Role, User
from labapp.clock import today
from labapp.errors import ForbiddenError


@dataclass(frozen=True)
class Actor:
    """Who asks, for whom, and with what rights. `scopes` is None unless an API token asks."""

    user: User | None = None
    acting_for: Organisation | None = None
    scopes: frozenset[str] | None = None
    is_system: bool = False
    affiliations: tuple[Affiliation, ...] = field(default=())

    @classmethod
    def visitor(cls) -> "Actor":
        return cls()

    @classmethod
    def system(cls) -> "Actor":
        """The platform's own commands and jobs, run by who has the machine."""
        return cls(is_system=True)

    @classmethod
    def of(
        cls,
        user: User,
        acting_for: Organisation | None = None,
        scopes: frozenset[str] | None = None,
    ) -> "Actor":
        """Make the actor of a person, for the given organisation or the one they chose."""
        day = today()
        active = tuple(a for a in user.affiliations if a.is_active_on(day)) if user.active else ()
        wanted = acting_for.id if acting_for else user.acting_for_id
        organisations = {a.organisation_id: a.organisation for a in active}
        chosen = organisations.get(wanted) if wanted else None
        if chosen is None and acting_for is None:
            chosen = next(iter(organisations.values()), None)
        return cls(user=user, acting_for=chosen, scopes=scopes, affiliations=active)

    @property
    def id(self) -> int | None:
        return self.user.id if self.user else None

    @property
    def acting_for_id(self) -> int | None:
        return self.acting_for.id if self.acting_for else None

    @property
    def is_signed_in(self) -> bool:
        return self.user is not None

    def has_role(self, *roles: Role, organisation_id: int | None = None) -> bool:
        """Whether one holds any of the roles today, anywhere or at one organisation."""
        return any(
            a.role in roles and (organisation_id is None or a.organisation_id == organisation_id)
            for a in self.affiliations
        )

    @property
    def is_administrator(self) -> bool:
        return self.is_system or self.has_role(Role.ADMINISTRATOR)

    @cached_property
    def organisation_ids(self) -> frozenset[int]:
        return frozenset(a.organisation_id for a in self.affiliations)

    def may(self, scope: str) -> bool:
        """Whether the token that asks has a scope; a cookie session has them all."""
        return self.scopes is None or scope in self.scopes

    def require_user(self) -> User:
        """Give the person; a visitor is refused."""
        if self.user is None:
            raise ForbiddenError("Log eerst in.")
        return self.user
