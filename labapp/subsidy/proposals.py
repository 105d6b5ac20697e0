"""Hours that attendance proposes: nobody's hours until the person takes them over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation, Organisation
from labapp.database import db, insert_new, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.subsidy import policies
from labapp.subsidy.hour_models import EntrySource, HourEntry, HourProposal, ProposalStatus
from labapp.subsidy.hour_rights import can_write_for
from labapp.subsidy.hour_steps import Step, Way
from labapp.subsidy.hours import write
from labapp.subsidy.scheme_models import ActivityCategory
from labapp.subsidy.surroundings import EntryInput, require_days
from labapp.subsidy.validation import LONGEST, step_words

CONTENT = (
    "organisation_id", "scheme_version_id", "category_id", "work_date", "minutes", "start_local",
    "end_local", "description",
)  # fmt: skip
MOST = 1000


@dataclass(frozen=True)
class ProposalInput:
    """What somebody's attendance is worth; `source_ref` names it once and for all."""

    user_id: int
    organisation_id: int
    scheme_version_id: int
    category_id: int
    work_date: date
    minutes: int
    source_ref: str
    description: str = ""
    start_local: time | None = None
    end_local: time | None = None


def propose_hours(actor: Actor, proposals: Sequence[ProposalInput]) -> list[HourProposal]:
    """Propose hours to people, all or none; again with the same source changes nothing twice.

    A proposal that still waits takes over what is new in it. Other packages call this as
    `Actor.system()` for the people of a session.
    """
    if not actor.may("hours:write"):
        raise ForbiddenError(_("Dit token mag geen uren schrijven."))
    if len(proposals) > MOST:
        raise InvalidError(_("Stel hoogstens 1000 keer uren tegelijk voor."))
    with transaction() as session:
        _require_rights(actor, proposals)
        _require_sense(proposals)
        for one in proposals:
            values = {name: getattr(one, name) for name in CONTENT}
            insert_new(
                HourProposal,
                user_id=one.user_id,
                source_ref=one.source_ref,
                proposed_by_id=actor.id,
                **values,
            )
        found = _read(proposals)
        changed = []
        for one in proposals:
            row = found[one.user_id, one.source_ref]
            if row.organisation_id != one.organisation_id and not actor.is_system:
                raise ConflictError(_("Een andere vestiging stelde deze uren al voor."))
            if row.status is ProposalStatus.OPEN:
                for name in CONTENT:
                    setattr(row, name, getattr(one, name))
            changed.append(row)
        session.flush()
        if proposals:
            refs = sorted({one.source_ref for one in proposals})
            audit.record(
                actor.id, "hours.proposed", refs[0], on_behalf_of=actor.acting_for_id,
                changes={"sources": [None, refs], "people": [None, len(proposals)]},
            )  # fmt: skip
        return changed


def list_open(
    actor: Actor, *, first: date | None = None, last: date | None = None
) -> list[HourProposal]:
    """Give what waits for one's own answer, the oldest day first."""
    wanted = [policies.proposals_visible_to(actor), HourProposal.status == ProposalStatus.OPEN]
    if first is not None:
        wanted.append(HourProposal.work_date >= first)
    if last is not None:
        wanted.append(HourProposal.work_date <= last)
    query = select(HourProposal).where(*wanted)
    return list(db.session.scalars(query.order_by(HourProposal.work_date, HourProposal.id)))


def get_proposal(actor: Actor, proposal_id: int) -> HourProposal:
    return _own(actor, [proposal_id])[0]


def accept(actor: Actor, ids: Collection[int]) -> list[HourEntry]:
    """Take proposals over as one's own hours, all or none; taken over twice is a conflict."""
    with transaction() as session:
        rows = _own(actor, ids)
        _require_waiting(rows)
        way = Way(source=EntrySource.SESSION, may_repeat=True)
        saved = write(actor, [Step(new=_entry(row)) for row in rows], way).saved
        for row, entry in zip(rows, saved, strict=True):
            row.status, row.entry_id = ProposalStatus.ACCEPTED, entry.id
        session.flush()
        return saved


