"""The steps of a question agenda, in the way of the James Lind Alliance."""

import enum

from labapp.accounts.actors import Actor
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import policies
from labapp.labs.machine import Machine
from labapp.labs.question_models import Agenda, AgendaItem, AgendaState

S = AgendaState
TOP = 10
MOST_SHORTLISTED = 30


class AgendaAction(enum.Enum):
    CHECK = "check"
    SHORTEN = "shorten"
    RANK = "rank"
    PUBLISH = "publish"
    CANCEL = "cancel"


A = AgendaAction
STATE_WORDS = {
    S.COLLECTING: _l("Vragen verzamelen"),
    S.CHECKING: _l("Nagaan wat al bekend is"),
    S.SHORTENING: _l("De lijst korter maken"),
    S.RANKING: _l("Kiezen: praktijk en onderzoek apart, dan samen"),
    S.PUBLISHED: _l("Gepubliceerd"),
    S.CANCELLED: _l("Gestopt"),
}
ACTION_WORDS = {
    A.CHECK: _l("Sluit het verzamelen en ga na wat al bekend is"),
    A.SHORTEN: _l("Maak de lijst korter"),
    A.RANK: _l("Laat praktijk en onderzoek kiezen"),
    A.PUBLISH: _l("Publiceer de top tien"),
    A.CANCEL: _l("Stop deze agenda"),
}
STEPS = (S.COLLECTING, S.CHECKING, S.SHORTENING, S.RANKING, S.PUBLISHED)


def shortlist(agenda: Agenda) -> list[AgendaItem]:
    """Give the items that stayed, by their place together, else as they came."""
    kept = [item for item in agenda.items if item.is_shortlisted]
    return sorted(kept, key=lambda item: (item.place or MOST_SHORTLISTED + 1, item.id))


def _may(actor: Actor, _agenda: Agenda) -> bool:
    return policies.is_broker(actor)


def _unfilled(agenda: Agenda) -> list[str]:
    return [] if agenda.items else [_("Er staat nog geen vraag op de agenda.")]


def _unchecked(agenda: Agenda) -> list[str]:
    if all(item.known.strip() for item in agenda.items):
        return []
    return [_("Schrijf bij elke vraag op wat er al over bekend is.")]


def _undecided(agenda: Agenda) -> list[str]:
    if any(item.is_shortlisted is None for item in agenda.items):
        return [_("Zeg van elke vraag of zij blijft.")]
    count = len(shortlist(agenda))
    if not 1 <= count <= MOST_SHORTLISTED:
        return [_("Houd ten minste 1 en hoogstens %(most)s vragen over.", most=MOST_SHORTLISTED)]
    return []


def _unranked(agenda: Agenda) -> list[str]:
    missing = []
    kept = shortlist(agenda)
    if any(item.practice_place is None for item in kept):
        missing.append(_("De praktijk heeft nog niet gekozen."))
    if any(item.research_place is None for item in kept):
        missing.append(_("Het onderzoek heeft nog niet gekozen."))
    wanted = list(range(1, min(TOP, len(kept)) + 1))
    if sorted(item.place for item in kept if item.place is not None) != wanted:
        missing.append(_("Geef samen de plaatsen 1 tot en met %(last)s.", last=wanted[-1]))
    return missing


AGENDA: Machine[Agenda, AgendaState, AgendaAction] = Machine(
    name="agenda",
    transitions={
        (S.COLLECTING, A.CHECK): S.CHECKING,
        (S.CHECKING, A.SHORTEN): S.SHORTENING,
        (S.SHORTENING, A.RANK): S.RANKING,
        (S.RANKING, A.PUBLISH): S.PUBLISHED,
        **{(state, A.CANCEL): S.CANCELLED for state in STEPS[:-1]},
    },
    may=dict.fromkeys(AgendaAction, _may),
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={
        A.CHECK: _unfilled, A.SHORTEN: _unchecked, A.RANK: _undecided, A.PUBLISH: _unranked,
    },
    reasons=(A.CANCEL,),
)  # fmt: skip
