"""What events of the labs are about: how each kind of object is called, found, and who sees it."""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp.database import db
from labapp.labs import lab_rights, policies
from labapp.labs.lab_models import Lab, LabMembership
from labapp.notifications import objects


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


objects.register("labs", objects.rows_of(Lab, policies.labs_visible_to, "labs.show", "lab_id"))
objects.register(
    "lab_memberships",
    objects.rows_of(
        LabMembership, lab_rights.memberships_visible_to, "memberships.show", "membership_id",
        _membership_titles,
    ),
)  # fmt: skip
