"""A finding as a card of the knowledge base: the teacher page with what it rests on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.clock import LOCAL_ZONE, now, today
from labapp.database import db, name_of, transaction
from labapp.formatting import dag
from labapp.i18n import gettext as _
from labapp.i18n import in_language
from labapp.knowledge import cards
from labapp.knowledge import content as card_content
from labapp.knowledge.citations import PLATFORM
from labapp.knowledge.models import Card, CardKind, CardVersion, Source, Visibility
from labapp.labs.finding_content import QUANTITATIVE, is_in_months
from labapp.labs.finding_models import Finding, FindingContributor, FindingVersion
from labapp.labs.finding_repairs import content_of
from labapp.labs.finding_words import effect_sentence, range_words
from labapp.notifications import addresses

OWN_SOURCE = "bevinding"
AS_MEASURED = "in months by the lab"  # no conversion was needed
HOLDS = timedelta(days=2 * 365)  # until the next check, when the round chose no day
LONGEST_CAVEAT = 4000


def put_card(actor: Actor, finding: Finding, made: FindingVersion, summary: str = "") -> Card:
    """Publish a version as the card of its finding, in the caller's transaction.

    The first time it is made; later the same card gets a new version.
    """
    with transaction() as session:
        card = finding.card or Card(
            external_id=f"bevinding-{finding.id}", made_from=name_of(finding), version_number=0
        )
        cards.publish(actor, card, content_for(finding, made), author_id=None, summary=summary)
        session.flush()
        finding.card = card
    return card


def address_of(finding: Finding, number: int | None = None) -> str:
    """Give the whole address of a finding: always the latest, or one version."""
    if number is None:
        return addresses.whole(addresses.path("findings.show_finding", finding_id=finding.id))
    path = addresses.path("findings.show_version", finding_id=finding.id, number=number)
    return addresses.whole(path)


def content_for(finding: Finding, made: FindingVersion) -> dict[str, Any]:
    """Give the content of the card, in the language of the finding."""
    text = content_of(made)
    with in_language(text["language"]):
        return card_content.empty_content(text["language"]) | {
            "title": text["title"],
            "question": text["question"],
            "answer": text["plain"],
            "body": _body(text),
            "kind": CardKind.LAB_FINDING.value,
            "visibility": Visibility.PUBLIC.value,
            "sectors": text["sectors"],
            "subjects": text["subjects"],
            "themes": text["themes"],
            "also_asked": text["also_asked"],
            "keywords": text["keywords"],
            "age_from": text["age_from"],
            "age_to": text["age_to"],
            "evidence_strength": text["certainty"],
            "evidence_reasons": text["certainty_reasons"],
            "cost": text["cost"],
            "cost_basis": text["costs"],
            "for_whom": text["context"],
            "caveats": _caveats(made, text),
            "steps": _steps(text),
            "time_needed": text["time_needed"],
            "money_needed": text["money_needed"],
            "ratings": _ratings(text),
            "sources": [_own_source(finding, made), *_literature(text)],
            "reviewed_on": today().isoformat(),
            "review_due_on": (finding.review_due_on or today() + HOLDS).isoformat(),
            "reviewer": _("de trekkers van het lab en een redacteur"),
        }


def _body(text: Mapping[str, Any]) -> str:
    """Give the text under the headings by which the page of a card knows its parts."""
    sample = _(
        "Onderzocht bij: scholen %(schools)s, klassen %(classes)s, leerlingen %(pupils)s.",
        schools=range_words(text, "schools"),
        classes=range_words(text, "classes"),
        pupils=range_words(text, "pupils"),
    )
    parts = [
        (_("Wat is het?"), [text["approach"]]),
        (_("Hoe goed werkt het en voor wie?"), [effect_sentence(text), sample]),
        (
            _("Hoe pak je het aan?"),
            [
                text["works_when"]
                and _("Zo ziet het eruit als het werkt: %(words)s", words=text["works_when"]),
                text["conditions"] and _("Wat er nodig is: %(words)s", words=text["conditions"]),
            ],
        ),
        (_("Hoe zeker weten we dit?"), [text["limitations"]]),
    ]
    return "\n\n".join(
        f"## {heading}\n\n" + "\n\n".join(_below(one) for one in texts if one)
        for heading, texts in parts
        if any(texts)
    )


def _below(text: str) -> str:
    """Let headings that were typed stand below those of the card."""
    lines = text.splitlines()
    return "\n".join(f"##{line}" if line.startswith(("# ", "## ")) else line for line in lines)


def _caveats(made: FindingVersion, text: Mapping[str, Any]) -> str:
    errata = [
        _("Erratum van %(day)s: %(words)s",
          day=dag(erratum.at), words=erratum.text)
        for erratum in made.errata
    ]  # fmt: skip
    return "\n\n".join([*errata, text["limitations"]])[:LONGEST_CAVEAT]


def _steps(text: Mapping[str, Any]) -> list[dict[str, str]]:
    kept = [_("%(what)s (verander dit niet)", what=line.rstrip(".")) for line in text["keep"]]
    return [
        *({"kind": "do", "text": line} for line in (*text["do"], *kept)),
        *({"kind": "adapt", "text": line} for line in text["adapt"]),
    ]


def _ratings(text: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the effect as a rating, when there is a figure; a claim in words is in the text."""
    if text["effect_kind"] != QUANTITATIVE or text["effect_value"] is None:
        return []
    months = is_in_months(text)
    return [
        {
            "outcome": text["outcome"] or "other",
            "outcome_label": "",
            "scale": _("maanden leerwinst") if months else text["effect_unit"],
            "value": f"{text['effect_value']:g}",
            "months": text["effect_value"] if months else None,
            "conversion": AS_MEASURED if months else None,
            "range_low": text["effect_low"],
            "range_high": text["effect_high"],
            "studies": 1,
            "sample": text["pupils_to"],
            "source": OWN_SOURCE,
            "dated_on": today().isoformat(),
        }
    ]


