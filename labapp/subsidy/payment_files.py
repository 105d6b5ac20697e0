"""The file that goes to the bank's side: one line for each board, with its account."""

import csv
import io
from collections.abc import Mapping, Sequence

from labapp.accounts.models import Organisation
from labapp.subsidy.money import decimal_text
from labapp.subsidy.payment_models import PaymentBatch, PaymentLine

HEAD = ("batch", "board_number", "board", "iban", "currency", "amount", "description")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def payment_file(
    batch: PaymentBatch, name: str, boards: Mapping[Organisation, Sequence[PaymentLine]]
) -> str:
    """Write a batch as CSV: comma, point, one row a board; the same batch gives the same bytes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    for board in sorted(boards, key=lambda one: (one.board_number or "", one.id)):
        lines = boards[board]
        cents = sum(line.cents for line in lines)
        if cents == 0:
            continue  # all was set off
        numbers = " ".join(line.claim.number or "" for line in lines)
        writer.writerow(
            (
                name, _safe(board.board_number or ""), _safe(board.name), board.iban or "",
                batch.scheme_version.currency, decimal_text(cents, point="."), _safe(numbers),
            )
        )  # fmt: skip
    return out.getvalue()


def _safe(text: str) -> str:
    return "'" + text if text.startswith(FORMULA) else text