def dismiss(actor: Actor, ids: Collection[int]) -> None:
    """Say of proposals that these hours are not one's own."""
    with transaction() as session:
        rows = _own(actor, ids)
        _require_waiting(rows)
        for row in rows:
            row.status = ProposalStatus.DISMISSED
        session.flush()
        for row in rows:
            audit.record(actor.id, "hours.dismissed", row, on_behalf_of=actor.acting_for_id)


def _own(actor: Actor, ids: Collection[int]) -> list[HourProposal]:
    if not actor.may("hours:write"):
        raise ForbiddenError(_("Dit token mag geen uren schrijven."))
    query = (
        select(HourProposal)
        .where(HourProposal.id.in_(set(ids)), policies.proposals_visible_to(actor))
        .order_by(HourProposal.work_date, HourProposal.id)
        .with_for_update(of=HourProposal)
        .execution_options(populate_existing=True)
    )
    rows = list(db.session.scalars(query))
    if not rows or len(rows) < len(set(ids)):
        raise NotFoundError(_("Dit voorstel bestaat niet, of je mag het niet zien."))
    return rows


def _require_waiting(rows: Sequence[HourProposal]) -> None:
    if any(row.status is not ProposalStatus.OPEN for row in rows):
        raise ConflictError(_("Op dit voorstel is al geantwoord."))


def _require_rights(actor: Actor, proposals: Sequence[ProposalInput]) -> None:
    wanted = {one.organisation_id for one in proposals}
    rows = db.session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))
    branches = {row.id: row for row in rows}
    held = select(Affiliation.user_id, Affiliation.organisation_id).where(
        Affiliation.user_id.in_({one.user_id for one in proposals}),
        Affiliation.organisation_id.in_(wanted),
    )
    known = {(user_id, number) for user_id, number in db.session.execute(held)}
    for one in proposals:
        is_known = (one.user_id, one.organisation_id) in known
        can_write = can_write_for(actor, one.user_id, branches.get(one.organisation_id))
        if not is_known or not can_write:
            raise NotFoundError(_("Voor deze persoon kun je geen uren voorstellen."))


def _require_sense(proposals: Sequence[ProposalInput]) -> None:
    """Refuse what could never become hours; the rest is checked when it is taken over."""
    require_days(one.work_date for one in proposals)
    wanted = {one.category_id for one in proposals}
    rows = db.session.scalars(select(ActivityCategory).where(ActivityCategory.id.in_(wanted)))
    categories = {row.id: row for row in rows}
    fields: dict[str, list[str]] = {}
    for place, one in enumerate(proposals):
        category = categories.get(one.category_id)
        if category is None or category.scheme_version_id != one.scheme_version_id:
            raise NotFoundError(_("Deze regeling of activiteit bestaat niet."))
        step = category.scheme_version.granularity_minutes
        if one.minutes <= 0 or one.minutes % step:
            fields[f"{place}.minutes"] = [step_words(step)]
        if not 1 <= len(one.source_ref) <= LONGEST["source_ref"]:
            fields[f"{place}.source_ref"] = [_("Geef de bron een naam van 1 tot 120 tekens.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je stuurde."), fields)


def _read(proposals: Sequence[ProposalInput]) -> dict[tuple[int, str], HourProposal]:
    query = select(HourProposal).where(
        HourProposal.user_id.in_({one.user_id for one in proposals}),
        HourProposal.source_ref.in_({one.source_ref for one in proposals}),
    )
    rows = db.session.scalars(query.execution_options(populate_existing=True))
    return {(row.user_id, row.source_ref): row for row in rows}


def _entry(row: HourProposal) -> EntryInput:
    return EntryInput(
        user_id=row.user_id,
        organisation_id=row.organisation_id,
        scheme_version_id=row.scheme_version_id,
        category_id=row.category_id,
        work_date=row.work_date,
        minutes=row.minutes,
        start_local=row.start_local,
        end_local=row.end_local,
        description=row.description,
        source_ref=row.source_ref,
    )
