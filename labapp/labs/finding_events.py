"""What is told about findings, what they are called, and who may see them."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.i18n import lazy_gettext as _l
from labapp.labs import corrections, publishing, reading, signing
from labapp.labs.finding_models import Finding
from labapp.notifications import addresses, objects
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


def _titles(ids: Collection[int]) -> Mapping[int, str]:
    query = select(Finding.id, Finding.title).where(Finding.id.in_(sorted(ids)))
    rows = db.session.execute(query)
    return {number: title for number, title in rows}  # noqa: C416  # dict(rows) takes no Row


def _title(_actor: Actor, number: int) -> str | None:
    return _titles([number]).get(number)


def _seen(actor: Actor, ids: Collection[int]) -> set[int]:
    return reading.visible_ids(Finding, reading.findings_visible_to(actor), ids)


objects.register(
    "findings",
    objects.ObjectKind(
        title=_title,
        titles=_titles,
        url=lambda number: addresses.path("findings.show_finding", finding_id=number),
        can_see_many=_seen,
    ),
)
register_all()
