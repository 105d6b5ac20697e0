"""Hashing passwords with argon2id, in a request or outside one."""

import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10  # characters


@dataclass(frozen=True)
class Cost:
    """What one hash costs: rounds, KiB of memory and threads."""

    rounds: int
    memory: int
    threads: int = 1

    @property
    def hasher(self) -> PasswordHasher:
        return PasswordHasher(
            time_cost=self.rounds, memory_cost=self.memory, parallelism=self.threads
        )


PROPER = Cost(rounds=2, memory=19_456)  # OWASP Password Storage Cheat Sheet, argon2id
CHEAP = Cost(rounds=1, memory=8)  # tests only


@dataclass
class Chosen:
    """The cost of this process; only an application under test makes it cheap."""

    cost: Cost = PROPER


chosen = Chosen()


def configure(*, cheap: bool) -> Cost:
    """Set the cost once, at start-up; give it."""
    chosen.cost = CHEAP if cheap else PROPER
    return chosen.cost


def normalise(password: str) -> str:
    """The same password from any keyboard (NFKD, as Flask-Security does it)."""
    return unicodedata.normalize("NFKD", password)


def hash_password(password: str) -> str:
    return chosen.cost.hasher.hash(normalise(password))


def is_password(hashed: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed."""
    if not hashed:
        return False
    try:
        return chosen.cost.hasher.verify(hashed, normalise(password))
    except (VerificationError, InvalidHashError):
        return False


def needs_renewal(hashed: str) -> bool:
    """Whether it was hashed at another cost than today's."""
    return chosen.cost.hasher.check_needs_rehash(hashed)
