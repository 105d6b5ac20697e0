"""Names of authors: taken apart, and put in order with van, de, 't and others in the right place.

A name is {family, given, particle}. The particle of a Dutch name belongs to the surname and is
written before it ("van der Berg, J."); a Dutch list sorts by the name behind it.
"""

import re
from collections.abc import Mapping
from typing import Any

PARTICLES = {
    "van", "de", "der", "den", "het", "'t", "ter", "ten", "te", "op", "in", "'s", "aan", "bij",
    "uit", "over", "onder", "tot", "toe", "voor", "von", "vom", "zu", "zum", "zur", "und", "du",
    "des", "la", "le", "les", "da", "das", "do", "dos", "del", "della", "di", "el", "al", "y", "af",
}  # fmt: skip
ELIDED = re.compile(r"(d|l|dell|dall)'(?=[A-Z])")
INITIALS = re.compile(r"(?<=\.)(?=\w)")
Name = dict[str, str]


def parse_name(text: str) -> Name:
    """Take apart a name written as "Family, Given" or "Given Family"."""
    plain = " ".join(_straight(text).split())
    if "," in plain:
        family, given = (part.strip() for part in plain.split(",", 1))
        given = re.sub(r",?\s*(jr|sr|ii|iii)\.?$", "", given, flags=re.IGNORECASE).strip(" ,")
        return _from_given(family, given)
    words = plain.split()
    start = next(
        (place for place, word in enumerate(words[:-1]) if word in PARTICLES),
        len(words) - 1,
    )
    return _name(" ".join(words[start:]), " ".join(words[:start]))


def parse_names(text: str) -> list[Name]:
    """Take apart several names, between semicolons, ampersands or lines."""
    return [parse_name(part) for part in re.split(r"\s*(?:;|&|\n)\s*", text) if part.strip()]


def split_particle(family: str) -> tuple[str, str]:
    """Give ("van der", "Berg") of "van der Berg"; only words in lower case are particles."""
    words = _straight(family).split()
    count = 0
    while count < len(words) - 1 and words[count] in PARTICLES:
        count += 1
    particle, rest = " ".join(words[:count]), " ".join(words[count:])
    if elided := ELIDED.match(rest):
        particle, rest = f"{particle} {elided[0]}".strip(), rest[elided.end() :]
    return particle, rest


def as_typed(name: Mapping[str, Any]) -> str:
    """Give "Berg, Jan van der", which `parse_name` takes apart again."""
    rest = " ".join(part for part in (name.get("given"), name.get("particle")) if part)
    family = str(name.get("family") or "")
    return f"{family}, {rest}" if rest else family + ("," if " " in family else "")


def surname(name: Mapping[str, Any]) -> str:
    """Give the surname with its particle: van der Berg, 't Hart, d'Hondt."""
    particle, family = (name.get("particle") or "").strip(), (name.get("family") or "").strip()
    return f"{particle}{'' if particle.endswith(chr(39)) or not particle else ' '}{family}"


def initials(given: str) -> str:
    """Give "J. W." of "Jan Willem" or "J.W.", and "J.-P." of "Jean-Paul"."""
    words = INITIALS.sub(" ", given or "").replace("‐", "-").split()
    return " ".join(
        "-".join(f"{part[0].upper()}." for part in word.split("-") if part) for word in words
    )


def inverted(name: Mapping[str, Any]) -> str:
    """Give "van der Berg, J."."""
    return ", ".join(part for part in (surname(name), initials(name.get("given") or "")) if part)


def sort_key(name: Mapping[str, Any], language: str = "nl") -> str:
    """Give what a list sorts by: in Dutch without the particle, in English with it."""
    family = (name.get("family") or "").casefold()
    own = family if language == "nl" else surname(name).casefold()
    return f"{own}, {(name.get('given') or '').casefold()}"


def _from_given(family: str, given: str) -> Name:
    """Allow for "Berg, Jan van der", as Dutch lists write it."""
    words = given.split()
    last = len(words)
    while last > 1 and words[last - 1] in PARTICLES:
        last -= 1
    if last == len(words) == 1 and words[0] in PARTICLES:
        last = 0
    behind = " ".join(words[last:])
    return _name(f"{behind} {family}".strip(), " ".join(words[:last]))


def _name(family: str, given: str) -> Name:
    particle, rest = split_particle(family)
    return {"family": rest, "given": given, "particle": particle}


def _straight(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'").replace("`", "'")
