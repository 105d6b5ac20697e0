"""The choices that the form of a finding offers, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.labs import finding_words as words
from labapp.labs.corrections import ERRATUM_WORDS, RETRACTION_WORDS
from labapp.labs.finding_contributors import ROLE_WORDS

Options = list[tuple[str, str]]


class Choices:
    """What a select or a group of rounds shows: [(value, words)]."""

    @property
    def directions(self) -> Options:
        return _plain(words.DIRECTION_WORDS)

    @property
    def kinds(self) -> Options:
        return _plain(words.KIND_WORDS)

    @property
    def certainties(self) -> Options:
        return [(str(n), f"{n}: {word}") for n, word in enumerate(words.CERTAINTY_WORDS)]

    @property
    def costs(self) -> Options:
        return [(str(n), f"{n}: {word}") for n, word in enumerate(words.COST_WORDS, start=1)]

    @property
    def licences(self) -> Options:
        return _plain(words.LICENCE_WORDS)

    @property
    def relations(self) -> Options:
        return _plain(words.RELATION_WORDS)

    @property
    def roles(self) -> Options:
        return _plain(ROLE_WORDS)

    @property
    def languages(self) -> Options:
        return [("nl", _("Nederlands")), ("en", _("Engels"))]

    @property
    def themes(self) -> Options:
        return _facet("theme", vocabulary.themes())

    @property
    def sectors(self) -> Options:
        return _facet("sector", vocabulary.SECTORS)

    @property
    def subjects(self) -> Options:
        return _facet("subject", vocabulary.SUBJECTS)

    @property
    def outcomes(self) -> Options:
        return _facet("outcome", vocabulary.outcomes())

    @property
    def errata(self) -> Options:
        return [(reason.value, str(said)) for reason, said in ERRATUM_WORDS.items()]

    @property
    def retractions(self) -> Options:
        return [(reason.value, str(said)) for reason, said in RETRACTION_WORDS.items()]


def _plain(table: Mapping[str, Any]) -> Options:
    return [(value, str(said)) for value, said in table.items()]


def _facet(facet: str, values: Iterable[str]) -> Options:
    language = current_language()
    return [(value, vocabulary.label(facet, value, language)) for value in values]
