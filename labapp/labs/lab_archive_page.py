"""The archive of a lab as a page to read without labapp: no script, no address of another site."""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.labs.lab_models import LabRoleKind, LabState, MembershipKind
from labapp.labs.lab_states import STATE_WORDS
from labapp.labs.lab_words import KINDS, ROLES

HEAD = Markup(
    '<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "style-src 'unsafe-inline'\">\n"
    "<title>{title}</title>\n<style>body{{max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "font:1rem/1.5 sans-serif}}article{{border-top:1px solid #888;margin-top:1rem}}</style>\n"
    "</head>\n<body>\n<main>\n"
)


def write_page(content: Mapping[str, Any]) -> str:
    """Write the content of an archive as HTML."""
    return "\n".join(str(part) for part in _parts(content)) + "\n</main>\n</body>\n</html>\n"


def _parts(content: Mapping[str, Any]) -> Iterator[Markup]:
    lab = content["lab"]
    yield HEAD.format(language=current_language(), title=lab["title"])
    yield _head(1, lab["title"])
    yield _text(lab["goal"])
    yield _facts((_("Stand"), STATE_WORDS[LabState(lab["state"])]), (_("Thema"), lab["theme"]))
    if lab["agreement"]:
        yield _head(2, _("Afspraken"))
        yield _text(lab["agreement"])
    yield from _members(content["members"])
    yield from _questions(content["questions"])
    yield from _rounds(content["rounds"])
    yield from _findings(content["findings"])
    yield from _threads(content["threads"])
    yield from _files(content["files"])


def _members(rows: list[dict[str, Any]]) -> Iterator[Markup]:
    if rows:
        yield _head(2, _("Wie meedoet"))
    for row in rows:
        people = ", ".join(
            f"{one['name']} ({ROLES[LabRoleKind(one['role'])]})" for one in row["people"]
        )
        kind = KINDS[MembershipKind(row["kind"])]
        yield Markup("<p><b>{}</b> ({}) {}</p>").format(row["party"], kind, people)


def _questions(rows: list[dict[str, Any]]) -> Iterator[Markup]:
    if rows:
        yield _head(2, _("Vragen"))
    for row in rows:
        yield _head(3, row["title"])
        yield _text(row["seen"])
        if row["answer"]:
            yield _text(row["answer"])


def _rounds(rows: list[dict[str, Any]]) -> Iterator[Markup]:
    if rows:
        yield _head(2, _("Rondes"))
    for row in rows:
        yield _head(3, row["title"])
        yield _facts(
            (_("Doel"), row["aim"]),
            (_("Wat al bekend was"), row["known_already"]),
            (_("Wat er aan de hand is"), row["diagnosis"]),
            (_("Ontwerp"), row["design"]),
            (_("Welke gegevens er zijn"), row["result_data"]),
            (_("Besluit"), row["decision_reason"]),
        )


def _findings(rows: list[dict[str, Any]]) -> Iterator[Markup]:
    if rows:
        yield _head(2, _("Bevindingen"))
    for row in rows:
        inside = row["content"]
        yield _head(3, str(inside.get("title", "")))
        yield _facts((_("Versie"), row["number"]), (_("Licentie"), row["licence"]))
        yield _text(str(inside.get("plain", "")))
        for one in row["signatures"]:
            yield Markup("<p>{}</p>").format(
                _("Ondertekend door %(name)s op %(day)s", name=one["name"], day=one["at"][:10])
            )


def _threads(rows: list[dict[str, Any]]) -> Iterator[Markup]:
    if rows:
        yield _head(2, _("Gesprekken"))
    for row in rows:
        yield _head(3, row["title"])
        if row["conclusion"]:
            yield _facts((_("Conclusie"), row["conclusion"]))
        for one in row["contributions"]:
            if "body_html" not in one:
                yield Markup("<article><p>{}</p></article>").format(
                    _("Deze bijdrage is verborgen of weggehaald.")
                )
                continue
            who = ", ".join(part for part in (one["author"], one["for"]) if part)
            yield Markup("<article><p><b>{}</b> {}</p>{}</article>").format(
                who, one["at"][:10], Markup(one["body_html"])  # noqa: S704  # sanitised when posted
            )  # fmt: skip


def _files(rows: list[dict[str, Any]]) -> Iterator[Markup]:
    if rows:
        yield _head(2, _("Bestanden"))
    for row in rows:
        yield Markup('<p><a href="{}">{}</a></p>').format(row["path"], row["title"])


def _head(level: int, text: str) -> Markup:
    return Markup(f"<h{level}>{{}}</h{level}>").format(text)  # noqa: S704  # the level is ours


def _text(text: str) -> Markup:
    """Paragraphs of a plain text."""
    lines = [part.strip() for part in text.replace("\r", "").split("\n\n") if part.strip()]
    return Markup("\n").join(Markup("<p>{}</p>").format(line) for line in lines)


def _facts(*pairs: tuple[str, Any]) -> Markup:
    """Terms with what they are; empty ones are left out."""
    rows = [(term, text) for term, text in pairs if text]
    inside = Markup("").join(
        Markup("<dt><b>{}</b></dt><dd>{}</dd>").format(term, escape(text)) for term, text in rows
    )
    return Markup("<dl>{}</dl>").format(inside) if rows else Markup("")
