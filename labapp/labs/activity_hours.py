"""The hours that a meeting proposes to who was there: once, and to nobody twice for one time."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.database import db, name_of, transaction
from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.i18n import in_language
from labapp.i18n import lazy_gettext as _l
from labapp.labs.activity_states import KIND_WORDS
from labapp.labs.lab_models import LabVisibility
from labapp.labs.round_models import Activity, ActivityPerson, ActivityState
from labapp.links import LinkKind, connect
from labapp.subsidy.hour_models import HourProposal
from labapp.subsidy.proposals import ProposalInput, propose_hours
from labapp.subsidy.scheme_models import (
    ActivityCategory,
    Participation,
    SchemeVersion,
    VersionStatus,
)

Choice = tuple[int, int]  # version of a scheme, and one of its activities
LOOKED_BACK = 20  # meetings of a lab


class WithoutHours(enum.Enum):
    """Why somebody who was there got no proposal."""

    NO_SCHEME = "no_scheme"
    NOT_CHOSEN = "not_chosen"
    OVERLAP = "overlap"
    TOO_SHORT = "too_short"


WITHOUT_WORDS = {
    WithoutHours.NO_SCHEME: _l("de school doet op die dag aan geen regeling mee"),
    WithoutHours.NOT_CHOSEN: _l("voor deze school is ‘geen uren’ gekozen"),
    WithoutHours.OVERLAP: _l("voor dit tijdstip zijn al uren voorgesteld"),
    WithoutHours.TOO_SHORT: _l("korter dan de kleinste stap van de regeling"),
}


@dataclass(frozen=True)
class Option:
    """A scheme and an activity on which a school's people may write hours of a day."""

    version: SchemeVersion
    category: ActivityCategory

    @property
    def key(self) -> Choice:
        return self.version.id, self.category.id


def options_of(activity: Activity, organisation_ids: Sequence[int]) -> dict[int, list[Option]]:
    """Give what each school may write hours on that day; none where it takes part in nothing."""
    day = activity.held_on
    query = (
        select(Participation)
        .join(Participation.scheme_version)
        .where(
            Participation.organisation_id.in_(organisation_ids),
            Participation.from_on <= day,
            Participation.to_on >= day,
            SchemeVersion.status == VersionStatus.ACTIVE,
            SchemeVersion.valid_from <= day,
            SchemeVersion.valid_to >= day,
        )
        .options(joinedload(Participation.scheme_version).selectinload(SchemeVersion.categories))
        .order_by(Participation.id)
    )
    found: dict[int, list[Option]] = {number: [] for number in organisation_ids}
    for part in db.session.scalars(query):
        version = part.scheme_version
        found[part.organisation_id] += [
            Option(version, category) for category in version.categories if category.is_open
        ]
    return found


def usual(activity: Activity, options: Mapping[int, Sequence[Option]]) -> dict[int, Choice]:
    """Give for each school what is proposed to choose: the only thing there is, or what was last.

    A scheme does not say which of its activities a meeting of a lab is: a lab chooses it once.
    """
    found = {number: some[0].key for number, some in options.items() if len(some) == 1}
    open_ones = {number: {option.key for option in some} for number, some in options.items()}
    others = select(Activity.id).where(
        Activity.lab_id == activity.lab_id, Activity.state == ActivityState.HELD
    )
    latest = others.order_by(Activity.held_on.desc(), Activity.id.desc()).limit(LOOKED_BACK)
    names = [f"{Activity.__tablename__}:{number}" for number in db.session.scalars(latest)]
    before = (
        select(HourProposal)
        .where(
            HourProposal.source_ref.in_(names), HourProposal.organisation_id.in_(sorted(options))
        )
        .order_by(HourProposal.work_date.desc(), HourProposal.id.desc())
    )
    for row in db.session.scalars(before):
        key = (row.scheme_version_id, row.category_id)
        if key in open_ones[row.organisation_id]:
            found.setdefault(row.organisation_id, key)
    return found


def propose(
    actor: Actor,
    activity: Activity,
    people: Sequence[ActivityPerson],
    chosen: Mapping[int, Choice | None],
) -> None:
    """Propose hours to people of a meeting, in the caller's transaction.

    It notes of each person whether there is a proposal, and why not. The system proposes; who
    confirmed the meeting stands in the trail, and the person still has to take the hours over.
    """
    places = sorted({person.organisation_id for person in people})
    options = options_of(activity, places)
    chosen = {**usual(activity, options), **chosen}
    with transaction() as session:
        _hold(people)
        busy = _busy(activity, people)
        inputs: list[ProposalInput] = []
        for person in people:
            one = _choose(options[person.organisation_id], chosen, person.organisation_id)
            if not isinstance(one, WithoutHours):
                made = _input(activity, person, one)
                if person.user_id in busy:
                    one = WithoutHours.OVERLAP
                elif made is None:
                    one = WithoutHours.TOO_SHORT
                else:
                    inputs.append(made)
            person.has_proposal = not isinstance(one, WithoutHours)
            person.without_hours = one.value if isinstance(one, WithoutHours) else ""
        session.flush()
        if not inputs:
            return
        for row in propose_hours(Actor.system(), inputs):
            connect(name_of(activity), LinkKind.LOGGED_AS, name_of(row), actor_id=actor.id)


