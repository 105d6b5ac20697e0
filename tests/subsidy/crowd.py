"""Many who submit at the same moment: threads with a client each, and processes of their own."""

import threading
from functools import partial

from labapp import clock, create_app
from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.accounts.models import OrganisationKind, Role, User
from labapp.database import db
from labapp.errors import ConflictError
from labapp.subsidy import submission
from labapp.subsidy.claim_models import Claim
from tests.at_once import run_at_once
from tests.conftest import close
from tests.factories import OrganisationFactory
from tests.processes import processes
from tests.subsidy.claiming import approved, draft
from tests.subsidy.conftest import works

CENTS = 38_800  # eight hours at 48.50


def drafts_of_branches(count, controller, version, category, leader):
    """Give the ids of drafts, each of eight hours at a branch of its own."""
    board = controller.affiliations[0].organisation
    found = []
    for number in range(count):
        branch = OrganisationFactory(
            kind=OrganisationKind.SCHOOL, brin6=f"{number:02}ZZ00", board=board
        )
        approved(works(Role.TEACHER, branch), branch, category, leader)
        found.append(draft(controller, version, branch).id)
    return found


def drafts_of_one_entry(count, controller, version, school):
    """Give the ids of drafts that all want the same hours."""
    return [draft(controller, version, school).id for _ in range(count)]


def submit_in_threads(app, claim_ids, user):
    """Submit all claims over HTTP at once; give the statuses."""
    text = tokens.create_token(Actor.of(user), name="T", scopes=tuple(tokens.SCOPES), days=1)[1]
    headers = {"Authorization": f"Bearer {text}", "If-Match": "*"}

    def submit(claim_id):
        answer = app.test_client().post(
            f"/api/v1/subsidy/claims/{claim_id}/submission",
            json={"agree": True},
            headers={**headers, "Idempotency-Key": f"claim-{claim_id}"},
        )
        return answer.status_code

    return run_at_once(app, [partial(submit, claim_id) for claim_id in claim_ids])


def submit_in_processes(app, claim_ids, user, folder, count):
    """Submit the claims from several processes at once; give what became of each."""
    results, start = processes.Queue(), processes.Barrier(count)
    moment = clock.now().isoformat()
    user_id = user.id
    db.session.commit()
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    workers = [
        processes.Process(
            target=work,
            args=(uri, str(folder / str(n)), moment, claim_ids[n::count], user_id, start, results),
        )
        for n in range(count)
    ]
    for worker in workers:
        worker.start()
    found = [answer for _ in workers for answer in results.get(timeout=300)]
    for worker in workers:
        worker.join()
    db.session.rollback()
    db.session.expire_all()
    return found


def another_app(uri, folder, moment):
    app = create_app(
        TESTING=True, DATABASE_URL=uri, INSTANCE=folder, SECRET_KEY="t", EMBEDDING_MODEL="hashing"
    )
    clock.set_clock(moment)
    return app


def work(uri, folder, moment, claim_ids, user_id, start, results):
    app, found = another_app(uri, folder, moment), []
    with app.app_context():
        db.session.get(User, user_id)
        start.wait(timeout=240)
        for claim_id in claim_ids:
            try:
                claim = db.session.get(Claim, claim_id)
                actor = Actor.of(db.session.get(User, user_id))
                submission.submit(actor, claim, version=claim.version)
                found.append("accepted")
            except ConflictError:
                found.append("refused")
            except Exception as error:  # noqa: BLE001  # whatever it is, the test must see it
                found.append(repr(error))
            db.session.rollback()
    results.put(found)
    close(app)


def die_between(uri, folder, moment, claim_id, user_id, halfway):
    """Submit, and wait for ever when all was written and nothing was committed."""
    app = another_app(uri, folder, moment)

    def stop(*_arguments):
        db.session.flush()
        halfway.set()
        threading.Event().wait()

    submission._record = stop
    with app.app_context():
        claim = db.session.get(Claim, claim_id)
        actor = Actor.of(db.session.get(User, user_id))
        submission.submit(actor, claim, version=claim.version)
