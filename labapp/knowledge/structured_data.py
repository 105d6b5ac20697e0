"""A card for search engines and harvesters: schema.org as JSON-LD."""

import json
from typing import Any

from labapp.knowledge import vocabulary
from labapp.knowledge.citations import PLATFORM
from labapp.knowledge.models import Card, Source
from labapp.knowledge.names import surname

SOURCE_TYPES = {
    "article": "ScholarlyArticle",
    "book": "Book",
    "chapter": "Chapter",
    "report": "Report",
    "website": "WebPage",
}


def json_ld(card: Card, url: str) -> dict[str, Any]:
    """Give a published card as a schema.org LearningResource with the research it cites."""
    language = card.language
    days = {
        "datePublished": card.published_at.date().isoformat() if card.published_at else None,
        "dateModified": card.updated_at.date().isoformat() if card.updated_at else None,
    }
    return _filled(
        {
            "@context": "https://schema.org",
            "@type": "LearningResource",
            "@id": url,
            "url": url,
            "identifier": card.external_id,
            "name": card.title,
            "abstract": card.answer,
            "inLanguage": language,
            **days,
            "version": str(card.version_number) if card.version_number else None,
            "author": _author(card),
            "publisher": {"@type": "Organization", "name": PLATFORM},
            "isAccessibleForFree": True,
            "learningResourceType": vocabulary.label("kind", card.kind.value, language),
            "educationalLevel": [
                vocabulary.label("sector", sector, language) for sector in card.sectors
            ],
            "audience": {"@type": "EducationalAudience", "educationalRole": "teacher"},
            "typicalAgeRange": _ages(card),
            "about": [
                {"@type": "DefinedTerm", "name": vocabulary.label("theme", theme, language)}
                for theme in card.themes
            ],
            "keywords": card.keywords,
            "alternateName": (card.dutch or {}).get("title"),
            "citation": [_source(source) for source in card.sources],
        }
    )


def script_text(data: dict[str, Any]) -> str:
    """Give JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _author(card: Card) -> dict[str, Any]:
    if card.author is None:
        return {"@type": "Organization", "name": PLATFORM}
    return {"@type": "Person", "name": card.author.name}


def _ages(card: Card) -> str | None:
    if card.age_from is None and card.age_to is None:
        return None
    low, high = ("" if age is None else age for age in (card.age_from, card.age_to))
    return f"{low}-{high}"


def _source(source: Source) -> dict[str, Any]:
    people = [
        {"@type": "Person", "name": f"{name.get('given') or ''} {surname(name)}".strip()}
        for name in source.authors
    ]
    if source.organisation and not people:
        people = [{"@type": "Organization", "name": source.organisation}]
    return _filled(
        {
            "@type": SOURCE_TYPES.get(source.kind, "CreativeWork"),
            "name": source.title,
            "author": people,
            "datePublished": str(source.year) if source.year else None,
            "isPartOf": {"@type": "CreativeWork", "name": source.container}
            if source.container
            else None,
            "publisher": {"@type": "Organization", "name": source.publisher}
            if source.publisher
            else None,
            "sameAs": f"https://doi.org/{source.doi}" if source.doi else None,
            "url": source.url,
            "isbn": source.isbn,
            "license": source.licence,
        }
    )


def _filled(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value not in (None, "", [])}
