"""What events of the labs are about: how each kind of object is called, found, and who sees it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.labs import lab_rights, policies
from labapp.labs.lab_models import Lab, LabMembership
from labapp.labs.reading import visible_ids
from labapp.notifications import addresses, objects
from labapp.notifications.objects import ObjectKind

Rule = Callable[[Actor], ColumnElement[bool]]


def titled(model: Any, rule: Rule, endpoint: str, argument: str) -> ObjectKind:
    """Describe objects that have a title: `rule` tells which rows somebody may see."""

    def titles(ids: Collection[int]) -> Mapping[int, str]:
        query = select(model.id, model.title).where(model.id.in_(sorted(ids)))
        return {number: title for number, title in db.session.execute(query)}  # noqa: C416

    return ObjectKind(
        title=lambda _actor, number: titles([number]).get(number),
        titles=titles,
        url=lambda number: addresses.path(endpoint, **{argument: number}),
        can_see_many=lambda actor, ids: visible_ids(model, rule(actor), ids),
    )


def _membership_titles(ids: Collection[int]) -> Mapping[int, str]:
    rows = db.session.scalars(
        select(LabMembership)
        .where(LabMembership.id.in_(sorted(ids)))
        .options(
            joinedload(LabMembership.lab),
            joinedload(LabMembership.organisation),
            joinedload(LabMembership.user),
        )
    )
    return {row.id: f"{row.party}, {row.lab.title}" for row in rows}


objects.register("labs", titled(Lab, policies.labs_visible_to, "labs.show", "lab_id"))
objects.register(
    "lab_memberships",
    ObjectKind(
        title=lambda _actor, number: _membership_titles([number]).get(number),
        titles=_membership_titles,
        url=lambda number: addresses.path("memberships.show", membership_id=number),
        can_see_many=lambda actor, ids: visible_ids(
            LabMembership, lab_rights.memberships_visible_to(actor), ids
        ),
    ),
)
