"""What people outside a lab, and people who left it, could learn or do that is not theirs."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation
from labapp.clock import today
from labapp.database import db, name_of
from labapp.errors import NotFoundError
from labapp.labs import (
    lab_duties,
    labs,
    memberships,
    policies,
)
from labapp.labs.finding_states import FindingAction as A
from labapp.labs.lab_models import LabRole, MembershipState
from labapp.notifications import objects
from tests.labs.findings import published, signed, step

LEFT = {"reason_code": "other", "reason": "Het klopte niet."}


def leave(user):
    """Let somebody no longer work anywhere."""
    for one in db.session.scalars(select(Affiliation).where(Affiliation.user_id == user.id)):
        one.from_on, one.until_on = today() - timedelta(days=9), today()
    db.session.commit()
    db.session.expire_all()
    return Actor.of(user)


def titles_seen(actor, name):
    return name in objects.visible(actor, [name])


def test_who_left_the_school_no_longer_sees_that_the_lab_is_there(cast):
    actor = leave(cast.teacher)
    assert not policies.can_see(actor, cast.lab)
    assert labs.list_labs(actor, labs.LabQuery())[1] == 0
    assert not titles_seen(actor, name_of(cast.lab))


def test_who_was_asked_to_lead_and_left_is_no_longer_told_of_the_lab(cast):
    db.session.add(
        LabRole(lab_id=cast.lab.id, membership=cast.practice, user_id=cast.bystander.id,
                kind=cast.practice.roles[0].kind, side=cast.practice.side)
    )  # fmt: skip
    db.session.commit()
    asked = Actor.of(cast.bystander)
    assert policies.can_see(asked, cast.lab) and lab_duties.list_lab_duties(asked)
    actor = leave(cast.bystander)
    assert not policies.can_see(actor, cast.lab)
    assert lab_duties.list_lab_duties(actor) == []


def test_a_membership_that_ended_shows_the_lab_to_nobody_by_its_roles(cast):
    cast.practice.state = MembershipState.ENDED
    db.session.commit()
    assert not policies.can_see(Actor.of(cast.teacher), cast.lab)


def test_who_approved_privacy_and_left_no_longer_reads_the_lab(cast):
    cast.lab.privacy_person_id = cast.outsider.id
    db.session.commit()
    assert policies.can_read(Actor.of(cast.outsider), cast.lab)
    assert not policies.can_see(leave(cast.outsider), cast.lab)


def test_who_is_no_longer_a_broker_no_longer_reads_the_lab_of_which_he_was_one(
    cast, knowledge_broker
):
    cast.lab.steward_id = knowledge_broker.id
    db.session.commit()
    assert policies.can_read(Actor.of(knowledge_broker), cast.lab)
    actor = leave(knowledge_broker)
    assert not policies.can_see(actor, cast.lab)
    assert not policies.is_steward(actor, cast.lab)


def test_who_asked_for_a_school_and_left_no_longer_reads_what_was_written(cast):
    cast.practice.requested_by_id = cast.bystander.id
    db.session.commit()
    actor = leave(cast.bystander)
    assert not titles_seen(actor, name_of(cast.practice))
    with pytest.raises(NotFoundError):
        memberships.get_membership(actor, cast.practice.id)


def call(app, user, path):
    headers = {}
    if user is not None:
        text = tokens.create_token(Actor.of(user), name="T", scopes=("labs:read",), days=1)[1]
        headers = {"Authorization": f"Bearer {text}"}
    return app.test_client().get(f"/api/v1{path}", headers=headers)


def two_versions(cast, editor):
    """Give a version that is out, and the next one under embargo."""
    made = published(cast, editor)
    step(cast.practice_lead, made, A.START_VERSION, reason="Beter")
    new = made.finding.versions[-1]
    day = (today() + timedelta(days=30)).isoformat()
    from labapp.labs import finding_writing

    finding_writing.save_draft(
        Actor.of(cast.practice_lead), new,
        {"embargo_until": day, "embargo_reason": "Artikel", "method": "Anders."},
        version=new.version,
    )  # fmt: skip
    return made, step(editor, signed(cast, new), A.SCHEDULE, no_interest=True)
