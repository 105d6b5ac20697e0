"""The ways in which a request can be refused, in words of the domain.

Services raise these; `labapp.web` turns them into an HTTP status. Nothing here knows HTTP.

    LabappError
    ├── NotFoundError       there is no such thing, or one may not know of it
    ├── ForbiddenError      one may see it, but not do this
    ├── ConflictError       the state of the thing does not allow it; may carry both texts
    ├── InvalidError        what was given is wrong; a word at each field
    ├── TooManyError        too often in too short a time
    └── UnavailableError    a part is out of order (model, database, mail, disk)
        ├── ModelMissingError
        └── ModelDamagedError
"""

from collections.abc import Mapping, Sequence
from typing import Any


class LabappError(Exception):
    """A refusal that the person who asked may read."""


class NotFoundError(LabappError):
    """There is no such thing, or this person may not know of it."""


class ForbiddenError(LabappError):
    """This person may see it, but may not do this."""


class ConflictError(LabappError):
    """The thing is in a state in which this cannot be done.

    `theirs` and `yours` hold the saved and the refused text by field, so that nothing is lost;
    `problems` is what stands in the way, each with its code and figures.
    """

    def __init__(
        self,
        message: str,
        *,
        theirs: Mapping[str, Any] | None = None,
        yours: Mapping[str, Any] | None = None,
        problems: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.theirs = dict(theirs or {})
        self.yours = dict(yours or {})
        self.problems = [dict(problem) for problem in problems]


class InvalidError(LabappError):
    """What was given is wrong: `fields` has the words for each field."""

    def __init__(self, message: str, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class TooManyError(LabappError):
    """This was asked too often in too short a time."""


class UnavailableError(LabappError):
    """A part that this needs is out of order; the rest goes on."""


class ModelMissingError(UnavailableError):
    """The embedding model has not been prepared."""


class ModelDamagedError(UnavailableError):
    """The prepared embedding model is not what was written."""


class SettingError(LabappError):
    """A setting is missing or wrong: one clear sentence, at start-up."""
