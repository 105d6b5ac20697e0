"""Which fields the forms of schemes, deelnames and verleningen have."""

from labapp.accounts.models import Role, Sector
from labapp.accounts.words import ROLES, SECTORS
from labapp.i18n import lazy_gettext as _l
from labapp.subsidy.form_fields import (
    AREA,
    CHECK,
    CHOICE,
    DAY,
    EURO,
    HOURS,
    LINE,
    LIST,
    MOMENT_KIND,
    NUMBER,
    PERCENTAGE,
    Field,
    choice,
    one_of,
)
from labapp.subsidy.scheme_checks import ROLES_OF_SCHOOL
from labapp.subsidy.scheme_inputs import CURRENCIES, GRANULARITIES
from labapp.subsidy.scheme_models import (
    CapScope,
    CapUnit,
    Evidence,
    OverCapPolicy,
    SchemeKind,
    VersionStatus,
)

STATUSES = {
    VersionStatus.DRAFT: (_l("Concept"), "neutral"),
    VersionStatus.ACTIVE: (_l("In werking"), "ok"),
    VersionStatus.CLOSED: (_l("Schooljaar afgesloten"), "sun"),
    VersionStatus.ARCHIVED: (_l("Gearchiveerd"), "neutral"),
}
KINDS = {
    SchemeKind.FIXED: _l("Vast bedrag per vestiging; uren zijn het bewijs"),
    SchemeKind.HOURLY: _l("Bedrag per uur"),
}
POLICIES = {
    OverCapPolicy.REJECT: _l("Weigeren: de claim past of gaat niet door"),
    OverCapPolicy.TRIM: _l("Afkappen: wat erboven komt vervalt"),
}
EVIDENCE = {
    Evidence.NONE: _l("Geen"),
    Evidence.SESSION: _l("Aanwezigheid bij een bijeenkomst"),
    Evidence.DOCUMENT: _l("Een document"),
}
SCOPES = {
    CapScope.PERSON_YEAR: _l("Per persoon per schooljaar"),
    CapScope.BRANCH_YEAR: _l("Per vestiging per schooljaar"),
    CapScope.BOARD_YEAR: _l("Per bestuur per schooljaar"),
    CapScope.GRANT: _l("Per verlening"),
}
UNITS = {CapUnit.MINUTES: _l("uren"), CapUnit.CENTS: _l("euro")}
ROLE_OPTIONS = [(role.value, ROLES[role]) for role in ROLES_OF_SCHOOL]
SECTOR_OPTIONS = [(sector.value, SECTORS[sector]) for sector in Sector]


def _options(words: object) -> list[tuple[str, object]]:
    return [(key.value, label) for key, label in words.items()]  # type: ignore[attr-defined]


