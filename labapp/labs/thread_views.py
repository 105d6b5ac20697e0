"""Pages of conversations: the list of a lab, one conversation, writing in it, steps with it."""

from dataclasses import replace

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.database import name_of
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.labs import (
    contribution_marks,
    contributions,
    mentions,
    reading_marks,
    thread_forms,
    thread_frame,
    thread_page,
    threads,
)
from labapp.labs.contributions import Posted
from labapp.labs.thread_forms import Draft, version_in
from labapp.labs.thread_models import Contribution, ContributionState, Thread
from labapp.labs.thread_page import Talk
from labapp.labs.thread_rights import rights_in
from labapp.labs.thread_states import ThreadAction
from labapp.notifications import following, objects
from labapp.web import wants_fragment

pages = Blueprint("threads", __name__)
LAST_PAGE = 100_000
LONGEST_TYPED = 80
pages.add_app_template_global(thread_frame.talk_words)
pages.add_app_template_global(thread_frame.talk_page_url)
pages.add_app_template_filter(thread_frame.plain_text, "platte_tekst")


@pages.get("/labs/<int:lab_id>/gesprekken")
def list_of_lab(lab_id: int) -> str:
    """Show the conversations of a lab, and let one begin."""
    return _list(lab_id, Draft())


@pages.post("/gesprekken")
@sign_in_required
def start() -> ResponseReturnValue:
    """Begin a conversation with its first words."""
    actor = current_actor()
    subject = request.form.get("subject", "")
    try:
        posted = threads.start_thread(
            actor,
            subject,
            thread_forms.words_in(request.form),
            title=request.form.get("title", ""),
        )
    except InvalidError as error:
        draft = thread_forms.draft_of(actor, request.form, error.fields)
        place = threads.find_place(actor, subject)
        if place.lab is not None and place.has_many:
            return _list(place.lab.id, draft), 422
        talk = thread_page.of_subject(actor, subject)
        return _answer(replace(talk, draft=draft), 422)
    return _after_posting(actor, posted)


@pages.get("/gesprekken/<int:thread_id>")
def show(thread_id: int) -> ResponseReturnValue:
    """Show a page of a conversation: without a number the one where one goes on reading."""
    actor = current_actor()
    thread = threads.get_thread(actor, thread_id)
    wanted = request.args.get("pagina", type=int)
    page = min(max(wanted, 1), LAST_PAGE) if wanted is not None else None
    talk = thread_page.of_thread(actor, thread, page)
    answered = thread_forms.number_in(request.args, "antwoord")
    draft = thread_forms.reply_draft(actor, thread_id, answered)
    answer = _answer(replace(talk, draft=draft), 200)
    thread_page.note_read(actor, talk)
    return answer


@pages.post("/gesprekken/<int:thread_id>")
@sign_in_required
def post(thread_id: int) -> ResponseReturnValue:
    """Say something in a conversation."""
    actor = current_actor()
    thread = threads.get_thread(actor, thread_id)
    try:
        words = thread_forms.words_in(request.form)
        posted = contributions.post_contribution(actor, thread, words)
    except InvalidError as error:
        return _refused(actor, thread_id, error)
    return _after_posting(actor, posted)


@pages.post("/gesprekken/<int:thread_id>/stap")
@sign_in_required
def step(thread_id: int) -> ResponseReturnValue:
    """Close with a conclusion, open again, lock, unlock."""
    actor = current_actor()
    thread = threads.get_thread(actor, thread_id)
    action = _action(request.form.get("action", ""))
    reason = request.form.get("reason", "")
    confirmed = request.form.get("confirmed") == "1"
    try:
        threads.perform(
            actor, thread, action, version=version_in(request.form), reason=reason,
            confirmed=confirmed,
        )  # fmt: skip
    except InvalidError as error:
        talk = thread_page.of_thread(actor, threads.get_thread(actor, thread_id))
        refused = {"action": action, "reason": reason, "errors": error.fields}
        return _answer(talk, 422, refused=refused)
    flash(_("Gedaan."))
    return redirect(url_for("threads.show", thread_id=thread_id), 303)


@pages.post("/gesprekken/<int:thread_id>/gelezen")
@sign_in_required
def mark_read(thread_id: int) -> ResponseReturnValue:
    actor = current_actor()
    reading_marks.mark_all_read(actor, threads.get_thread(actor, thread_id))
    flash(_("Alles in dit gesprek is gelezen."))
    return redirect(url_for("threads.show", thread_id=thread_id), 303)


@pages.post("/gesprekken/<int:thread_id>/volgen")
@sign_in_required
def follow(thread_id: int) -> ResponseReturnValue:
    """Follow a conversation, or no longer."""
    actor = current_actor()
    name = name_of(threads.get_thread(actor, thread_id))
    if request.form.get("aan") == "1":
        following.follow(actor, name)
        flash(_("Je volgt dit gesprek. Eens per week hoor je wat er nieuw is."))
    else:
        following.unfollow(actor, name)
        flash(_("Je volgt dit gesprek niet meer."))
    return redirect(url_for("threads.show", thread_id=thread_id), 303)


