"""The rules of the programme: what does not go together for a branch in a school year.

They are data with a source. They are asked when a branch asks or is invited to take part, when that
is answered, when it changes its kind, and when a school year begins. A row that the office let go
(`override_reason`) breaks none.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from labapp import audit, strict_yaml
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation
from labapp.clock import today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.formatting import dag
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.labs import policies, school_years
from labapp.labs.lab_models import LabMembership, MembershipKind, MembershipState
from labapp.labs.rule_models import ProgrammeRule
from labapp.subsidy.scheme_models import Participation, SchemeVersion

LONGEST = 2000
LONGEST_CODE = 64
LONGEST_URL = 500
FIRST_YEAR, LAST_YEAR = 2023, 2100


@dataclass(frozen=True, kw_only=True)
class RuleInput:
    """What the office enters of a rule."""

    code: str
    school_year: int
    kind: MembershipKind
    message_nl: str
    message_en: str
    valid_from: date
    valid_until: date | None = None
    excluded_tracks: list[str] = field(default_factory=list)
    excluded_kinds: list[str] = field(default_factory=list)
    source_url: str = ""
    source_checked_on: date | None = None


def list_rules(school_year: int | None = None) -> list[ProgrammeRule]:
    """Give the rules, the newest school year first; they are public."""
    query = select(ProgrammeRule).order_by(ProgrammeRule.school_year.desc(), ProgrammeRule.code)
    if school_year is not None:
        query = query.where(ProgrammeRule.school_year == school_year)
    return list(db.session.scalars(query))


def get_rule(rule_id: int) -> ProgrammeRule:
    found = db.session.get(ProgrammeRule, rule_id)
    if found is None:
        raise NotFoundError(_("Deze programmaregel bestaat niet."))
    return found


def broken_rules(
    organisation: Organisation | None,
    kind: MembershipKind,
    school_year: int,
    *,
    leaving: LabMembership | None = None,
) -> list[ProgrammeRule]:
    """Give the rules against an organisation being of this kind in a lab, in a school year.

    `leaving` is a row that would end by it, and does not count. A person has no rules.
    """
    if organisation is None:
        return []
    day = max(today(), school_years.first_day(school_year))
    rules = db.session.scalars(
        select(ProgrammeRule)
        .where(
            ProgrammeRule.school_year == school_year,
            ProgrammeRule.kind == kind,
            ProgrammeRule.valid_from <= day,
            or_(ProgrammeRule.valid_until.is_(None), ProgrammeRule.valid_until >= day),
        )
        .order_by(ProgrammeRule.code)
    ).all()
    if not rules:
        return []
    tracks = _tracks(organisation, school_year)
    kinds = _kinds(organisation, school_year, leaving)
    return [
        rule
        for rule in rules
        if tracks & set(rule.excluded_tracks) or kinds & set(rule.excluded_kinds)
    ]


def broken_by(membership: LabMembership) -> list[ProgrammeRule]:
    """Give the rules that a row breaks; none once the office let them go."""
    if membership.override_reason:
        return []
    return broken_rules(
        membership.organisation, membership.kind, membership.school_year, leaving=membership
    )


def explain(rule: ProgrammeRule) -> str:
    """Give a rule in words, with its source and when that was looked at."""
    words = message(rule)
    if not rule.source_url:
        return words
    if rule.source_checked_on is None:
        source = _("Bron: %(url)s.", url=rule.source_url)
        return f"{words} {source}"
    source = _(
        "Bron: %(url)s, nagekeken op %(day)s.",
        url=rule.source_url,
        day=dag(rule.source_checked_on),
    )
    return f"{words} {source}"


def message(rule: ProgrammeRule) -> str:
    """Give what a rule says in the language at hand."""
    return rule.message_en if current_language() == "en" else rule.message_nl


def refuse(rules: Sequence[ProgrammeRule]) -> ConflictError:
    """Give the refusal for broken rules: what each says, and where it stands."""
    return ConflictError(
        " ".join(explain(rule) for rule in rules),
        problems=[
            {
                "code": f"rule:{rule.code}",
                "message": message(rule),
                "source": rule.source_url,
                "checked_on": rule.source_checked_on.isoformat()
                if rule.source_checked_on
                else None,
            }
            for rule in rules
        ],
    )


def add_rule(actor: Actor, values: RuleInput) -> ProgrammeRule:
    """Enter a rule; one code stands once in a school year."""
    _require_office(actor)
    _check(values)
    with transaction() as session:
        if _find(values) is not None:
            words = _("Deze code staat al bij dit schooljaar.")
            raise InvalidError(words, {"code": [words]})
        rule = ProgrammeRule(**asdict(values))
        session.add(rule)
        audit.record(
            actor.id, "programme_rule.added", rule, changes={"code": [None, rule.code]},
            on_behalf_of=actor.acting_for_id,
        )  # fmt: skip
    return rule


def change_rule(actor: Actor, rule: ProgrammeRule, values: RuleInput) -> None:
    """Change a rule; who takes part already keeps their place until the next school year."""
    _require_office(actor)
    _check(values)
    with transaction() as session:
        session.refresh(rule, with_for_update=True)
        other = _find(values)
        if other is not None and other.id != rule.id:
            words = _("Deze code staat al bij dit schooljaar.")
            raise InvalidError(words, {"code": [words]})
        changes: dict[str, Any] = {}
        for name, value in asdict(values).items():
            if getattr(rule, name) != value:
                changes[name] = [getattr(rule, name), value]
                setattr(rule, name, value)
        if changes:
            audit.record(
                actor.id, "programme_rule.changed", rule, changes=changes,
                on_behalf_of=actor.acting_for_id,
            )  # fmt: skip


def import_rules(actor: Actor, content: bytes) -> int:
    """Add the rules of a file that are not there yet; give how many. What is there stays."""
    _require_office(actor)
    raw = strict_yaml.load(content)
    strict_yaml.check_keys(raw, {"rules"}, "rules")
    count = 0
    with transaction():
        for number, each in enumerate(strict_yaml.rows(raw.get("rules"), "rules")):
            values = strict_yaml.read(RuleInput, each, f"rules[{number}]")
            if _find(values) is None:
                add_rule(actor, values)
                count += 1
    return count


def _require_office(actor: Actor) -> None:
    if not policies.is_office(actor):
        raise ForbiddenError(_("Dat doet het programmabureau."))


def _find(values: RuleInput) -> ProgrammeRule | None:
    return db.session.scalar(
        select(ProgrammeRule).where(
            ProgrammeRule.code == values.code, ProgrammeRule.school_year == values.school_year
        )
    )


def _check(values: RuleInput) -> None:
    fields: dict[str, list[str]] = {}
    if not 1 <= len(values.code) <= LONGEST_CODE:
        fields["code"] = [_("Geef de regel een code van hoogstens 64 tekens.")]
    if not FIRST_YEAR <= values.school_year <= LAST_YEAR:
        fields["school_year"] = [_("Kies een schooljaar.")]
    for name in ("message_nl", "message_en"):
        if not 1 <= len(getattr(values, name).strip()) <= LONGEST:
            fields[name] = [_("Schrijf in hoogstens 2000 tekens wat er niet samengaat.")]
    if not values.excluded_tracks and not values.excluded_kinds:
        fields["excluded_tracks"] = [_("Noem minstens één spoor of soort deelname.")]
    if set(values.excluded_kinds) - {kind.value for kind in MembershipKind}:
        fields["excluded_kinds"] = [_("Kies soorten deelname uit de lijst.")]
    if values.valid_until is not None and values.valid_until < values.valid_from:
        fields["valid_until"] = [_("Het einde ligt voor het begin.")]
    is_web = values.source_url.startswith(("https://", "http://"))
    if len(values.source_url) > LONGEST_URL or (values.source_url and not is_web):
        fields["source_url"] = [_("Geef een webadres dat met https:// begint.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)


def _tracks(organisation: Organisation, school_year: int) -> set[str]:
    query = (
        select(SchemeVersion.track)
        .join(Participation, Participation.scheme_version_id == SchemeVersion.id)
        .where(
            Participation.organisation_id == organisation.id,
            SchemeVersion.school_year == school_year,
        )
    )
    return set(db.session.scalars(query))


def _kinds(organisation: Organisation, school_year: int, leaving: LabMembership | None) -> set[str]:
    query = select(LabMembership.kind).where(
        LabMembership.organisation_id == organisation.id,
        LabMembership.school_year == school_year,
        LabMembership.state.in_((MembershipState.ACTIVE, MembershipState.SUSPENDED)),
        LabMembership.id != (leaving.id if leaving else 0),
    )
    return {kind.value for kind in db.session.scalars(query)}
