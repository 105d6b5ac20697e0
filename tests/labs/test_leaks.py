"""What people outside a lab, and people who left it, could learn or do that is not theirs."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.accounts.models import Affiliation
from labapp.clock import now, today
from labapp.database import db, name_of, transaction
from labapp.errors import ConflictError, NotFoundError
from labapp.labs import (
    corrections,
    fairness,
    finding_writing,
    findings,
    lab_archive,
    lab_duties,
    labs,
    memberships,
    moderation,
    policies,
    publishing,
    reviews,
    threads,
)
from labapp.labs.finding_states import FindingAction as A
from labapp.labs.lab_models import LabRole, MembershipState
from labapp.labs.question_models import QuestionState, QuestionVisibility
from labapp.labs.round_models import RoundPhase
from labapp.labs.thread_models import Thread
from labapp.notifications import objects
from tests.labs.factories import QuestionFactory, RoundFactory
from tests.labs.findings import make_finding, open_lab, published, signed, step
from tests.labs.reviewing import make_outside, put_review

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
    assert policies.can_see(asked, cast.lab)
    assert lab_duties.list_lab_duties(asked)
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


def test_a_hidden_round_stands_nowhere_in_an_open_lab(cast, browse, stranger):
    one = RoundFactory(lab=cast.lab, title="Bokkensprong", is_hidden=True, aim="Bokkensprong")
    one.phase, one.review_due_on = RoundPhase.DETECT, None
    closed = RoundFactory(lab=cast.lab, title="Bokkensprong", is_hidden=True)
    db.session.add(Thread(subject=name_of(one), lab=cast.lab, title="Bokkensprong"))
    open_lab(cast)
    actor = Actor.of(stranger)
    page = browse(stranger).get(f"/labs/{cast.lab.id}").text
    said = [thread.title for thread in threads.list_threads(actor, cast.lab.id)[0]]
    assert "Bokkensprong" not in page
    assert "Bokkensprong" not in str(lab_archive.read_lab(actor, cast.lab))
    assert said == []
    assert closed.is_hidden


def test_the_board_of_an_open_lab_names_only_what_a_reader_may_read(cast):
    old = today() - timedelta(days=1)
    QuestionFactory(
        title="Bokkensprong", lab=cast.lab, state=QuestionState.ANSWERED, answered_at=now(),
        review_due_on=old, visibility=QuestionVisibility.ORGANISATION, acting_for=cast.school,
    )  # fmt: skip
    open_lab(cast)
    assert fairness.board_of(Actor.of(cast.teacher), cast.lab).not_checked
    assert fairness.board_of(Actor.visitor(), cast.lab).not_checked == []


def test_the_conversation_about_a_draft_does_not_tell_its_title_in_an_open_lab(cast, stranger):
    made = make_finding(cast)
    open_lab(cast)
    db.session.add(Thread(subject=name_of(made.finding), lab=cast.lab, title=made.finding.title))
    db.session.commit()
    actor = Actor.of(stranger)
    assert threads.list_threads(actor, cast.lab.id)[1] == 0
    with pytest.raises(NotFoundError):
        threads.find_place(actor, name_of(made.finding))
    assert threads.list_threads(Actor.of(cast.teacher), cast.lab.id)[1] == 1


def test_a_question_does_not_name_the_private_round_that_answered_it(app, cast, stranger):
    one = RoundFactory(lab=cast.lab)
    question = QuestionFactory(
        asker=cast.teacher, acting_for=cast.school, state=QuestionState.ANSWERED_BY_EXISTING,
        taken_object=name_of(one), visibility=QuestionVisibility.PROGRAMME,
    )  # fmt: skip
    db.session.commit()

    def taken(user):
        return call(app, user, f"/questions/{question.id}").json["taken_object"]

    assert taken(cast.teacher) == name_of(one)
    assert taken(stranger) is None


def test_a_question_does_not_name_one_of_a_school_into_which_it_went(app, cast, stranger):
    into = QuestionFactory(
        asker=cast.teacher, acting_for=cast.school, visibility=QuestionVisibility.ORGANISATION
    )
    question = QuestionFactory(
        asker=cast.teacher, acting_for=cast.school, state=QuestionState.MERGED, merged_into=into,
    )  # fmt: skip
    db.session.commit()
    found = call(app, stranger, f"/questions/{question.id}")
    assert (found.status_code, found.json["merged_into_id"]) == (200, None)


def call(app, user, path):
    headers = {}
    if user is not None:
        text = tokens.create_token(Actor.of(user), name="T", scopes=("labs:read",), days=1)[1]
        headers = {"Authorization": f"Bearer {text}"}
    return app.test_client().get(f"/api/v1{path}", headers=headers)


def test_what_editors_asked_of_a_lab_and_its_accounts_are_not_in_the_public_api(
    app, cast, knowledge_broker
):
    made = make_finding(cast)
    step(cast.practice_lead, made, A.SUBMIT)
    step(cast.research_lead, made, A.REQUEST_CHANGES, reason="Bokkensprong hoort er niet in")
    step(cast.practice_lead, made, A.RESUME)
    out = step(knowledge_broker, signed(cast, made), A.PUBLISH, no_interest=True)
    path = f"/findings/{out.finding_id}"
    for one in (path, f"{path}/versions", f"{path}/versions/1", "/findings"):
        told = call(app, None, one).text
        assert "Bokkensprong" not in told
        assert f'"user_id": {cast.teacher.id}' not in told.replace(":", ": ").replace("  ", " ")
    inside = call(app, cast.teacher, f"{path}/versions/1").json
    assert inside["request_note"].startswith("Bokkensprong")
    assert any(row["user_id"] for row in inside["contributors"])


def test_a_finding_that_was_taken_back_stands_in_no_list_while_another_version_was_planned(
    cast, knowledge_broker, programme_officer
):
    made, planned = two_versions(cast, knowledge_broker)
    step(programme_officer, planned, A.RETRACT, **LEFT)
    assert findings.list_published(Actor.visitor()) == ([], 0)
    assert not made.finding.card.is_published
    for action, more in ((A.CORRECT, {"reason": "Toch"}), (A.REPAIR, {"changes": {"title": "X"}})):
        with pytest.raises(ConflictError):
            step(cast.practice_lead, made, action, **({"reason_code": "other"} | more))
    with pytest.raises(ConflictError):
        corrections.change_contributors(
            Actor.of(cast.practice_lead), made, [{"family_name": "Een"}], version=made.version
        )
    assert not made.finding.card.is_published


def test_what_was_planned_does_not_come_out_after_the_finding_was_taken_back(
    cast, knowledge_broker, programme_officer
):
    made, planned = two_versions(cast, knowledge_broker)
    step(programme_officer, made, A.RETRACT, **LEFT)
    assert planned.state.value == "retracted"
    assert publishing.release_due() == 0
    assert not made.finding.card.is_published


def two_versions(cast, editor):
    """Give a version that is out, and the next one under embargo."""
    made = published(cast, editor)
    step(cast.practice_lead, made, A.START_VERSION, reason="Beter")
    new = made.finding.versions[-1]
    day = (today() + timedelta(days=30)).isoformat()
    finding_writing.save_draft(
        Actor.of(cast.practice_lead), new,
        {"embargo_until": day, "embargo_reason": "Artikel", "method": "Anders."},
        version=new.version,
    )  # fmt: skip
    return made, step(editor, signed(cast, new), A.SCHEDULE, no_interest=True)


def test_a_finding_that_somebody_looks_at_is_not_put_back_by_its_own_lab(cast, knowledge_broker):
    made = published(cast, knowledge_broker)
    with transaction():
        kind = moderation.reportables.KINDS["finding_versions"]
        kind.set_hidden(Actor.system(), made, True, "")
    tries = {
        A.CORRECT: {"reason": "Een getal", "reason_code": "other"},
        A.REPAIR: {"changes": {"title": "Een kwartier vrij lezen helpt!"}},
    }
    for action, more in tries.items():
        with pytest.raises(ConflictError):
            step(cast.practice_lead, made, action, **more)
    with pytest.raises(ConflictError):
        corrections.change_contributors(
            Actor.of(cast.practice_lead), made, [{"family_name": "Een"}], version=made.version
        )
    assert not made.finding.card.is_published


def test_reviews_of_a_finding_that_somebody_looks_at_do_not_tell_its_title(cast, knowledge_broker):
    outside = make_outside(cast, knowledge_broker)
    review = put_review(outside, outside.expert)
    assert titles_seen(Actor.visitor(), name_of(review))
    outside.made.is_hidden = True
    db.session.commit()
    assert not titles_seen(Actor.visitor(), name_of(review))
    with pytest.raises(NotFoundError):
        reviews.get_review(Actor.visitor(), review.id)


def test_the_archive_has_no_text_of_a_finding_that_was_taken_back(
    cast, knowledge_broker, programme_officer, stranger
):
    made = published(cast, knowledge_broker)
    open_lab(cast)
    step(programme_officer, made, A.RETRACT, **LEFT)
    told = str(lab_archive.read_lab(Actor.of(stranger), cast.lab))
    assert made.content["method"] not in told
    assert made.content["method"] in str(lab_archive.read_lab(Actor.of(cast.teacher), cast.lab))