@pages.get("/gesprekken/<int:thread_id>/personen")
@sign_in_required
def suggest_people(thread_id: int) -> Response:
    """Give who can be named while somebody types: only who may read this conversation."""
    actor = current_actor()
    thread = threads.get_thread(actor, thread_id)
    typed = request.args.get("q", "")[:LONGEST_TYPED]
    found = mentions.list_mentionable(actor, thread, rights_in(actor, thread), typed)
    return jsonify([{"value": user.name, "label": user.name} for user in found])


@pages.get("/bijdragen/<int:contribution_id>")
def go_to(contribution_id: int) -> ResponseReturnValue:
    """Go to where a contribution stands: an address that stays."""
    actor = current_actor()
    return redirect(place_of(contributions.get_contribution(actor, contribution_id)), 303)


def place_of(contribution: Contribution) -> str:
    """Give the address of the page on which a contribution stands, and its place there."""
    return url_for(
        "threads.show",
        thread_id=contribution.thread_id,
        pagina=thread_page.page_of(contribution),
        _anchor=f"bijdrage-{contribution.id}",
    )


def _refused(actor: Actor, thread_id: int, error: InvalidError) -> ResponseReturnValue:
    """Show what was typed and what was wrong, on the last page of the conversation."""
    thread = threads.get_thread(actor, thread_id)
    draft = thread_forms.draft_of(actor, request.form, error.fields)
    talk = thread_page.of_thread(actor, thread, LAST_PAGE)
    return _answer(replace(talk, draft=draft), 422)


def _after_posting(actor: Actor, posted: Posted) -> ResponseReturnValue:
    """Land at what one wrote: as a new page, or with HTMX in the page one is on."""
    contribution = posted.contribution
    address = place_of(contribution)
    waits = contribution.state is ContributionState.HELD
    said = _("Je bijdrage wacht tot iemand van het lab haar plaatst.") if waits else ""
    if wants_fragment():
        thread = threads.get_thread(actor, contribution.thread_id)
        talk = thread_page.of_thread(actor, thread, thread_page.page_of(contribution))
        fragment = render_template(
            "labs/_thread.html",
            talk=talk,
            landed_id=contribution.id,
            notices=[*([said] if said else []), *posted.notices],
        )
        is_own_page = f"/gesprekken/{thread.id}" in request.headers.get("HX-Current-URL", "")
        return make_response(fragment, {"HX-Push-Url": address} if is_own_page else {})
    for notice in posted.notices:
        flash(notice, "info")
    flash(said or _("Je bijdrage staat erbij."))
    return redirect(address, 303)


def _answer(talk: Talk, status: int, **values: object) -> Response:
    if wants_fragment():
        return make_response(render_template("labs/_thread.html", talk=talk, **values), status)
    thread = talk.thread
    title = thread.title if thread is not None else threads_title(talk)
    is_following = following.is_following(current_actor(), name_of(thread)) if thread else False
    page = render_template(
        "labs/thread.html",
        talk=talk,
        title=title,
        crumbs=_crumbs(thread, talk),
        is_following=is_following,
        **values,
    )
    return make_response(page, status)


def threads_title(talk: Talk) -> str:
    """Give the title of a conversation that nobody began yet: that of what it is about."""
    return threads.find_place(current_actor(), talk.subject).title


def _crumbs(thread: Thread | None, talk: Talk) -> list[tuple[str, str]]:
    kind = talk.subject.partition(":")[0]
    words = {
        "questions": _("Naar de vraag"),
        "rounds": _("Naar de ronde"),
        "findings": _("Naar de bevinding"),
    }
    lab = thread.lab if thread is not None else None
    crumbs = []
    if lab is not None:
        crumbs.append((lab.title, objects.url_of(f"labs:{lab.id}")))
        if kind == "labs":
            address = url_for("threads.list_of_lab", lab_id=lab.id)
            crumbs.append((_("Gesprekken"), address))
    if kind in words:
        crumbs.append((words[kind], objects.url_of(talk.subject)))
    return [(label, url) for label, url in crumbs if url]


def _list(lab_id: int, draft: Draft) -> str:
    actor = current_actor()
    talk = replace(thread_page.to_begin(actor, f"labs:{lab_id}"), draft=draft)
    wanted = request.args.get("pagina", 1, type=int)
    page = min(max(wanted, 1), LAST_PAGE)
    found, total = threads.list_threads(actor, lab_id, page)
    return render_template(
        "labs/threads.html",
        lab=threads.find_place(actor, talk.subject).lab,
        lab_url=objects.url_of(talk.subject),
        talk=talk,
        threads=found,
        new_in=reading_marks.count_unread(actor, [thread.id for thread in found]),
        flagged=contribution_marks.list_for_researchers(actor, lab_id),
        page_number=page,
        page_count=max(1, -(-total // threads.PER_PAGE)),
        page_url=lambda n: url_for("threads.list_of_lab", lab_id=lab_id, pagina=n),
    )


def _action(text: str) -> ThreadAction:
    try:
        return ThreadAction(text)
    except ValueError:
        raise NotFoundError(_("Deze stap bestaat niet.")) from None
