"""Full names with a group or class, and addresses of mail that schools give to pupils.

No list of names is used: a name is known by its shape, and by what stands beside it.
"""

import re
from collections.abc import Iterator
from itertools import islice

from labapp.pupil_data.findings import Finding, Kind, found

UPPER, LOWER = "A-ZÀ-ÖØ-ÞĆČĐĞİŁŚŞŠŹŻŽ", "a-zà-öø-ÿćčđğıłńśşšźżž'’"
WORD = rf"[{UPPER}][{LOWER}]{{1,20}}+(?:-[{UPPER}{LOWER}][{LOWER}]{{1,20}}+){{0,2}}"
GIVEN = rf"(?:{WORD}|(?:[{UPPER}]\. ?){{1,4}}+)"
PARTICLE = (
    r"(?:van|de|der|den|het|['’]t|ten|ter|te|in ['’]t|op de|aan de|el|al|bin|ben|la|le|du|da|dos"
    r"|von|di)"
)
FAMILY = rf"(?:[dDO]['’])?{WORD}(?:-(?:{PARTICLE}\s){{1,2}}{WORD})?"
NAME = rf"(?<![\w-]){GIVEN}(?:\s{WORD})?(?:\s{{0,2}}{PARTICLE}){{0,3}}\s{{0,2}}{FAMILY}(?![\w-])"
NUMBER = r"(?:[1-8]|een|één|twee|drie|vier|vijf|zes|zeven|acht)"
TRACK = r"(?:havo|vwo|mavo|vmbo(?:-?(?:bb|kb|gl|tl|gt|[bkt]))?|gymnasium|atheneum|mbo)"
CLASS = (
    rf"(?:(?:(?:combinatie)?groep|gr\.?)\s{NUMBER}(?:\s?[/-]\s?[1-8])?\s?[a-dA-D]?"
    rf"|(?:brug)?klas\s(?:[1-6]\s?{TRACK}|{TRACK}\s?[1-6]|[1-6]?[a-zA-Z]{{0,3}}\d?)"
    rf"|brugklas|[1-6]\s?{TRACK}|{TRACK}\s?[1-6])(?:\s?[a-zA-Z]\d?)?(?!\w)"
)
CODE = r"(?:[1-6]\s?[A-Z]{1,2}\d?|[A-Z]{1,2}[1-6][a-zA-Z]?)(?!\w)"
LINK = (
    r"(?:die\s)?(?:(?:zit|zat|is|was)\s(?:nu\s|een\s|dit\sjaar\s)?)?(?:leerlinge?\s)?"
    r"(?:uit|van|in)\s(?:de\s)?"
)
JOINED = rf"(?:\s?[,;:(\[–-]\s?|,?\s){LINK}|\s?[,;:(\[–-]\s?|\s"
NAME_CLASS = re.compile(rf"(?P<name>{NAME})(?:{JOINED})(?P<class>(?i:{CLASS}))")
NAME_CODE = re.compile(
    rf"(?P<name>{NAME})(?:\s?[,;(\[–-]\s?(?:klas\s)?|,?\s(?:uit|zit\sin|zat\sin)\s)(?P<class>{CODE})"
)
CLASS_NAME = re.compile(rf"(?P<class>(?i:{CLASS}))\s?[,;:(\[–-]\s?(?P<name>{NAME})")
PUPIL_NAME = re.compile(rf"(?<!\w)(?i:leerlinge?)[\s:]\s?(?P<name>{NAME})")
ANCHOR = re.compile(
    rf"(?i:groep|\bgr\b|klas|leerling|havo|vwo|mavo|vmbo|gymnasium|atheneum)|(?<!\w){CODE}"
)
AROUND = 110
MOST_PLACES = 3_000
LONGEST_LOCAL = 65
PATTERNS = (NAME_CLASS, NAME_CODE, CLASS_NAME, PUPIL_NAME)
ROLE = (
    r"(?:juf|juffrouw|meester|leraar|leraren|lerares|leerkracht\w{0,3}|docent\w{0,3}|mentor\w{0,2}"
    r"|mevrouw|meneer|mw\.|mevr\.|dhr\.|de heer|drs\.|dr\.|prof\.|directeur|rector|teamleider"
    r"|onderzoeker|coach|coördinator|ib['’]?er|intern begeleider|schoolleider|stagiaire?"
    r"|onderwijsassistent\w{0,2}|collega|auteur|door)"
)
ROLE_BEFORE = re.compile(rf"(?<!\w){ROLE}(?:\s(?:van\s)?|\s?[:,(]\s?)$", re.IGNORECASE)
ROLE_FIRST = re.compile(rf"{ROLE}\s", re.IGNORECASE)
ROLE_AFTER = re.compile(
    rf"[\s,;)\]–-]{{0,3}}\(?(?:(?:die|is|was|als|en|onze|hun|de)\s){{0,3}}{ROLE}(?!\w)",
    re.IGNORECASE,
)
# Words with a capital that are no name of a person; also those that end in the second list.
NO_NAME = frozenset({
    "de", "het", "een", "in", "op", "bij", "met", "voor", "na", "om", "als", "wat", "wie", "hoe",
    "dit", "dat", "deze", "die", "er", "of", "en", "maar", "van", "uit", "alle", "alles", "ook",
    "onze", "ons", "mijn", "team", "groep", "klas", "leerjaar", "school", "basisschool",
    "kinderen", "leerlingen", "veilig", "leren", "lezen", "schrijven", "rekenen", "taal",
    "spelling", "wereld", "getallen", "begrijpend", "technisch", "woordenschat", "nieuwsbegrip",
    "methode", "toets", "centraal", "les", "lessen", "week", "project", "thema", "bord", "plan",
    "doel", "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus",
    "september", "oktober", "november", "december", "maandag", "dinsdag", "woensdag", "donderdag",
    "vrijdag", "zaterdag", "zondag", "nederland", "nederlands", "engels", "frans", "duits",
    "wiskunde", "biologie", "geschiedenis", "aardrijkskunde", "gym", "muziek", "kunst",
    "techniek", "burgerschap", "midden", "begin", "eind", "verslag", "tabel", "figuur", "bijlage",
    "resultaten", "instructie", "feedback",
    "formatief", "formatieve", "toetsen", "evalueren", "samen", "elkaar", "zelf", "effect",
    "effecten", "onderzoek", "kennis", "cyclus", "stem", "ronde", "lab",
})  # fmt: skip
NO_NAME_ENDS = ("school", "college", "lyceum", "methode", "toets", "boek", "groep", "klas", "plein")
CAPITAL = re.compile(rf"[{UPPER}]")
BEFORE, AFTER = 30, 40
LOCAL_PART = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}$")
DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![\w-])", re.IGNORECASE)
# A part of a domain that schools give to pupils, as in 12345@leerling.school.nl.
PUPIL_LABEL = re.compile(
    r"(?:leerling(?:en)?|lln?|student(?:en|s)?|pupils?|scholier(?:en)?)\d?"
    r"|(?:leerling(?:en)?|student(?:en)?)-[a-z0-9-]+|[a-z0-9-]+-(?:leerling(?:en)?|lln?|student(?:en)?)"
    r"|(?:mijn|edu)leerling(?:en)?"
)
PUPIL_NUMBER = re.compile(r"(?!(?:19|20)\d\d$)(?:ll|lln|leerling|s)?\d{4,8}")  # and no year


