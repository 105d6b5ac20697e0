"""What reviews are about: one version of a finding or of a card, and the side that made it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db, name_of
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.knowledge import cards
from labapp.knowledge.models import Card, CardVersion
from labapp.labs import findings, lab_rights, policies
from labapp.labs.finding_models import PUBLIC, Finding, FindingVersion
from labapp.labs.lab_models import Lab

FINDINGS, CARDS = "findings", "cards"
FINDING_VERSIONS, CARD_VERSIONS = "finding_versions", "card_versions"
WEIGHTY = ("answer", "body", "steps", "evidence_strength", "ratings")  # of a card
MOST_VERSIONS = 20


@dataclass(frozen=True)
class Target:
    """A version as reviews name it: `name` is `finding_versions:3`, `about` is `findings:2`."""

    name: str
    about: str
    title: str
    number: int
    is_current: bool
    finding: Finding | None = None
    card: Card | None = None

    @property
    def lab(self) -> Lab | None:
        return self.finding.lab if self.finding else None


def get_target(actor: Actor, about: str) -> Target:
    """Give the version that is out now of what one may read; a card of a finding is its finding."""
    kind, _colon, number = about.partition(":")
    if kind == CARDS:
        card = cards.get_card(actor, int(number))
        if card.made_from.startswith(FINDINGS + ":"):
            return get_target(actor, card.made_from)
        version = db.session.scalar(
            select(CardVersion).where(
                CardVersion.card_id == card.id, CardVersion.number == card.version_number
            )
        )
        if card.is_published and version is not None:
            return _of_card(version, card)
    if kind == FINDINGS:
        made = findings.shown_version(actor, findings.get_finding(actor, int(number)))
        if made.state in PUBLIC:
            return _of_finding(made)
    raise NotFoundError(_("Hier is nog niets om te beoordelen."))


def load_target(name: str) -> Target:
    """Give what a review is about, whoever asks; rights and conflicts are judged by it."""
    kind, _colon, number = name.partition(":")
    if kind == FINDING_VERSIONS:
        return _of_finding(db.session.get_one(FindingVersion, int(number)))
    version = db.session.get_one(CardVersion, int(number))
    return _of_card(version, db.session.get_one(Card, version.card_id))


def counted(target: Target) -> dict[str, int]:
    """Give the versions whose reviews still count, with their numbers, the newest first.

    Those before the last change of method, group or effect speak of something else.
    """
    found: dict[str, int] = {}
    for name, number, starts_anew in _history(target):
        found[name] = number
        if starts_anew:
            break
    return found


def numbers_of(targets: Collection[str]) -> dict[str, int]:
    """Give the numbers of versions by the names that reviews have for them."""
    found: dict[str, int] = {}
    for table, model in ((FINDING_VERSIONS, FindingVersion), (CARD_VERSIONS, CardVersion)):
        ids = _ids(targets, table)
        rows = db.session.execute(select(model.id, model.number).where(model.id.in_(ids)))
        found |= {f"{table}:{row.id}": row.number for row in rows}
    return found


def titles_of(abouts: Collection[str]) -> Mapping[str, str]:
    """Give the titles of findings and cards by name."""
    found: dict[str, str] = {}
    for table, model in ((FINDINGS, Finding), (CARDS, Card)):
        ids = _ids(abouts, table)
        rows = db.session.execute(select(model.id, model.title).where(model.id.in_(ids)))
        found |= {f"{table}:{row.id}": row.title for row in rows}
    return found


def reviewed_people(target: Target) -> list[int]:
    """Give who may answer for the side that made it: the leads of the lab, the author of a card."""
    if target.finding is not None:
        return lab_rights.leads_of(target.finding.lab_id)
    author = target.card.author_id if target.card else None
    return [author] if author is not None else []


def is_reviewed_side(actor: Actor, target: Target) -> bool:
    if actor.id is None:
        return False
    if target.finding is not None:
        return policies.is_lead(actor, target.finding.lab)
    return target.card is not None and target.card.author_id == actor.id


def _of_finding(made: FindingVersion) -> Target:
    finding = made.finding
    return Target(
        name=name_of(made),
        about=name_of(finding),
        title=made.content["title"],
        number=made.number,
        is_current=made.state in PUBLIC,
        finding=finding,
        card=finding.card,
    )


def _of_card(version: CardVersion, card: Card) -> Target:
    return Target(
        name=name_of(version),
        about=name_of(card),
        title=version.content["title"],
        number=version.number,
        is_current=card.is_published and version.number == card.version_number,
        card=card,
    )


def _history(target: Target) -> Sequence[tuple[str, int, bool]]:
    """Give the versions up to this one, the newest first, and whether each starts anew."""
    if target.finding is not None:
        query = select(FindingVersion).where(
            FindingVersion.finding_id == target.finding.id,
            FindingVersion.published_at.is_not(None),
            FindingVersion.number <= target.number,
        )
        made = db.session.scalars(query.order_by(FindingVersion.number.desc()))
        return [(name_of(one), one.number, one.needs_new_review) for one in made]
    if target.card is None:
        return []
    versions = db.session.scalars(
        select(CardVersion)
        .where(CardVersion.card_id == target.card.id, CardVersion.number <= target.number)
        .order_by(CardVersion.number.desc())
        .limit(MOST_VERSIONS)
    ).all()
    former: list[dict[str, Any] | None] = [*(one.content for one in versions[1:]), None]
    return [
        (name_of(one), one.number, before is None or _differs(one.content, before))
        for one, before in zip(versions, former, strict=True)
    ]


def _differs(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    return any(new.get(name) != old.get(name) for name in WEIGHTY)


def _ids(names: Collection[str], kind: str) -> list[int]:
    found = (name.partition(":") for name in names)
    return sorted({int(number) for table, _colon, number in found if table == kind})
