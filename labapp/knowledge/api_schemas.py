"""What the API gives and takes beside the content of a card: explicit fields."""

from collections.abc import Callable, Collection
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.knowledge.models import CardKind, CardStatus, DraftStatus, Visibility
from labapp.knowledge.schemas import (
    LARGEST_INTEGER,
    LONGEST_LINE,
    LONGEST_TEXT,
    CardSearchSchema,
    ContentSchema,
    DutchSchema,
    text,
)
from labapp.resources import ProblemSchema

CITATIONS = ("apa", "bibtex", "ris", "csl-json")
EXPORTS = ("json", "csv", "bibtex", "ris", "csl-json")


def chosen(values: Collection[str] | Callable[[], Any], words: str) -> "fields.List[Any]":
    """Give a field for values of a list, or of the vocabulary, which is read when it is needed."""

    def check(value: str) -> None:
        if value not in values():  # type: ignore[operator]
            raise ValidationError(_("Deze waarde is er niet."))

    one = check if callable(values) else validate.OneOf(values)
    return fields.List(
        fields.String(validate=one), load_default=list, metadata={"description": words}
    )


class SearchSchema(CardSearchSchema):
    """A search: values of one facet are alternatives, between facets all must hold."""

    sector = chosen(vocabulary.SECTORS, "primary, secondary, special education")
    theme = chosen(vocabulary.themes, "slugs of `/themes`")
    kind = chosen([kind.value for kind in CardKind], "what sort of knowledge it is")
    language = chosen(("nl", "en"), "of the card")
    subject = chosen(vocabulary.SUBJECTS, "school subjects")
    outcome = chosen(vocabulary.outcomes, "slugs of the outcomes in `/vocabulary`")
    page = fields.Integer(load_default=1, validate=validate.Range(1, 1000))
    explain = fields.Boolean(
        load_default=False, metadata={"description": "Administrators also get the score parts."}
    )


class CardSummarySchema(Schema):
    """A card in a list. Null is unknown, never zero."""

    id = fields.Integer(required=True)
    external_id = fields.String(required=True)
    title = fields.String(required=True)
    question = fields.String(required=True)
    answer = fields.String(required=True)
    language = fields.String(required=True, validate=validate.OneOf(["nl", "en"]))
    dutch = fields.Nested(
        DutchSchema, metadata={"description": "Of an English card: title, answer, keywords."}
    )
    kind = fields.Enum(CardKind, by_value=True, required=True)
    status = fields.Enum(CardStatus, by_value=True, required=True)
    visibility = fields.Enum(Visibility, by_value=True, required=True)
    sectors = fields.List(fields.String())
    themes = fields.List(fields.String())
    subjects = fields.List(fields.String())
    months = fields.Float(
        allow_none=True,
        metadata={"description": "Months of learning of the first rating that has them."},
    )
    studies = fields.Integer(allow_none=True)
    evidence_strength = fields.Integer(allow_none=True, validate=validate.Range(0, 5))
    cost = fields.Integer(allow_none=True, validate=validate.Range(1, 5))
    version_number = fields.Integer(required=True)
    published_at = fields.AwareDateTime(allow_none=True)
    updated_at = fields.AwareDateTime(required=True)


class WhySchema(Schema):
    """Why a card was found."""

    sentence = fields.String(required=True, metadata={"description": "The best sentence."})
    passage = fields.String(required=True)
    highlights = fields.List(
        fields.List(fields.Integer()),
        metadata={"description": "[from, to] places of matched words in `sentence`."},
    )
    matched_words = fields.List(fields.String())
    score = fields.Float(metadata={"description": "Orders one result; compares with nothing."})
    parts = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        metadata={"description": "Parts of the score, for administrators who ask `explain`."},
    )


class FoundCardSchema(CardSummarySchema):
    """A card of a result, with why it was found."""

    why = fields.Nested(WhySchema, required=True)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return obj.hit if attr == "why" else getattr(obj.card, attr, default)


class PagedSchema(Schema):
    """A page of a list."""

    total = fields.Integer(required=True)
    page = fields.Integer(required=True)
    per_page = fields.Integer(required=True)


