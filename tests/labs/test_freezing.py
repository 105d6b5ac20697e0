"""What the database keeps of findings, signatures and plans, whoever writes."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from labapp.clock import now
from labapp.database import db, transaction
from labapp.labs.finding_models import Finding, FindingVersion, Signature, VersionState
from labapp.labs.lab_models import Side
from labapp.labs.round_models import PlanVersion
from tests.labs.factories import RoundFactory

HASH, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def signing(cast):
    """A version that both sides may sign."""
    with transaction() as session:
        finding = Finding(
            lab_id=cast.lab.id, round_id=RoundFactory(lab=cast.lab).id, title="Vrij lezen"
        )
        made = FindingVersion(
            finding=finding, number=1, state=VersionState.SIGNING, content={"title": "Vrij lezen"},
            content_hash=HASH,
        )  # fmt: skip
        session.add_all([finding, made])
    return made


def sign(made, user, side, content_hash=HASH):
    with transaction() as session:
        session.add(
            Signature(
                finding_version_id=made.id,
                side=side,
                user_id=user.id,
                name=user.name,
                content_hash=content_hash,
            )
        )


def run(statement, **values):
    with transaction() as session:
        session.execute(text(statement), values)


PUBLISH = "UPDATE finding_versions SET state = 'published', published_at = :at WHERE id = :id"


def publish(made):
    run(PUBLISH, id=made.id, at=now().replace(tzinfo=None))


def refused(words):
    return pytest.raises(DatabaseError, match=words)


def test_a_finding_is_out_only_when_both_sides_signed_this_text(cast, signing):
    sign(signing, cast.practice_lead, Side.PRACTICE)
    with refused("signatures of both sides"):
        publish(signing)

    sign(signing, cast.research_lead, Side.RESEARCH)
    publish(signing)

    assert db.session.get_one(FindingVersion, signing.id).state is VersionState.PUBLISHED


def test_signatures_on_another_text_do_not_count(cast, signing):
    sign(signing, cast.practice_lead, Side.PRACTICE)
    sign(signing, cast.research_lead, Side.RESEARCH)
    run("UPDATE finding_versions SET content_hash = :new WHERE id = :id", new=OTHER, id=signing.id)

    with refused("signatures of both sides"):
        publish(signing)


def test_nobody_signs_for_both_sides(cast, signing):
    sign(signing, cast.practice_lead, Side.PRACTICE)

    with refused("nobody signs for both sides"):
        sign(signing, cast.practice_lead, Side.RESEARCH)


def test_a_signature_is_on_the_text_that_is_being_signed(cast, signing):
    with refused("on the text that is being signed"):
        sign(signing, cast.practice_lead, Side.PRACTICE, OTHER)

    run("UPDATE finding_versions SET state = 'draft' WHERE id = :id", id=signing.id)
    with refused("on the text that is being signed"):
        sign(signing, cast.practice_lead, Side.PRACTICE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE finding_versions SET content = '{}'",
        "UPDATE finding_versions SET state = 'draft', published_at = NULL",
        "DELETE FROM finding_versions",
        "DELETE FROM signatures",
        "UPDATE signatures SET content_hash = ''",
    ],
)
def test_what_is_out_stays_as_it_was_signed(cast, signing, change):
    sign(signing, cast.practice_lead, Side.PRACTICE)
    sign(signing, cast.research_lead, Side.RESEARCH)
    publish(signing)

    with pytest.raises(DatabaseError):
        run(change)


def test_a_frozen_plan_is_not_changed(cast):
    with transaction() as session:
        plan = PlanVersion(round_id=RoundFactory(lab=cast.lab).id, number=1, answers={"a": "b"})
        session.add(plan)
    run("UPDATE plan_versions SET answers = '{}'")
    freeze = "UPDATE plan_versions SET content_hash = :hash, frozen_at = :at"
    run(freeze, hash=HASH, at=now().replace(tzinfo=None))

    for change in ("UPDATE plan_versions SET answers = '[]'", "DELETE FROM plan_versions"):
        with refused("frozen plan"):
            run(change)
