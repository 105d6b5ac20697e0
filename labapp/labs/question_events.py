"""What is told about questions and the question agenda."""

from collections.abc import Mapping
from typing import Any

from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs.question_models import QuestionState
from labapp.labs.question_states import STATE_WORDS
from labapp.notifications.emitting import EventType, register
from labapp.notifications.models import Frequency

SUBMITTED = "question.submitted"
STEPPED = "question.stepped"
ASKED_BACK = "question.asked_back"
REPLIED = "question.replied"
ANSWERED = "question.answered"
EXPECTED = "question.expected"
HELPED = "question.helped"
MERGE_ANNOUNCED = "question.merge_announced"
MERGE_OBJECTED = "question.merge_objected"
MERGED = "question.merged"
UNMERGED = "question.unmerged"
TOO_PROPOSED = "question.too_proposed"
TOO_CONFIRMED = "question.too_confirmed"
AGENDA_STEPPED = "agenda.stepped"
AGENDA_PUBLISHED = "agenda.published"


def _say_state(values: Mapping[str, Any]) -> str:
    state = str(STATE_WORDS[QuestionState(values["state"])])
    return _("De vraag ‘%(title)s’ is nu: %(state)s.", title=values["title"], state=state)


def register_all() -> None:
    """Make the kinds of events known, once at start-up."""
    for event_type in (
        EventType(SUBMITTED, _l("Een nieuwe of heropende vraag voor de kennismakelaars"),
                  _l("Er is een vraag om te lezen: ‘%(title)s’."), default=Frequency.DAILY),
        EventType(STEPPED, _l("Een vraag komt een stap verder"), _say_state, to_followers=True),
        EventType(ASKED_BACK, _l("Een kennismakelaar vraagt je iets"),
                  _l("Er is een vraag aan jou over ‘%(title)s’."), is_duty=True),
        EventType(REPLIED, _l("Een steller geeft antwoord"),
                  _l("De steller van ‘%(title)s’ gaf antwoord."), default=Frequency.AT_ONCE),
        EventType(ANSWERED, _l("Een vraag van jullie heeft een antwoord"),
                  _l("De vraag ‘%(title)s’ heeft een antwoord."), default=Frequency.AT_ONCE,
                  to_followers=True),
        EventType(EXPECTED, _l("Wanneer je meer hoort over je vraag"),
                  _l("Er is een nieuwe datum of volgende stap bij ‘%(title)s’."),
                  to_followers=True),
        EventType(HELPED, _l("Na zes weken: hielp het antwoord?"),
                  _l("Hielp het antwoord op ‘%(title)s’? Laat het ons weten."), is_duty=True),
        EventType(MERGE_ANNOUNCED, _l("Je vraag gaat op in een andere"),
                  _l("We willen ‘%(title)s’ samenvoegen met een andere vraag. Je kunt tot "
                     "%(until)s bezwaar maken."), is_duty=True),
        EventType(MERGE_OBJECTED, _l("Bezwaar tegen samenvoegen"),
                  _l("De steller van ‘%(title)s’ wil niet samenvoegen."), is_duty=True),
        EventType(MERGED, _l("Een vraag is samengevoegd"),
                  _l("‘%(title)s’ is samengevoegd met een andere vraag."), to_followers=True),
        EventType(UNMERGED, _l("Een samenvoeging is teruggedraaid"),
                  _l("‘%(title)s’ is weer een vraag op zichzelf."), to_followers=True),
        EventType(TOO_PROPOSED, _l("‘Onze school ook’ wacht op je akkoord"),
                  _l("%(actor)s wil namens jullie school meedoen met de vraag ‘%(title)s’."),
                  is_duty=True),
        EventType(TOO_CONFIRMED, _l("Een andere school heeft dezelfde vraag"),
                  _l("Nog een school heeft deze vraag: ‘%(title)s’."), to_followers=True),
        EventType(AGENDA_STEPPED, _l("Een kennisagenda gaat een stap verder"),
                  _l("De agenda ‘%(title)s’ gaat een stap verder."), to_followers=True),
        EventType(AGENDA_PUBLISHED, _l("Een kennisagenda is gepubliceerd"),
                  _l("De agenda ‘%(title)s’ is gepubliceerd: de tien belangrijkste vragen."),
                  to_followers=True),
    ):  # fmt: skip
        register(event_type)


register_all()
