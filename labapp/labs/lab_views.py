"""The pages of labs: the list, the lab itself, its steps, board, feed and archive."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.charts import Bar, bar_chart
from labapp.database import name_of
from labapp.errors import ConflictError, InvalidError
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.labs import (
    access,
    fairness,
    lab_archive_zip,
    lab_duties,  # noqa: F401  # what waits is known
    lab_objects,  # noqa: F401  # labs have names
    lab_page,
    lab_rights,
    lab_tasks,  # noqa: F401  # registers its jobs
    lab_words,
    labs,
    policies,
    round_forms,
)
from labapp.labs.fairness import Share
from labapp.labs.lab_models import Lab, LabState, LabVisibility
from labapp.labs.lab_states import STATE_WORDS, LabAction
from labapp.labs.labs import LabQuery
from labapp.labs.round_forms import Errors
from labapp.notifications import addresses, feeds, following, objects

pages = Blueprint("labs", __name__)
pages.add_app_template_global(lab_page.tabs, "lab_tabs")
pages.add_app_template_filter(lambda state: str(STATE_WORDS[state]), "labstand")
pages.add_app_template_filter(lambda lab: lab_page.TONES.get(lab.state, "neutral"), "labtoon")
pages.add_app_template_filter(lambda value: str(WORDS[value]), "labwoord")
WORDS: dict[Any, Any] = {
    **lab_words.VISIBILITY_SHORT, **lab_words.KINDS, **lab_words.ROLES, **lab_words.SIDES,
    **lab_words.MEMBER_LIST, **lab_words.JOIN, **lab_words.POSTING, **lab_words.REVIEW,
}  # fmt: skip
LAST_PAGE = 10_000
LISTED = (
    LabState.RECRUITING, LabState.ACTIVE, LabState.PAUSED, LabState.CONCLUDING, LabState.CLOSED,
    LabState.ARCHIVED, LabState.PROPOSED, LabState.REJECTED, LabState.WITHDRAWN,
)  # fmt: skip


@pages.get("/labs")
def list_all() -> str:
    """Show the labs that one may see: everybody the open ones."""
    actor = current_actor()
    wanted = _wanted()
    rows, total = labs.list_labs(actor, wanted)
    language = current_language()
    return render_template(
        "labs/labs.html",
        rows=rows,
        total=total,
        wanted=wanted,
        number=wanted.page,
        pages=-(-total // wanted.per_page),
        themes=[(slug, vocabulary.label("theme", slug, language)) for slug in vocabulary.themes()],
        sectors=[(one, vocabulary.label("sector", one, language)) for one in vocabulary.SECTORS],
        states=[(state.value, str(STATE_WORDS[state])) for state in LISTED],
        may_propose=lab_rights.can_propose(actor),
        page_url=lambda number: url_for("labs.list_all", **{**request.args, "page": number}),
    )


@pages.get("/labs/<int:lab_id>")
def show(lab_id: int) -> str:
    return show_lab(labs.get_lab(current_actor(), lab_id))


@pages.post("/labs/<int:lab_id>/stap")
@sign_in_required
def step(lab_id: int) -> ResponseReturnValue:
    """Take a step, or propose one to the other side."""
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    try:
        action = round_forms.choice_in(LabAction, "action")
        taken = labs.perform(
            actor, lab, action, version=round_forms.posted_version(),
            reason=request.form.get("reason", ""),
        )  # fmt: skip
    except (InvalidError, ConflictError) as error:
        return _refused(lab_id, error)
    if taken:
        flash(_("De stand is nu: %(state)s.", state=str(STATE_WORDS[lab.state])), "success")
    else:
        flash(_("Voorgesteld. De trekker van de andere kant beslist mee."), "success")
    return redirect(url_for("labs.show", lab_id=lab_id), 303)


@pages.post("/labs/<int:lab_id>/voorstel")
@sign_in_required
def refuse_proposal(lab_id: int) -> ResponseReturnValue:
    """Say no to what the other lead proposed, or take one's own proposal back."""
    actor = current_actor()
    labs.refuse_proposal(actor, labs.get_lab(actor, lab_id), reason=request.form.get("reason", ""))
    flash(_("Het voorstel is van tafel."), "success")
    return redirect(url_for("labs.show", lab_id=lab_id), 303)


@pages.post("/labs/<int:lab_id>/volgen")
@sign_in_required
def follow(lab_id: int) -> ResponseReturnValue:
    """Follow a lab, or no longer (`aan` is 0)."""
    actor = current_actor()
    name = name_of(labs.get_lab(actor, lab_id))
    if request.form.get("aan") == "0":
        following.unfollow(actor, name)
        flash(_("Je volgt dit lab niet meer."), "success")
    else:
        following.follow(actor, name)
        flash(_("Je volgt dit lab."), "success")
    return redirect(url_for("labs.show", lab_id=lab_id), 303)


