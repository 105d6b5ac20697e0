"""What the OpenAPI document promises is what one gets: every operation, called with a sample."""

import io
import re

import pytest

from labapp.accounts.actors import Actor
from labapp.knowledge import cards, collections, saved_searches
from labapp.knowledge.finding import CardQuery
from tests.api.conftest import CONTENT
from tests.api.test_imports import CARD

KINDS = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list,
    "object": dict,
}  # fmt: skip
MATCH = {"If-Match": "*"}
ELSEWHERE = re.compile(
    "/api/v1/(subsidy|labs|questions|threads|contributions|rounds|activities|findings|reviews|use-reports|attachments|cases)(/|$)"
)


@pytest.fixture
def document(app):
    return app.test_client().get("/api/openapi.json").json


@pytest.fixture
def things(published, teacher, knowledge_broker, school):
    """Something of every sort, by the name it has in the paths of the samples."""
    actor, broker = Actor.of(teacher), Actor.of(knowledge_broker)
    card = published()
    cards.publish(broker, card, {**CONTENT, "title": "Beter"}, author_id=None, summary="x")
    draft = cards.start_card(actor, CONTENT)
    writing = cards.start_card(actor, CONTENT)
    submitted = [cards.start_card(actor, CONTENT) for _ in range(3)]
    for one in submitted:
        cards.submit_draft(actor, one.draft)
    gone = published(title="Weg")
    cards.withdraw_card(broker, gone, "Klopt niet.", card)
    kept, empty = (collections.create_collection(actor, name) for name in ("Een", "Twee"))
    collections.keep_card(actor, card, kept)
    searches = [saved_searches.save_search(actor, n, CardQuery(text=n)) for n in ("a", "b")]
    return {
        "card": card.id, "gone": gone.id, "draft": draft.id, "writing": writing.id,
        "returned": submitted[0].id, "taken": submitted[1].id, "reviewed": submitted[2].id,
        "old": published(title="Oud").id, "bad": published(title="Fout").id,
        "kept": kept.id, "empty": empty.id, "search": searches[0].id, "other": searches[1].id,
        "school": school.id,
    }  # fmt: skip


def sample(operation, path, status=200, who="teacher", **options):
    return operation, path, status, who, options


