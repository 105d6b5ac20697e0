"""How an API resource is declared: what it reads and refuses, as code and in OpenAPI."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

from flask import Request, Response, abort, request
from flask_smorest import Api, Blueprint
from flask_smorest.utils import prepare_response
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from labapp.errors import InvalidError
from labapp.i18n import gettext as _

View = TypeVar("View", bound=Callable[..., Any])
ID = "int(min=1)"  # in the path of a resource
LARGEST_JSON = 2 * 1024 * 1024
LANGUAGE = "lang"  # may stand in every address: the language of the words in a refusal
PROBLEM = "application/problem+json"
HEADERS: dict[str, dict[str, Any]] = {
    "If-Match": {
        "required": True,
        "description": "The `ETag` of what you read; 428 without it.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "If-None-Match": {
        "required": False,
        "description": "The `ETag` that you have: 304 when it still holds.",
        "schema": {"type": "string"},
    },
    "Idempotency-Key": {
        "required": False,
        "description": "Any text of yours: the same request with the same key is done once, and "
        "gives the same answer for two days.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
}
STATUSES = {"If-Match": (412, 428), "If-None-Match": (304,), "Idempotency-Key": (422,)}


class ProblemSchema(Schema):
    """A refusal (RFC 9457). `detail` is written for a person, in the language asked for."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(metadata={"description": "Words at each field that is wrong."})
    theirs = fields.Dict(metadata={"description": "409: the fields as somebody else saved them."})
    yours = fields.Dict(metadata={"description": "409: the same fields as you sent them."})
    problems = fields.List(
        fields.Dict(), metadata={"description": "409: what stands in the way, with its figures."}
    )


class ProblemApi(Api):
    """flask-smorest, with every refusal documented as the problem+json that we give."""

    ERROR_SCHEMA = ProblemSchema

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            self._register_refusal(status.name, status.phrase, with_body=status >= 400)  # noqa: PLR2004
        self._register_refusal(self.DEFAULT_ERROR_RESPONSE_NAME, "A fault", with_body=True)

    def _register_refusal(self, name: str, description: str, *, with_body: bool) -> None:
        response: dict[str, Any] = {"description": description}
        if with_body:
            response["schema"] = self.ERROR_SCHEMA
        prepare_response(response, self.spec, PROBLEM)
        self.spec.components.response(name, response, lazy=True)


class Parser(FlaskParser):
    """Reads input strictly: what is unknown, too large or no text is refused in words."""

    DEFAULT_UNKNOWN_BY_LOCATION = {
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
        "multipart": RAISE,
        "headers": EXCLUDE,
    }

    def _raw_load_json(self, req: Request) -> Any:
        if req.content_length and not req.is_json:
            abort(415)
        if (req.content_length or 0) > LARGEST_JSON:
            abort(413)
        try:
            value = super()._raw_load_json(req)
            check_text(value)
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise  # the parser knows what to do
        except (ValueError, RecursionError):
            abort(400)  # a number of thousands of digits, or nested without end
        return value

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        pairs = MultiDict((k, v) for k, v in req.args.items(multi=True) if k != LANGUAGE)
        check_text(list(pairs.values()))
        return MultiDictProxy(pairs, schema)

    def handle_error(self, error: ValidationError, *_args: Any, **_extra: Any) -> NoReturn:
        found = error.messages
        inner = next(iter(found.values())) if isinstance(found, Mapping) else found
        words = inner if isinstance(inner, Mapping) else {"_schema": inner}
        raise InvalidError(_("Er klopt iets niet in wat je stuurde."), words)


parser = Parser()


@parser.location_loader("multipart")
def load_multipart(req: Request, schema: Schema) -> Any:
    """Give the fields and the files of a form together."""
    if req.mimetype != "multipart/form-data":
        abort(415)
    check_text(list(req.form.values()))
    return MultiDictProxy(MultiDict([*req.form.items(True), *req.files.items(True)]), schema)


class Resources(Blueprint):
    """A group of resources. `asks` and `refuses` say what stands beside body and answer."""

    ARGUMENTS_PARSER = parser
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {
        **Blueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING,
        "multipart": "multipart/form-data",
    }

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self._prepare_doc_cbks.append(_describe)
        self.after_request(_vary)

    def _store_endpoint_docs(self, endpoint: str, obj: Any, *args: Any, **options: Any) -> None:
        super()._store_endpoint_docs(endpoint, obj, *args, **options)
        for method, info in self._docs[endpoint].items():
            if isinstance(info, dict):
                info["operation_id"] = f"{method}{endpoint}"


def asks(*headers: str) -> Callable[[View], View]:
    """Say which request headers a resource reads."""
    return _noting("asks", headers)


def refuses(*statuses: int) -> Callable[[View], View]:
    """Say with which statuses a resource refuses, beside those that follow from its input."""
    return _noting("refuses", statuses)


def check_text(value: Any) -> None:
    """Refuse signs that no database can keep: NUL, and halves of a sign."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise InvalidError(_("In de tekst staan tekens die niet bewaard kunnen worden."))
    elif isinstance(value, Mapping):
        check_text([*value.keys(), *value.values()])
    elif isinstance(value, list):
        for part in value:
            check_text(part)


def _noting(name: str, values: tuple[Any, ...]) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        known: dict[str, Any] = getattr(view, "_apidoc", {})
        view._apidoc = {**known, name: (*known.get(name, ()), *values)}  # type: ignore[attr-defined]  # noqa: SLF001
        return view

    return decorate


def _describe(doc: dict[str, Any], info: Mapping[str, Any], **_extra: Any) -> dict[str, Any]:
    """Write into an operation what its decorators said: headers, scope, refusals."""
    headers = info.get("asks", ())
    statuses = {429, *info.get("refuses", ())}
    for name in headers:
        statuses.update(STATUSES[name])
        doc.setdefault("parameters", []).append({"in": "header", "name": name, **HEADERS[name]})
    scope = info.get("scope")
    if scope is not None:
        statuses.update((401, 403))
        doc["security"] = [{"bearer": []}, *([{}] if scope["visitors"] else [])]
        doc["x-scope"] = scope["scope"]
    else:
        doc["security"] = []
    responses = doc.setdefault("responses", {})
    for status in sorted(statuses):
        responses.setdefault(status, HTTPStatus(status).name)
    doc["operationId"] = info["operation_id"]
    return doc


def _vary(response: Response) -> Response:
    """Keep a cache from giving one person's answer to another."""
    response.vary.update(["Authorization", "Accept-Language"])
    if request.method != "GET":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
