"""Questions as they go over the line."""

from typing import Any

from marshmallow import Schema, fields, post_dump, post_load, validate

from labapp.accounts.login import current_actor
from labapp.accounts.models import Sector
from labapp.knowledge.models import Visibility
from labapp.labs.matching import LONGEST_TEXT
from labapp.labs.question_import_rows import MOST_ROWS
from labapp.labs.question_lists import Group, QuestionQuery, Scope
from labapp.labs.question_matches import LONGEST_DIFFERENCE
from labapp.labs.question_models import QuestionState, QuestionVisibility, Turn, Verdict
from labapp.labs.question_states import QuestionAction, next_words
from labapp.labs.question_writing import LONGEST
from labapp.labs.short_answers import ShortAnswer, Source
from labapp.notifications import objects
from labapp.resources import ProblemSchema
from labapp.rest import PageSchema
from labapp.web import LARGEST_ID

ID = validate.Range(1, LARGEST_ID)
MOST_TYPED = 100_000  # more than fits, so that the refusal can name the field
CONFIRMED = {"description": "A warning about data of pupils was read."}


def _text(most: int = MOST_TYPED, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=most), **options)


class QuestionFieldsSchema(Schema):
    """The helping form."""

    title = _text(metadata={"description": f"At most {LONGEST['title']} signs."})
    seen = _text()
    groups = _text()
    subject = _text()
    tried = _text()
    decision = _text()
    needed_on = fields.Date(allow_none=True)
    sector = fields.Enum(Sector, by_value=True, allow_none=True)
    theme = _text()
    visibility = fields.Enum(QuestionVisibility, by_value=True)


class QuestionInputSchema(QuestionFieldsSchema):
    """A new question."""

    title = _text(required=True)
    pupil_data_checked = fields.Boolean(load_default=False, metadata=CONFIRMED)


class QuestionPatchSchema(QuestionFieldsSchema):
    """What changes; what is not sent stays."""

    pupil_data_checked = fields.Boolean(load_default=False, metadata=CONFIRMED)


class AnswerSourceSchema(Schema):
    """A publication that an answer rests on."""

    title = _text(2000, required=True)
    organisation = _text(200, load_default="")
    year = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1800, 2200))
    url = _text(2000, load_default="")


class ShortAnswerSchema(Schema):
    """A short answer: it becomes a card in the knowledge base."""

    title = _text(load_default="")
    answer = _text(required=True)
    body = _text(required=True)
    sources = fields.List(fields.Nested(AnswerSourceSchema), required=True)
    sectors = fields.List(fields.Enum(Sector, by_value=True), load_default=list)
    theme = _text(load_default="")
    visibility = fields.Enum(Visibility, by_value=True, load_default=Visibility.PUBLIC)

    @post_load
    def make(self, values: dict[str, Any], **_options: Any) -> ShortAnswer:
        sources = [Source(**one) for one in values.pop("sources")]
        sectors = [one.value for one in values.pop("sectors")]
        return ShortAnswer(**values, sources=sources, sectors=sectors)


class QuestionStepSchema(Schema):
    """A step: what it needs stands in the words of its refusal."""

    action = fields.Enum(QuestionAction, by_value=True, required=True)
    reason = _text(load_default="")
    lab_id = fields.Integer(load_default=None, allow_none=True, validate=ID)
    object = _text(80, load_default="", metadata={"example": "cards:12"})
    answer = fields.Nested(ShortAnswerSchema, load_default=None, allow_none=True)
    due_on = fields.Date(load_default=None, allow_none=True)
    pupil_data_checked = fields.Boolean(load_default=False, metadata=CONFIRMED)


