"""The words for contributions, as pages say them."""

from labapp.i18n import lazy_gettext as _l
from labapp.labs.thread_models import ContributionKind

KINDS = {
    ContributionKind.EXPERIENCE: _l("Ervaring"),
    ContributionKind.EVIDENCE: _l("Onderbouwing"),
    ContributionKind.OBJECTION: _l("Bezwaar"),
    ContributionKind.DATA: _l("Gegevens"),
    ContributionKind.PROPOSAL: _l("Voorstel"),
}
KIND_HINTS = {
    ContributionKind.EXPERIENCE: _l("wat je in de klas of op school ziet"),
    ContributionKind.EVIDENCE: _l("wat onderzoek of een andere bron zegt"),
    ContributionKind.OBJECTION: _l("waarom het anders zou kunnen zitten"),
    ContributionKind.DATA: _l("wat er gemeten of geteld is"),
    ContributionKind.PROPOSAL: _l("wat jullie zouden kunnen doen"),
}
KIND_ICONS = {
    ContributionKind.EXPERIENCE: "message-circle",
    ContributionKind.EVIDENCE: "book-open",
    ContributionKind.OBJECTION: "scale",
    ContributionKind.DATA: "chart-column",
    ContributionKind.PROPOSAL: "lightbulb",
}
