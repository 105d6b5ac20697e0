"""Writing a finding on the page: nothing that was typed is lost, also when two write at once."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import finding_contributors as people
from labapp.labs import finding_steps, finding_writing, findings, rounds
from labapp.labs.finding_choices import Choices
from labapp.labs.finding_content import FIELDS, empty_content
from labapp.labs.finding_diffing import text_of
from labapp.labs.finding_form import FindingForm
from labapp.labs.finding_models import Finding, FindingVersion
from labapp.labs.finding_page import FindingPage
from labapp.labs.finding_schemas import ContributorSchema, FindingContentSchema
from labapp.labs.finding_states import EDITABLE, IN_WRITING, FindingAction
from labapp.labs.finding_words import label_of

pages = Blueprint("finding_writing", __name__)


@pages.before_request
@sign_in_required
def only_signed_in() -> None:
    """Only people write."""


@pages.route("/rondes/<int:round_id>/bevinding/nieuw", methods=["GET", "POST"])
def start(round_id: int) -> ResponseReturnValue:
    """Begin the finding of a round with its title."""
    actor = current_actor()
    one = rounds.get_round(actor, round_id)
    if request.method == "GET":
        if not finding_writing.can_start(actor, one):
            raise ForbiddenError(
                _("Wie meewerkt in het lab begint een bevinding, vanaf ‘Beproeven’.")
            )
        return render_template("labs/finding_new.html", one=one, errors={})
    try:
        finding = finding_writing.start_finding(actor, one, request.form.get("title", ""))
    except InvalidError as error:
        return render_template("labs/finding_new.html", one=one, errors=error.fields), 422
    return redirect(url_for("finding_writing.show", finding_id=finding.id), 303)


@pages.get("/bevindingen/<int:finding_id>/schrijven")
def show(finding_id: int) -> str:
    actor = current_actor()
    finding, made = _writable(actor, finding_id)
    form = FindingForm.of_content(empty_content() | made.content, people.plain(made))
    return _page(finding, made, form)


@pages.post("/bevindingen/<int:finding_id>/schrijven")
def save(finding_id: int) -> ResponseReturnValue:
    """Save what is right, say what is not; then go where the button says."""
    actor = current_actor()
    finding, made = _writable(actor, finding_id)
    form = FindingForm.of_request(request.form)
    content = form.check()
    try:
        made = finding_writing.save_draft(
            actor, made, content, form.contributors,
            version=request.form.get("version", 0, type=int),
            confirmed=request.form.get("pupil_data_checked") == "1",
        )  # fmt: skip
    except ConflictError as error:
        return _conflict(finding_id, error, content, form)
    except InvalidError as error:
        form.errors = {**form.errors, **error.fields}
        return _page(*_writable(actor, finding_id), form), 422
    if form.errors:
        return _page(finding, made, form), 422
    return _after_saving(finding, made, form)


@pages.post("/bevindingen/<int:finding_id>/samenvoegen")
def merge(finding_id: int) -> ResponseReturnValue:
    """Save what was chosen from two texts, over the version that was shown."""
    actor = current_actor()
    _finding, made = _writable(actor, finding_id)
    content, contributors = _chosen()
    try:
        finding_writing.save_draft(
            actor, made, content, contributors,
            version=request.form.get("version", 0, type=int),
            confirmed=request.form.get("pupil_data_checked") == "1",
        )  # fmt: skip
    except ConflictError as error:
        form = FindingForm.of_content(empty_content() | made.content | content, contributors or [])
        return _conflict(finding_id, error, content, form)
    except InvalidError as error:
        form = FindingForm.of_content(
            empty_content() | made.content | content,
            people.plain(made) if contributors is None else contributors,
        )
        form.errors = error.fields
        return _page(*_writable(actor, finding_id), form), 422
    flash(_("Samengevoegd en bewaard."))
    return redirect(url_for("finding_writing.show", finding_id=finding_id), 303)


def _writable(actor: Actor, finding_id: int) -> tuple[Finding, FindingVersion]:
    finding = findings.get_finding(actor, finding_id)
    made = findings.open_version(actor, finding)
    if made is None or made.state not in EDITABLE:
        raise ConflictError(_("Aan deze bevinding wordt nu niet geschreven."))
    page_of = FindingPage(actor, finding, made)
    if not page_of.may_write:
        raise ForbiddenError(_("Alleen wie meewerkt in het lab schrijft een bevinding."))
    return finding, made


def _after_saving(finding: Finding, made: FindingVersion, form: FindingForm) -> ResponseReturnValue:
    action = request.form.get("actie", "")
    if action == "voorleggen" and made.state in IN_WRITING:
        try:
            finding_steps.perform(current_actor(), made, FindingAction.SUBMIT, version=made.version)
        except InvalidError as error:
            form.errors = error.fields
            return _page(*_writable(current_actor(), finding.id), form), 422
        flash(_("Het lab kan nu meelezen. Een trekker vraagt daarna de handtekeningen."))
        return redirect(url_for("findings.show_finding", finding_id=finding.id), 303)
    flash(_("Bewaard."))
    if action == "bekijken":
        where = url_for("findings.show_version", finding_id=finding.id, number=made.number)
        return redirect(where, 303)
    return redirect(url_for("finding_writing.show", finding_id=finding.id), 303)


def _page(finding: Finding, made: FindingVersion, form: FindingForm) -> str:
    return render_template(
        "labs/finding_write.html",
        finding=finding,
        made=made,
        form=form,
        choices=Choices(),
        page_of=FindingPage(current_actor(), finding, made),
        labels={name: label_of(name) for name in form.errors},
        label=label_of,
    )


def _conflict(
    finding_id: int, error: ConflictError, content: Mapping[str, Any], form: FindingForm
) -> ResponseReturnValue:
    """Show both texts, field by field, to choose from."""
    if not error.theirs or "version" in error.theirs:
        raise error
    finding, made = _writable(current_actor(), finding_id)
    clashes = [
        (name, label_of(name), text_of(name, error.theirs[name]), text_of(name, error.yours[name]))
        for name in (*FIELDS, "contributors")
        if name in error.theirs
    ]
    whole = {"content": dict(content), "contributors": form.contributors}
    page = render_template(
        "labs/finding_conflict.html",
        finding=finding,
        made=made,
        message=str(error),
        clashes=clashes,
        whole=json.dumps(whole, ensure_ascii=False),
    )
    return page, 409


def _chosen() -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    """Read the choices: each field theirs (left out) or yours."""
    try:
        whole = json.loads(request.form.get("whole", ""))
        given = {
            name: value
            for name, value in whole["content"].items()
            if request.form.get(f"keuze-{name}") != "theirs"
        }
        content = FindingContentSchema(unknown=EXCLUDE).load(given)
        rows: list[dict[str, Any]] | None = None
        if request.form.get("keuze-contributors") == "yours":
            rows = ContributorSchema(many=True).load(whole["contributors"])
    except (ValueError, TypeError, KeyError, AttributeError, ValidationError) as error:
        message = _("Je tekst is niet goed aangekomen. Ga terug en probeer het opnieuw.")
        raise InvalidError(message) from error
    return content, rows