class QuestionSchema(QuestionFieldsSchema):
    """A question, where it stands and what comes next."""

    id = fields.Integer(required=True)
    state = fields.Enum(QuestionState, by_value=True, required=True)
    turn = fields.Enum(Turn, by_value=True, required=True)
    next_step = fields.Function(next_words, required=True, metadata={"type": "string"})
    next_step_due_on = fields.Date(required=True, allow_none=True)
    acting_for_id = fields.Integer(required=True, allow_none=True)
    organisation = fields.Function(
        lambda one: one.acting_for.name if one.acting_for else None,
        required=True, metadata={"type": "string", "nullable": True},
    )  # fmt: skip
    language = fields.String(required=True)
    answer = fields.String(required=True)
    answer_sources = fields.List(fields.Dict(), required=True)
    end_reason = fields.String(required=True)
    merged_into_id = fields.Integer(required=True, allow_none=True)
    taken_object = fields.String(required=True, allow_none=True)
    helped = fields.Boolean(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    submitted_at = fields.AwareDateTime(required=True, allow_none=True)
    answered_at = fields.AwareDateTime(required=True, allow_none=True)
    review_due_on = fields.Date(required=True, allow_none=True)
    version = fields.Integer(required=True)

    @post_dump(pass_collection=True)
    def name_readable(self, data: Any, **_options: Any) -> Any:
        """Name no other object to who may not know of it: a private round, a school's question."""
        rows = data if isinstance(data, list) else [data]
        into = {row["id"]: f"questions:{row['merged_into_id']}" for row in rows}
        named = {name for row in rows for name in (row["taken_object"], into[row["id"]]) if name}
        seen = objects.visible(current_actor(), named)
        for row in rows:
            if row["taken_object"] not in seen:
                row["taken_object"] = None
            if into[row["id"]] not in seen:
                row["merged_into_id"] = None
        return data


class QuestionsSchema(Schema):
    items = fields.Nested(QuestionSchema, many=True, required=True)
    total = fields.Integer(required=True)


class QuestionQuerySchema(PageSchema):
    """Which questions."""

    q = _text(500, load_default="")
    scope = fields.Enum(Scope, by_value=True, load_default=Scope.ALL)
    group = fields.Enum(Group, by_value=True, load_default=None)
    theme = _text(64, load_default="")
    sector = fields.Enum(Sector, by_value=True, load_default=None)

    @post_load
    def make(self, values: dict[str, Any], **_options: Any) -> QuestionQuery:
        sector = values.pop("sector")
        return QuestionQuery(text=values.pop("q"), sector=sector.value if sector else "", **values)


class MatchQuerySchema(Schema):
    """The words of a question that is being typed."""

    text = _text(LONGEST_TEXT, required=True)
    theme = _text(64, load_default="")
    sector = fields.Enum(Sector, by_value=True, load_default=None)


class MatchSchema(Schema):
    """Something that is there already, with the parts of its score."""

    object = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    score = fields.Float(required=True)
    parts = fields.Dict(keys=fields.String(), values=fields.Float(), required=True)
    words = fields.List(fields.String(), required=True)
    signs = fields.List(fields.String(), required=True)
    reasons = fields.List(fields.String(), required=True)


class MatchesSchema(Schema):
    items = fields.List(fields.Nested(MatchSchema), required=True)
    meaning_available = fields.Boolean(required=True)


class KeptMatchSchema(Schema):
    """What was shown with a question, and what its asker said of it."""

    id = fields.Integer(required=True)
    object = fields.String(required=True)
    title = fields.String(required=True)
    parts = fields.Dict(required=True)
    reasons = fields.List(fields.String(), required=True)
    opened_at = fields.AwareDateTime(required=True, allow_none=True)
    verdict = fields.Enum(Verdict, by_value=True, required=True, allow_none=True)
    difference = fields.String(required=True)


class KeptMatchesSchema(Schema):
    items = fields.List(fields.Nested(KeptMatchSchema), required=True)


class VerdictSchema(Schema):
    """What something is worth for this question; what differs is needed unless it answers it."""

    verdict = fields.Enum(Verdict, by_value=True, required=True)
    difference = _text(LONGEST_DIFFERENCE, load_default="")


class JoinSchema(Schema):
    """Our school too."""

    context = _text(load_default="")
    pupil_data_checked = fields.Boolean(load_default=False, metadata=CONFIRMED)


class SchoolSchema(Schema):
    """A school with the same question."""

    organisation_id = fields.Integer(required=True)
    organisation = fields.String(required=True, attribute="organisation.name")
    context = fields.String(required=True)
    confirmed_at = fields.AwareDateTime(required=True, allow_none=True)


class SectorCountSchema(Schema):
    sector = fields.String(required=True)
    count = fields.Integer(required=True)


class SchoolsSchema(Schema):
    items = fields.List(fields.Nested(SchoolSchema), required=True)
    by_sector = fields.List(fields.Nested(SectorCountSchema), required=True)


class QuestionImportSchema(Schema):
    """A table of questions: CSV or XLSX."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})
    origin = _text(200, required=True)
    dry_run = fields.Boolean(load_default=False)
    pupil_data_checked = fields.Boolean(load_default=False, metadata=CONFIRMED)


class QuestionImportFaultSchema(Schema):
    row = fields.Integer(required=True)
    column = fields.String(required=True)
    message = fields.String(required=True)


class QuestionImportReportSchema(Schema):
    """What an import did or would do; a file has at most so many rows."""

    created = fields.Integer(required=True, metadata={"description": f"At most {MOST_ROWS}."})
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    kept = fields.Integer(required=True)
    faults = fields.List(fields.Nested(QuestionImportFaultSchema), required=True)
    batch_id = fields.Integer(required=True, allow_none=True)


class QuestionImportProblemSchema(ProblemSchema):
    """A file that is refused: what is wrong, by row and column."""

    faults = fields.List(fields.Nested(QuestionImportFaultSchema))


class UndoneImportSchema(Schema):
    kept = fields.Integer(required=True)
