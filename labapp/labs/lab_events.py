"""What is told about labs and about taking part in them."""

from collections.abc import Mapping
from typing import Any

from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs.lab_models import LabState, MembershipState
from labapp.labs.lab_states import ACTION_WORDS, STATE_WORDS, LabAction
from labapp.labs.membership_states import STATE_WORDS as MEMBERSHIP_WORDS
from labapp.notifications.emitting import EventType, register
from labapp.notifications.models import Frequency

PROPOSED = "lab.proposed"
STEPPED = "lab.stepped"
BOTH_ASKED = "lab.both_asked"
LOOKED_INTO = "lab.looked_into"
AGREEMENT = "lab.agreement"
WITHOUT_LEAD = "lab.without_lead"
INVITED = "membership.invited"
REQUESTED = "membership.requested"
EXCEPTION = "membership.exception"
STEPPED_IN = "membership.stepped"
KIND_ASKED = "membership.kind_asked"
LEAD_ASKED = "role.lead_asked"
LEAD_ACCEPTED = "role.lead_accepted"
ROLE_GIVEN = "role.given"


def _say_state(values: Mapping[str, Any]) -> str:
    state = str(STATE_WORDS[LabState(values["state"])])
    return _("De stand van ‘%(title)s’ is nu: %(state)s.", title=values["title"], state=state)


def _say_asked(values: Mapping[str, Any]) -> str:
    code = values["action"]
    known = {action.value for action in LabAction}
    words = str(ACTION_WORDS[LabAction(code)]) if code in known else _("Maak breder zichtbaar")
    return _(
        "%(actor)s stelt bij ‘%(title)s’ voor: %(what)s. Jullie beslissen samen.",
        actor=values["actor"],
        title=values["title"],
        what=words,
    )


def _say_membership(values: Mapping[str, Any]) -> str:
    state = str(MEMBERSHIP_WORDS[MembershipState(values["state"])])
    return _("%(title)s: de stand is nu ‘%(state)s’.", title=values["title"], state=state)


def register_all() -> None:
    """Make the kinds of events known, once at start-up."""
    for event_type in (
        EventType(PROPOSED, _l("Een voorgesteld lab"),
                  _l("%(actor)s stelt een lab voor: ‘%(title)s’."), is_duty=True),
        EventType(STEPPED, _l("Een lab begint, stopt of gaat verder"), _say_state,
                  to_followers=True),
        EventType(BOTH_ASKED, _l("Een voorstel van de andere trekker"), _say_asked, is_duty=True),
        EventType(LOOKED_INTO, _l("Het programmabureau kijkt mee in je lab"),
                  _l("%(actor)s kijkt vanuit het programmabureau mee in ‘%(title)s’."),
                  default=Frequency.AT_ONCE),
        EventType(AGREEMENT, _l("Nieuwe afspraken in een lab"),
                  _l("De afspraken van ‘%(title)s’ zijn veranderd. Ben je akkoord?"),
                  is_duty=True),
        EventType(WITHOUT_LEAD, _l("Een lab zonder trekker"),
                  _l("‘%(title)s’ heeft aan één kant geen trekker meer."), is_duty=True),
        EventType(INVITED, _l("Een uitnodiging voor een lab"),
                  _l("%(actor)s nodigt uit: %(title)s."), is_duty=True),
        EventType(REQUESTED, _l("Iemand wil meedoen aan je lab"),
                  _l("%(actor)s vraagt mee te doen: %(title)s."), is_duty=True),
        EventType(EXCEPTION, _l("Een verzoek om een uitzondering op een regel"),
                  _l("%(actor)s vraagt een uitzondering: %(title)s."), is_duty=True),
        EventType(STEPPED_IN, _l("Antwoord op meedoen aan een lab"), _say_membership,
                  default=Frequency.AT_ONCE),
        EventType(KIND_ASKED, _l("Een verzoek om anders mee te doen"),
                  _l("%(actor)s vraagt om een ander soort deelname: %(title)s."), is_duty=True),
        EventType(LEAD_ASKED, _l("Een verzoek om trekker te worden"),
                  _l("%(actor)s vraagt je om trekker te worden van ‘%(title)s’."), is_duty=True),
        EventType(LEAD_ACCEPTED, _l("Een nieuwe trekker"),
                  _l("%(actor)s is nu trekker van ‘%(title)s’.")),
        EventType(ROLE_GIVEN, _l("Een rol in een lab"),
                  _l("%(actor)s gaf je een rol in ‘%(title)s’."), default=Frequency.AT_ONCE),
    ):  # fmt: skip
        register(event_type)


register_all()
