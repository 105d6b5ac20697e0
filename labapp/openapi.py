"""The description of the API: what is true of all of it, and the page that makes it readable."""

from typing import Any

from flask import Blueprint, current_app, render_template, url_for

from labapp.extensions import api
from labapp.resources import ProblemApi

pages = Blueprint("openapi", __name__)
METHODS = ("get", "post", "put", "patch", "delete")
DESCRIPTION = """\
Find, read, write and keep evidence cards. Visitors may read public cards; everything else asks \
for a bearer token: sign in and make one at *API tokens* in your menu. It is shown once, has the \
scopes that you choose, expires, and can be revoked.

- Lists have pages where they can be long: `page`, `per_page`, and a `Link` header.
- What can change has an `ETag`. Send it as `If-None-Match` to be spared what you have (304), and \
as `If-Match` to change only what you read (428 without it, 412 or 409 when it changed meanwhile).
- A creating request takes an `Idempotency-Key`: sent again, it creates nothing twice.
- A refusal is `application/problem+json` with a sentence in Dutch or English (`Accept-Language`).
- Moments are in UTC, days as `2026-11-22`. Null is unknown, never zero. Unknown fields are refused.
- Calls are counted for each token, or address without one; `429` says when to go on."""


def describe(described: ProblemApi) -> None:
    """Write down what holds for the whole API."""
    described.spec.options.update(
        info={"description": DESCRIPTION, "license": {"name": "EUPL-1.2"}},
        servers=[{"url": "/"}],
    )
    described.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})


@pages.get("/api/")
def show() -> str:
    """The same description to read, without any script."""
    spec = api.spec.to_dict()
    groups: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in spec.get("tags", [])}
    for path, operations in spec["paths"].items():
        for method in METHODS:
            if method in operations:
                groups[operations[method]["tags"][0]].append(
                    _operation(spec, path, method, operations)
                )
    return render_template(
        "openapi/show.html",
        groups=[
            (tag["name"], tag.get("description", ""), groups[tag["name"]])
            for tag in spec.get("tags", [])
            if groups[tag["name"]]
        ],
        schemas=[
            (name, schema.get("description", ""), _fields(spec, schema))
            for name, schema in sorted(spec["components"].get("schemas", {}).items())
        ],
        document=url_for("api-docs.openapi_json"),
        tokens="accounts.list_tokens" in current_app.view_functions,
        kind_words=lambda schema: _kind_of(schema)[0],
    )


def _operation(
    spec: dict[str, Any], path: str, method: str, operations: dict[str, Any]
) -> dict[str, Any]:
    """Give an operation as the page shows it, with what it refers to filled in."""
    operation = operations[method]
    body = (operation.get("requestBody") or {}).get("content", {})
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "scope": operation.get("x-scope", ""),
        "visitors": {} in operation.get("security", []),
        "parameters": [
            _resolved(spec, part)
            for part in [*operations.get("parameters", []), *operation.get("parameters", [])]
        ],
        "bodies": [_content(kind, content) for kind, content in body.items()],
        "responses": [
            _response(spec, status, answer)
            for status, answer in sorted(operation["responses"].items())
            if status != "default"
        ],
    }


def _response(spec: dict[str, Any], status: str, answer: dict[str, Any]) -> dict[str, Any]:
    whole = _resolved(spec, answer)
    return {
        "status": status,
        "description": whole.get("description", ""),
        "bodies": [_content(kind, content) for kind, content in whole.get("content", {}).items()],
    }


def _content(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "schema": _kind_of(content.get("schema", {})),
        "example": content.get("example"),
    }


def _resolved(spec: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """Give what a reference inside the document stands for."""
    target: dict[str, Any] = part
    if "$ref" in part:
        target = spec
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name]
    return target


def _fields(spec: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "kind": _kind_of(part),
            "required": name in required,
            "description": _resolved(spec, part).get("description", "") if "$ref" not in part else
            part.get("description", ""),
        }
        for name, part in schema.get("properties", {}).items()
    ]  # fmt: skip


def _kind_of(schema: dict[str, Any]) -> tuple[str, str]:
    """Give the words for a type, and the name of the schema it refers to (or nothing)."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return name, name
    if "allOf" in schema:
        return _kind_of(schema["allOf"][0])
    kind = schema.get("type", "any")
    if kind == "array":
        words, name = _kind_of(schema.get("items", {}))
        return f"list of {words}", name
    limits = [
        f"{words} {schema[key]}"
        for key, words in (
            ("minimum", "from"),
            ("maximum", "to"),
            ("maxLength", "at most"),
        )
        if key in schema
    ]
    extra = [schema["format"]] if "format" in schema else []
    extra += [" | ".join(str(value) for value in schema["enum"])] if "enum" in schema else []
    extra += ["or null"] if schema.get("nullable") else []
    return ", ".join([kind, *extra, *limits]), ""
