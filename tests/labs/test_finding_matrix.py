"""Every role, in every state, with every action: what may be done is as the table here says.

The table was written from spec/labs.md (3.2 and 3.3), not from the code. The author is the teacher;
where a retraction was asked for, the practice lead did.
"""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, LabappError
from labapp.labs import finding_steps
from labapp.labs.finding_content import empty_content, hash_of
from labapp.labs.finding_models import (
    Finding,
    FindingContributor,
    FindingVersion,
    Retraction,
    RetractionReason,
    Signature,
)
from labapp.labs.finding_states import MACHINE, FindingAction, VersionState
from labapp.labs.lab_models import Side
from labapp.labs.round_models import RoundPhase
from tests.labs.factories import RoundFactory
from tests.labs.findings import WHOLE

ROLES = (
    "visitor", "bystander", "outsider", "teacher", "researcher", "practice_lead", "research_lead",
    "leader", "knowledge_broker", "programme_officer", "administrator",
)  # fmt: skip
LEADS = {"practice_lead", "research_lead"}
AUTHOR_AND_LEADS = LEADS | {"teacher"}
WRITERS = AUTHOR_AND_LEADS | {"researcher"}
EDITORS = {"knowledge_broker", "programme_officer"}
SECOND_LEAD_OR_OFFICE = {"research_lead", "programme_officer"}
ALLOWED = {
    ("draft", "submit"): AUTHOR_AND_LEADS,
    ("lab_review", "start_signing"): LEADS,
    ("lab_review", "take_back"): AUTHOR_AND_LEADS,
    ("lab_review", "request_changes"): LEADS,
    ("signing", "sign"): LEADS,
    ("signing", "take_back"): AUTHOR_AND_LEADS,
    ("signing", "request_changes"): LEADS,
    ("editorial", "request_changes"): LEADS | EDITORS,
    ("editorial", "publish"): EDITORS,
    ("editorial", "schedule"): EDITORS,
    ("changes_requested", "resume"): WRITERS,
    ("scheduled", "ask_retraction"): LEADS,
    ("scheduled", "refuse_retraction"): LEADS,
    ("scheduled", "retract"): SECOND_LEAD_OR_OFFICE,
    **{
        (state, action): who
        for state in ("published", "corrected")
        for action, who in {
            "repair": AUTHOR_AND_LEADS,
            "correct": AUTHOR_AND_LEADS | EDITORS,
            "start_version": AUTHOR_AND_LEADS,
            "ask_retraction": LEADS,
            "refuse_retraction": LEADS,
            "retract": SECOND_LEAD_OR_OFFICE,
        }.items()
    },
}
LAB = WRITERS | {"leader"}
SEEN_BY = {
    "draft": LAB, "lab_review": LAB, "signing": LAB, "changes_requested": LAB,
    "editorial": LAB | EDITORS, "scheduled": LAB | EDITORS,
}  # fmt: skip  # the rest is out: everybody
STATES = [state.value for state in VersionState]
ACTIONS = [action.value for action in FindingAction]
OWN = {"complete", "release", "supersede"}  # of the platform
SIGNED = ("editorial", "scheduled", "published", "corrected", "superseded", "retracted")
OUT = ("published", "corrected", "superseded", "retracted")
REASON = "Omdat het anders is."
EXTRA = {"no_interest": True, "reason_code": "other", "changes": {"keywords": ["lezen"]}}


class UndoneError(Exception):
    """Whatever was done in the block is undone."""


def undo():
    raise UndoneError


@pytest.fixture
def people(cast, knowledge_broker, programme_officer, administrator):
    others = {
        "visitor": None,
        "knowledge_broker": knowledge_broker,
        "programme_officer": programme_officer,
        "administrator": administrator,
    }
    return {role: others[role] if role in others else getattr(cast, role) for role in ROLES}


@pytest.fixture
def plant(cast):
    """Give a function that puts findings in the database, one for each (state, action)."""
    one = RoundFactory(lab=cast.lab, phase=RoundPhase.DECIDE)

    def planting(pairs):
        with transaction() as session:
            return [put(session, cast, one, state, action) for state, action in pairs]

    return planting


