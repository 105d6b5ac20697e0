"""What the plan of a round answers, on one page, and how two plans differ."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from labapp.i18n import lazy_gettext as _l

KEYS = ("question", "design", "schools", "instruments", "analysis", "stopping")
LABELS = {
    "question": _l("Vraag"),
    "design": _l("Opzet"),
    "schools": _l("Keuze van scholen"),
    "instruments": _l("Instrumenten"),
    "analysis": _l("Analyse"),
    "stopping": _l("Wanneer stoppen we?"),
}
HINTS = {
    "question": _l("Wat willen jullie na deze ronde weten?"),
    "design": _l("Wat vergelijken jullie waarmee, hoelang en hoe vaak?"),
    "schools": _l("Welke scholen, klassen en leerlingen doen mee, en waarom die?"),
    "instruments": _l("Waarmee meten jullie: toets, vragenlijst, observatie, gesprek?"),
    "analysis": _l("Hoe kijken jullie straks naar de gegevens, en wat telt als resultaat?"),
    "stopping": _l("Bij welk teken stoppen jullie eerder, en wanneer is het genoeg?"),
}
LONGEST = 10_000


def unanswered(answers: Mapping[str, Any]) -> list[str]:
    return [key for key in KEYS if not str(answers.get(key, "")).strip()]


def changed_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Give the keys whose answers differ, in the order of the page."""
    return [key for key in KEYS if old.get(key, "") != new.get(key, "")]


def hash_of(answers: Mapping[str, Any]) -> str:
    """Give the SHA-256 of the answers as canonical JSON: sorted keys, no spaces, UTF-8."""
    whole = {key: answers.get(key, "") for key in KEYS}
    text = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