def find_people(text: str) -> Iterator[Finding]:
    """Give full names that stand with a group or class or after `leerling`, but not of staff."""
    for start, end in _surroundings(text):
        for pattern in PATTERNS:
            for match in pattern.finditer(text, start, end):
                if is_person(match["name"]) and not _is_staff(text, match):
                    yield found(Kind.NAME, text, match.start(), match.end())


def _surroundings(text: str) -> Iterator[tuple[int, int]]:
    """Give the stretches around what may be a group or class: looking there only keeps it fast."""
    start = end = 0
    for match in islice(ANCHOR.finditer(text), MOST_PLACES):
        if match.start() - AROUND > end:
            if end:
                yield start, end
            start = match.start() - AROUND
        end = match.end() + AROUND
    if end:
        yield max(0, start), end


def is_person(name: str) -> bool:
    """Tell whether words with capitals can be the name of a person, not of a school or method."""
    words = [word for word in name.split() if CAPITAL.match(word)]
    while words and words[0].lower() in NO_NAME:
        words.pop(0)
    rest = [word.lower() for word in words]
    return len(rest) > 1 and not any(
        word in NO_NAME or word.endswith(NO_NAME_ENDS) for word in rest
    )


def _is_staff(text: str, match: re.Match[str]) -> bool:
    """Tell whether a role of a grown-up stands before, in or after it: `Meester Jan Mulder`."""
    starts = {match.start(), match.start("name")}
    return bool(
        any(ROLE_BEFORE.search(text[max(0, start - BEFORE) : start]) for start in starts)
        or ROLE_FIRST.match(match["name"])
        or ROLE_AFTER.match(text[match.end() : match.end() + AFTER])
    )


def find_addresses(text: str) -> Iterator[Finding]:
    """Give addresses in a domain for pupils, or with a number where a name is expected."""
    for at in islice(re.finditer("@", text), MOST_PLACES):
        local = LOCAL_PART.search(text[max(0, at.start() - LONGEST_LOCAL) : at.start()])
        domain = DOMAIN.match(text, at.end())
        if local and domain and _is_of_pupil(local[0].lower(), domain[0].lower()):
            yield found(Kind.EMAIL, text, at.start() - len(local[0]), domain.end())


def _is_of_pupil(local: str, domain: str) -> bool:
    labels = domain.split(".")[:-1]
    in_domain = any(PUPIL_LABEL.fullmatch(label) for label in labels)
    return in_domain or PUPIL_NUMBER.fullmatch(local) is not None