def _author(one: FindingContributor) -> dict[str, str]:
    return {"family": one.family_name, "given": one.given_name, "particle": one.particle}


def _own_source(finding: Finding, made: FindingVersion) -> dict[str, Any]:
    people = [_author(one) for one in made.contributors if one.family_name]
    text = content_of(made)
    return {
        "key": OWN_SOURCE,
        "kind": "report",
        "authors": people,
        "organisation": "" if people else PLATFORM,
        "title": text["title"],
        "year": (made.published_at or now()).astimezone(LOCAL_ZONE).year,
        "publisher": PLATFORM,
        "url": address_of(finding),
        "licence": made.licence,
    }


def _literature(text: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": f"literatuur-{place}", "kind": "report", "title": line, **_links(line)}
        for place, line in enumerate(text["literature"], start=1)
    ]


def _links(line: str) -> dict[str, str]:
    """Find a DOI or web address in a line of literature."""
    for word in line.split():
        bare = word.strip("()[]<>.,;")
        doi = bare.rpartition("doi.org/")[2] if "doi.org/" in bare else bare.removeprefix("doi:")
        if doi.startswith("10.") and "/" in doi:
            return {"doi": doi}
        if bare.startswith(("https://", "http://")):
            return {"url": bare}
    return {}


def take_name_out(user_id: int, nobody: str) -> None:
    """Put another word for a contributor's name in the cards of findings, in all their versions.

    Called while the name still stands with the findings, in the caller's transaction.
    """
    session = db.session
    named = session.execute(
        select(FindingContributor, Finding.card_id)
        .join(FindingVersion, FindingVersion.id == FindingContributor.finding_version_id)
        .join(Finding, Finding.id == FindingVersion.finding_id)
        .where(FindingContributor.user_id == user_id, Finding.card_id.is_not(None))
    ).all()
    names = [_author(contributor) for contributor, _card_id in named]
    card_ids = {card_id for _contributor, card_id in named}
    word = {"family": nobody, "given": "", "particle": ""}

    def without(authors: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [word if author in names else author for author in authors]

    for source in session.scalars(select(Source).where(Source.card_id.in_(card_ids))):
        source.authors = without(source.authors)
    for version in session.scalars(select(CardVersion).where(CardVersion.card_id.in_(card_ids))):
        version.content = {
            **version.content,
            "sources": [
                {**row, "authors": without(row.get("authors") or [])}
                for row in version.content["sources"]
            ],
        }
    session.flush()
