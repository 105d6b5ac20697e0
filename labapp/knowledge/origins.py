"""From what a card was made: an object of another package, named by its title and address."""

from collections.abc import Iterable
from dataclasses import dataclass

from labapp.accounts.actors import Actor
from labapp.knowledge.models import Card
from labapp.notifications import objects


@dataclass(frozen=True)
class Origin:
    title: str
    url: str


def origins_of(actor: Actor, cards: Iterable[Card]) -> dict[int, Origin]:
    """Give by card what it was made from, where one may see that."""
    named = {card.id: card.made_from for card in cards if card.made_from}
    seen = objects.visible(actor, set(named.values()))
    titles = objects.Titles()
    titles.look_up(seen)
    return {
        card_id: Origin(titles.of(name) or "", objects.url_of(name))
        for card_id, name in named.items()
        if name in seen
    }
