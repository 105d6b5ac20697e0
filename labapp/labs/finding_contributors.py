"""Who contributed to a finding: persons with or without an account, and schools as a whole.

A name that is given as one text is taken apart, so that a Dutch particle stands where it belongs.
Names are kept apart from what is signed: they can be set right after publication, and erased.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp.accounts.models import User
from labapp.database import db, transaction
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge.names import split_particle
from labapp.labs import policies
from labapp.labs.finding_content import ROLES
from labapp.labs.finding_models import Finding, FindingContributor, FindingVersion
from labapp.labs.lab_models import Lab, LabRole, LabRoleKind

COLUMNS = ("user_id", "given_name", "particle", "family_name", "organisation_name", "role")
LONGEST = {"given_name": 80, "particle": 40, "family_name": 120, "organisation_name": 200}
MOST = 60
ROLE_WORDS = {
    "lead": _l("Trekker"),
    "researcher": _l("Onderzoeker"),
    "teacher": _l("Leraar"),
    "coach": _l("Coach"),
    "school": _l("School"),
    "support": _l("Ondersteuning"),
}
ROLE_OF = {
    LabRoleKind.LEAD: "lead",
    LabRoleKind.RESEARCHER: "researcher",
    LabRoleKind.TEACHER: "teacher",
    LabRoleKind.COACH: "coach",
    LabRoleKind.OBSERVER: "support",
}
Rows = list[dict[str, Any]]


def plain(made: FindingVersion) -> Rows:
    """Give the contributors of a version as rows."""
    return [{name: getattr(one, name) for name in COLUMNS} for one in made.contributors]


def members_of(lab: Lab) -> Rows:
    """Give who takes part in a lab today, each once, as the contributors to begin with."""
    query = (
        policies.members_of(lab.id)
        .with_only_columns(LabRole)
        .options(joinedload(LabRole.user), joinedload(LabRole.membership))
        .order_by(LabRole.id)
    )
    rows: dict[int, dict[str, Any]] = {}
    for role in db.session.scalars(query):
        place = role.membership.organisation
        rows.setdefault(role.user_id, _row(role.user, place.name if place else "", role.kind))
    order = {name: place for place, name in enumerate(ROLES)}
    return sorted(rows.values(), key=lambda row: order[row["role"]])


def checked(made: FindingVersion, given: Sequence[Mapping[str, Any]]) -> Rows:
    """Give rows as they are kept; a row that names nobody, or too many of them, is refused.

    An account is kept only of who is or was in the lab, or named before.
    """
    if len(given) > MOST:
        raise InvalidError(*_said(_("Noem hoogstens zestig mensen en scholen.")))
    known = _accounts(made.finding)
    rows = []
    for row in given:
        kept = {name: " ".join(str(row.get(name) or "").split()) for name in LONGEST}
        if any(len(kept[name]) > most for name, most in LONGEST.items()):
            raise InvalidError(*_said(_("Een naam is te lang.")))
        if not (kept["family_name"] or kept["organisation_name"]):
            raise InvalidError(*_said(_("Geef bij iedere regel een naam of een school.")))
        user_id = row.get("user_id")
        role = row.get("role") if row.get("role") in ROLES else "support"
        rows.append(
            {"user_id": user_id if user_id in known else None, **_apart(kept), "role": role}
        )
    return [{name: row[name] for name in COLUMNS} for row in rows]


def write(made: FindingVersion, rows: Rows) -> None:
    """Put rows in the place of those there are, in the caller's transaction."""
    with transaction() as session:
        made.contributors = [
            FindingContributor(position=place, **row) for place, row in enumerate(rows)
        ]
        session.flush()


def name_of(one: FindingContributor) -> str:
    """Give the name of a contributor as one says it; of a school, its name."""
    parts = (one.given_name, one.particle, one.family_name)
    return " ".join(part for part in parts if part) or one.organisation_name


def _row(user: User, organisation: str, kind: LabRoleKind) -> dict[str, Any]:
    return {
        "user_id": user.id,
        "given_name": user.given_name,
        "particle": user.particle,
        "family_name": user.family_name,
        "organisation_name": organisation,
        "role": ROLE_OF[kind],
    }


def _apart(kept: dict[str, str]) -> dict[str, str]:
    """Take a family name apart from particles that were typed with it."""
    if kept["particle"]:
        return kept
    particle, family = split_particle(kept["family_name"])
    return kept | {"particle": particle, "family_name": family}


def _accounts(finding: Finding) -> set[int]:
    """Give the ids of who ever had a role in the lab, or was named in this finding."""
    roles = select(LabRole.user_id).where(LabRole.lab_id == finding.lab_id)
    named = (
        select(FindingContributor.user_id)
        .join(FindingVersion, FindingVersion.id == FindingContributor.finding_version_id)
        .where(FindingVersion.finding_id == finding.id, FindingContributor.user_id.is_not(None))
    )
    return {number for number in db.session.scalars(roles.union(named)) if number is not None}


def _said(words: str) -> tuple[str, dict[str, list[str]]]:
    return words, {"contributors": [words]}
