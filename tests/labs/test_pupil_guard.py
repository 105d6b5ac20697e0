"""No text about a pupil is kept unseen: a BSN is sent to every form and resource of the labs."""

import re

import pytest
from sqlalchemy import String, Text, select

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import Model, db
from tests.labs import walk
from tests.subsidy.api_document import read_document

BSN = "Het BSN is 111222333."
NUMBER = "111222333"


def stored():
    """Give the tables and columns of the labs in which the number stands."""
    db.session.rollback()
    tables = {
        mapper.local_table for mapper in Model.registry.mappers
        if mapper.class_.__module__.startswith("labapp.labs.")
    }  # fmt: skip
    return [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if isinstance(column.type, String | Text)
        and db.session.execute(select(column).where(column.contains(NUMBER)).limit(1)).first()
    ]


def labs_routes(app, world):
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        module = getattr(getattr(view, "view_class", view), "__module__", "")
        if not module.startswith("labapp.labs."):
            continue
        for method in sorted(rule.methods & {"POST", "PUT", "PATCH"}):
            if rule.arguments <= world.keys():
                values = {name: world[name][0] for name in rule.arguments}
                yield rule, method, adapter.build(rule.endpoint, values, method=method)


@pytest.mark.parametrize("kind", ["forms", "resources"])
def test_a_number_of_a_pupil_is_stored_by_no_route(app, browse, teacher, school, kind):
    world = walk.seed(teacher, school) | {"number": [1], "form": ["json"], "name": ["x"]}
    _row, text = tokens.create_token(
        Actor.of(teacher), name="T", scopes=("labs:read", "labs:write"), days=1
    )
    document = read_document(app)
    headers = {"Authorization": f"Bearer {text}", "If-Match": "*"}
    client, wrong, tried = browse(teacher), [], 0
    for rule, method, address in labs_routes(app, world):
        if address.startswith("/api/") is not (kind == "resources"):
            continue
        sent = described(document, rule, method) if kind == "resources" else bodies(world)
        for values in sent:
            tried += 1
            if kind == "resources":
                client_of = app.test_client()
                answer = client_of.open(address, method=method, json=values, headers=headers)
            else:
                answer = client.open(address, method=method, data=values)
            if answer.status_code >= 500:
                wrong.append((method, address, answer.status_code))
        where = stored()
        if where:
            wrong.append((method, address, where))
            break

    assert wrong == []
    assert tried > 30


FIELDS = (
    "body", "title", "text", "reason", "goal", "agreement", "seen", "tried", "decision", "answer",
    "groups", "aim", "known_already", "diagnosis", "design", "result_data", "question", "schools",
    "instruments", "analysis", "stopping", "justification", "purpose", "data_list", "legal_ground",
    "retention", "who_sees", "note", "notes", "consent_note", "place", "did", "changed", "outcome",
    "group", "strengths", "concerns", "reply", "context", "difference", "motivation", "missing",
    "plain", "method", "limitations", "conditions", "summary", "description", "decision_reason",
    "why", "comment", "quote", "reden", "toelichting",
)  # fmt: skip


def bodies(world):
    """The same number in every field; and with the versions that a form would send."""
    texts = dict.fromkeys(FIELDS, BSN)
    more = {"version": 1, "theme": "reading", "bij": f"labs:{world['lab_id'][0]}"}
    yield texts
    yield {**texts, **more, "subject": f"labs:{world['lab_id'][0]}"}


def described(document, rule, method):
    """What the document says that a resource takes, with the number in every free text."""
    path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule)
    operation = document["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return
    schema = resolve(document, content["schema"])
    whole = filled(document, schema)
    actions = schema.get("properties", {}).get("action", {})
    for action in resolve(document, actions).get("enum", [None]):
        yield {**whole, "action": action} if action is not None else whole


def resolve(document, schema):
    schema = (schema.get("allOf") or [schema])[0]
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def filled(document, schema):
    schema = resolve(document, schema)
    if schema.get("enum"):
        return next(value for value in schema["enum"] if value is not None)
    made = {
        "object": lambda: {
            name: filled(document, one)
            for name, one in schema.get("properties", {}).items()
            if name != "confirmed"
        },
        "array": lambda: [filled(document, schema.get("items", {}))],
        "string": lambda: {"date": "2026-11-24", "date-time": "2026-11-24T12:00:00+00:00",
                           "time": "12:00:00", "email": "a@example.org"}.get(
                               schema.get("format"), BSN[: schema.get("maxLength", 99)]),
        "integer": lambda: max(1, schema.get("minimum", 1)),
        "number": lambda: max(1, schema.get("minimum", 1)),
        "boolean": lambda: False,
    }  # fmt: skip
    return made.get(schema.get("type"), lambda: BSN)()
