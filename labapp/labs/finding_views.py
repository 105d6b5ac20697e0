"""Findings on the page: what is out, the teacher page first, versions, citing, the feed."""

import json
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor, sign_in_required
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.knowledge import citation_files, citations, structured_data, vocabulary
from labapp.labs import finding_citations, finding_diffing, finding_queue, findings, labs
from labapp.labs.corrections import RETRACTION_WORDS
from labapp.labs.finding_cards import address_of
from labapp.labs.finding_models import Finding, FindingVersion
from labapp.labs.finding_page import FORMS, TONES, FindingPage, names_of
from labapp.labs.finding_repairs import content_of
from labapp.labs.finding_states import STATE_WORDS
from labapp.notifications import addresses, feeds

pages = Blueprint("findings", __name__)
IN_FEED = 30


@pages.get("/bevindingen")
def list_all() -> str:
    """Show what labs found, the newest first."""
    actor = current_actor()
    theme = request.args.get("thema", "")
    number = max(1, min(request.args.get("page", 1, type=int), 10_000))
    found, total = findings.list_published(actor, theme=theme, page=number)
    language = current_language()
    return render_template(
        "labs/findings.html",
        rows=[FindingPage(actor, finding, made) for finding, made in found],
        total=total,
        number=number,
        pages=-(-total // findings.PER_PAGE),
        theme=theme,
        themes=[(slug, vocabulary.label("theme", slug, language)) for slug in vocabulary.themes()],
        edits=finding_queue.is_editor(actor),
        page_url=lambda page: url_for("findings.list_all", thema=theme or None, page=page),
    )


@pages.get("/bevindingen/feed.atom")
def show_feed() -> Response:
    """Give what came out last as a feed; the same for everybody."""
    found, _total = findings.list_published(Actor.visitor(), per_page=IN_FEED)
    entries = [
        feeds.Entry(
            id=address_of(finding),
            title=finding.title,
            url=address_of(finding),
            updated=made.published_at or made.saved_at,
            summary=content_of(made)["plain"],
            author=", ".join(names_of(made.contributors)),
        )
        for finding, made in found
    ]
    whole = addresses.whole(url_for("findings.list_all"))
    own = addresses.whole(url_for("findings.show_feed"))
    text = feeds.atom(_("Bevindingen van de labs"), own, whole, entries)
    return Response(text, mimetype=feeds.MIME_TYPE)


@pages.get("/bevindingen/redactie")
@sign_in_required
def list_waiting() -> str:
    """Show editors what both sides signed."""
    actor = current_actor()
    waiting = finding_queue.list_waiting(actor)
    return render_template(
        "labs/finding_queue.html",
        rows=[FindingPage(actor, made.finding, made) for made in waiting],
    )


@pages.get("/labs/<int:lab_id>/bevindingen")
def list_in_lab(lab_id: int) -> str:
    """Show the findings of a lab: what is out, and to its people what is being written."""
    actor = current_actor()
    lab = labs.get_lab(actor, lab_id)
    return render_template(
        "labs/lab_findings.html",
        lab=lab,
        rows=[
            (finding, str(STATE_WORDS[state]), TONES[state])
            for finding, state in findings.list_in_lab(actor, lab)
        ],
        rounds=finding_queue.list_rounds_to_report(actor, lab),
    )


@pages.get("/bevindingen/<int:finding_id>")
def show_finding(finding_id: int) -> ResponseReturnValue:
    """Show the teacher page: what to do, and how sure that is."""
    return show_page(finding_id, "labs/finding.html")


@pages.get("/bevindingen/<int:finding_id>/onderzoek")
def show_research(finding_id: int) -> ResponseReturnValue:
    """Show the finding itself: question, method, sample, limitations, plan."""
    return show_page(finding_id, "labs/finding_research.html")


@pages.get("/bevindingen/<int:finding_id>/praktijkkaart")
def show_sheet(finding_id: int) -> ResponseReturnValue:
    """Show the teacher page on one side of A4."""
    return show_page(finding_id, "labs/finding_sheet.html")


@pages.get("/bevindingen/<int:finding_id>/versies")
def list_versions(finding_id: int) -> ResponseReturnValue:
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    if is_gone(finding):
        return tombstone(actor, finding)
    versions = findings.list_versions(actor, finding)
    return render_template(
        "labs/finding_versions.html",
        finding=finding,
        rows=[FindingPage(actor, finding, made) for made in versions],
    )


@pages.get("/bevindingen/<int:finding_id>/versies/<int:number>")
def show_version(finding_id: int, number: int) -> ResponseReturnValue:
    """Show one version whole; an old one says so."""
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    if is_gone(finding) and not findings.reads_drafts(actor, finding):
        return tombstone(actor, finding)
    made = findings.get_version(actor, finding, number)
    return render_version(actor, finding, made, {})


def render_version(
    actor: Actor, finding: Finding, made: FindingVersion, errors: dict[str, list[str]]
) -> str:
    """Give the page of a version, with what was refused in the form beside it."""
    return render_template(
        "labs/finding_version.html",
        page_of=FindingPage(actor, finding, made),
        finding=finding,
        made=made,
        latest=findings.shown_version(actor, finding),
        errors=errors,
    )


@pages.get("/bevindingen/<int:finding_id>/verschil")
def compare(finding_id: int) -> ResponseReturnValue:
    """Show what differs between two versions, word for word, with the reason."""
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    if is_gone(finding):
        return tombstone(actor, finding)
    shown = findings.shown_version(actor, finding)
    new = request.args.get("naar", shown.number, type=int)
    old = request.args.get("van", max(1, new - 1), type=int)
    before = findings.get_version(actor, finding, old)
    after = findings.get_version(actor, finding, new)
    return render_template(
        "labs/finding_difference.html",
        finding=finding,
        before=before,
        after=after,
        differences=finding_diffing.compare(content_of(before), content_of(after)),
    )


@pages.get("/bevindingen/<int:finding_id>/citaat/<any(bib, ris, json):form>")
def download_citation(finding_id: int, form: str) -> ResponseReturnValue:
    """Give a finding for a reference manager: always the latest, or `versie`."""
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    if is_gone(finding):
        return tombstone(actor, finding)
    number = request.args.get("versie", type=int)
    made = (
        findings.get_version(actor, finding, number)
        if number
        else findings.shown_version(actor, finding)
    )
    item = finding_citations.item_of(finding, made, is_fixed=bool(number))
    headers = {"Content-Disposition": f"attachment; filename={item['id']}.{form}"}
    if form == "bib":
        return Response(citation_files.bibtex([item]), 200, headers, "application/x-bibtex")
    if form == "ris":
        kind = "application/x-research-info-systems"
        return Response(citation_files.ris([item]), 200, headers, kind)
    text = json.dumps([item], ensure_ascii=False, indent=1)
    return Response(text, 200, headers, "application/vnd.citationstyles.csl+json")


@pages.get("/bevindingen/<int:finding_id>/kaart")
def go_to_card(finding_id: int) -> ResponseReturnValue:
    """Lead to the card of a finding in the knowledge base."""
    finding = findings.get_finding(current_actor(), finding_id)
    if finding.card_id is None:
        return redirect(url_for("findings.show_finding", finding_id=finding_id), 303)
    return redirect(url_for("cards.show_card", card_id=finding.card_id), 303)


def show_page(
    finding_id: int, template: str, errors: dict[str, list[str]] | None = None
) -> ResponseReturnValue:
    """Show a face of the version that is out, or that is being written."""
    actor = current_actor()
    finding = findings.get_finding(actor, finding_id)
    if is_gone(finding):
        return tombstone(actor, finding)
    made = findings.shown_version(actor, finding)
    page_of = FindingPage(actor, finding, made)
    return render_template(
        template,
        page_of=page_of,
        finding=finding,
        made=made,
        coming=findings.open_version(actor, finding) if page_of.is_out else None,
        citing=cite(page_of) if made.published_at else [],
        structured=_structured(finding, made) if page_of.is_out else "",
        errors=errors or {},
    )


def is_gone(finding: Finding) -> bool:
    return finding.retraction is not None and finding.retraction.done_at is not None


def tombstone(actor: Actor, finding: Finding) -> ResponseReturnValue:
    """Answer for a finding that was taken back: its title, its people, and why."""
    versions = findings.list_versions(actor, finding)
    page = render_template(
        "labs/finding_tombstone.html",
        finding=finding,
        gone=finding.retraction,
        reason=RETRACTION_WORDS[finding.retraction.reason] if finding.retraction else "",
        people=names_of(versions[0].contributors) if versions else [],
    )
    return page, 410


def cite(page_of: FindingPage) -> list[tuple[str, bool, str, list[tuple[str, str]]]]:
    """Give what one may cite: (id, whether of this version, APA, downloads)."""
    return [
        (name, is_fixed, citations.apa(item, current_language()), _downloads(page_of, is_fixed))
        for name, item, is_fixed in page_of.items
    ]


def _downloads(page_of: FindingPage, is_fixed: bool) -> list[tuple[str, str]]:
    number: Any = page_of.made.number if is_fixed else None
    return [
        (
            words,
            url_for(
                "findings.download_citation",
                finding_id=page_of.finding.id,
                form=form,
                versie=number,
            ),
        )
        for form, words in FORMS.items()
    ]


def _structured(finding: Finding, made: FindingVersion) -> Markup:
    """Give a finding for search engines and harvesters: data, which no browser runs."""
    text = structured_data.script_text(finding_citations.json_ld(finding, made))
    script = Markup('<script type="application/ld+json">{}</script>')
    return script.format(Markup(text))  # noqa: S704  # it cannot end the element
