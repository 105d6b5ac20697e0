"""The Dutch words for roles, kinds and sectors."""

from labapp.accounts.models import OrganisationKind, Role, Sector
from labapp.i18n import lazy_gettext as _l

ROLES = {
    Role.TEACHER: _l("Leraar"),
    Role.SCHOOL_LEADER: _l("Schoolleider"),
    Role.INTERNAL_COACH: _l("Intern begeleider of coach"),
    Role.RESEARCHER: _l("Onderzoeker"),
    Role.EXPERT_COACH: _l("Expertcoach"),
    Role.KNOWLEDGE_BROKER: _l("Kennismakelaar"),
    Role.BOARD_CONTROLLER: _l("Controller van het bestuur"),
    Role.PROGRAMME_OFFICER: _l("Medewerker van het programmabureau"),
    Role.AUDITOR: _l("Auditor"),
    Role.EXPORTER: _l("Mag bestanden exporteren"),
    Role.ADMINISTRATOR: _l("Beheerder"),
}
KINDS = {
    OrganisationKind.SCHOOL: _l("School"),
    OrganisationKind.BOARD: _l("Schoolbestuur"),
    OrganisationKind.RESEARCH_INSTITUTION: _l("Onderzoeksinstelling"),
    OrganisationKind.PROGRAMME_OFFICE: _l("Programmabureau"),
}
SECTORS = {
    Sector.PO: _l("Primair onderwijs"),
    Sector.VO: _l("Voortgezet onderwijs"),
    Sector.SO: _l("Speciaal onderwijs"),
}
EVENTS = {
    "opened": _l("Nieuw in de lijst van DUO"),
    "renamed": _l("Nieuwe naam"),
    "moved": _l("Verhuisd"),
    "changed": _l("Gewijzigd"),
    "merged": _l("Opgegaan in een andere school"),
    "closed": _l("Gesloten"),
    "reopened": _l("Weer open"),
}
