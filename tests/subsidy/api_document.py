"""Holding each answer of the API to what the OpenAPI document promises for its operation."""

import re
from functools import cache

from tests.api.test_openapi import check

seen = set()


@cache
def read_document(app):
    return app.test_client().get("/api/openapi.json").json


def operation_of(document, method, path):
    """Give the name of the operation that answers a path."""
    bare = "/api/v1" + path.partition("?")[0]
    for template, methods in sorted(document["paths"].items(), key=lambda p: p[0].count("{")):
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if re.fullmatch(pattern, bare) and method.lower() in methods:
            return methods[method.lower()]["operationId"]
    raise AssertionError(f"{method} {path} is not described")


def check_answer(app, method, path, answer):
    """Check status, media type and body; `path` is without /api/v1."""
    document = read_document(app)
    name = operation_of(document, method, path)
    seen.add(name)
    check(document, name, answer)