NAMES = (
    Field("name_nl", _l("Naam"), LINE),
    Field("name_en", _l("Naam in het Engels"), LINE, optional=True),
    Field("code", _l("Code"), LINE, _l("Staat in claimnummers. Letters, cijfers, - en _.")),
    Field("pillar", _l("Pijler"), LINE, optional=True),
    Field("is_fictional", _l("Deze regeling is verzonnen, voor een demonstratie"), CHECK),
)
START = (
    Field("kind", _l("Soort"), choice(SchemeKind), options=_options(KINDS)),
    Field("school_year", _l("Begin van het schooljaar"), NUMBER, _l("2026 is 2026-2027.")),
)
RULES = (
    *START,
    Field("valid_from", _l("Geldt van"), DAY),
    Field("valid_to", _l("Geldt tot en met"), DAY),
    Field("opens_at", _l("Claims indienen kan vanaf"), MOMENT_KIND, optional=True),
    Field("closes_at", _l("Claims indienen kan tot"), MOMENT_KIND, optional=True),
    Field("currency", _l("Munt"), CHOICE, options=[(name, name) for name in CURRENCIES]),
    Field("ceiling_cents", _l("Plafond (euro)"), EURO, _l("Voor alle claims samen."),
          optional=True),
    Field("returns_recovered", _l("Teruggevorderd geld komt terug bij het plafond"), CHECK),
    Field("percentage_bp", _l("Percentage dat wordt vergoed"), PERCENTAGE),
    Field("over_cap_policy", _l("Boven een maximum"), choice(OverCapPolicy),
          options=_options(POLICIES)),
    Field("granularity_minutes", _l("Uren in stappen van (minuten)"), one_of(GRANULARITIES),
          _l("Alleen stappen die precies in uren met twee cijfers passen."),
          options=[(str(step), step) for step in GRANULARITIES]),
    Field("max_day_minutes", _l("Hoogstens per dag (uren)"), HOURS),
    Field("entry_window_days", _l("Uren invullen kan tot zoveel dagen terug"), NUMBER),
    Field("retention_years", _l("Bewaren (jaren)"), NUMBER),
    Field("small_appointments_count",
          _l("Aanstellingen van minder dan één dag per week tellen mee als deelnemer"), CHECK),
    Field("track", _l("Traject"), LINE, _l("Een kort woord, zoals verbetercultuur."),
          optional=True),
    Field("excluded_tracks", _l("Gaat niet samen met de trajecten"), LIST,
          _l("Met komma’s ertussen. Geldt voor dezelfde vestiging in hetzelfde schooljaar."),
          optional=True),
    Field("statement", _l("Verklaring die iemand bij zijn uren ondertekent"), AREA, rows=4),
    Field("conditions", _l("Voorwaarden"), AREA, optional=True, rows=6),
    Field("source_url", _l("Bron (webadres)"), LINE, optional=True),
    Field("source_checked_on", _l("Bron nagekeken op"), DAY, optional=True),
)  # fmt: skip
CATEGORY = (
    Field("label_nl", _l("Naam"), LINE),
    Field("label_en", _l("Naam in het Engels"), LINE, optional=True),
    Field("code", _l("Code"), LINE),
    Field("evidence", _l("Bewijs"), choice(Evidence), options=_options(EVIDENCE)),
    Field("claimable", _l("Wordt vergoed"), CHECK),
    Field("is_open", _l("Open voor nieuwe uren"), CHECK),
)
RATE = (
    Field("rate_cents", _l("Tarief per uur (euro)"), EURO),
    Field("valid_from", _l("Geldt van"), DAY),
    Field("valid_to", _l("Geldt tot en met"), DAY),
    Field("category", _l("Activiteit"), CHOICE, empty=_l("Elke activiteit"), optional=True),
    Field("role", _l("Rol"), choice(Role), options=ROLE_OPTIONS, empty=_l("Elke rol"),
          optional=True),
    Field("sector", _l("Sector"), choice(Sector), options=SECTOR_OPTIONS,
          empty=_l("Elke sector"), optional=True),
)  # fmt: skip
AMOUNT = (
    Field("amount_cents", _l("Bedrag per vestiging (euro)"), EURO, optional=True),
    Field("min_minutes", _l("Minstens zoveel uren samen"), HOURS, optional=True),
    Field("min_participants", _l("Minstens zoveel deelnemers"), NUMBER, optional=True),
)
PARTICIPATION = (
    Field("from_on", _l("Doet mee van"), DAY),
    Field("to_on", _l("Doet mee tot en met"), DAY),
    Field("activity_plan", _l("Activiteitenplan"), AREA, optional=True, rows=5),
)
GRANT = (
    Field("decision_number", _l("Nummer van de beschikking"), LINE),
    Field("decided_on", _l("Datum van de beschikking"), DAY),
    Field("amount_cents", _l("Bedrag (euro)"), EURO),
    Field("min_minutes", _l("Minstens zoveel uren samen"), HOURS, optional=True),
    Field("min_participants", _l("Minstens zoveel deelnemers"), NUMBER, optional=True),
    Field("from_on", _l("Geldt van"), DAY),
    Field("to_on", _l("Geldt tot en met"), DAY),
)
INSTALMENT = (
    Field("due_on", _l("Te betalen op"), DAY, optional=True),
    Field("cents", _l("Termijn (euro)"), EURO, optional=True),
)