@pages.get("/labs/<int:lab_id>/bord")
def show_board(lab_id: int) -> str:
    """Show how practice and research share in the lab, and what was not checked for long."""
    actor = current_actor()
    lab = labs.get_readable_lab(actor, lab_id)
    board = fairness.board_of(actor, lab)
    shares = [
        ("bijdragen", _("Bijdragen aan gesprekken"), board.contributions),
        ("handtekeningen", _("Handtekeningen onder bevindingen"), board.signatures),
        ("besluiten", _("Stappen van het lab en zijn rondes"), board.steps),
    ]
    return render_template(
        "labs/board.html",
        lab=lab,
        board=board,
        shares=[(key, words, share, _chart(key, words, share)) for key, words, share in shares],
        late=[(one, objects.url_of(one.name)) for one in board.not_checked],
    )


@pages.get("/labs/<int:lab_id>/feed.atom")
def show_feed(lab_id: int) -> Response:
    """Give what happened in an open lab as a feed; the same for everybody."""
    lab = labs.get_lab(Actor.visitor(), lab_id)
    own = addresses.whole(url_for("labs.show_feed", lab_id=lab_id))
    whole = addresses.whole(url_for("labs.show", lab_id=lab_id))
    entries = [
        feeds.Entry(id=f"{whole}#stap-{number}", title=words, url=whole, updated=at)
        for number, (at, words, _reason) in enumerate(lab_page.history(lab), start=1)
    ]
    return Response(feeds.atom(lab.title, own, whole, entries), mimetype=feeds.MIME_TYPE)


@pages.get("/labs/<int:lab_id>/archief.zip")
@sign_in_required
def download_archive(lab_id: int) -> Response:
    """Give all that one may read of a lab in one file, sent while it is made."""
    actor = current_actor()
    lab = labs.get_readable_lab(actor, lab_id)
    name = f"lab-{lab.id}.zip"
    response = Response(lab_archive_zip.stream_archive(actor, lab), mimetype="application/zip")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@pages.route("/labs/<int:lab_id>/inzage", methods=["GET", "POST"])
@sign_in_required
def look_into(lab_id: int) -> ResponseReturnValue:
    """Let the office read a private lab for a day, with a reason; the leads are told."""
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    if not (policies.is_office(actor) or policies.is_lead(actor, lab)):
        raise NotFound
    errors: Errors = {}
    if request.method == "POST":
        try:
            access.look_into(actor, lab, request.form.get("reason", ""))
        except InvalidError as error:
            errors = error.fields
        else:
            flash(_("Je kunt dit lab een dag lang lezen. De trekkers weten ervan."), "success")
            return redirect(url_for("labs.show", lab_id=lab_id), 303)
    page = render_template(
        "labs/look_into.html",
        lab=lab,
        accesses=access.list_accesses(actor, lab),
        may_look=policies.is_office(actor) and not policies.works_in(actor, lab),
        errors=errors,
    )
    return page, 422 if errors else 200


def show_lab(lab: Lab, errors: Errors | None = None, said: str = "") -> str:
    """Show a lab; with what was refused, when something was."""
    actor = current_actor()
    reads = policies.can_read(actor, lab)
    works = reads and policies.works_in(actor, lab)
    return render_template(
        "labs/lab.html",
        lab=lab,
        reads=reads,
        works=works,
        rounds=lab_page.running_rounds(actor, lab) if reads else [],
        counts=lab_page.counts(actor, lab) if reads else {},
        questions=lab_page.questions_of(actor, lab) if reads else [],
        leads=lab_page.leads_of(lab) if policies.can_see_members(actor, lab) else [],
        theme=vocabulary.label("theme", lab.theme, current_language()),
        next_step=str(lab_page.NEXT[lab.state]),
        steps=lab_page.possible_steps(actor, lab),
        proposal=lab_page.waiting_proposal(actor, lab),
        waiting=lab_page.own_roles(actor, lab),
        own_rows=lab_page.own_rows(actor, lab),
        history=lab_page.history(lab) if reads else [],
        may_ask=lab_page.can_ask(actor, lab),
        may_look=policies.is_office(actor) and not works,
        is_following=following.is_following(actor, name_of(lab)),
        has_feed=lab.visibility is LabVisibility.PUBLIC and lab.state not in policies.NOT_BEGUN,
        errors=errors or {},
        said=said,
    )


def _refused(lab_id: int, error: InvalidError | ConflictError) -> ResponseReturnValue:
    """Show the lab as it is now, with what was typed and why it was refused."""
    lab = labs.get_lab(current_actor(), lab_id)
    if isinstance(error, InvalidError):
        return show_lab(lab, error.fields), 422
    return show_lab(lab, said=str(error)), 409


def _wanted() -> LabQuery:
    """Read a list's question from the address; nonsense asks for nothing."""
    args = request.args
    state = args.get("stand", "")
    known = {one.value for one in LabState}
    return LabQuery(
        text=args.get("q", "")[:200],
        theme=args.get("thema", "")[:64],
        sector=args.get("sector", "")[:8],
        state=LabState(state) if state in known else None,
        mine=args.get("van") == "mij",
        page=max(1, min(args.get("page", 1, type=int), LAST_PAGE)),
    )


def _chart(key: str, words: str, share: Share) -> str:
    rows = [
        Bar(str(lab_words.SIDES[side]), number, str(number))
        for side, number in zip(lab_words.SIDES, (share.practice, share.research), strict=True)
    ]
    return bar_chart(key, words, words, rows)
