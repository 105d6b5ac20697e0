"""Pages of schools with the same question, and of questions that go into one another."""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import merging, question_forms, questions, schools_too
from labapp.labs.question_models import Question
from labapp.labs.question_views import refused, to_question
from labapp.labs.round_forms import Errors, is_confirmed, number_in, posted_version

pages = Blueprint("question_joint", __name__)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Who joins or merges is known."""


@pages.post("/vragen/<int:question_id>/ook")
def join(question_id: int) -> ResponseReturnValue:
    """Say that one's school has it too, confirm it as its leader, or take it back (`doe`)."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    what, school = request.form.get("doe", "mee"), number_in("organisation") or 0
    try:
        if what == "akkoord":
            schools_too.confirm(actor, question, school)
            words = _("Jullie school telt nu mee bij deze vraag.")
        elif what == "weg":
            schools_too.leave(actor, question, school)
            words = _("Jullie school staat niet meer bij deze vraag.")
        else:
            row = schools_too.join(
                actor, question, request.form.get("context", ""), confirmed=is_confirmed()
            )
            words = _("Je schoolleider krijgt de vraag of jullie meedoen.")
            if row.confirmed_at is not None:
                words = _("Jullie school telt nu mee bij deze vraag.")
    except (InvalidError, ConflictError) as error:
        return refused(question_id, error)
    flash(words, "success")
    return to_question(question_id)


@pages.route("/vragen/<int:question_id>/samenvoegen", methods=["GET", "POST"])
def announce(question_id: int) -> ResponseReturnValue:
    """Announce that a question goes into another; the asker has fourteen days to object."""
    actor = current_actor()
    question = questions.get_question(actor, question_id)
    if request.method == "GET":
        return _announce_page(question, {})
    try:
        merging.announce(
            actor, question, number_in("into_id") or 0, request.form.get("reason", ""),
            version=posted_version(),
        )  # fmt: skip
    except InvalidError as error:
        return _announce_page(questions.get_question(actor, question_id), error.fields), 422
    except NotFoundError:
        words = _("Er is geen vraag met dit nummer die je mag lezen.")
        question = questions.get_question(actor, question_id)
        return _announce_page(question, {"into_id": [words]}), 422
    flash(_("Aangekondigd. De steller kan veertien dagen bezwaar maken."), "success")
    return to_question(question_id)


@pages.post("/vragen/samenvoegingen/<int:merge_id>")
def answer_merge(merge_id: int) -> ResponseReturnValue:
    """Object, agree, take the announcement back, or undo the merge (`doe`)."""
    actor = current_actor()
    merge = merging.get_merge(actor, merge_id)
    what, number, version = request.form.get("doe", ""), merge.question_id, posted_version()
    try:
        if what == "bezwaar":
            merging.object_to(actor, merge, request.form.get("objection", ""), version=version)
            words = _("Je bezwaar is bewaard. Er wordt niet samengevoegd.")
        elif what == "akkoord":
            merging.agree(actor, merge, version=version)
            words = _("Bedankt. De vragen zijn samengevoegd.")
        elif what == "terug":
            merging.undo(actor, merge, version=version)
            words = _("Teruggedraaid: het zijn weer twee vragen.")
        else:
            merging.withdraw(actor, merge, version=version)
            words = _("De aankondiging is ingetrokken.")
    except (InvalidError, ConflictError) as error:
        return refused(number, error)
    flash(words, "success")
    return to_question(number)


def _announce_page(question: Question, errors: Errors) -> str:
    return render_template(
        "labs/question_merge.html",
        question=question,
        errors=errors,
        labels={name: str(words) for name, words in question_forms.LABELS.items()},
        candidates=merging.list_candidates(current_actor(), question),
    )