SAMPLES = [
    sample("getSearch", "/cards?q=lezen&sector=vo&theme=reading&explain=1", who="administrator"),
    sample("getSearch", "/cards?theme=nonsense", 422),
    sample("postNewCard", "/cards", 201, json=CONTENT),
    sample("postNewCard", "/cards", 422, json={}),
    sample("postNewCard", "/cards", 401, who=None, json=CONTENT),
    sample("postNewCard", "/cards", 403, json=CONTENT, scopes=("cards:read",)),
    sample("getOneCard", "/cards/{card}"),
    sample("getOneCard", "/cards/{gone}", 410),
    sample("getOneCard", "/cards/999", 404),
    sample("getOneCard", "/cards/{card}", 304, headers={"If-None-Match": "*"}),
    sample("getSimilarCards", "/cards/{card}/similar"),
    sample("getCitation", "/cards/{card}/citation"),
    sample("getCitation", "/cards/{card}/citation?format=csl-json"),
    sample("postGivenFeedback", "/cards/{card}/feedback", 201, json={"is_useful": True}),
    sample("getVersions", "/cards/{card}/versions"),
    sample("getVersion", "/cards/{card}/versions/1"),
    sample("getDifferences", "/cards/{card}/versions/2/diff"),
    sample("getDrafts", "/drafts"),
    sample("getDrafts", "/drafts?of=review", who="knowledge_broker"),
    sample("getDraft", "/cards/{draft}/draft"),
    sample("postDraft", "/cards/{card}/draft", who="knowledge_broker"),
    sample("putDraft", "/cards/{draft}/draft", json=CONTENT, headers=MATCH),
    sample("putDraft", "/cards/{draft}/draft", 428, json=CONTENT),
    sample("putDraft", "/cards/{draft}/draft", 412, json=CONTENT, headers={"If-Match": '"77"'}),
    sample("putDraft", "/cards/{taken}/draft", 409, json=CONTENT, headers=MATCH),
    sample("deleteDraft", "/cards/{draft}/draft", 204, headers=MATCH),
    sample("postSubmission", "/cards/{writing}/draft/submission"),
    sample("deleteSubmission", "/cards/{taken}/draft/submission"),
    sample("postReturnToAuthor", "/cards/{returned}/return", who="knowledge_broker",
           json={"note": "Noem de bron."}),
    sample("putPublication", "/cards/{reviewed}/publication", who="knowledge_broker",
           json={"summary": "x"}, headers=MATCH),
    sample("putOutdated", "/cards/{old}/outdated", who="knowledge_broker",
           json={"reason": "Nieuw onderzoek"}, headers=MATCH),
    sample("putWithdrawal", "/cards/{bad}/withdrawal", who="knowledge_broker",
           json={"reason": "Fout"}, headers=MATCH),
    sample("getAllCollections", "/collections"),
    sample("postAllCollections", "/collections", 201, json={"name": "Lezen"}),
    sample("getOneCollection", "/collections/{kept}"),
    sample("patchOneCollection", "/collections/{kept}", json={"name": "Nieuw"}, headers=MATCH),
    sample("deleteOneCollection", "/collections/{empty}", 204, headers=MATCH),
    sample("getItems", "/collections/{kept}/items"),
    sample("putItem", "/collections/{kept}/items/{old}", 204, json={"note": "Groep 6"}),
    sample("deleteItem", "/collections/{kept}/items/{card}", 204),
    sample("getSuggestions", "/suggestions?q=har"),
    sample("getThemes", "/themes"),
    sample("getVocabulary", "/vocabulary"),
    sample("getSavedSearches", "/saved-searches"),
    sample("postSavedSearches", "/saved-searches", 201,
           json={"name": "Lezen", "search": {"q": "lezen"}}),
    sample("getOneSavedSearch", "/saved-searches/{search}"),
    sample("patchOneSavedSearch", "/saved-searches/{search}", json={"frequency": "daily"}),
    sample("deleteOneSavedSearch", "/saved-searches/{other}", 204),
    sample("getImports", "/imports", who="knowledge_broker"),
    sample("postImports", "/imports", 201, who="knowledge_broker", data="file"),
    sample("postImports", "/imports", 422, who="knowledge_broker", data="broken"),
    sample("getCardsExport", "/exports/cards"),
    sample("getNotifications", "/notifications?per_page=5"),
    sample("putReadNotifications", "/notifications/read", 204, json={"newest": 1}),
    sample("getNotificationPreferences", "/notifications/preferences"),
    sample("putNotificationPreferences", "/notifications/preferences", json={}, headers=MATCH),
    sample("putNotificationPreferences", "/notifications/preferences", 409, json={},
           headers={"If-Match": '"1"'}),
    sample("putNotificationPreferences", "/notifications/preferences", 428, json={}),
    sample("getDuties", "/duties", who="knowledge_broker"),
    sample("getMe", "/me"),
    sample("getOrganisations", "/organisations?q=regenboog"),
    sample("getOneOrganisation", "/organisations/{school}"),
]  # fmt: skip
FOLLOWS = {"getOneImport", "postUndoing"}  # an import comes first: see the test of that


def test_every_operation_answers_as_the_document_says(call, request, document, things):
    for operation, path, status, who, options in SAMPLES:
        user = request.getfixturevalue(who) if who else None
        method = re.match("[a-z]+", operation)[0].upper()

        answer = call(user, method, path.format(**things), **filled(options))

        assert answer.status_code == status, (operation, answer.text)
        check(document, operation, answer)


def filled(options):
    """Give options with a file of their own: a stream can be sent once."""
    if "data" not in options:
        return options
    text = CARD.format(name="a") if options["data"] == "file" else "---\nid: [\n---\n"
    data = {"file": (io.BytesIO(text.encode()), "a.md"), "format": "markdown"}
    return {"data": data, "content_type": "multipart/form-data"}