def put(session, cast, one, state, action):
    """Insert a finding that was signed, and let its state be what is wanted; give both ids."""
    content = empty_content() | WHOLE
    if state == "scheduled" or action == "schedule":
        day = (today() + timedelta(days=30)).isoformat()
        content |= {"embargo_until": day, "embargo_reason": "Een artikel."}
    moment, sealed = (now() if state in OUT else None), hash_of(content)
    base = {"lab_id": cast.lab.id, "round_id": one.id, "title": WHOLE["title"]}
    found = insert(Finding).values(**base, published_at=moment).returning(Finding.id)
    number = session.scalar(found)
    text = insert(FindingVersion).values(
        finding_id=number, number=1, state=VersionState.SIGNING, content=content,
        content_hash=sealed, author_id=cast.teacher.id, version=1,
    )  # fmt: skip
    made = session.scalar(text.returning(FindingVersion.id))
    version = {"finding_version_id": made}
    school = {"position": 0, "organisation_name": "De Linde", "role": "school"}
    session.execute(insert(FindingContributor).values(**version, **school))
    if state in SIGNED:
        for lead, side in (
            (cast.practice_lead, Side.PRACTICE),
            (cast.research_lead, Side.RESEARCH),
        ):
            own = {"side": side, "user_id": lead.id, "name": lead.name, "content_hash": sealed}
            session.execute(insert(Signature).values(**version, **own))
    session.execute(
        update(FindingVersion)
        .where(FindingVersion.id == made)
        .values(state=VersionState(state), published_at=moment, embargo_until=now())
    )
    if action in ("retract", "refuse_retraction"):
        asked = {"asked_by_id": cast.practice_lead.id, "asked_side": Side.PRACTICE}
        words = {"reason": RetractionReason.OTHER, "text": "Ik twijfel.", "title": "Vrij lezen"}
        session.execute(insert(Retraction).values(finding_id=number, **asked, **words))
    return number, made


def try_step(user, made, action):
    """Take a step and undo it; give what refused it."""
    actor = Actor.of(user) if user else Actor.visitor()
    try:
        with transaction():
            finding_steps.perform(
                actor, made, FindingAction(action), version=made.version, reason=REASON,
                content_hash=made.content_hash, **EXTRA,
            )  # fmt: skip
            undo()
    except UndoneError:
        return None
    except LabappError as error:
        return error


def test_services_allow_what_the_table_says(people, plant):
    pairs = [(state, action) for state in STATES for action in ACTIONS]
    planted = dict(zip(pairs, plant(pairs), strict=True))

    for pair, (_finding, version) in planted.items():
        made = db.session.get_one(FindingVersion, version)
        allowed = ALLOWED.get(pair, set())
        for role, user in people.items():
            if not MACHINE.leads_on(made, FindingAction(pair[1])):
                assert not allowed, pair
                continue
            error = try_step(user, made, pair[1])
            wanted = type(None) if role in allowed else ForbiddenError
            assert type(error) is wanted, (pair, role, str(error))
        if not allowed:
            error = try_step(people["practice_lead"], made, pair[1])
            assert isinstance(error, ConflictError | ForbiddenError), pair


def test_pages_allow_what_the_table_says(app, browse, people, plant):
    tries = [(*pair, role) for pair in ALLOWED for role in ROLES]
    tries += [("draft", action, "teacher") for action in ACTIONS if action != "submit"]
    ids = plant([(state, action) for state, action, _role in tries])
    hashes = {row.finding_id: row.content_hash for row in db.session.query(FindingVersion)}
    browsers = {role: browse(user) for role, user in people.items()}

    for (state, action, role), (number, _version) in zip(tries, ids, strict=True):
        form = {
            "action": action, "version": 1, "number": 1, "reason": REASON, "no_interest": "1",
            "reason_code": "other", "keywords": "lezen", "content_hash": hashes[number],
        }  # fmt: skip
        answer = browsers[role].post(f"/bevindingen/{number}/stap", data=form)
        status = (answer.status_code, (state, action, role))
        if role == "visitor":
            assert "/inloggen" in answer.headers["Location"], status
        elif role not in SEEN_BY.get(state, ROLES):
            assert answer.status_code == 404, status
        elif action in OWN:
            assert answer.status_code == 422, status
        elif role in ALLOWED.get((state, action), ()):
            assert answer.status_code == 303, status
        else:
            assert answer.status_code in (403, 409), status
