"""The texts and switches of a lab, and what is wrong with them."""

from dataclasses import dataclass, field, fields
from typing import Any

from labapp.errors import InvalidError
from labapp.i18n import gettext as _
from labapp.knowledge import vocabulary
from labapp.labs.lab_models import (
    JoinPolicy,
    Lab,
    LabVisibility,
    MemberListVisibility,
    PostingPolicy,
    ReviewPolicy,
)

LONGEST_TITLE = 160
LONGEST_GOAL = 4000
LONGEST_AGREEMENT = 20_000
FEWEST_DAYS, MOST_DAYS = 2, 60
WIDTH = (LabVisibility.PRIVATE, LabVisibility.PROGRAMME, LabVisibility.PUBLIC)


@dataclass(frozen=True, kw_only=True)
class LabTexts:
    """What a lab is about, and what those who take part agree to."""

    theme: str
    title: str
    goal: str
    sectors: list[str] = field(default_factory=list)
    agreement: str = ""


@dataclass(frozen=True, kw_only=True)
class LabSwitches:
    """Who reads, joins, writes and reviews: each a switch of its own."""

    visibility: LabVisibility = LabVisibility.PRIVATE
    member_list: MemberListVisibility = MemberListVisibility.MEMBERS
    join_policy: JoinPolicy = JoinPolicy.REQUEST
    posting_policy: PostingPolicy = PostingPolicy.MEMBERS
    review_policy: ReviewPolicy = ReviewPolicy.INVITED
    pre_moderates_guests: bool = False
    silent_approval_days: int | None = None


def texts_of(lab: Lab) -> LabTexts:
    return LabTexts(**{one.name: getattr(lab, one.name) for one in fields(LabTexts)})


def switches_of(lab: Lab) -> LabSwitches:
    return LabSwitches(**{one.name: getattr(lab, one.name) for one in fields(LabSwitches)})


def all_text(values: LabTexts) -> str:
    """Give what somebody wrote, to look for words about pupils."""
    return f"{values.title}\n{values.goal}\n{values.agreement}"


def text_faults(values: LabTexts) -> dict[str, list[str]]:
    """Give what is wrong with the texts, by field."""
    faults: dict[str, list[str]] = {}
    if values.theme not in vocabulary.themes():
        faults["theme"] = [_("Kies een thema uit de lijst.")]
    if not 1 <= len(values.title.strip()) <= LONGEST_TITLE:
        faults["title"] = [_("Geef het lab een naam van hoogstens 160 tekens.")]
    if not 1 <= len(values.goal.strip()) <= LONGEST_GOAL:
        faults["goal"] = [_("Schrijf in hoogstens 4000 tekens wat jullie samen willen uitzoeken.")]
    if set(values.sectors) - set(vocabulary.SECTORS):
        faults["sectors"] = [_("Kies sectoren uit de lijst.")]
    if len(values.agreement) > LONGEST_AGREEMENT:
        faults["agreement"] = [_("Gebruik hoogstens 20.000 tekens voor de afspraken.")]
    return faults


def switch_faults(values: LabSwitches) -> dict[str, list[str]]:
    days = values.silent_approval_days
    if days is not None and not FEWEST_DAYS <= days <= MOST_DAYS:
        return {"silent_approval_days": [_("Kies tussen 2 en 60 dagen, of laat het leeg.")]}
    return {}


def require_right(faults: dict[str, list[str]]) -> None:
    if faults:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), faults)


def is_wider(new: LabVisibility, old: LabVisibility) -> bool:
    """Whether more people would read a lab."""
    return WIDTH.index(new) > WIDTH.index(old)


def changed(lab: Lab, values: LabTexts | LabSwitches) -> dict[str, list[Any]]:
    """Give {field: [old, new]} of what differs; texts are compared without spaces around them."""
    found = {}
    for one in fields(values):
        new, old = getattr(values, one.name), getattr(lab, one.name)
        new = new.strip() if isinstance(new, str) else new
        if new != old:
            found[one.name] = [old, new]
    return found
