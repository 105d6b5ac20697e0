"""What a claim as a whole has to keep to: the moment, tracks, the days of grant and participation.

A draft does not know the grant that was registered after it was made, so the grant is looked up
anew each time until the claim is submitted.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from labapp.clock import now
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.subsidy import participations
from labapp.subsidy.claim_models import Claim, ClaimKind, ClaimState
from labapp.subsidy.hour_models import HourEntry
from labapp.subsidy.problems import Problem
from labapp.subsidy.scheme_checks import shut_out
from labapp.subsidy.scheme_models import Grant, Participation, SchemeVersion, VersionStatus
from labapp.subsidy.transitions import VOID

MOST_NAMED = 100


def grant_of(claim: Claim, *, hold: bool = False) -> Grant | None:
    """Give the grant of the branch under the version; `hold` keeps others from changing it."""
    query = select(Grant).where(
        Grant.scheme_version_id == claim.scheme_version_id,
        Grant.organisation_id == claim.organisation_id,
    )
    if hold:
        query = query.with_for_update(of=Grant).execution_options(populate_existing=True)
    with db.session.no_autoflush:  # a claim that is being made is not saved yet
        return db.session.scalar(query)


def problems(claim: Claim, entries: Sequence[HourEntry]) -> list[Problem]:
    """Note all that stands in the way of a claim with these hours, whatever they amount to."""
    found = [*_of_moment(claim)]
    if claim.kind is ClaimKind.NORMAL:
        found += [*_of_tracks(claim), *_of_days(claim, entries)]
    return found


def _of_moment(claim: Claim) -> Iterator[Problem]:
    """Note a scheme that is not in force, and a window that is not open.

    A correction needs no window; a returned claim had its moment, and fourteen days more.
    """
    if claim.state is not ClaimState.DRAFT:
        return
    version, moment = claim.scheme_version, now()
    is_correction = claim.kind is ClaimKind.CORRECTION
    allowed = {VersionStatus.ACTIVE} | ({VersionStatus.CLOSED} if is_correction else set())
    if version.status not in allowed:
        words = _("Bij deze regeling kan nu geen claim ingediend worden.")
        yield Problem("scheme_not_active", words)
    early = version.opens_at is not None and moment < version.opens_at
    late = version.closes_at is not None and moment >= version.closes_at
    if (early or late) and not is_correction:
        yield Problem("window_closed", _("Het loket van deze regeling is nu niet open."))


def _of_tracks(claim: Claim) -> Iterator[Problem]:
    """Note tracks that do not go together: what the branch takes part in, or claimed before."""
    version = claim.scheme_version
    others = {*_claimed_before(claim)}
    if not _takes_part(claim):
        others |= {*participations.excluded_by(version, claim.organisation)}
    names = sorted({other.scheme.name_nl for other in others})
    if names:
        words = _("Dit gaat dat schooljaar niet samen met %(names)s.", names=", ".join(names))
        yield Problem("track_excluded", words, {"schemes": names})


def _claimed_before(claim: Claim) -> list[SchemeVersion]:
    version = claim.scheme_version
    claimed = select(Claim.scheme_version_id).where(
        Claim.organisation_id == claim.organisation_id,
        Claim.state.not_in([ClaimState.DRAFT, *VOID]),
    )
    others = db.session.scalars(
        select(SchemeVersion).where(
            SchemeVersion.id.in_(claimed),
            SchemeVersion.id != version.id,
            SchemeVersion.school_year == version.school_year,
        )
    )
    return [other for other in others if shut_out(version, other)]


def _takes_part(claim: Claim) -> Participation | None:
    return db.session.scalar(
        select(Participation).where(
            Participation.scheme_version_id == claim.scheme_version_id,
            Participation.organisation_id == claim.organisation_id,
        )
    )


def _of_days(claim: Claim, entries: Sequence[HourEntry]) -> Iterator[Problem]:
    """Note hours of before or after the branch took part, or the grant holds."""
    part, grant = _takes_part(claim), grant_of(claim)
    outside = [one.id for one in entries if part and not _within(part, one)]
    if outside:
        words = _("Laat de uren eruit van de dagen waarop de vestiging niet meedeed.")
        yield Problem("outside_participation", words, {"entries": outside[:MOST_NAMED]})
    outside = [one.id for one in entries if grant and not _within(grant, one)]
    if outside:
        words = _("Laat de uren eruit van de dagen waarvoor de verlening niet geldt.")
        yield Problem("outside_grant", words, {"entries": outside[:MOST_NAMED]})


def _within(period: Participation | Grant, entry: HourEntry) -> bool:
    return period.from_on <= entry.work_date <= period.to_on
