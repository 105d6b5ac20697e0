"""Pages of questions: the list, asking one, the question itself and each step with it."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.database import name_of
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import (
    policies,
    question_duties,  # noqa: F401  # what waits is known
    question_forms,
    question_lists,
    question_objects,  # noqa: F401  # questions have names
    question_page,
    question_tasks,  # noqa: F401  # registers its jobs
    question_words,
    question_writing,
    questions,
    reading,
)
from labapp.labs.question_effects import Extras
from labapp.labs.question_lists import Group, QuestionQuery, Scope
from labapp.labs.question_models import Question, QuestionVisibility
from labapp.labs.question_states import STATE_WORDS, QuestionAction
from labapp.labs.round_forms import Errors, choice_in, day_in, is_confirmed, posted_version
from labapp.notifications import addresses, feeds, following

pages = Blueprint("questions", __name__)
pages.add_app_template_filter(lambda state: str(STATE_WORDS[state]), "vraagstand")
pages.add_app_template_global(question_words.why, "why_matched")
pages.add_app_template_global(question_words.address_of, "address_of")
LAST_PAGE = 10_000
IN_FEED = 30


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Questions are of schools; answers are published as cards, for everybody."""


@pages.get("/vragen")
def list_all() -> str:
    actor, wanted = current_actor(), _wanted()
    found = question_lists.list_questions(actor, wanted)
    rows = [question_page.row_of(actor, one, found.schools.get(one.id, 0)) for one in found.items]
    scopes = [Scope.ALL, Scope.MINE, Scope.SCHOOL]
    if policies.is_broker(actor):
        scopes.append(Scope.WAITING)
    return render_template(
        "labs/questions.html",
        rows=rows,
        total=found.total,
        wanted=wanted,
        pages=-(-found.total // wanted.per_page),
        page_url=lambda number: url_for("questions.list_all", **{**request.args, "page": number}),
        tabs=[
            (str(question_words.SCOPES[one]), url_for("questions.list_all", van=one.value),
             wanted.scope is one, None)
            for one in scopes
        ],
        groups=[(one.value, str(words)) for one, words in question_words.GROUPS.items()],
        options=question_forms.options(),
        may_ask=bool(actor.affiliations),
        may_import=policies.is_broker(actor),
    )  # fmt: skip


@pages.route("/vragen/nieuw", methods=["GET", "POST"])
def add() -> ResponseReturnValue:
    """Write a question down; `doe` says whether to look at what is known at once."""
    if request.method == "GET":
        return _form_page(None, {"title": request.args.get("q", "")[:200]}, {})
    actor = current_actor()
    try:
        question = question_writing.draft_question(actor, _read(), confirmed=is_confirmed())
    except InvalidError as error:
        return _form_page(None, request.form, error.fields or {"": [str(error)]}), 422
    return _look_or_keep(question)


@pages.get("/vragen/<int:question_id>")
def show(question_id: int) -> str:
    return _show(questions.get_question(current_actor(), question_id), {})


@pages.route("/vragen/<int:question_id>/bewerken", methods=["GET", "POST"])
def edit(question_id: int) -> ResponseReturnValue:
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    if request.method == "GET":
        return _form_page(question, question_forms.values_of(question), {})
    try:
        question_writing.change_question(
            actor, question, _read(), version=posted_version(), confirmed=is_confirmed()
        )
    except InvalidError as error:
        return _form_page(question, request.form, error.fields, posted_version()), 422
    except ConflictError as error:
        if not error.theirs:
            raise
        fresh = questions.get_question(actor, question_id)
        page = _form_page(fresh, request.form, {}, fresh.version, (str(error), error.theirs))
        return page, 409
    return _look_or_keep(question)


@pages.post("/vragen/<int:question_id>/stap")
def step(question_id: int) -> ResponseReturnValue:
    """Take a step; what was typed stays when it is refused."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    try:
        action = choice_in(QuestionAction, "action")
        extras = question_forms.read_extras(action)
        questions.perform(actor, question, action, version=posted_version(), extras=extras)
    except (InvalidError, ConflictError) as error:
        return refused(question_id, error)
    flash(question_page.standing_of(actor, question), "success")
    if action is QuestionAction.REWRITE:
        return redirect(url_for("questions.edit", question_id=question_id), 303)
    return to_question(question_id)


@pages.post("/vragen/<int:question_id>/verwachting")
def expect(question_id: int) -> ResponseReturnValue:
    """Say what comes next and by which day."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    try:
        questions.set_expectation(
            actor, question, words=request.form.get("words", ""), due_on=day_in("due_on"),
            version=posted_version(),
        )  # fmt: skip
    except (InvalidError, ConflictError) as error:
        return refused(question_id, error)
    flash(_("Bewaard. De steller hoort het."), "success")
    return to_question(question_id)


@pages.post("/vragen/<int:question_id>/geholpen")
def tell_helped(question_id: int) -> ResponseReturnValue:
    """Say whether the answer helped (`hielp` is 1 or 0)."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    helped = request.form.get("hielp") == "1"
    questions.tell_whether_helped(actor, question, helped=helped, version=posted_version())
    if helped:
        flash(_("Fijn! Bedankt dat je het laat weten."), "success")
    else:
        flash(_("Jammer. Open je vraag opnieuw en schrijf op wat er nog ontbreekt."), "success")
    return to_question(question_id)


@pages.post("/vragen/<int:question_id>/nagekeken")
def note_checked(question_id: int) -> ResponseReturnValue:
    """Say as a broker that the answer still holds."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    questions.note_checked(actor, question, version=posted_version())
    flash(_("Genoteerd: het antwoord klopt nog."), "success")
    return to_question(question_id)


@pages.post("/vragen/<int:question_id>/volgen")
def follow(question_id: int) -> ResponseReturnValue:
    """Follow a question, or no longer (`aan` is 0)."""
    actor = current_actor()
    name = name_of(questions.get_question(actor, question_id))
    if request.form.get("aan") == "0":
        following.unfollow(actor, name)
        flash(_("Je volgt deze vraag niet meer."), "success")
    else:
        following.follow(actor, name)
        flash(_("Je volgt deze vraag."), "success")
    return to_question(question_id)


@pages.get("/vragen/feed.atom")
def show_feed() -> Response:
    """Give the newest questions that one may read as a feed."""
    actor = current_actor()
    own, whole = (
        addresses.whole(url_for(f"questions.{name}")) for name in ("show_feed", "list_all")
    )
    entries = [
        feeds.Entry(
            id=addresses.whole(url_for("questions.show", question_id=one.id)),
            title=one.title,
            url=addresses.whole(url_for("questions.show", question_id=one.id)),
            updated=one.answered_at or one.submitted_at or one.created_at,
            summary=one.seen[:500],
        )
        for one in question_lists.list_newest(actor, IN_FEED)
    ]
    answer = Response(feeds.atom(_("Vragen van scholen"), own, whole, entries),
                      mimetype=feeds.MIME_TYPE)  # fmt: skip
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _show(question: Question, errors: Errors, said: str = "") -> str:
    return render_template(
        "labs/question.html",
        **question_page.values_for(current_actor(), question),
        errors=errors,
        said=said,
        labels={name: str(words) for name, words in question_forms.LABELS.items()},
    )


def refused(question_id: int, error: InvalidError | ConflictError) -> ResponseReturnValue:
    """Show the question as it is now, with what was typed and why it was refused."""
    question = questions.get_question(current_actor(), question_id)
    if isinstance(error, InvalidError):
        return _show(question, error.fields or {"": [str(error)]}), 422
    return _show(question, {}, str(error)), 409


def to_question(question_id: int, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("questions.show", question_id=question_id, _anchor=anchor), 303)


def _read() -> question_writing.QuestionInput:
    """Read the form; who wants to look what is known needs more of it than a draft does."""
    values = question_forms.read_question()
    if request.form.get("doe") == "kijk":
        question_writing.check_complete(values)
    return values


def _look_or_keep(question: Question) -> ResponseReturnValue:
    """Go on to what is known already, unless the asker only wanted to keep the words."""
    if request.form.get("doe") == "bewaar" or question.state not in reading.UNASKED:
        flash(_("Bewaard."), "success")
        return to_question(question.id)
    try:
        questions.perform(
            current_actor(), question, QuestionAction.LOOK, version=question.version,
            extras=Extras(),
        )  # fmt: skip
    except ConflictError as error:
        return refused(question.id, error)
    return to_question(question.id)


def _form_page(
    question: Question | None,
    values: Any,
    errors: Errors,
    version: int | None = None,
    conflict: tuple[str, Any] | None = None,
) -> str:
    actor = current_actor()
    return render_template(
        "labs/question_form.html",
        question=question,
        values=values,
        errors=errors,
        version=version if version is not None else (question.version if question else 0),
        conflict=conflict,
        labels={name: str(words) for name, words in question_forms.LABELS.items()},
        options=question_forms.options(),
        school=question.acting_for if question else actor.acting_for,
        own=QuestionVisibility.ORGANISATION.value,
        is_asked=question is not None and question.state not in reading.UNASKED,
    )


def _wanted() -> QuestionQuery:
    """Read a list's question from the address; nonsense asks for nothing."""
    args = request.args
    groups = {one.value: one for one in Group}
    scopes = {one.value: one for one in Scope}
    return QuestionQuery(
        text=args.get("q", "")[:200],
        scope=scopes.get(args.get("van", ""), Scope.ALL),
        group=groups.get(args.get("stand", "")),
        theme=args.get("thema", "")[:64],
        sector=args.get("sector", "") if args.get("sector") in ("po", "vo", "so") else "",
        page=max(1, min(args.get("page", 1, type=int), LAST_PAGE)),
    )
