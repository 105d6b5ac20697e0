"""What the fields of a card are called on the screen."""

import re

from flask_babel import LazyString

from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l

LABELS: dict[str, LazyString] = {
    "title": _l("Titel"),
    "question": _l("Vraag die de kaart beantwoordt"),
    "answer": _l("Antwoord in één zin"),
    "body": _l("Tekst"),
    "language": _l("Taal"),
    "translated_from": _l("Vertaald uit (code van de kaart)"),
    "sectors": _l("Sectoren"),
    "subjects": _l("Vakken"),
    "age_from": _l("Leeftijd vanaf"),
    "age_to": _l("Leeftijd tot en met"),
    "themes": _l("Thema’s"),
    "kind": _l("Soort kennis"),
    "visibility": _l("Wie mag de kaart lezen?"),
    "evidence_strength": _l("Sterkte van het bewijs"),
    "also_asked": _l("Zo vragen collega’s het ook"),
    "evidence_reasons": _l("Waarom het bewijs deze sterkte heeft"),
    "cost": _l("Kosten"),
    "cost_basis": _l("Waarop de kosten gebaseerd zijn"),
    "for_whom": _l("Voor wie"),
    "caveats": _l("Let op"),
    "side_effects": _l("Mogelijke bijwerkingen"),
    "dutch_context": _l("In Nederland"),
    "steps": _l("Stappen"),
    "time_needed": _l("Tijd"),
    "money_needed": _l("Geld"),
    "keywords": _l("Trefwoorden"),
    "ratings": _l("Waarderingen"),
    "sources": _l("Bronnen"),
    "dutch": _l("In het Nederlands"),
    "dutch_title": _l("Nederlandse titel"),
    "dutch_answer": _l("Nederlands antwoord in één zin"),
    "dutch_keywords": _l("Nederlandse trefwoorden"),
    "reviewed_on": _l("Nagekeken op"),
    "review_due_on": _l("Opnieuw nakijken voor"),
    "reviewer": _l("Beoordelaar"),
}
ROW_NAMES: dict[str, LazyString] = {
    "steps": _l("Stap"),
    "ratings": _l("Waardering"),
    "sources": _l("Bron"),
}
COLUMNS: dict[str, LazyString] = {
    "text": _l("Tekst"),
    "outcome": _l("Uitkomst"),
    "outcome_label": _l("Uitkomst in woorden van de bron"),
    "scale": _l("Schaal van de bron"),
    "value": _l("Waarde zoals gepubliceerd"),
    "months": _l("Omgerekend naar maanden"),
    "conversion": _l("Naam van de omrekening"),
    "range_low": _l("Bereik van"),
    "range_high": _l("Bereik tot"),
    "studies": _l("Studies die meetellen"),
    "studies_eligible": _l("Studies die bekeken zijn"),
    "sample": _l("Aantal leerlingen"),
    "source": _l("Sleutel van de bron"),
    "dated_on": _l("Datum van de waardering"),
    "key": _l("Sleutel"),
    "authors": _l("Auteurs"),
    "organisation": _l("Organisatie"),
    "title": _l("Titel"),
    "year": _l("Jaar"),
    "container": _l("Tijdschrift, reeks of site"),
    "volume": _l("Jaargang"),
    "issue": _l("Nummer"),
    "pages": _l("Bladzijden"),
    "publisher": _l("Uitgever"),
    "doi": _l("DOI"),
    "eric": _l("ERIC-nummer"),
    "isbn": _l("ISBN"),
    "url": _l("Webadres"),
    "licence": _l("Licentie"),
    "accessed_on": _l("Geraadpleegd op"),
}
ROW = re.compile(r"(steps|ratings|sources)-(\d+)-(\w+)")


def label_of(name: str) -> str:
    """Give the label of a field, or of an input in a row: Waardering 2: Uitkomst."""
    row = ROW.fullmatch(name)
    if row is None:
        return str(LABELS.get(name, name))
    column = _("Soort") if row[3] == "kind" else COLUMNS.get(row[3], row[3])
    return f"{ROW_NAMES[row[1]]} {int(row[2]) + 1}: {column}"
