"""Reports of use: what a school did with a card, confirmed by its leader, answered once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.clock import now
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge.models import Card
from labapp.labs import lab_rights, pupil_guard, red_thread
from labapp.labs import use_report_events as events
from labapp.labs import use_report_rights as rights
from labapp.labs.machine import lock, note_step
from labapp.labs.review_models import UseReport, UseReportState
from labapp.labs.use_report_states import EDITABLE, MACHINE, OPEN, UseReportAction
from labapp.links import LinkKind, connect, disconnect
from labapp.notifications import emitting

A, S = UseReportAction, UseReportState
LONGEST = 10_000
LONGEST_GROUP = 160
LONGEST_REASON = 4_000
PER_PAGE = 20
TEXTS = ("did", "changed", "group", "outcome")


@dataclass(frozen=True)
class UseReportInput:
    """What a school writes: what it did, changed, for whom, and what came of it."""

    did: str
    outcome: str
    changed: str = ""
    group: str = ""
    has_failed: bool = False
    names_school: bool = False


def get_report(actor: Actor, report_id: int) -> UseReport:
    """Give a report that one may read; every page gets reports here."""
    report = db.session.scalar(
        select(UseReport)
        .where(UseReport.id == report_id, rights.use_reports_visible_to(actor))
        .options(joinedload(UseReport.organisation))
    )
    if report is None:
        raise NotFoundError(_("Dit gebruiksverslag bestaat niet, of je mag het niet zien."))
    return report


def list_of_card(
    actor: Actor, card: Card, *, page: int = 1, per_page: int = PER_PAGE
) -> tuple[list[UseReport], int]:
    """Give a page of the confirmed reports of a card, the newest first; and how many there are."""
    rule = (
        UseReport.object == name_of(card),
        UseReport.state == S.PUBLISHED,
        rights.use_reports_visible_to(actor),
    )
    total = db.session.scalar(select(func.count()).select_from(UseReport).where(*rule)) or 0
    query = (
        select(UseReport)
        .where(*rule)
        .options(joinedload(UseReport.organisation))
        .order_by(UseReport.confirmed_at.desc(), UseReport.id.desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return list(db.session.scalars(query)), total


def list_open(actor: Actor, card: Card) -> list[UseReport]:
    """Give the reports of a card that are on their way, to who wrote or confirms them."""
    query = (
        select(UseReport)
        .where(
            UseReport.object == name_of(card),
            UseReport.state.in_(OPEN),
            rights.use_reports_visible_to(actor),
        )
        .options(joinedload(UseReport.organisation))
        .order_by(UseReport.id)
    )
    return list(db.session.scalars(query))


def own_open(actor: Actor, card: Card) -> UseReport | None:
    """Give the report of a card that one is writing, or that waits to be confirmed."""
    query = select(UseReport).where(
        UseReport.object == name_of(card),
        UseReport.author_id == actor.id,
        UseReport.state.in_(OPEN),
    )
    return db.session.scalar(query.limit(1))


def start_report(
    actor: Actor, card: Card, given: UseReportInput, *, confirmed: bool = False
) -> UseReport:
    """Begin a report as a draft, for the school for which one acts."""
    user, school = actor.require_user(), rights.school_of(actor)
    if school is None:
        raise ForbiddenError(_("Een gebruiksverslag schrijf je namens een school."))
    if not card.is_published:
        raise ConflictError(_("Deze kaart is niet gepubliceerd."))
    values = _checked(given, confirmed=confirmed)
    with transaction() as session:
        lock(card)
        if own_open(actor, card) is not None:
            raise ConflictError(_("Je bent al bezig met een verslag hierover. Maak dat eerst af."))
        report = UseReport(
            object=name_of(card), organisation_id=school.id, author_id=user.id, **values
        )
        session.add(report)
        session.flush()
        note_step(actor, report, "start", "", report.state.value)
    return report


def save_report(
    actor: Actor,
    report: UseReport,
    given: UseReportInput,
    *,
    version: int,
    confirmed: bool = False,
) -> UseReport:
    """Change a draft, or what was given back; another's save in between is a conflict."""
    values = _checked(given, confirmed=confirmed)
    with transaction() as session:
        lock(report)
        if not can_change(actor, report):
            raise ForbiddenError(_("Dit verslag kun je niet meer wijzigen."))
        old = {name: getattr(report, name) for name in values}
        if report.version != version and old != values:
            raise ConflictError(
                _("Iemand was je voor: dit is intussen gewijzigd. Bekijk wat er nu staat."),
                theirs=old,
                yours=values,
            )
        if old != values:
            for name, value in values.items():
                setattr(report, name, value)
            session.flush()
            note_step(actor, report, "save", report.state.value, report.state.value)
    return report


