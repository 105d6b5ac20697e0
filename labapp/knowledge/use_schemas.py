"""What people do with cards, as the API gives and takes it: judge, keep, follow a search."""

from typing import Any

from marshmallow import Schema, fields, validate

from labapp.knowledge.api_schemas import CardSummarySchema, SearchSchema
from labapp.knowledge.schemas import LONGEST_TEXT, text
from labapp.knowledge.use_models import DigestFrequency


class FeedbackSchema(Schema):
    """Whether a card was useful for a question. Saying it again changes what was said."""

    id = fields.Integer(dump_only=True)
    card_id = fields.Integer(dump_only=True)
    is_useful = fields.Boolean(required=True)
    query = text(300)
    comment = text(2000)


class SuggestionsQuerySchema(Schema):
    q = fields.String(required=True, validate=validate.Length(max=200))
    limit = fields.Integer(load_default=8, validate=validate.Range(1, 20))


class SuggestionsSchema(Schema):
    items = fields.List(fields.String(), required=True)


class TermSchema(Schema):
    """A word of the controlled vocabulary in both languages."""

    slug = fields.String(required=True)
    nl = fields.String(required=True)
    en = fields.String(required=True)


class ThemeSchema(TermSchema):
    description_nl = fields.String(required=True)
    description_en = fields.String(required=True)


class ThemesSchema(Schema):
    items = fields.List(fields.Nested(ThemeSchema), required=True)


class VocabularySchema(Schema):
    sectors = fields.List(fields.Nested(TermSchema), required=True)
    subjects = fields.List(fields.Nested(TermSchema), required=True)
    kinds = fields.List(fields.Nested(TermSchema), required=True)
    outcomes = fields.List(fields.Nested(TermSchema), required=True)


class CollectionSchema(Schema):
    """Cards kept together: private, or of the team of an organisation."""

    id = fields.Integer(dump_only=True)
    name = fields.String(required=True, validate=validate.Length(1, 120))
    description = text()
    for_team = fields.Boolean(load_default=False, load_only=True)
    organisation_id = fields.Integer(dump_only=True, allow_none=True)
    owner = fields.String(attribute="owner.name", dump_only=True)
    created_at = fields.AwareDateTime(dump_only=True)
    version = fields.Integer(dump_only=True, metadata={"description": "What If-Match names."})


class CollectionChangeSchema(Schema):
    """Only what is given changes."""

    name = fields.String(validate=validate.Length(1, 120))
    description = fields.String(validate=validate.Length(max=LONGEST_TEXT))


class CountedCollectionSchema(CollectionSchema):
    card_count = fields.Integer(
        dump_only=True, metadata={"description": "Cards in it that you may see."}
    )

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Read from a collection and the number of its cards."""
        collection, count = obj
        found = super().get_attribute(collection, attr, default)
        return count if attr == "card_count" else found


class CollectionsSchema(Schema):
    items = fields.List(fields.Nested(CountedCollectionSchema), required=True)


class CollectionItemSchema(Schema):
    card = fields.Nested(CardSummarySchema, dump_only=True)
    note = text(2000)
    created_at = fields.AwareDateTime(dump_only=True)


class CollectionItemsSchema(Schema):
    items = fields.List(fields.Nested(CollectionItemSchema), required=True)


class FollowedSearchSchema(SearchSchema):
    """What is searched for, as in the address of a search."""

    page = fields.Integer(dump_only=True)
    per_page = fields.Integer(dump_only=True)
    explain = fields.Boolean(dump_only=True)


class NewSavedSearchSchema(Schema):
    """A search to follow: a digest of what is new in it comes by mail."""

    name = fields.String(required=True, validate=validate.Length(1, 120))
    search = fields.Nested(FollowedSearchSchema, required=True)
    frequency = fields.Enum(DigestFrequency, by_value=True, load_default=DigestFrequency.WEEKLY)


class SavedSearchSchema(Schema):
    """A search that you follow."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    parameters = fields.Dict(
        required=True, metadata={"description": "As in the address of a search."}
    )
    frequency = fields.Enum(DigestFrequency, by_value=True, required=True)
    created_at = fields.AwareDateTime(required=True)


class FrequencySchema(Schema):
    frequency = fields.Enum(DigestFrequency, by_value=True, required=True)


class SavedSearchesSchema(Schema):
    items = fields.List(fields.Nested(SavedSearchSchema), required=True)
