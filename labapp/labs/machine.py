"""States and the only ways between them: one table for each entity, one `perform` for all.

A machine says which action leads from where to where, who may do it, and what must be in order
first. Nothing else in the labs sets a state; each step is kept (`Step`) and stands in the trail.
"""

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import select

from labapp import audit
from labapp.accounts.actors import Actor
from labapp.database import Model, db, name_of, transaction
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.i18n import gettext as _
from labapp.labs import pupil_guard
from labapp.labs.lab_models import Step

Thing = TypeVar("Thing", bound=Model)
State = TypeVar("State", bound=enum.Enum)
Action = TypeVar("Action", bound=enum.Enum)


@dataclass(frozen=True)
class Machine(Generic[Thing, State, Action]):
    """The transitions of one entity.

    `may` tells who: a rule for each action, asked with the thing in its present state. `guards`
    give the words of what is missing, none when all is in order. An action of `reasons` needs a
    reason. `attribute` is the name of the state on the model.
    """

    name: str
    transitions: Mapping[tuple[State, Action], State]
    may: Mapping[Action, Callable[[Actor, Thing], bool]]
    words: Mapping[State, Any]
    action_words: Mapping[Action, Any]
    guards: Mapping[Action, Callable[[Thing], Sequence[str]]] = field(default_factory=dict)
    reasons: Collection[Action] = ()
    attribute: str = "state"
    refuses_pupil_data: bool = True  # in a reason; False where its service lets one confirm

    def state_of(self, thing: Thing) -> State:
        state: State = getattr(thing, self.attribute)
        return state

    def leads_on(self, thing: Thing, action: Action) -> bool:
        """Whether the action exists in the state in which the thing is."""
        return (self.state_of(thing), action) in self.transitions

    def is_allowed(self, actor: Actor, thing: Thing, action: Action) -> bool:
        """Whether state and person allow it; something may still be missing."""
        return self.leads_on(thing, action) and self.may[action](actor, thing)

    def actions(self, actor: Actor, thing: Thing) -> list[Action]:
        """Give what somebody can do now: the buttons of a page."""
        return [action for action in self.may if self.is_allowed(actor, thing, action)]

    def missing(self, thing: Thing, action: Action) -> list[str]:
        """Give in words what must be in order before the action."""
        return list(self.guards[action](thing)) if action in self.guards else []

    def require(self, actor: Actor, thing: Thing, action: Action) -> State:
        """Give the state that an action leads to; refuse who may not, and a state without it."""
        if not self.may[action](actor, thing):
            raise ForbiddenError(_("Dit mag je hier niet doen."))
        state = self.state_of(thing)
        if not self.leads_on(thing, action):
            raise ConflictError(
                _("Dat kan nu niet: de stand is ‘%(state)s’.", state=str(self.words[state])),
                theirs={"state": state.value},
                yours={"action": action.value},
            )
        return self.transitions[state, action]

    def check(
        self, actor: Actor, thing: Thing, action: Action, *, version: int | None, reason: str
    ) -> State:
        """Give the state that a step would lead to, in the caller's transaction.

        The order is right, version, state, reason, guards.
        """
        lock(thing)
        new = self.require(actor, thing, action)
        require_version(thing, version)
        if action in self.reasons and not reason.strip():
            raise InvalidError(_("Schrijf op waarom."), {"reason": [_("Schrijf op waarom.")]})
        if self.refuses_pupil_data and not actor.is_system:
            pupil_guard.refuse(reason, "reason")
        missing = self.missing(thing, action)
        if missing:
            raise ConflictError(
                _("Er ontbreekt nog iets: %(what)s", what=" ".join(missing)),
                problems=[{"code": "missing", "message": words} for words in missing],
            )
        return new

    def perform(
        self,
        actor: Actor,
        thing: Thing,
        action: Action,
        *,
        version: int | None = None,
        reason: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Take a step, in the caller's transaction, when `check` lets it.

        `version` is the one that was read; None for the platform's own steps. `values` are columns
        that change with the state, in one statement.
        """
        with transaction() as session:
            new = self.check(actor, thing, action, version=version, reason=reason)
            old = self.state_of(thing)
            for name, value in {**(values or {}), self.attribute: new}.items():
                setattr(thing, name, value)
            session.flush()
            note_step(actor, thing, action.value, old.value, new.value, reason=reason)


def lock(thing: Model) -> None:
    """Read a thing again and keep others from changing it, until the transaction ends."""
    session = db.session()
    own_row = {"of": type(thing)}  # not those that were loaded with it
    locks = session.get_bind().dialect.name == "postgresql"
    session.refresh(thing, with_for_update=own_row if locks else None)


def require_version(thing: Any, version: int | None) -> None:
    """Refuse a change of an older version than the one that is saved."""
    if version is not None and thing.version != version:
        raise ConflictError(
            _("Iemand was je voor: dit is intussen gewijzigd. Bekijk wat er nu staat."),
            theirs={"version": thing.version},
            yours={"version": version},
        )


def note_step(
    actor: Actor,
    thing: Model,
    action: str,
    old: str,
    new: str,
    *,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Keep a step and put it in the trail, in the caller's transaction; call it last."""
    with transaction() as session:
        name = name_of(thing)
        session.add(
            Step(
                object=name,
                action=action,
                old_state=old,
                new_state=new,
                user_id=actor.id,
                acting_for_id=actor.acting_for_id,
                reason=reason.strip(),
            )
        )
        kind = name.partition(":")[0]
        audit.record(
            actor.id,
            f"{kind}.{action}",
            thing,
            changes={"state": [old, new], **(changes or {})},
            on_behalf_of=actor.acting_for_id,
            reason=reason.strip() or None,
        )


def list_steps(name: str) -> list[Step]:
    """Give the history of an object, the oldest first; whoever asks may read the object."""
    query = select(Step).where(Step.object == name).order_by(Step.id)
    return list(db.session.scalars(query))
