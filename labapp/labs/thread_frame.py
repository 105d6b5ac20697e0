"""What the partials of a conversation need, on whose page they are."""

from collections.abc import Callable
from html import unescape

from flask import url_for

from labapp.accounts.words import ROLES
from labapp.knowledge import markdown
from labapp.labs.contribution_states import ACTION_WORDS as CONTRIBUTION_ACTIONS
from labapp.labs.contribution_states import WORDS as CONTRIBUTION_STATES
from labapp.labs.contribution_words import one_line
from labapp.labs.lab_words import SIDES
from labapp.labs.thread_models import Thread
from labapp.labs.thread_states import ACTION_WORDS as THREAD_ACTIONS
from labapp.labs.thread_states import WORDS as THREAD_STATES
from labapp.labs.thread_words import KIND_HINTS, KIND_ICONS, KINDS

WORDS: dict[str, object] = {
    "kinds": KINDS,
    "icons": KIND_ICONS,
    "sides": SIDES,
    "roles": ROLES,
    "states": CONTRIBUTION_STATES,
    "actions": CONTRIBUTION_ACTIONS,
    "thread_states": THREAD_STATES,
    "thread_actions": THREAD_ACTIONS,
}


def talk_words() -> dict[str, object]:
    """Give the partials of a conversation their words, on whose page they may be."""
    choices = [(kind.value, f"{words}: {KIND_HINTS[kind]}") for kind, words in KINDS.items()]
    return {**WORDS, "choices": choices}


def talk_page_url(thread: Thread) -> Callable[[int], str]:
    return lambda page: url_for("threads.show", thread_id=thread.id, pagina=page)


def plain_text(html: str) -> str:
    """The words of safe HTML on one line: as it was saved, so nothing is rendered again."""
    return one_line(unescape(markdown.ANY_TAG.sub(" ", html)))