def words_without(person: ActivityPerson) -> str:
    """Say why somebody got no proposal."""
    return str(WITHOUT_WORDS[WithoutHours(person.without_hours)]) if person.without_hours else ""


def _choose(
    options: Sequence[Option], chosen: Mapping[int, Choice | None], organisation_id: int
) -> Option | WithoutHours:
    if not options:
        return WithoutHours.NO_SCHEME
    if organisation_id not in chosen:
        words = _("Kies onder welke activiteit deze uren vallen, of geen uren.")
        raise InvalidError(words, {f"hours-{organisation_id}": [words]})
    wanted = chosen[organisation_id]
    if wanted is None:
        return WithoutHours.NOT_CHOSEN
    found = next((option for option in options if option.key == wanted), None)
    if found is None:
        words = _("Kies een regeling en activiteit waar deze school op die dag aan meedoet.")
        raise InvalidError(words, {f"hours-{organisation_id}": [words]})
    return found


def _input(activity: Activity, person: ActivityPerson, option: Option) -> ProposalInput | None:
    """Give the proposal for one person, in whole steps of the scheme."""
    asked = person.minutes or activity.minutes
    minutes = asked - asked % option.version.granularity_minutes
    if minutes <= 0:
        return None
    start, end = _clock(activity, minutes)
    return ProposalInput(
        user_id=person.user_id,
        organisation_id=person.organisation_id,
        scheme_version_id=option.version.id,
        category_id=option.category.id,
        work_date=activity.held_on,
        minutes=minutes,
        start_local=start,
        end_local=end,
        source_ref=name_of(activity),
        description=_describe(activity),
    )


def _describe(activity: Activity) -> str:
    """Say what it was, for who reads hours and claims: of a private lab not its titles."""
    if activity.lab.visibility is not LabVisibility.PRIVATE:
        return activity.title
    with in_language("nl"):
        return _("%(kind)s in een lab", kind=str(KIND_WORDS[activity.kind]))


def _clock(activity: Activity, minutes: int) -> tuple[time | None, time | None]:
    """Give begin and end on the clock; neither when it goes past midnight."""
    if activity.starts_at is None:
        return None, None
    begin = datetime.combine(activity.held_on, activity.starts_at)
    end = begin + timedelta(minutes=minutes)
    return (begin.time(), end.time()) if end.date() == begin.date() else (None, None)


def _hold(people: Sequence[ActivityPerson]) -> None:
    """Hold the people, so that two meetings at one time do not both propose to them."""
    ids = sorted(person.user_id for person in people)
    query = select(User.id).where(User.id.in_(ids)).order_by(User.id).with_for_update()
    db.session.execute(query)


def _busy(activity: Activity, people: Sequence[ActivityPerson]) -> set[int]:
    """Give who has a proposal from another meeting that was held at the same time."""
    days = [activity.held_on + timedelta(days=number) for number in (-1, 0, 1)]
    query = (
        select(ActivityPerson)
        .join(ActivityPerson.activity)
        .where(
            ActivityPerson.user_id.in_(sorted(person.user_id for person in people)),
            ActivityPerson.has_proposal,
            Activity.id != activity.id,
            Activity.held_on.in_(days),
            Activity.state == ActivityState.HELD,
        )
        .options(joinedload(ActivityPerson.activity))
    )
    spans = {person.user_id: _span(activity, person) for person in people}
    return {
        other.user_id
        for other in db.session.scalars(query)
        if _meet(spans[other.user_id], _span(other.activity, other))
    }


def _span(activity: Activity, person: ActivityPerson) -> tuple[datetime, datetime] | None:
    if activity.starts_at is None:
        return None
    begin = datetime.combine(activity.held_on, activity.starts_at)
    return begin, begin + timedelta(minutes=person.minutes or activity.minutes)


def _meet(one: tuple[datetime, datetime] | None, other: tuple[datetime, datetime] | None) -> bool:
    return one is not None and other is not None and one[0] < other[1] and other[0] < one[1]
