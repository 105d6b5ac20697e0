"""Cases as notifications name them, what waits for who judges, and when a case is closed."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db, name_of
from labapp.errors import NotFoundError
from labapp.i18n import gettext as _
from labapp.jobs import services as jobs
from labapp.labs import cases, moderation, reportables
from labapp.labs.thread_models import ModerationCase
from labapp.notifications import addresses, objects
from labapp.notifications.duties import Duty, register

MOST = 50  # in the list of what waits for somebody


def _titles(ids: Collection[int]) -> Mapping[int, str]:
    query = select(ModerationCase.id, ModerationCase.object).where(
        ModerationCase.id.in_(sorted(ids))
    )
    return {
        number: _("Melding %(number)s: %(what)s", number=number,
                  what=str(reportables.kind_of(name)[0].words).lower())
        for number, name in db.session.execute(query)
    }  # fmt: skip


def _url(number: int) -> str:
    return addresses.path("moderation.show", case_id=number)


def list_duties(actor: Actor) -> list[Duty]:
    """Give the cases that wait for a decision of somebody."""
    return [
        Duty(
            _("Beslis over een melding: %(what)s", what=one.words.lower()),
            _url(one.case.id),
            since=one.case.appealed_at or one.case.created_at,
            icon="flag",
            object=name_of(one.case),
        )
        for one in cases.list_queue(actor, per_page=MOST)[0]
        if one.actions or one.must_take
    ]


@jobs.handler("labs.moderation", every=timedelta(days=1))
def close_cases(_payload: dict[str, Any]) -> None:
    """Close the cases that nobody appealed in time."""
    moderation.close_old()


def _visible_ids(actor: Actor, ids: Collection[int]) -> set[int]:
    """Give those of the cases that somebody may see."""
    found = set()
    for number in ids:
        try:
            cases.get_case(actor, number)
        except NotFoundError:
            continue
        found.add(number)
    return found


objects.register(
    "moderation_cases",
    objects.ObjectKind(
        titles=_titles,
        url=_url,
        can_see_many=_visible_ids,
    ),
)
register("labs.cases", list_duties)
