"""Questions as JSON: asked, matched with what is known, taken step by step, shared, read in."""

from dataclasses import replace
from typing import Any

from flask import abort, make_response, url_for
from flask.views import MethodView

from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.i18n import gettext as _
from labapp.knowledge import uploads
from labapp.labs import (
    matching,
    question_imports,
    question_lists,
    question_matches,
    question_words,
    question_writing,
    questions,
    schools_too,
)
from labapp.labs.question_effects import Extras
from labapp.labs.question_lists import QuestionQuery
from labapp.labs.question_models import Question
from labapp.labs.question_schemas import (
    JoinSchema,
    KeptMatchesSchema,
    MatchesSchema,
    MatchQuerySchema,
    QuestionImportFaultSchema,
    QuestionImportProblemSchema,
    QuestionImportReportSchema,
    QuestionImportSchema,
    QuestionInputSchema,
    QuestionPatchSchema,
    QuestionQuerySchema,
    QuestionSchema,
    QuestionsSchema,
    QuestionStepSchema,
    SchoolSchema,
    SchoolsSchema,
    UndoneImportSchema,
    VerdictSchema,
)
from labapp.labs.question_writing import QuestionInput
from labapp.resources import ID, PROBLEM, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, page_links, unchanged
from labapp.web import answer

TAG = {"ETag": {"schema": {"type": "string"}}}
LINK = {"Link": {"schema": {"type": "string"}}}
MADE = {**TAG, "Location": {"schema": {"type": "string"}}}
ONE = f"<{ID}:question_id>"
CHECKED = "pupil_data_checked"

resources = Resources(
    "Questions",
    __name__,
    url_prefix="/api/v1/questions",
    description="Questions from schools, and what is known already.",
)


def _me() -> int | None:
    return current_actor().id


def _get(question_id: int) -> Question:
    return questions.get_question(current_actor(), question_id)


@resources.route("")
class AllQuestions(MethodView):
    @require_scope("labs:read")
    @resources.arguments(QuestionQuerySchema, location="query")
    @resources.response(200, QuestionsSchema, headers=LINK)
    def get(self, query: QuestionQuery) -> Any:
        """List the questions that you may read: the newest first, with words the best first."""
        found = question_lists.list_questions(current_actor(), query)
        links = page_links(query.page, query.per_page, found.total)
        return {"items": found.items, "total": found.total}, links

    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(422)
    @resources.arguments(
        QuestionInputSchema,
        example={"title": "Hoe houden we groep 7 aan het lezen?", "seen": "Ze haken af."},
    )
    @resources.response(201, QuestionSchema, headers=MADE)
    def post(self, values: dict[str, Any]) -> Any:
        """Write a question down as a draft; steps then look at what is known, and ask it."""
        confirmed = values.pop(CHECKED)
        made = question_writing.draft_question(
            current_actor(), QuestionInput(**values), confirmed=confirmed
        )
        place = url_for("Questions.OneQuestion", question_id=made.id)
        return made, etag(made.version) | {"Location": place}


@resources.route("/matches")
class LiveMatches(MethodView):
    @require_scope("labs:read")
    @resources.arguments(MatchQuerySchema, location="query")
    @resources.response(200, MatchesSchema)
    def get(self, query: dict[str, Any]) -> Any:
        """Give what is there already on words that you type; nothing of it is kept."""
        sector = query["sector"].value if query["sector"] else ""
        found = matching.match(current_actor(), query["text"], theme=query["theme"], sector=sector)
        items = [
            {**vars(one), "reasons": question_words.why(one.signs, one.words)}
            for one in found.items
        ]
        return {"items": items, "meaning_available": found.meaning_available}


