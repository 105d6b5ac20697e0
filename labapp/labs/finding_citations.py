"""Citing a finding, this version or always the latest; and a finding for search engines."""

from typing import Any

from labapp.clock import LOCAL_ZONE
from labapp.knowledge import vocabulary
from labapp.knowledge.citations import PLATFORM, Item
from labapp.knowledge.names import surname
from labapp.labs.finding_cards import address_of
from labapp.labs.finding_contributors import ROLE_WORDS, name_of
from labapp.labs.finding_models import Finding, FindingContributor, FindingVersion
from labapp.labs.finding_repairs import content_of
from labapp.labs.finding_words import LICENCE_ADDRESSES

GENRES = {"nl": "labbevinding", "en": "lab finding"}


def item_of(finding: Finding, made: FindingVersion, *, is_fixed: bool) -> Item:
    """Give a finding as a CSL item: of this very version, or of whatever is the latest.

    Schools as a whole are authors too, under their own names.
    """
    content = content_of(made)
    day = made.published_at.astimezone(LOCAL_ZONE).date() if made.published_at else None
    item: Item = {
        "id": f"bevinding-{finding.id}" + (f"-v{made.number}" if is_fixed else ""),
        "type": "report",
        "genre": GENRES[content["language"]],
        "title": content["title"],
        "author": [_csl_name(one) for one in made.contributors] or [{"literal": PLATFORM}],
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "publisher": PLATFORM,
        "version": str(made.number) if is_fixed else "",
        "language": content["language"],
        "URL": address_of(finding, made.number if is_fixed else None),
    }
    return {name: value for name, value in item.items() if value not in (None, "", [])}


def json_ld(finding: Finding, made: FindingVersion) -> dict[str, Any]:
    """Give a finding that is out as a schema.org ScholarlyArticle."""
    content, address = content_of(made), address_of(finding)
    language = content["language"]
    data = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": address,
        "url": address,
        "identifier": f"bevinding-{finding.id}",
        "headline": content["title"],
        "name": content["title"],
        "abstract": content["plain"],
        "inLanguage": language,
        "datePublished": _day(finding.published_at),
        "dateModified": _day(made.saved_at if made.repairs or made.errata else made.published_at),
        "version": str(made.number),
        "author": [_schema_name(one) for one in made.contributors],
        "publisher": {"@type": "Organization", "name": PLATFORM},
        "license": LICENCE_ADDRESSES.get(made.licence),
        "isAccessibleForFree": True,
        "creativeWorkStatus": "Published",
        "educationalLevel": [
            vocabulary.label("sector", sector, language) for sector in content["sectors"]
        ],
        "about": [
            {
                "@type": "DefinedTerm",
                "name": vocabulary.label("theme", finding.lab.theme, language),
            }
        ],
        "keywords": content["keywords"],
        "citation": [{"@type": "CreativeWork", "name": line} for line in content["literature"]],
        "correction": [
            {"@type": "CorrectionComment", "text": one.text, "datePublished": _day(one.at)}
            for one in made.errata
        ],
    }
    return {name: value for name, value in data.items() if value not in (None, "", [])}


def _csl_name(one: FindingContributor) -> Item:
    if not one.family_name:
        return {"literal": one.organisation_name}
    name = {
        "family": one.family_name,
        "given": one.given_name,
        "non-dropping-particle": one.particle,
    }
    return {key: value for key, value in name.items() if value}


def _schema_name(one: FindingContributor) -> dict[str, Any]:
    if not one.family_name:
        return {"@type": "Organization", "name": one.organisation_name}
    own = {"family": one.family_name, "particle": one.particle}
    person: dict[str, Any] = {
        "@type": "Person",
        "name": name_of(one),
        "familyName": surname(own),
        "roleName": str(ROLE_WORDS[one.role]),
    }
    if one.given_name:
        person["givenName"] = one.given_name
    if one.organisation_name:
        person["affiliation"] = {"@type": "Organization", "name": one.organisation_name}
    return person


def _day(moment: Any) -> str | None:
    return moment.astimezone(LOCAL_ZONE).date().isoformat() if moment else None
