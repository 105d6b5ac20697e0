"""The red thread of one object, as somebody may see it: where it came from, and what came of it.

A thread goes on only through what the person may see; the rest is left out, without a count.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.formatting import dag
from labapp.i18n import gettext as _
from labapp.labs.red_thread import FORWARD, MOST_STEPS
from labapp.labs.round_models import Activity
from labapp.links import Link
from labapp.notifications import addresses, objects
from labapp.subsidy import policies as subsidy_policies
from labapp.subsidy.durations import write_hours
from labapp.subsidy.hour_models import HourEntry, HourProposal

HOURS, PROPOSALS, ACTIVITIES, ROUNDS = "hour_entries", "hour_proposals", "activities", "rounds"
ORDER = (
    "questions", ROUNDS, ACTIVITIES, "findings", "cards", "collections", "use_reports", HOURS,
)  # fmt: skip
MOST = 300  # links of one step
Edges = Mapping[str, set[str]]


@dataclass(frozen=True)
class Node:
    """One object of a thread; `name` as links know it, `kind` its table."""

    name: str
    title: str
    url: str
    is_here: bool = False

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]


def thread_of(actor: Actor, name: str) -> list[Node]:
    """Give the thread of an object in both directions, from question to hours, itself included.

    Empty when there is nothing but the object, or when one may not see it.
    """
    start = _source_of(actor, name)
    if start is None:
        return []
    seen = {start}
    for next_of in (_before, _after):
        edges = _walk(start, next_of)
        visible = objects.visible(actor, [start, *edges, *_ends(edges)])
        seen |= _reached(start, edges, visible)
    nodes = [*_nodes(seen, name), *_hour_nodes(actor, seen, name)]
    if len(nodes) < 2:  # noqa: PLR2004  # a thread joins two
        return []
    return sorted(nodes, key=lambda node: (ORDER.index(node.kind), node.name))


def _source_of(actor: Actor, name: str) -> str | None:
    """Give where a thread begins that one may see: of hours, the meeting they came from."""
    if name.partition(":")[0] == HOURS:
        entry = db.session.scalar(
            select(HourEntry).where(
                HourEntry.id == name.partition(":")[2], subsidy_policies.entries_visible_to(actor)
            )
        )
        source = entry.source_ref if entry is not None else None
        return source if source and objects.can_see(actor, source) else None
    return name if objects.can_see(actor, name) else None


def _walk(start: str, next_of: Callable[[Collection[str]], Edges]) -> Edges:
    """Give every edge that leads on from an object in one direction."""
    edges: dict[str, set[str]] = defaultdict(set)
    wave, known = {start}, {start}
    for _step in range(MOST_STEPS):
        found = next_of(wave)
        for one, others in found.items():
            edges[one] |= others
        wave = {other for others in found.values() for other in others} - known
        known |= wave
        if not wave:
            break
    return edges


def _ends(edges: Edges) -> set[str]:
    return {other for others in edges.values() for other in others}


def _after(wave: Collection[str]) -> Edges:
    found: dict[str, set[str]] = defaultdict(set)
    query = select(Link.from_object, Link.to_object).where(
        Link.from_object.in_(sorted(wave)), Link.kind.in_(FORWARD)
    )
    for first, second in db.session.execute(query.order_by(Link.id.desc()).limit(MOST)):
        found[first].add(second)
    rounds = select(Activity.round_id, Activity.id).where(Activity.round_id.in_(_ids(wave, ROUNDS)))
    for round_id, number in db.session.execute(rounds.limit(MOST)):
        found[f"{ROUNDS}:{round_id}"].add(f"{ACTIVITIES}:{number}")
    return found


def _before(wave: Collection[str]) -> Edges:
    found: dict[str, set[str]] = defaultdict(set)
    query = select(Link.from_object, Link.to_object).where(
        Link.to_object.in_(sorted(wave)), Link.kind.in_(FORWARD)
    )
    for first, second in db.session.execute(query.order_by(Link.id).limit(MOST)):
        found[second].add(first)
    held = select(Activity.id, Activity.round_id).where(
        Activity.id.in_(_ids(wave, ACTIVITIES)), Activity.round_id.is_not(None)
    )
    for number, round_id in db.session.execute(held):
        found[f"{ACTIVITIES}:{number}"].add(f"{ROUNDS}:{round_id}")
    return found


def _reached(start: str, edges: Edges, visible: Collection[str]) -> set[str]:
    """Give what a thread reaches through visible objects; proposed hours are judged later."""
    seen, wave = {start}, {start}
    while wave:
        wave = {
            other
            for one in wave
            for other in edges.get(one, ())
            if other not in seen and (other in visible or other.startswith(PROPOSALS + ":"))
        }
        seen |= wave
    return seen


def _nodes(names: Collection[str], here: str) -> list[Node]:
    shown = [name for name in names if name.partition(":")[0] in ORDER]
    titles = objects.Titles()
    titles.look_up(shown)
    return [
        Node(name, titles.of(name) or "", objects.url_of(name), is_here=name == here)
        for name in shown
        if titles.of(name)
    ]


def _hour_nodes(actor: Actor, names: Collection[str], here: str) -> list[Node]:
    """Give the hours that were taken over from proposals, those that one may see."""
    proposals = _ids(names, PROPOSALS)
    taken = select(HourProposal.entry_id).where(
        HourProposal.id.in_(proposals), HourProposal.entry_id.is_not(None)
    )
    mine = here.partition(":")[2] if here.startswith(HOURS + ":") else ""
    query = select(HourEntry).where(
        HourEntry.id.in_(taken) | (HourEntry.id == mine), subsidy_policies.entries_visible_to(actor)
    )
    return [
        Node(
            f"{HOURS}:{entry.id}",
            _("%(day)s, %(hours)s uur", day=dag(entry.work_date), hours=write_hours(entry.minutes)),
            addresses.path("entries.show", entry_id=entry.id),
            is_here=entry.id == mine,
        )
        for entry in db.session.scalars(query.order_by(HourEntry.work_date, HourEntry.id))
    ]


def _ids(names: Collection[str], kind: str) -> list[int]:
    found = (name.partition(":") for name in names)
    return sorted({int(number) for table, _colon, number in found if table == kind})
