"""Ranking the questions of an agenda: practice and research each for itself, then together.

A place gives points (the first ten, the tenth one); the sum of a side's votes is its order, and
what came on the agenda first goes first among equals. Together is a meeting: a broker writes down
what both agreed on, and until then the sum of both places is proposed.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.accounts.models import OrganisationKind
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import machine, policies
from labapp.labs.agenda_states import TOP, shortlist
from labapp.labs.lab_models import Side
from labapp.labs.question_models import Agenda, AgendaItem, AgendaState, AgendaVote

SIDES = {
    OrganisationKind.SCHOOL: Side.PRACTICE,
    OrganisationKind.BOARD: Side.PRACTICE,
    OrganisationKind.RESEARCH_INSTITUTION: Side.RESEARCH,
}


def side_of(actor: Actor) -> Side | None:
    """Give for which side one chooses: by the organisation that one acts for."""
    return SIDES.get(actor.acting_for.kind) if actor.acting_for else None


def vote(actor: Actor, agenda: Agenda, places: Mapping[int, int]) -> None:
    """Give up to ten questions a place each, for one's own side; again replaces what one chose."""
    with transaction() as session:
        machine.lock(agenda)
        side = side_of(actor)
        if side is None or actor.id is None:
            raise ForbiddenError(_("Kiezen doe je namens een school of een onderzoeksinstelling."))
        _require_ranking(agenda)
        kept = shortlist(agenda)
        _check_places(places, kept)
        ids = [item.id for item in kept]
        session.execute(
            delete(AgendaVote).where(AgendaVote.item_id.in_(ids), AgendaVote.user_id == actor.id)
        )
        moment = now()
        session.add_all(
            AgendaVote(item_id=item_id, user_id=actor.id, side=side, place=place, created_at=moment)
            for item_id, place in places.items()
        )
        session.flush()
        for one in Side:
            _count(kept, one)
        audit.record(
            actor.id, "agendas.voted", agenda, on_behalf_of=actor.acting_for_id,
            changes={"side": [None, side]},
        )  # fmt: skip


def place_together(actor: Actor, agenda: Agenda, places: Mapping[int, int]) -> None:
    """Write down the order on which practice and research agreed."""
    with transaction() as session:
        machine.lock(agenda)
        if not policies.is_broker(actor):
            raise ForbiddenError(_("Alleen een kennismakelaar houdt de kennisagenda bij."))
        _require_ranking(agenda)
        kept = shortlist(agenda)
        _check_places(places, kept)
        for item in kept:
            item.place = places.get(item.id)
        session.flush()
        audit.record(
            actor.id, "agendas.placed", agenda, on_behalf_of=actor.acting_for_id,
            changes={"places": [None, {str(k): v for k, v in places.items()}]},
        )  # fmt: skip


def own_votes(actor: Actor, agenda: Agenda) -> dict[int, int]:
    """Give the places that one gave: {item: place}."""
    query = (
        select(AgendaVote.item_id, AgendaVote.place)
        .join(AgendaItem, AgendaItem.id == AgendaVote.item_id)
        .where(AgendaItem.agenda_id == agenda.id, AgendaVote.user_id == actor.id)
    )
    return dict(db.session.execute(query).all())


def count_voters(agenda: Agenda) -> dict[Side, int]:
    """Give how many people chose, on each side."""
    query = (
        select(AgendaVote.side, func.count(func.distinct(AgendaVote.user_id)))
        .join(AgendaItem, AgendaItem.id == AgendaVote.item_id)
        .where(AgendaItem.agenda_id == agenda.id)
        .group_by(AgendaVote.side)
    )
    found = dict(db.session.execute(query).all())
    return {side: found.get(side, 0) for side in Side}


def proposed(agenda: Agenda) -> dict[int, int]:
    """Give the order that the two sides' places add up to: {item: place}, ten at most."""
    kept = shortlist(agenda)
    last = len(kept) + 1
    ordered = sorted(
        kept, key=lambda item: ((item.practice_place or last) + (item.research_place or last),
                                item.id)
    )  # fmt: skip
    return {item.id: place for place, item in enumerate(ordered[:TOP], start=1)}


def _require_ranking(agenda: Agenda) -> None:
    if agenda.state is not AgendaState.RANKING:
        raise ConflictError(_("Er wordt nu niet gekozen."))


def _check_places(places: Mapping[int, int], kept: Sequence[AgendaItem]) -> None:
    known = {item.id for item in kept}
    given = list(places.values())
    problem = ""
    if not places:
        problem = _("Geef ten minste één vraag een plaats.")
    elif not set(places) <= known:
        problem = _("Kies alleen vragen die op de korte lijst staan.")
    elif len(set(given)) != len(given):
        problem = _("Geef elke plaats aan één vraag.")
    elif any(not 1 <= place <= TOP for place in given):
        problem = _("Een plaats is 1 tot en met %(last)s.", last=TOP)
    if problem:
        raise InvalidError(problem, {"places": [problem]})


def _count(kept: Sequence[AgendaItem], side: Side) -> None:
    """Give each question its place by the votes of a side; without votes there is none."""
    ids = [item.id for item in kept]
    query = (
        select(AgendaVote.item_id, func.sum(TOP + 1 - AgendaVote.place))
        .where(AgendaVote.item_id.in_(ids), AgendaVote.side == side)
        .group_by(AgendaVote.item_id)
    )
    points = {item: int(total) for item, total in db.session.execute(query)}
    ordered = sorted(kept, key=lambda item: (-points.get(item.id, 0), item.id))
    column = "practice_place" if side is Side.PRACTICE else "research_place"
    for place, item in enumerate(ordered, start=1):
        setattr(item, column, place if points else None)
