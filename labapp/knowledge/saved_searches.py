"""Searches that people follow, and what they asked before."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.clock import now
from labapp.database import db, name_of, transaction
from labapp.errors import InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.i18n import in_language
from labapp.knowledge import policies
from labapp.knowledge.finding import CardQuery, search_cards
from labapp.knowledge.models import Card
from labapp.knowledge.use_models import DigestFrequency, PastSearch, SavedSearch
from labapp.mail import services as mail
from labapp.mail import withdrawing
from labapp.mail.models import LetterObject
from labapp.notifications import addresses

INTERVALS = {DigestFrequency.DAILY: timedelta(days=1), DigestFrequency.WEEKLY: timedelta(days=7)}
IN_DIGEST = 20
KEPT = 50  # past searches of a person
CARD, SEARCH = "cards:", "saved_searches:"


def list_saved_searches(actor: Actor) -> list[SavedSearch]:
    user = actor.require_user()
    return list(
        db.session.scalars(
            select(SavedSearch).where(SavedSearch.user_id == user.id).order_by(SavedSearch.name)
        )
    )


def get_saved_search(actor: Actor, search_id: int) -> SavedSearch:
    saved = db.session.get(SavedSearch, search_id)
    if saved is None or saved.user_id != actor.id:
        raise NotFoundError(_("Deze zoekopdracht bestaat niet."))
    return saved


def save_search(
    actor: Actor,
    name: str,
    query: CardQuery,
    frequency: DigestFrequency = DigestFrequency.WEEKLY,
) -> SavedSearch:
    """Follow a search: a digest of what is new in it comes by mail."""
    user = actor.require_user()
    words = " ".join(name.split())[:120] or query.text[:120]
    if not words:
        raise InvalidError(_("Geef een naam."), {"name": [_("Geef een naam.")]})
    with transaction() as session:
        saved = SavedSearch(
            user_id=user.id, name=words, parameters=query.parameters, frequency=frequency
        )
        session.add(saved)
    return saved


def set_frequency(actor: Actor, saved: SavedSearch, frequency: DigestFrequency) -> None:
    get_saved_search(actor, saved.id)
    with transaction():
        saved.frequency = frequency


def remove_saved_search(actor: Actor, saved: SavedSearch) -> None:
    get_saved_search(actor, saved.id)
    with transaction() as session:
        session.delete(saved)


def query_of(parameters: Mapping[str, Any]) -> CardQuery:
    """Give the search that was kept as plain values."""
    known = {"q", "months", "evidence", "sort"}
    return CardQuery(
        text=parameters.get("q", ""),
        filters={k: tuple(v) for k, v in parameters.items() if k not in known},
        months=parameters.get("months"),
        evidence=parameters.get("evidence"),
        sort=parameters.get("sort", "relevance"),
    )


def send_digests(base_url: str) -> int:
    """Send every digest that is due; give the number of letters. One letter a search, once."""
    due = [
        saved.id
        for saved in db.session.scalars(
            select(SavedSearch).where(SavedSearch.frequency != DigestFrequency.NEVER)
        )
        if saved.digested_at + INTERVALS[saved.frequency] <= now()
    ]
    return sum(_send_digest(number, base_url) for number in due)


def note_past_search(actor: Actor, query: CardQuery) -> None:
    """Remember what a person asked, for that person alone; the oldest are forgotten."""
    if actor.id is None or not query.text:
        return
    with transaction() as session:
        newest = select(PastSearch).where(PastSearch.user_id == actor.id)
        past = session.scalars(newest.order_by(PastSearch.id.desc())).all()
        if past and past[0].parameters == query.parameters:
            return
        if past and past[0].parameters.get("q") == query.text:
            past[0].parameters = query.parameters  # the same question, with other filters
            return
        session.add(PastSearch(user_id=actor.id, parameters=query.parameters))
        for old in past[KEPT - 1 :]:
            session.delete(old)


def list_past_searches(actor: Actor, limit: int = 10) -> list[PastSearch]:
    if actor.id is None:
        return []
    return list(
        db.session.scalars(
            select(PastSearch)
            .where(PastSearch.user_id == actor.id)
            .order_by(PastSearch.id.desc())
            .limit(limit)
        )
    )


def forget_past_searches(actor: Actor) -> None:
    with transaction() as session:
        session.execute(delete(PastSearch).where(PastSearch.user_id == actor.require_user().id))


def _send_digest(search_id: int, base_url: str) -> int:
    saved = db.session.get(SavedSearch, search_id)
    if saved is None:
        return 0
    cards = _new_cards(Actor.of(saved.user), saved.parameters, saved.digested_at)
    with transaction() as session:
        again = session.get(SavedSearch, search_id)
        if again is None or again.digested_at + INTERVALS[again.frequency] > now():
            return 0  # another worker was first
        again.digested_at = now()
        return _write(again, cards, base_url)


def _write(saved: SavedSearch, cards: Sequence[Card], base_url: str) -> int:
    """Write the letter of a search with these cards, in the caller's transaction."""
    user = saved.user
    if not cards or user.email is None or not user.active:
        return 0
    with in_language(user.language):
        subject = _("Nieuw bij ‘%(name)s’", name=saved.name)
        text = _digest_text(saved.name, cards, base_url)
    about = [name_of(saved), *map(name_of, cards)]
    mail.send(user.email, subject, text, user_id=user.id, about=about)
    return 1


