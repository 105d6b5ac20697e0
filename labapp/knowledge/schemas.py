"""Cards as JSON, as forms and as files: one description of what may come in."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from marshmallow import (
    Schema,
    ValidationError,
    fields,
    post_load,
    pre_load,
    validate,
    validates_schema,
)

from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import vocabulary
from labapp.knowledge.models import CardKind, CardStatus, Visibility

LONGEST_BODY = 60_000
LONGEST_TEXT = 4_000
LONGEST_LINE = 500
LARGEST_INTEGER = 2_000_000_000
DOI = re.compile(r"10\.\d{4,9}/\S+")
ERIC = re.compile(r"(ED|EJ)\d{6,7}")
WEB = {"http", "https"}


def web_address(value: str) -> None:
    """Refuse an address that is not of the web, such as javascript:."""
    if not value:
        return
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise ValidationError(str(_l("Dit is geen webadres."))) from error
    if parts.scheme not in WEB or not parts.netloc:
        raise ValidationError(str(_l("Geef een webadres dat met https:// of http:// begint.")))


def doi(value: str) -> None:
    if value and not DOI.fullmatch(value):
        raise ValidationError(
            str(_l("Een DOI begint met 10., bijvoorbeeld 10.3102/003465430298487."))
        )


def eric(value: str) -> None:
    if value and not ERIC.fullmatch(value):
        raise ValidationError(str(_l("Een ERIC-nummer is ED of EJ met zes of zeven cijfers.")))


def text(longest: int = LONGEST_TEXT, **extra: Any) -> fields.String:
    """Give a field for text that may be left out, and is kept without spaces around it."""
    checks = [validate.Length(max=longest), *extra.pop("checks", [])]
    return fields.String(load_default="", validate=checks, **extra)


def number(low: float, high: float, **extra: Any) -> fields.Integer:
    return fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(low, high), **extra
    )


class Day(fields.Date):
    """A day, that content holds as ISO text and a row as a date."""

    def _serialize(self, value: Any, *args: Any, **extra: Any) -> str | float | None:
        return value if isinstance(value, str) else super()._serialize(value, *args, **extra)


class _Trimmed(Schema):
    """Takes off spaces; what is given as null counts as not given."""

    @pre_load
    def leave_out_null(self, data: Any, **_extra: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if value is not None}

    @post_load
    def trim(self, data: dict[str, Any], **_extra: Any) -> dict[str, Any]:
        """Take off spaces around texts, and turn days into ISO text."""
        for name, value in data.items():
            if isinstance(value, str):
                data[name] = value.strip()
            elif hasattr(value, "isoformat"):
                data[name] = value.isoformat()
        return data


class RatingSchema(_Trimmed):
    """What a source says of one outcome. Empty is unknown, never zero."""

    outcome = fields.String(required=True, validate=validate.Length(1, 64))
    outcome_label = text(120)
    scale = fields.String(required=True, validate=validate.Length(1, 120))
    value = fields.String(required=True, validate=validate.Length(1, 120))
    months = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-60, 60))
    conversion = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    range_low = fields.Float(load_default=None, allow_none=True)
    range_high = fields.Float(load_default=None, allow_none=True)
    studies = number(0, LARGEST_INTEGER)
    studies_eligible = number(0, LARGEST_INTEGER)
    sample = number(0, LARGEST_INTEGER)
    source = text(64)
    dated_on = Day(load_default=None, allow_none=True)

    @validates_schema
    def check(self, data: dict[str, Any], **_extra: Any) -> None:
        """Hold months to a named conversion, an outcome to the list, a range to its order."""
        if data["outcome"] not in vocabulary.outcomes():
            raise ValidationError(str(_l("Kies een uitkomst uit de lijst.")), "outcome")
        if data.get("months") is not None and not data.get("conversion"):
            raise ValidationError(
                str(_l("Noem de omrekening waarmee de maanden berekend zijn.")), "conversion"
            )
        low, high = data.get("range_low"), data.get("range_high")
        if low is not None and high is not None and low > high:
            raise ValidationError(
                str(_l("Het begin van het bereik ligt boven het eind.")), "range_low"
            )


class AuthorSchema(_Trimmed):
    family = fields.String(required=True, validate=validate.Length(1, 120))
    given = text(120)
    particle = text(40)


class SourceSchema(_Trimmed):
    """A publication that a card rests on."""

    key = text(64)
    kind = fields.String(
        load_default="report",
        validate=validate.OneOf(["article", "book", "chapter", "report", "website"]),
    )
    authors = fields.List(fields.Nested(AuthorSchema), load_default=list)
    organisation = text(200)
    title = fields.String(required=True, validate=validate.Length(1, LONGEST_LINE))
    year = number(1500, 2200)
    container = text(LONGEST_LINE)
    volume = text(32)
    issue = text(32)
    pages = text(32)
    publisher = text(200)
    doi = text(200, checks=[doi])
    eric = text(32, checks=[eric])
    isbn = text(32)
    url = text(2000, checks=[web_address])
    licence = text(80)
    accessed_on = Day(load_default=None, allow_none=True)


class StepSchema(_Trimmed):
    kind = fields.String(required=True, validate=validate.OneOf(["do", "do_not", "adapt"]))
    text = fields.String(required=True, validate=validate.Length(1, LONGEST_LINE * 2))


class DutchSchema(_Trimmed):
    """The Dutch title, answer and keywords of a card in another language."""

    title = text(200)
    answer = text(LONGEST_LINE * 2)
    keywords = fields.List(fields.String(validate=validate.Length(1, 120)), load_default=list)


class ContentSchema(_Trimmed):
    """The content of a card under its own field names: form, JSON, front matter and imports."""

    title = fields.String(required=True, validate=validate.Length(1, 200))
    question = text()
    also_asked = fields.List(
        fields.String(validate=validate.Length(1, LONGEST_LINE)),
        load_default=list,
        validate=validate.Length(max=20),
    )
    answer = text(LONGEST_LINE * 2)
    body = text(LONGEST_BODY)
    language = fields.String(load_default="nl", validate=validate.OneOf(["nl", "en"]))
    translated_from = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=120)
    )
    sectors = fields.List(
        fields.String(validate=validate.OneOf(vocabulary.SECTORS)), load_default=list
    )
    subjects = fields.List(
        fields.String(validate=validate.OneOf(vocabulary.SUBJECTS)), load_default=list
    )
    age_from = number(0, 100)
    age_to = number(0, 100)
    themes = fields.List(fields.String(), load_default=list)
    kind = fields.String(
        load_default=CardKind.REVIEW.value,
        validate=validate.OneOf([kind.value for kind in CardKind]),
    )
    visibility = fields.String(
        load_default=Visibility.PUBLIC.value,
        validate=validate.OneOf([visibility.value for visibility in Visibility]),
    )
    evidence_strength = number(0, 5)
    evidence_reasons = fields.List(
        fields.String(validate=validate.Length(1, LONGEST_LINE)), load_default=list
    )
    cost = number(1, 5)
    cost_basis = text()
    for_whom = text()
    caveats = text()
    side_effects = text()
    dutch_context = text()
    steps = fields.List(fields.Nested(StepSchema), load_default=list)
    time_needed = text(LONGEST_LINE)
    money_needed = text(LONGEST_LINE)
    keywords = fields.List(fields.String(validate=validate.Length(1, 120)), load_default=list)
    ratings = fields.List(fields.Nested(RatingSchema), load_default=list)
    sources = fields.List(fields.Nested(SourceSchema), load_default=list)
    dutch = fields.Nested(DutchSchema, load_default=dict)
    reviewed_on = Day(load_default=None, allow_none=True)
    review_due_on = Day(load_default=None, allow_none=True)
    reviewer = text(200)

    @validates_schema
    def check(self, data: dict[str, Any], **_extra: Any) -> None:
        """Hold themes to the list, ages to their order and source keys to once each."""
        unknown = sorted(set(data.get("themes") or []) - set(vocabulary.themes()))
        if unknown:
            words = str(_l("Dit thema staat niet in de lijst:"))
            raise ValidationError(f"{words} {', '.join(unknown)}", "themes")
        low, high = data.get("age_from"), data.get("age_to")
        if low is not None and high is not None and low > high:
            raise ValidationError(str(_l("De laagste leeftijd ligt boven de hoogste.")), "age_from")
        keys = [source["key"] for source in data.get("sources") or [] if source.get("key")]
        if len(keys) != len(set(keys)):
            raise ValidationError(str(_l("Geef elke bron een eigen sleutel.")), "sources")


class CardSchema(ContentSchema):
    """A card as the API gives it."""

    id = fields.Integer(dump_only=True)
    external_id = fields.String(dump_only=True)
    status = fields.Enum(CardStatus, by_value=True, dump_only=True)
    kind = fields.Enum(CardKind, by_value=True)  # type: ignore[assignment]
    visibility = fields.Enum(Visibility, by_value=True)  # type: ignore[assignment]
    outdated_reason = fields.String(dump_only=True)
    version_number = fields.Integer(dump_only=True)
    published_at = fields.AwareDateTime(dump_only=True)
    updated_at = fields.AwareDateTime(dump_only=True)


class CardSearchSchema(Schema):
    """A search in the address of a page or the API."""

    q = fields.String(load_default="", validate=validate.Length(max=20_000))
    sector = fields.List(fields.String(), load_default=list)
    theme = fields.List(fields.String(), load_default=list)
    kind = fields.List(fields.String(), load_default=list)
    language = fields.List(fields.String(), load_default=list)
    subject = fields.List(fields.String(), load_default=list)
    outcome = fields.List(fields.String(), load_default=list)
    months = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-60, 60))
    evidence = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 5))
    sort = fields.String(
        load_default="relevance",
        validate=validate.OneOf(["relevance", "newest", "effect", "evidence"]),
    )
    page = fields.Integer(load_default=1, validate=validate.Range(1, 10_000))
    per_page = fields.Integer(load_default=10, validate=validate.Range(1, 100))
