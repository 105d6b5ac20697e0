"""Pages of what is there already: suggestions while typing, reading one, judging it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import matching, question_matches, question_rights, question_words, questions
from labapp.labs.question_models import Verdict
from labapp.labs.question_views import refused, to_question
from labapp.labs.round_forms import choice_in, posted_version
from labapp.shell import Back
from labapp.web import LARGEST_ID, wants_fragment

pages = Blueprint("question_matches", __name__)
SHOWN = "stuk"  # in an address: what was shown with a question, and opened from there


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Who asks is known."""


@pages.get("/vragen/suggesties")
def suggest() -> str:
    """Give what is there already while somebody types; nothing is kept."""
    args = request.args
    found = matching.match(
        current_actor(),
        args.get("title", "")[:200],
        seen=args.get("seen", "")[: matching.LONGEST_TEXT],
        theme=args.get("theme", "")[:64],
        sector=args.get("sector", "")[:8],
        besides=args.get("question", type=int),
        limit=matching.LIVE,
    )
    is_part = wants_fragment()
    return render_template(
        f"labs/{'_' if is_part else ''}question_suggestions.html",
        found=found,
        themes=question_words.themes_of(found.themes),
        is_part=is_part,
    )


@pages.post("/vragen/<int:question_id>/thema")
def choose_theme(question_id: int) -> ResponseReturnValue:
    """Choose the theme of a question while looking, and look again."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    theme = request.form.get("theme", "")
    try:
        questions.look_with_theme(actor, question, theme, version=posted_version())
    except (InvalidError, ConflictError) as error:
        return refused(question_id, error)
    flash(_("Het thema is bewaard. Dit is wat er daarmee is."), "success")
    return to_question(question_id)


@pages.post("/vragen/<int:question_id>/lezen/<int:match_id>")
def open_match(question_id: int, match_id: int) -> ResponseReturnValue:
    """Go to something that was shown, and note that the asker did, who finds a way back there."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    row = question_matches.open_match(actor, question, match_id)
    kept = {SHOWN: row.id} if question_rights.is_asker(actor, question) else {}
    return redirect(question_words.address_of(row.object, **kept), 303)


def way_back() -> Back | None:
    """Give the way back to the question from which this page was opened, to who asked it."""
    number = request.args.get(SHOWN, 0, type=int)
    if not 0 < number <= LARGEST_ID:
        return None
    question = question_matches.find_question(current_actor(), number)
    if question is None:
        return None
    url = url_for("questions.show", question_id=question.id, _anchor=f"stuk-{number}")
    return Back(_("Terug naar je vraag ‘%(title)s’", title=question.title), url)


@pages.post("/vragen/<int:question_id>/oordeel/<int:match_id>")
def judge(question_id: int, match_id: int) -> ResponseReturnValue:
    """Say whether something answers the question, and if not what differs."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    try:
        verdict = choice_in(Verdict, "verdict")
        question_matches.judge_match(
            actor, question, match_id, verdict, request.form.get("difference", "")
        )
    except InvalidError as error:
        fields = {f"{name}-{match_id}": said for name, said in error.fields.items()}
        return refused(question_id, InvalidError(str(error), fields))
    except ConflictError as error:
        return refused(question_id, error)
    flash(_("Bewaard bij je vraag."), "success")
    return to_question(question_id, anchor=f"stuk-{match_id}")
