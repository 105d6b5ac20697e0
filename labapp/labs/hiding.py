"""How each kind of content is hidden and shown again: in the search, in letters that wait."""

from collections.abc import Callable
from typing import Any

from labapp.accounts.actors import Actor
from labapp.database import db, name_of
from labapp.i18n import gettext as _
from labapp.knowledge import cards
from labapp.labs import attachment_rows, contributions, documents, finding_cards
from labapp.labs.contribution_states import ContributionAction
from labapp.labs.finding_models import PUBLIC, FindingVersion
from labapp.labs.thread_models import Contribution, ContributionState
from labapp.mail import withdrawing


def hide_contribution(actor: Actor, one: Contribution, hide: bool, reason: str) -> None:
    if hide and one.state in (ContributionState.POSTED, ContributionState.HELD):
        contributions.perform(actor, one, ContributionAction.HIDE, reason=reason)
    elif not hide and one.state is ContributionState.HELD:
        contributions.perform(actor, one, ContributionAction.RELEASE, reason=reason)
    elif not hide and one.state in (ContributionState.HIDDEN, ContributionState.REMOVED):
        contributions.perform(Actor.system(), one, ContributionAction.RESTORE, reason=reason)


def remove_contribution(actor: Actor, one: Contribution, reason: str) -> None:
    if one.state is not ContributionState.REMOVED:
        contributions.perform(actor, one, ContributionAction.REMOVE, reason=reason)


def erase_contribution(one: Contribution) -> None:
    one.body = one.body_html = one.quote = ""
    attachment_rows.drop_all(f"contributions:{one.id}")
    contributions.drop_texts(one)


def flag(
    put: Callable[[Any], None],
    spoken_of: Callable[[Any], list[str]] = lambda thing: [name_of(thing)],
) -> Callable[[Actor, Any, bool, str], None]:
    """Hide by the mark on the row, and put it into the search anew or take it out.

    Letters that wait are taken back when they speak of it, under one of the names it has there.
    """

    def set_hidden(_actor: Actor, thing: Any, hide: bool, _reason: str) -> None:
        if thing.is_hidden is not hide:
            thing.is_hidden = hide
            db.session.flush()
            put(thing)
            if hide:
                withdrawing.withdraw(spoken_of(thing))

    return set_hidden


def names_of_version(made: FindingVersion) -> list[str]:
    card = made.finding.card
    return [name_of(made), name_of(made.finding), *([name_of(card)] if card is not None else [])]


def put_version(made: FindingVersion) -> None:
    """Take the card of a finding out of the knowledge base while its text is hidden."""
    finding = made.finding
    documents.put_finding(finding)
    if finding.card is None or made.state not in PUBLIC:
        return
    if made.is_hidden and finding.card.is_published:
        why = _("Iemand kijkt deze bevinding na.")
        cards.withdraw_card(Actor.system(), finding.card, why)
    elif not made.is_hidden and not finding.card.is_published:
        finding_cards.put_card(Actor.system(), finding, made, _("Teruggezet"))


def nothing(_thing: Any) -> None:
    """It is in no search."""
