"""What is told about rounds and meetings."""

from collections.abc import Mapping
from typing import Any

from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs.round_models import RoundPhase
from labapp.labs.round_states import ACTION_WORDS, PHASE_WORDS, RoundAction
from labapp.labs.site_states import ACTION_WORDS as CONSENT_WORDS
from labapp.labs.site_states import ConsentAction
from labapp.notifications.emitting import EventType, register
from labapp.notifications.models import Frequency

CREATED = "round.created"
STEP_PROPOSED = "round.step_proposed"
STEP_REFUSED = "round.step_refused"
MOVED = "round.moved"
PLAN_CHANGED = "plan.changed"
SHEET_SUBMITTED = "sheet.submitted"
SHEET_APPROVED = "sheet.approved"
SHEET_RETURNED = "sheet.returned"
SITE_ASKED = "site.asked"
SITE_ANSWERED = "site.answered"
TASK_GIVEN = "task.given"
ACTIVITY_PLANNED = "activity.planned"
ACTIVITY_MOVED = "activity.moved"
ACTIVITY_CANCELLED = "activity.cancelled"
ACTIVITY_HOURS = "activity.hours"
AT_ONCE = Frequency.AT_ONCE


def _say_phase(values: Mapping[str, Any]) -> str:
    phase = str(PHASE_WORDS[RoundPhase(values["phase"])])
    return _("De ronde ‘%(title)s’ is nu: %(phase)s.", title=values["title"], phase=phase)


def _say_proposed(values: Mapping[str, Any]) -> str:
    return _(
        "%(actor)s stelt bij ‘%(title)s’ voor: %(what)s. Jullie beslissen samen.",
        actor=values["actor"],
        title=values["title"],
        what=str(ACTION_WORDS[RoundAction(values["action"])]),
    )


def _say_answer(values: Mapping[str, Any]) -> str:
    what = str(CONSENT_WORDS[ConsentAction(values["answer"])])
    return _("Een school antwoordt op ‘%(title)s’: %(what)s.", title=values["title"], what=what)


for _type in (
    EventType(CREATED, _l("Een nieuwe ronde in je lab"),
              _l("%(actor)s begon de ronde ‘%(title)s’."), to_followers=True),
    EventType(STEP_PROPOSED, _l("Een voorstel voor de volgende fase"), _say_proposed,
              is_duty=True),
    EventType(STEP_REFUSED, _l("Een voorstel voor een fase is afgewezen"),
              _l("%(actor)s is nog niet akkoord met de volgende stap van ‘%(title)s’."),
              default=AT_ONCE),
    EventType(MOVED, _l("Een ronde komt in een andere fase"), _say_phase,
              to_followers=True),
    EventType(PLAN_CHANGED, _l("Het plan van een lopende ronde is gewijzigd"),
              _l("%(actor)s wijzigde het plan van ‘%(title)s’, met een reden."),
              to_followers=True),
    EventType(SHEET_SUBMITTED, _l("Een privacyblad wacht op je goedkeuring"),
              _l("%(actor)s vraagt je het privacyblad van ‘%(title)s’ te beoordelen."),
              is_duty=True),
    EventType(SHEET_APPROVED, _l("Een privacyblad is goedgekeurd"),
              _l("Het privacyblad van ‘%(title)s’ is goedgekeurd."), default=AT_ONCE),
    EventType(SHEET_RETURNED, _l("Een privacyblad is teruggegeven"),
              _l("Het privacyblad van ‘%(title)s’ is teruggegeven, met wat er anders moet."),
              is_duty=True),
    EventType(SITE_ASKED, _l("Toestemming voor een ronde op je school"),
              _l("%(actor)s vraagt toestemming voor de ronde ‘%(title)s’ op je school."),
              is_duty=True),
    EventType(SITE_ANSWERED, _l("Een school geeft wel of geen toestemming"), _say_answer,
              default=AT_ONCE),
    EventType(TASK_GIVEN, _l("Een taak voor jou in een ronde"),
              _l("%(actor)s gaf je een taak in ‘%(title)s’."), is_duty=True),
    EventType(ACTIVITY_PLANNED, _l("Een bijeenkomst van je lab"),
              _l("%(actor)s plande ‘%(title)s’."), default=AT_ONCE),
    EventType(ACTIVITY_MOVED, _l("Een bijeenkomst op een ander moment of een andere plek"),
              _l("‘%(title)s’ is verplaatst."), default=AT_ONCE),
    EventType(ACTIVITY_CANCELLED, _l("Een bijeenkomst gaat niet door"),
              _l("‘%(title)s’ gaat niet door."), default=AT_ONCE),
    EventType(ACTIVITY_HOURS, _l("Uren van een bijeenkomst staan klaar"),
              _l("Je uren van ‘%(title)s’ staan klaar om over te nemen."), default=AT_ONCE),
):  # fmt: skip
    register(_type)
