"""What people type into the forms about claims, as the services take it."""

from collections.abc import Sequence
from datetime import date

from werkzeug.datastructures import MultiDict

from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.subsidy.assessments import Ruling
from labapp.subsidy.claim_models import ClaimLine, ReductionReason
from labapp.subsidy.form_fields import WrongError, read_cents
from labapp.subsidy.reductions import Reduction

Form = MultiDict[str, str]
LARGEST = 2**31 - 1


def version_in(form: Form) -> int:
    """Give the version that was looked at; 0, which nothing ever is, where none was sent."""
    return form.get("version", 0, type=int)


def number_in(form: Form, name: str) -> int:
    """Give an id; 0, which nothing ever has, for anything else."""
    number = form.get(name, 0, type=int)
    return number if 0 < number <= LARGEST else 0


def reductions_in(form: Form, lines: Sequence[ClaimLine]) -> list[Reduction]:
    """Give the reductions of the lines in which an amount was typed."""
    found, fields = [], {}
    for line in lines:
        typed = form.get(f"cents-{line.number}", "").strip()
        if not typed:
            continue
        try:
            cents = read_cents(typed)
        except WrongError as error:
            fields[f"reductions-{line.number}"] = [str(error)]
            continue
        if cents:
            found.append(
                Reduction(
                    line=line.number,
                    cents=cents,
                    reason=_reason(form.get(f"reason-{line.number}", "")),
                    text=form.get(f"text-{line.number}", "").strip(),
                    reusable=form.get(f"reusable-{line.number}") == "1",
                )
            )
    if fields:
        raise InvalidError(_("Er klopt iets niet in de verminderingen."), fields)
    return found


def ruling_in(form: Form, lines: Sequence[ClaimLine]) -> Ruling:
    """Give what is decided: `outcome` is grant or reject."""
    is_rejected = form.get("outcome") == "reject"
    return Ruling(
        reductions=[] if is_rejected else reductions_in(form, lines),
        is_rejected=is_rejected,
        reusable=is_rejected and form.get("reusable") == "1",
        reason=_reason(form.get("reason", "")),
        text=form.get("text", ""),
        external_number=form.get("external_number", "")[:80],
        external_date=_day(form.get("external_date", "")),
    )


def _reason(value: str) -> ReductionReason:
    return next((one for one in ReductionReason if one.value == value), ReductionReason.OTHER)


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        words = _("Vul een datum in, bijvoorbeeld 2026-11-24.")
        raise InvalidError(words, {"external_date": [words]}) from error