def can_change(actor: Actor, report: UseReport) -> bool:
    return report.state in EDITABLE and rights.is_author(actor, report)


def actions(actor: Actor, report: UseReport) -> list[UseReportAction]:
    """Give what somebody can do now, nothing being in the way."""
    return [one for one in MACHINE.actions(actor, report) if not MACHINE.missing(report, one)]


def perform(
    actor: Actor,
    report: UseReport,
    action: UseReportAction,
    *,
    version: int | None,
    reason: str = "",
    confirmed: bool = False,
) -> None:
    """Take a step with all that belongs to it; `reason` is the answer itself in a reply."""
    with transaction():
        lock(report)
        MACHINE.require(actor, report, action)
        if len(reason) > LONGEST_REASON:
            words = _("Gebruik hoogstens %(most)s tekens.", most=LONGEST_REASON)
            raise InvalidError(words, {"reason": [words]})
        pupil_guard.check(reason, confirmed=confirmed)
        MACHINE.perform(
            actor, report, action, version=version, reason=reason,
            values=_values(actor, action, reason.strip()),
        )  # fmt: skip
        _follow_up(actor, report, action)


def _values(actor: Actor, action: UseReportAction, reason: str) -> dict[str, Any]:
    if action is A.CONFIRM:
        return {"confirmed_by_id": actor.id, "confirmed_at": now(), "return_note": ""}
    if action is A.RETURN:
        return {"return_note": reason}
    return {"reply": reason} if action is A.REPLY else {}


def _follow_up(actor: Actor, report: UseReport, action: UseReportAction) -> None:
    own, author = name_of(report), [report.author_id] if report.author_id is not None else []
    if action is A.SUBMIT:
        leaders = lab_rights.leaders_at(report.organisation_id)
        emitting.emit(actor, events.SUBMITTED, report, leaders)
    elif action is A.RETURN:
        emitting.emit(actor, events.RETURNED, report, author)
    elif action is A.CONFIRM:
        connect(report.object, LinkKind.APPLIED_IN, own, actor_id=actor.id)
        people = {*red_thread.upstream_people(own), *rights.makers_of(report), *author}
        emitting.emit(
            actor, events.PUBLISHED, report, people, about=report.object,
            key=f"published:{report.id}",
        )  # fmt: skip
    elif action is A.REPLY:
        confirmed_by = [report.confirmed_by_id] if report.confirmed_by_id is not None else []
        emitting.emit(actor, events.REPLIED, report, [*author, *confirmed_by])
    else:
        disconnect(report.object, LinkKind.APPLIED_IN, own)


def _checked(given: UseReportInput, *, confirmed: bool) -> dict[str, Any]:
    """Give the values of a report, or refuse with the words at each field."""
    values = {
        name: value.strip() if isinstance(value, str) else value
        for name, value in asdict(given).items()
    }
    fields: dict[str, list[str]] = {}
    for name in TEXTS:
        longest = LONGEST_GROUP if name == "group" else LONGEST
        if len(values[name]) > longest:
            fields[name] = [_("Gebruik hoogstens %(most)s tekens.", most=longest)]
    for name in ("did", "outcome"):
        if not values[name]:
            fields[name] = [_("Schrijf hier iets op; een paar zinnen is genoeg.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
    pupil_guard.check("\n\n".join(_texts(values)), confirmed=confirmed)
    return values


def _texts(values: Mapping[str, Any]) -> Sequence[str]:
    return [values[name] for name in TEXTS]
