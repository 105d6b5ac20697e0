"""What the forms of questions send, as the services take it."""

from typing import Any

from flask import request

from labapp.accounts.models import Sector
from labapp.errors import InvalidError
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import vocabulary
from labapp.knowledge.models import Visibility
from labapp.labs.question_effects import Extras
from labapp.labs.question_models import Question, QuestionVisibility
from labapp.labs.question_states import QuestionAction
from labapp.labs.question_writing import QuestionInput
from labapp.labs.round_forms import day_in, is_confirmed, number_in
from labapp.labs.short_answers import ShortAnswer, Source

SOURCES = 4  # rows of an empty form
LABELS = {
    "title": _l("Je vraag in één zin"),
    "seen": _l("Wat zie je?"),
    "groups": _l("In welke groep of klas?"),
    "subject": _l("Bij welk vak?"),
    "tried": _l("Wat hebben jullie al geprobeerd?"),
    "decision": _l("Welk besluit hangt ervan af?"),
    "needed_on": _l("Wanneer heb je het antwoord nodig?"),
    "sector": _l("Sector"),
    "theme": _l("Thema"),
    "visibility": _l("Wie mag je vraag lezen?"),
    "pupil_data": _l("Gegevens van leerlingen"),
    "reason": _l("Toelichting"),
    "answer": _l("Antwoord in het kort"),
    "body": _l("Uitleg"),
    "sources": _l("Bronnen"),
    "sectors": _l("Sector"),
    "themes": _l("Thema"),
    "due_on": _l("Wanneer hoort de steller meer?"),
    "words": _l("Wat komt er nu?"),
    "lab_id": _l("Lab"),
    "difference": _l("Wat is er anders?"),
    "context": _l("Hoe is het bij jullie?"),
    "into_id": _l("In welke vraag?"),
    "objection": _l("Waarom is het een andere vraag?"),
    "object": _l("Wat beantwoordt je vraag?"),
    "version": _l("Versie"),
}


def options() -> dict[str, list[tuple[str, str]]]:
    """Give the choices of the helping form in the reader's language."""
    language = current_language()

    def words(facet: str, values: Any) -> list[tuple[str, str]]:
        return [(value, vocabulary.label(facet, value, language)) for value in values]

    return {
        "theme": sorted(words("theme", vocabulary.themes()), key=lambda pair: pair[1]),
        "subject": words("subject", vocabulary.subjects()),
        "sector": words("sector", vocabulary.SECTORS),
    }


def read_question() -> QuestionInput:
    """Read the helping form; a choice that is not there is refused in words."""
    form = request.form
    return QuestionInput(
        title=" ".join(form.get("title", "").split()),
        seen=form.get("seen", ""),
        groups=" ".join(form.get("groups", "").split()),
        subject=form.get("subject", ""),
        tried=form.get("tried", ""),
        decision=form.get("decision", ""),
        needed_on=day_in("needed_on"),
        sector=_sector(form.get("sector", "")),
        theme=form.get("theme", ""),
        visibility=QuestionVisibility.ORGANISATION
        if form.get("visibility") == QuestionVisibility.ORGANISATION.value
        else QuestionVisibility.PROGRAMME,
    )


def values_of(question: Question) -> dict[str, Any]:
    """Give what a question says, as the form shows it."""
    return {
        "title": question.title,
        "seen": question.seen,
        "groups": question.groups,
        "subject": question.subject,
        "tried": question.tried,
        "decision": question.decision,
        "needed_on": question.needed_on.isoformat() if question.needed_on else "",
        "sector": question.sector.value if question.sector else "",
        "theme": question.theme,
        "visibility": question.visibility.value,
    }


def read_extras(action: QuestionAction) -> Extras:
    """Read what goes along with a step."""
    return Extras(
        reason=request.form.get("reason", ""),
        lab_id=number_in("lab_id"),
        object=request.form.get("object", "")[:80],
        answer=_read_answer() if action is QuestionAction.ANSWER else None,
        due_on=day_in("due_on"),
        confirmed=is_confirmed(),
    )


def _read_answer() -> ShortAnswer:
    form = request.form
    return ShortAnswer(
        title=" ".join(form.get("title", "").split()),
        answer=form.get("answer", ""),
        body=form.get("body", ""),
        sources=_read_sources(),
        sectors=tuple(one.value for one in Sector if one.value in form.getlist("sectors")),
        theme=form.get("theme", ""),
        visibility=Visibility.PROGRAMME
        if form.get("visibility") == Visibility.PROGRAMME.value
        else Visibility.PUBLIC,
        confirmed=is_confirmed(),
    )


def _read_sources() -> list[Source]:
    form = request.form
    rows = zip(
        form.getlist("source_title"),
        form.getlist("source_organisation"),
        form.getlist("source_year"),
        form.getlist("source_url"),
        strict=False,
    )
    found = []
    for title, organisation, year, url in rows:
        if not any(text.strip() for text in (title, organisation, year, url)):
            continue
        if year.strip() and not (year.strip().isascii() and year.strip().isdigit()):
            words = _("Schrijf het jaar als 2024.")
            raise InvalidError(words, {"sources": [words]})
        number = int(year.strip()[:4]) if year.strip() else None
        found.append(Source(title, organisation, number, url.strip()))
    return found


def _sector(text: str) -> Sector | None:
    return next((one for one in Sector if one.value == text), None)