class FoundCardsSchema(PagedSchema):
    """A page of a search; counts are of the whole result."""

    items = fields.List(fields.Nested(FoundCardSchema), required=True)
    facets = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
        metadata={"example": {"language": {"nl": 8, "en": 3}}},
    )
    did_you_mean = fields.String(allow_none=True)
    meaning_available = fields.Boolean(
        metadata={"description": "False: the model is out of order, only words were compared."}
    )
    advice = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "Nothing found: how many there are without each filter."},
    )


class CardsSchema(Schema):
    items = fields.List(fields.Nested(CardSummarySchema), required=True)


class DraftSummarySchema(Schema):
    """That something is being written beside the published text."""

    card_id = fields.Integer(required=True)
    external_id = fields.String(attribute="card.external_id", required=True)
    title = fields.String(attribute="content.title", required=True)
    status = fields.Enum(DraftStatus, by_value=True, required=True)
    version = fields.Integer(required=True, metadata={"description": "What If-Match names."})
    author = fields.String(attribute="author.name")
    saved_at = fields.AwareDateTime(required=True)
    submitted_at = fields.AwareDateTime(allow_none=True)
    review_note = fields.String(required=True)


class DraftSchema(DraftSummarySchema):
    """The text being written beside the published one."""

    content = fields.Nested(ContentSchema, required=True)


class StartedCardSchema(CardSummarySchema):
    """A card that was started, with its draft."""

    draft = fields.Nested(DraftSchema, required=True)


class DraftsSchema(Schema):
    items = fields.List(fields.Nested(DraftSummarySchema), required=True)


class WhoseDraftsSchema(Schema):
    of = fields.String(
        load_default="mine",
        validate=validate.OneOf(["mine", "review"]),
        metadata={"description": "What you write yourself, or what waits for your review."},
    )


class NoteSchema(Schema):
    note = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))


class SummarySchema(Schema):
    summary = text(LONGEST_LINE)


class ReasonSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))


class WithdrawalSchema(ReasonSchema):
    replaced_by = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, LARGEST_INTEGER),
        metadata={"description": "The id of the published card that takes its place."},
    )


class TombstoneSchema(Schema):
    """What is left of a card that was withdrawn."""

    id = fields.Integer(required=True)
    external_id = fields.String(required=True)
    title = fields.String(required=True)
    withdrawn_at = fields.AwareDateTime(required=True)
    reason = fields.String(required=True)
    replaced_by = fields.Integer(allow_none=True)


class TombstoneProblemSchema(ProblemSchema):
    tombstone = fields.Nested(TombstoneSchema, required=True)


class VersionSchema(Schema):
    """A text that was published."""

    number = fields.Integer(required=True)
    published_at = fields.AwareDateTime(required=True)
    author = fields.String(attribute="author.name")
    reviewer = fields.String(attribute="reviewer.name")
    summary = fields.String(required=True)


class VersionsSchema(Schema):
    items = fields.List(fields.Nested(VersionSchema), required=True)


class WholeVersionSchema(VersionSchema):
    content = fields.Nested(ContentSchema, required=True)


class DiffQuerySchema(Schema):
    against = fields.Integer(
        load_default=None,
        validate=validate.Range(1, LARGEST_INTEGER),
        metadata={"description": "The older version; without it the one before."},
    )


class ChangeSchema(Schema):
    field = fields.String(required=True)
    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)


class DiffSchema(Schema):
    """What changed from one version to another, by field."""

    old = fields.Integer(required=True, metadata={"description": "0: before the first version."})
    new = fields.Integer(required=True)
    changes = fields.List(fields.Nested(ChangeSchema), required=True)


class CitationQuerySchema(Schema):
    format = fields.String(load_default="apa", validate=validate.OneOf(CITATIONS))


class ExportQuerySchema(Schema):
    format = fields.String(load_default="json", validate=validate.OneOf(EXPORTS))


class SimilarQuerySchema(Schema):
    limit = fields.Integer(load_default=4, validate=validate.Range(1, 20))
