"""What is told about findings, what they are called, and who may see them."""

from labapp.i18n import lazy_gettext as _l
from labapp.labs import corrections, publishing, reading, signing
from labapp.labs.finding_models import Finding
from labapp.notifications import objects
from labapp.notifications.emitting import EventType, register
from labapp.notifications.models import Frequency


def register_all() -> None:
    """Make the kinds of events known, once at start-up."""
    for event_type in (
        EventType(publishing.PUBLISHED, _l("Een bevinding waar je bij hoort is uit"),
                  _l("De bevinding ‘%(title)s’ is gepubliceerd."), default=Frequency.AT_ONCE),
        EventType(signing.SIGNING, _l("Een bevinding wacht op je handtekening"),
                  _l("Lees en onderteken de bevinding ‘%(title)s’."), is_duty=True),
        EventType(signing.CHANGES_REQUESTED, _l("Iemand vraagt een aanpassing van je bevinding"),
                  _l("%(actor)s vraagt een aanpassing van ‘%(title)s’."), is_duty=True),
        EventType(corrections.CORRECTED, _l("Een erratum bij een bevinding"),
                  _l("Bij de bevinding ‘%(title)s’ staat een erratum.")),
        EventType(corrections.ASKED, _l("Een voorstel om een bevinding in te trekken"),
                  _l("%(actor)s stelt voor om ‘%(title)s’ in te trekken. Wat vind jij?"),
                  is_duty=True),
        EventType(corrections.RETRACTED, _l("Een bevinding is ingetrokken"),
                  _l("De bevinding ‘%(title)s’ is ingetrokken. Gebruik haar niet meer."),
                  default=Frequency.AT_ONCE, to_followers=True),
    ):  # fmt: skip
        register(event_type)


objects.register(
    "findings",
    objects.rows_of(Finding, reading.findings_visible_to, "findings.show_finding", "finding_id"),
)
register_all()
