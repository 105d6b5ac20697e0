"""Trying every step as everybody: what the matrices of labs and of taking part share."""

from itertools import product

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, LabappError

IN_CAST = ("bystander", "outsider", "teacher", "researcher", "practice_lead", "research_lead",
           "leader")  # fmt: skip
WITH_MOST_RIGHTS = ("leader", "practice_lead", "programme_officer", "system")
REFUSED = (401, 403, 404, 409)


def everybody(cast, knowledge_broker, programme_officer, administrator):
    """Give the people by the word for what they are; a visitor is None."""
    return {
        "visitor": None,
        **{name: getattr(cast, name) for name in IN_CAST},
        "knowledge_broker": knowledge_broker,
        "programme_officer": programme_officer,
        "administrator": administrator,
    }


def actor_of(name, user):
    if name == "system":
        return Actor.system()
    return Actor.of(user) if user else Actor.visitor()


def wrong_in_service(people, allowed, states, actions, put, step):
    """Give where the service differs from the table: `put` sets a state, `step` takes one.

    A step that a state does not have is tried by those with the most rights.
    """
    wrong = []
    actors = {name: actor_of(name, user) for name, user in {**people, "system": None}.items()}
    for state, action in product(states, actions):
        put(state)
        for name in actors if (state, action) in allowed else WITH_MOST_RIGHTS:
            try:
                step(actors[name], action)
                got = "taken"
            except (ForbiddenError, ConflictError) as error:
                got = type(error).__name__
            except LabappError as error:
                got = f"unexpected {type(error).__name__}"
            if (got == "taken") is not (name in allowed.get((state, action), set())):
                wrong.append((state.value, name, action.value, got))
            if got == "taken":
                put(state)
    return wrong


def wrong_over_http(app, browse, people, allowed, actions, states, put, paths, body, more=({}, {})):
    """Give where page or API differs from the table; half is tried by each.

    `more` is what the page, and what the API is sent beside the body.
    """
    browsers = {name: browse(user) for name, user in people.items()}
    headers = {name: _token(user) for name, user in people.items()}
    page, resource = paths
    wrong = []
    for state, action in product(states, actions):
        may = allowed.get((state, action), set())
        tried = people if (state, action) in allowed else ("practice_lead",)
        for number, name in enumerate(tried):
            version = put(state)
            sent = body(action)
            if number % 2 == len(action.value) % 2:
                answer = browsers[name].post(page, data={**sent, **more[0], "version": version})
                to_login = answer.status_code == 303 and "/inloggen" in answer.location
                taken = answer.status_code == 303 and not to_login
            else:
                answer = app.test_client().post(
                    resource, json={**sent, **more[1]}, headers=headers[name]
                )
                taken, to_login = answer.status_code == 200, False
            is_known = taken or to_login or answer.status_code in REFUSED
            if taken is not (name in may) or not is_known:
                wrong.append((state.value, action.value, name, answer.status_code))
            db.session.rollback()
    return wrong


def _token(user):
    if user is None:
        return {"If-Match": "*"}
    scopes = ("labs:read", "labs:write")
    _row, text = tokens.create_token(Actor.of(user), name="T", scopes=scopes, days=1)
    return {"Authorization": f"Bearer {text}", "If-Match": "*"}