def test_an_import_answers_as_the_document_says(call, document, knowledge_broker):
    data = {"file": (io.BytesIO(CARD.format(name="a").encode()), "a.md"), "format": "markdown"}
    made = call(knowledge_broker, "POST", "/imports", data=data, content_type="multipart/form-data")
    path = made.headers["Location"].removeprefix("/api/v1")

    check(document, "getOneImport", call(knowledge_broker, "GET", path))
    check(document, "postUndoing", call(knowledge_broker, "POST", f"{path}/undo"))
    check(document, "postUndoing", call(knowledge_broker, "POST", f"{path}/undo"))


def test_every_operation_has_a_sample(document):
    """Those of subsidy and labs are held to the document in their own tests (api_document)."""
    paths = document["paths"].items()
    others = {path: kept for path, kept in paths if not ELSEWHERE.match(path)}
    described = {operation["operationId"] for operation in operations({"paths": others})}

    assert described == {sample[0] for sample in SAMPLES} | FOLLOWS


def test_every_operation_has_a_name_of_its_own(document):
    names = [operation["operationId"] for operation in operations(document)]

    assert len(names) == len(set(names))


def test_examples_in_the_document_fit_its_schemas(document):
    for operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "example" in content:
                assert list(faults(document, content["schema"], content["example"])) == []


def test_the_page_shows_every_operation_and_runs_no_script(app, document):
    for language in ("nl", "en"):
        page = app.test_client().get(f"/api/?lang={language}")
        assert page.status_code == 200
        for operation in operations(document):
            assert f'id="{operation["operationId"]}"' in page.text
        for target in re.findall(r'href="#([^"]+)"', page.text):
            assert f'id="{target}"' in page.text, target
        assert "<script>" not in page.text
        assert " style=" not in page.text


def operations(document):
    for path in document["paths"].values():
        for method, operation in path.items():
            if method != "parameters":
                yield operation


def check(document, name, answer):
    """Check status, media type and body of an answer against the document."""
    operation = next(one for one in operations(document) if one["operationId"] == name)
    described = operation["responses"][str(answer.status_code)]
    if "$ref" in described:
        described = resolve(document, described)
    if "content" not in described:
        assert answer.data == b""
        return
    assert answer.mimetype in described["content"], answer.mimetype
    schema = described["content"][answer.mimetype].get("schema", {})
    value = answer.json if answer.is_json or answer.mimetype.endswith("+json") else answer.text
    assert list(faults(document, schema, value)) == [], name


def resolve(document, schema):
    found = document
    for name in schema["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def faults(document, schema, value, place="$"):
    """Give where a value does not fit a schema; a field that is not in it is a fault too."""
    if "$ref" in schema:
        yield from faults(document, resolve(document, schema), value, place)
        return
    for part in schema.get("allOf", []):
        yield from faults(document, part, value, place)
    if value is None:
        if not schema.get("nullable") and "type" in schema:
            yield f"{place} is null"
        return
    yield from plain_faults(schema, value, place)
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from faults(document, schema.get("items", {}), one, f"{place}[{number}]")
    if isinstance(value, dict):
        yield from object_faults(document, schema, value, place)


def plain_faults(schema, value, place):
    kind = schema.get("type")
    if kind and (not isinstance(value, KINDS[kind]) or (kind != "boolean" and value is True)):
        yield f"{place} is {value!r}, no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is {value!r}, not one of {schema['enum']}"
    if schema.get("format") == "date-time" and not re.fullmatch(
        r"\d{4}-\d\d-\d\dT.+\+00:00", value
    ):
        yield f"{place} is {value!r}, no moment in UTC"
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get(
        "maximum", value
    ):
        yield f"{place} is {value!r}, outside its limits"


def object_faults(document, schema, value, place):
    fields, other = schema.get("properties", {}), schema.get("additionalProperties")
    yield from (f"{place}.{name} lacks" for name in schema.get("required", []) if name not in value)
    for name, one in value.items():
        if name in fields:
            yield from faults(document, fields[name], one, f"{place}.{name}")
        elif isinstance(other, dict):
            yield from faults(document, other, one, f"{place}.{name}")
        elif fields and not other:
            yield f"{place}.{name} is not described"


def test_the_page_of_the_api_knows_who_is_signed_in(browse, teacher):
    """It stands under /api/, where resources take a token only."""
    assert teacher.name in browse(teacher).get("/api/").text
    assert browse(teacher).get("/api/v1/collections").status_code == 401