def write_again(letter_ids: Collection[int], names: Collection[str]) -> None:
    """Write digests that were taken back anew, without these cards and what is gone by now."""
    for letter_id in letter_ids:
        query = select(LetterObject.name).where(LetterObject.letter_id == letter_id)
        about = db.session.scalars(query).all()
        for number in _ids(about, SEARCH):
            saved = db.session.get(SavedSearch, number)
            if saved is not None:
                kept = _shown(Actor.of(saved.user), set(about) - set(names))
                _write(saved, kept, addresses.whole("/").rstrip("/"))


def hidden_from(user_id: int, names: Collection[str]) -> set[str]:
    """Give the cards in a digest that are not there any more; other letters may tell of those."""
    user = db.session.get(User, user_id)
    if user is None or not _ids(names, SEARCH):
        return set()
    shown = {name_of(card) for card in _shown(Actor.of(user), names)}
    return {name for name in names if name.startswith(CARD)} - shown


def _shown(actor: Actor, names: Collection[str]) -> Sequence[Card]:
    ids = Card.id.in_(_ids(names, CARD))
    query = select(Card).where(ids, policies.visible_to(actor))
    return db.session.scalars(query.order_by(Card.updated_at.desc(), Card.id.desc())).all()


def _ids(names: Collection[str], kind: str) -> list[int]:
    return sorted(int(name.removeprefix(kind)) for name in names if name.startswith(kind))


def _new_cards(actor: Actor, parameters: Mapping[str, Any], since: datetime) -> list[Card]:
    query = query_of(parameters)
    newest = CardQuery(
        text=query.text,
        filters=query.filters,
        months=query.months,
        evidence=query.evidence,
        sort="newest",
        per_page=IN_DIGEST,
    )
    found = search_cards(actor, newest)
    return [item.card for item in found.items if item.card.updated_at > since]


def _digest_text(name: str, cards: Sequence[Card], base_url: str) -> str:
    lines = [_("Nieuw of bijgewerkt bij je zoekopdracht ‘%(name)s’:", name=name), ""]
    for card in cards:
        lines += [card.title, f"{base_url}/kennis/{card.id}", card.answer, ""]
    lines += [
        _("Wil je dit niet meer ontvangen? Zet het uit op:"),
        f"{base_url}/mijn/zoekopdrachten",
    ]
    return "\n".join(lines)


withdrawing.register_writer(write_again)
withdrawing.register_sight(hidden_from)
