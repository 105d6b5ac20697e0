"""Findings: reading and listing them; writing is in `finding_writing`."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge.models import Card
from labapp.labs import policies, reading
from labapp.labs.finding_models import PUBLIC, Finding, FindingVersion, VersionState
from labapp.labs.finding_states import EDITABLE
from labapp.labs.lab_models import Lab
from labapp.labs.round_models import Round

PER_PAGE = 20
OPEN = (*EDITABLE, VersionState.EDITORIAL, VersionState.SCHEDULED)


def get_finding(actor: Actor, finding_id: int) -> Finding:
    """Give a finding that one may read in some version; every page gets findings here."""
    finding = db.session.scalar(
        select(Finding)
        .where(Finding.id == finding_id, reading.findings_visible_to(actor))
        .options(
            joinedload(Finding.lab),
            joinedload(Finding.round),
            joinedload(Finding.card),
            joinedload(Finding.retraction),
        )
    )
    if finding is None:
        raise NotFoundError(_("Deze bevinding bestaat niet, of je mag haar niet zien."))
    return finding


def list_versions(actor: Actor, finding: Finding) -> list[FindingVersion]:
    """Give the versions that one may read, the newest first."""
    query = (
        select(FindingVersion)
        .where(FindingVersion.finding_id == finding.id, reading.finding_versions_visible_to(actor))
        .options(
            joinedload(FindingVersion.finding).joinedload(Finding.lab),
            selectinload(FindingVersion.contributors),
            selectinload(FindingVersion.errata),
            selectinload(FindingVersion.repairs),
        )
        .order_by(FindingVersion.number.desc())
    )
    return list(db.session.scalars(query))


def get_version(actor: Actor, finding: Finding, number: int) -> FindingVersion:
    """Give one version; when the finding was taken back only its lab reads the texts."""
    gone = finding.retraction is not None and finding.retraction.done_at is not None
    for made in list_versions(actor, finding):
        if made.number == number and not (gone and not reads_drafts(actor, finding)):
            return made
    raise NotFoundError(_("Deze versie bestaat niet, of je mag haar niet zien."))


def shown_version(actor: Actor, finding: Finding) -> FindingVersion:
    """Give the version that the page of a finding shows: what is out, else what is written."""
    versions = list_versions(actor, finding)
    out = next((made for made in versions if made.state in PUBLIC), None)
    made = out or next(iter(versions), None)
    if made is None:
        raise NotFoundError(_("Deze bevinding bestaat niet, of je mag haar niet zien."))
    return made


def open_version(actor: Actor, finding: Finding) -> FindingVersion | None:
    """Give the version that is on its way out, to who may read it."""
    return next((made for made in list_versions(actor, finding) if made.state in OPEN), None)


def acted_on(actor: Actor, finding: Finding, number: int | None = None) -> FindingVersion:
    """Give the version to which a step applies: the named one, else the one on its way, else out.

    That of a retracted finding can be got too: its steps are refused by its state.
    """
    versions = list_versions(actor, finding)
    if number is not None:
        versions = [made for made in versions if made.number == number]
    found = next((made for made in versions if made.state in OPEN), next(iter(versions), None))
    if found is None:
        raise NotFoundError(_("Deze versie bestaat niet, of je mag haar niet zien."))
    return found


def card_of(finding: Finding) -> Card:
    """Give the card of a finding; one that is not out has none."""
    if finding.card is None or not finding.card.is_published:
        raise ConflictError(_("Deze bevinding is nog niet gepubliceerd."))
    return finding.card


def list_published(
    actor: Actor, *, theme: str = "", page: int = 1, per_page: int = PER_PAGE
) -> tuple[list[tuple[Finding, FindingVersion]], int]:
    """Give a page of what is out, the newest first, with its text; and how many there are."""
    rule: list[ColumnElement[bool]] = [
        reading.findings_visible_to(actor),
        reading.published_findings(),
        FindingVersion.state.in_(PUBLIC),
    ]
    if theme:
        rule.append(Lab.theme == theme)
    query = (
        select(Finding, FindingVersion)
        .join(FindingVersion, FindingVersion.finding_id == Finding.id)
        .join(Lab, Lab.id == Finding.lab_id)
        .where(*rule)
    )
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = db.session.execute(
        query.options(
            joinedload(Finding.lab),
            joinedload(Finding.card),
            selectinload(FindingVersion.contributors),
            selectinload(FindingVersion.repairs),
            selectinload(FindingVersion.errata),
        )
        .order_by(Finding.published_at.desc(), Finding.id.desc())
        .limit(per_page)
        .offset((page - 1) * per_page)
    )
    return [(finding, made) for finding, made in rows], total


def list_of_round(actor: Actor, one: Round) -> list[Finding]:
    """Give the findings of a round that one may read, the first one first."""
    query = select(Finding).where(Finding.round_id == one.id, reading.findings_visible_to(actor))
    return list(db.session.scalars(query.order_by(Finding.id)))


def list_in_lab(actor: Actor, lab: Lab) -> list[tuple[Finding, VersionState]]:
    """Give the findings of a lab that one may read, with the state of what one sees of them."""
    newest = (
        select(FindingVersion.finding_id, func.max(FindingVersion.number).label("number"))
        .where(reading.finding_versions_visible_to(actor))
        .group_by(FindingVersion.finding_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Finding, FindingVersion.state)
        .join(newest, newest.c.finding_id == Finding.id)
        .join(
            FindingVersion,
            (FindingVersion.finding_id == Finding.id) & (FindingVersion.number == newest.c.number),
        )
        .where(Finding.lab_id == lab.id, reading.findings_visible_to(actor))
        .order_by(Finding.id.desc())
    )
    return [(finding, state) for finding, state in rows]


def reads_drafts(actor: Actor, finding: Finding) -> bool:
    """Whether one works in the lab of a finding, and reads all its texts."""
    return policies.works_in(actor, finding.lab)
