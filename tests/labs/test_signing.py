"""Both sides sign the same text: by hand, in silence, and while somebody writes."""

import threading
from datetime import timedelta

import pytest

from labapp import clock
from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, LabappError
from labapp.jobs import services as jobs
from labapp.labs import finding_duties, finding_steps, finding_writing, signing
from labapp.labs.finding_models import FindingVersion, Signature, VersionState
from labapp.labs.finding_states import FindingAction as A
from labapp.labs.lab_models import LabRoleKind, Side
from labapp.notifications import inbox
from tests.labs.factories import RoleFactory
from tests.labs.findings import make_finding, sign, signed, step, to_signing


def duties_of(user):
    return [str(duty.words) for duty in finding_duties.list_finding_duties(Actor.of(user))]


def test_with_both_signatures_it_goes_to_the_editors(cast, knowledge_broker):
    made = to_signing(cast, make_finding(cast))
    assert "onderteken" in duties_of(cast.research_lead)[0]

    sign(cast.practice_lead, made)
    assert made.state is VersionState.SIGNING
    assert duties_of(cast.practice_lead) == []
    sign(cast.research_lead, made)

    assert made.state is VersionState.EDITORIAL
    assert {one.side for one in signing.valid_signatures(made)} == set(Side)
    assert duties_of(knowledge_broker) == ["1 bevinding wacht op een redacteur"]


@pytest.mark.parametrize("who", ["teacher", "researcher", "leader"])
def test_only_a_lead_signs(cast, who):
    made = to_signing(cast, make_finding(cast))

    with pytest.raises(ForbiddenError):
        sign(getattr(cast, who), made)
    assert signing.valid_signatures(made) == []


def test_a_side_signs_once(cast):
    made = to_signing(cast, make_finding(cast))
    second = RoleFactory(membership=cast.practice, user=cast.bystander, kind=LabRoleKind.LEAD)
    sign(cast.practice_lead, made)

    with pytest.raises(ConflictError, match="al getekend"):
        sign(cast.practice_lead, made)
    with pytest.raises(ConflictError, match="al getekend"):
        sign(second.user, made)


def test_a_text_that_one_did_not_read_is_not_signed(cast):
    made = to_signing(cast, make_finding(cast))

    with pytest.raises(ConflictError, match="gewijzigd") as caught:
        step(cast.practice_lead, made, A.SIGN, content_hash="0" * 64)
    assert caught.value.theirs == {"content_hash": made.content_hash}
    with pytest.raises(ConflictError, match="voor"):
        step(cast.practice_lead, made, A.SIGN, content_hash=made.content_hash, version=1)


def test_any_edit_voids_what_was_signed(cast):
    made = to_signing(cast, make_finding(cast))
    sign(cast.practice_lead, made)

    finding_writing.save_draft(
        Actor.of(cast.researcher), made, {"funding": "Een ander."}, version=made.version
    )
    assert signing.valid_signatures(made) == []
    assert made.state is VersionState.SIGNING
    assert duties_of(cast.practice_lead)
    sign(cast.research_lead, made)
    rows = [*people_of(made), {"organisation_name": "De Linde", "role": "school"}]
    finding_writing.save_draft(Actor.of(cast.teacher), made, {}, rows, version=made.version)

    assert signing.valid_signatures(made) == []


def people_of(made):
    from labapp.labs.finding_contributors import plain

    return plain(made)


@pytest.mark.parametrize("action", [A.TAKE_BACK, A.REQUEST_CHANGES])
def test_taking_back_voids_signatures_too(cast, action):
    made = to_signing(cast, make_finding(cast))
    sign(cast.practice_lead, made)

    step(cast.research_lead, made, action, reason="Er mist iets.")

    assert signing.valid_signatures(made) == []


def test_a_lead_hears_once_of_a_text_to_sign(cast):
    made = to_signing(cast, make_finding(cast))
    lead = Actor.of(cast.practice_lead)
    assert [line.words for line in inbox.list_newest(lead)] == [
        "Lees en onderteken de bevinding ‘Een kwartier vrij lezen helpt’."
    ]

    step(cast.research_lead, made, A.TAKE_BACK)
    to_signing(cast, made)

    assert len(inbox.list_newest(lead)) == 1


def test_silence_is_approval_only_where_the_lab_chose_so(cast):
    made = to_signing(cast, make_finding(cast))
    sign(cast.practice_lead, made)
    clock.set_clock(clock.now() + timedelta(days=11))
    assert signing.approve_in_silence() == 0

    cast.lab.silent_approval_days = 10
    db.session.commit()
    assert signing.approve_in_silence() == 1

    db.session.refresh(made)
    silent = signing.valid_signatures(made)[1]
    assert made.state is VersionState.EDITORIAL
    assert (silent.is_silent, silent.side, silent.user_id) == (
        True, Side.RESEARCH, cast.research_lead.id,
    )  # fmt: skip
    assert signing.approve_in_silence() == 0


def test_silence_of_both_sides_or_too_short_is_no_approval(cast):
    cast.lab.silent_approval_days = 10
    made = to_signing(cast, make_finding(cast))
    clock.set_clock(clock.now() + timedelta(days=9))
    sign(cast.practice_lead, made)
    assert signing.approve_in_silence() == 0
    finding_writing.save_draft(
        Actor.of(cast.practice_lead), made, {"funding": "Anders."}, version=made.version
    )
    clock.set_clock(clock.now() + timedelta(days=11))

    jobs.enqueue("labs.findings")
    jobs.run_waiting()

    db.session.refresh(made)
    assert made.state is VersionState.SIGNING


def test_two_leads_sign_while_somebody_writes(app, cast):
    made = to_signing(cast, make_finding(cast))
    number, version, read = made.id, made.version, made.content_hash
    ids = [cast.practice_lead.id, cast.research_lead.id, cast.teacher.id]
    db.session.commit()
    start, said = threading.Barrier(3), []

    def act(place, user_id):
        with app.app_context():
            actor = Actor.of(db.session.get_one(User, user_id))
            own = db.session.get_one(FindingVersion, number)
            db.session.commit()
            start.wait()
            try:
                if place == 2:
                    finding_writing.save_draft(actor, own, {"funding": "Nu."}, version=version)
                else:
                    finding_steps.perform(actor, own, A.SIGN, version=version, content_hash=read)
                said.append("done")
            except LabappError as error:
                said.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=pair) for pair in enumerate(ids)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    db.session.expire_all()
    made = db.session.get_one(FindingVersion, number)
    valid = signing.valid_signatures(made)
    every = db.session.query(Signature).filter_by(finding_version_id=number).all()
    if made.content["funding"] == "Nu.":  # the edit came before both had signed
        assert (made.state, valid) == (VersionState.SIGNING, [])
        assert all(one.voided_at for one in every)
    else:  # both signed first: the text lies with the editors, and the edit was refused
        assert (made.state, len(valid)) == (VersionState.EDITORIAL, 2)
        assert all(one.content_hash == made.content_hash for one in valid)
    assert "done" in said


def test_signing_twice_at_once_leaves_one_signature(app, cast):
    made = signed(cast, make_finding(cast))

    assert len(signing.valid_signatures(made)) == 2
    with pytest.raises(ConflictError):
        sign(cast.practice_lead, made)