@resources.route(f"/{ONE}")
class OneQuestion(MethodView):
    @require_scope("labs:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, QuestionSchema, headers=TAG)
    def get(self, question_id: int) -> Any:
        """Read a question, where it stands and what comes next."""
        one = _get(question_id)
        return unchanged(one.version) or (one, etag(one.version))

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(404, 409, 422)
    @resources.arguments(QuestionPatchSchema)
    @resources.response(200, QuestionSchema, headers=TAG)
    def patch(self, values: dict[str, Any], question_id: int) -> Any:
        """Change your question; 409 has both texts when somebody was first."""
        one = _get(question_id)
        confirmed = values.pop(CHECKED)
        new = replace(QuestionInput.of(one), **values)
        version = matched_version(one.version)
        question_writing.change_question(
            current_actor(), one, new, version=version, confirmed=confirmed
        )
        return one, etag(one.version)


@resources.route(f"/{ONE}/steps")
class QuestionSteps(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @asks("If-Match")
    @refuses(404, 409, 422)
    @resources.arguments(QuestionStepSchema, example={"action": "ask_back", "reason": "Welke?"})
    @resources.response(200, QuestionSchema, headers=TAG)
    def post(self, values: dict[str, Any], question_id: int) -> Any:
        """Take a step: look, submit, take_existing, ask_back, reply, answer, confirm ..."""
        one = _get(question_id)
        version = matched_version(one.version)
        action, confirmed = values.pop("action"), values.pop(CHECKED)
        if values["answer"] is not None:
            values["answer"] = replace(values["answer"], confirmed=confirmed)
        extras = Extras(**values, confirmed=confirmed)
        questions.perform(current_actor(), one, action, version=version, extras=extras)
        return one, etag(one.version)


@resources.route(f"/{ONE}/matches")
class QuestionMatches(MethodView):
    @require_scope("labs:read")
    @refuses(404)
    @resources.response(200, KeptMatchesSchema)
    def get(self, question_id: int) -> Any:
        """List what was shown before it was asked, with the asker's verdicts."""
        one = _get(question_id)
        shown = question_matches.list_matches(current_actor(), one)
        return {"items": [_kept(match, one) for match in shown]}


@resources.route(f"/{ONE}/matches/<{ID}:match_id>/verdict")
class MatchVerdict(MethodView):
    @require_scope("labs:write")
    @refuses(404, 409, 422)
    @resources.arguments(VerdictSchema)
    @resources.response(204)
    def put(self, values: dict[str, Any], question_id: int, match_id: int) -> None:
        """Say whether something answers your question, and if not in full what differs."""
        question_matches.judge_match(current_actor(), _get(question_id), match_id, **values)


@resources.route(f"/{ONE}/schools")
class QuestionSchools(MethodView):
    @require_scope("labs:read")
    @refuses(404)
    @resources.response(200, SchoolsSchema)
    def get(self, question_id: int) -> Any:
        """List the schools that have the question too, and count them by sector."""
        rows = schools_too.list_schools(_get(question_id))
        return {"items": rows, "by_sector": schools_too.count_by_sector(rows)}

    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(404, 409, 422)
    @resources.arguments(JoinSchema)
    @resources.response(201, SchoolSchema)
    def post(self, values: dict[str, Any], question_id: int) -> Any:
        """Say that your school has it too: as a leader at once, else your leader decides."""
        confirmed = values.pop(CHECKED)
        one = _get(question_id)
        return schools_too.join(current_actor(), one, values["context"], confirmed=confirmed)


@resources.route(f"/{ONE}/schools/<{ID}:organisation_id>")
class QuestionSchool(MethodView):
    @require_scope("labs:write")
    @refuses(404)
    @resources.response(204)
    def put(self, question_id: int, organisation_id: int) -> None:
        """Confirm as its leader that a school has the question too."""
        schools_too.confirm(current_actor(), _get(question_id), organisation_id)

    @require_scope("labs:write")
    @refuses(404)
    @resources.response(204)
    def delete(self, question_id: int, organisation_id: int) -> None:
        """Take a school out again."""
        schools_too.leave(current_actor(), _get(question_id), organisation_id)


@resources.route("/imports")
class QuestionImports(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(409)
    @resources.alt_response(
        422,
        schema=QuestionImportProblemSchema,
        content_type=PROBLEM,
        description="What is wrong in it.",
    )
    @resources.arguments(QuestionImportSchema, location="multipart")
    @resources.response(201, QuestionImportReportSchema)
    def post(self, values: dict[str, Any]) -> Any:
        """Read a table of questions in, all or none; `dry_run` only says what would happen."""
        file = values["file"]
        name = file.filename or ""
        with uploads.saved(file.stream, "csv", name) as path:
            report = question_imports.import_questions(
                current_actor(), path, origin=values["origin"], dry_run=values["dry_run"],
                filename=name, confirmed=values[CHECKED],
            )  # fmt: skip
        if report.faults and not values["dry_run"]:
            words = _("Er is niets ingevoerd, want het bestand heeft fouten.")
            faults = QuestionImportFaultSchema(many=True).dump(report.faults)
            abort(make_response(*answer(422, words, {"faults": faults})))
        return report


@resources.route(f"/imports/<{ID}:import_id>/undoing")
class UndoneQuestionImport(MethodView):
    @require_scope("labs:write")
    @refuses(404, 409)
    @resources.response(200, UndoneImportSchema)
    def post(self, import_id: int) -> Any:
        """Take an import back; what was worked on since stays."""
        batch = question_imports.get_import(current_actor(), import_id)
        return {"kept": question_imports.undo_import(current_actor(), batch)}


def _kept(match: question_matches.ShownMatch, question: Question) -> dict[str, Any]:
    row = match.row
    return {
        "id": row.id, "object": row.object, "title": match.known.title, "parts": row.score_parts,
        "reasons": question_words.why(match.signs, match.words, question),
        "opened_at": row.opened_at, "verdict": row.verdict, "difference": row.difference,
    }  # fmt: skip
