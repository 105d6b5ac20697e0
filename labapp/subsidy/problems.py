"""What stands in the way of a claim or a payment: a code, words, and the figures behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from labapp.errors import ConflictError


@dataclass(frozen=True)
class Problem:
    """`figures` of a `cap_exceeded` are scope, unit, limit, used, requested and remaining."""

    code: str
    message: str
    figures: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, **self.figures}


def refuse(message: str, problems: Sequence[Problem]) -> None:
    """Raise a conflict that names all problems, if there are any."""
    if problems:
        raise ConflictError(message, problems=[problem.as_json() for problem in problems])
