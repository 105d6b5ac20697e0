"""The account of a board that claims are paid to: checked and confirmed by the programme office."""

import re
from collections.abc import Iterable

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationKind
from labapp.clock import now
from labapp.database import transaction
from labapp.errors import ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies
from labapp.subsidy.problems import Problem

SHAPE = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
DUTCH = "NL"
DUTCH_LENGTH = 18
REMAINDER, MODULUS = 1, 97  # ISO 13616


def confirm_account(actor: Actor, board_id: int, iban: str) -> Organisation:
    """Note the account of a board as checked; only the programme office does."""
    if not policies.is_office(actor):
        raise ForbiddenError(_("Alleen het programmabureau bevestigt rekeningen."))
    with transaction() as session:
        board = session.get(Organisation, board_id, with_for_update=True)
        if board is None or board.kind is not OrganisationKind.BOARD:
            raise NotFoundError(_("Dit bestuur bestaat niet."))
        account = checked(iban)
        before = board.iban
        board.iban, board.iban_verified_at = account, now()
        audit.record(
            actor.id, "board.account_confirmed", board, on_behalf_of=actor.acting_for_id,
            changes={"iban": [_last(before), _last(account)]},
        )  # fmt: skip
    return board


def checked(iban: str) -> str:
    """Give an IBAN without spaces; a wrong one is refused by its check digits."""
    account = re.sub(r"\s", "", iban).upper()
    if not SHAPE.fullmatch(account) or not _adds_up(account):
        words = _("Dit is geen geldig IBAN.")
        raise InvalidError(words, {"iban": [words]})
    return account


def unconfirmed(boards: Iterable[Organisation]) -> list[Organisation]:
    """Give the boards that cannot be paid: no account, or one that nobody confirmed."""
    return [board for board in boards if not board.iban or board.iban_verified_at is None]


def account_problems(boards: Iterable[Organisation]) -> list[Problem]:
    return [
        Problem(
            "account_missing",
            _("Van %(name)s is geen bevestigde rekening bekend.", name=board.name),
            {"board_id": board.id},
        )
        for board in unconfirmed(boards)
    ]


def _adds_up(account: str) -> bool:
    if account.startswith(DUTCH) and len(account) != DUTCH_LENGTH:
        return False
    turned = account[4:] + account[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % MODULUS == REMAINDER


def _last(account: str | None) -> str:
    return "*" + (account or "")[-4:]
