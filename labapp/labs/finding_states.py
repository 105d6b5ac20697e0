"""The states of a version of a finding, and the only ways between them."""

import enum
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.clock import now, today
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.labs import finding_rights as rights
from labapp.labs.finding_content import LONGEST_EMBARGO, embargo_of
from labapp.labs.finding_models import FindingVersion, Signature, VersionState
from labapp.labs.lab_models import Side
from labapp.labs.machine import Machine

REPAIR_DAYS = 30


class FindingAction(enum.Enum):
    SUBMIT = "submit"  # to the lab
    START_SIGNING = "start_signing"
    TAKE_BACK = "take_back"  # to write on; what was signed is void
    SIGN = "sign"
    COMPLETE = "complete"  # the platform: both sides signed
    REQUEST_CHANGES = "request_changes"
    RESUME = "resume"
    PUBLISH = "publish"
    SCHEDULE = "schedule"  # for the end of the embargo
    RELEASE = "release"  # the platform: the embargo is over
    REPAIR = "repair"
    CORRECT = "correct"  # with an erratum
    START_VERSION = "start_version"
    SUPERSEDE = "supersede"  # the platform: a new version is out
    ASK_RETRACTION = "ask_retraction"
    REFUSE_RETRACTION = "refuse_retraction"
    RETRACT = "retract"


S, A = VersionState, FindingAction
OUT = (S.PUBLISHED, S.CORRECTED)
IN_WRITING = (S.DRAFT, S.CHANGES_REQUESTED)
EDITABLE = (*IN_WRITING, S.LAB_REVIEW, S.SIGNING)
OWN_STEPS = (A.COMPLETE, A.RELEASE, A.SUPERSEDE)  # of the platform, of nobody else
TRANSITIONS = {
    (S.DRAFT, A.SUBMIT): S.LAB_REVIEW,
    (S.LAB_REVIEW, A.START_SIGNING): S.SIGNING,
    (S.LAB_REVIEW, A.TAKE_BACK): S.DRAFT,
    (S.SIGNING, A.TAKE_BACK): S.DRAFT,
    (S.SIGNING, A.SIGN): S.SIGNING,
    (S.SIGNING, A.COMPLETE): S.EDITORIAL,
    (S.LAB_REVIEW, A.REQUEST_CHANGES): S.CHANGES_REQUESTED,
    (S.SIGNING, A.REQUEST_CHANGES): S.CHANGES_REQUESTED,
    (S.EDITORIAL, A.REQUEST_CHANGES): S.CHANGES_REQUESTED,
    (S.CHANGES_REQUESTED, A.RESUME): S.DRAFT,
    (S.EDITORIAL, A.PUBLISH): S.PUBLISHED,
    (S.EDITORIAL, A.SCHEDULE): S.SCHEDULED,
    (S.SCHEDULED, A.RELEASE): S.PUBLISHED,
    **{(state, A.REPAIR): state for state in OUT},
    **{(state, A.CORRECT): S.CORRECTED for state in OUT},
    **{(state, A.START_VERSION): state for state in OUT},
    **{(state, A.SUPERSEDE): S.SUPERSEDED for state in OUT},
    **{(state, A.ASK_RETRACTION): state for state in (*OUT, S.SCHEDULED)},
    **{(state, A.REFUSE_RETRACTION): state for state in (*OUT, S.SCHEDULED)},
    **{(state, A.RETRACT): S.RETRACTED for state in (*OUT, S.SCHEDULED)},
}
STATE_WORDS = {
    S.DRAFT: _l("Concept"),
    S.LAB_REVIEW: _l("Het lab leest mee"),
    S.SIGNING: _l("Wacht op handtekeningen"),
    S.EDITORIAL: _l("Bij de redactie"),
    S.CHANGES_REQUESTED: _l("Aanpassing gevraagd"),
    S.SCHEDULED: _l("Gepland"),
    S.PUBLISHED: _l("Gepubliceerd"),
    S.CORRECTED: _l("Gepubliceerd, met erratum"),
    S.SUPERSEDED: _l("Vervangen door een nieuwe versie"),
    S.RETRACTED: _l("Ingetrokken"),
}
ACTION_WORDS = {
    A.SUBMIT: _l("Leg voor aan het lab"),
    A.START_SIGNING: _l("Vraag de handtekeningen"),
    A.TAKE_BACK: _l("Haal terug om te wijzigen"),
    A.SIGN: _l("Onderteken"),
    A.COMPLETE: _l("Beide kanten tekenden"),
    A.REQUEST_CHANGES: _l("Vraag een aanpassing"),
    A.RESUME: _l("Schrijf verder"),
    A.PUBLISH: _l("Publiceer"),
    A.SCHEDULE: _l("Plan de publicatie"),
    A.RELEASE: _l("Einde van het embargo"),
    A.REPAIR: _l("Herstel een foutje"),
    A.CORRECT: _l("Schrijf een erratum"),
    A.START_VERSION: _l("Begin een nieuwe versie"),
    A.SUPERSEDE: _l("Vervangen"),
    A.ASK_RETRACTION: _l("Stel intrekken voor"),
    A.REFUSE_RETRACTION: _l("Niet intrekken"),
    A.RETRACT: _l("Trek in"),
}


def _of_system(actor: Actor, _made: FindingVersion) -> bool:
    return actor.is_system


def _may_request(actor: Actor, made: FindingVersion) -> bool:
    if rights.is_lead(actor, made):
        return True
    return made.state is S.EDITORIAL and rights.is_editor(actor, made)


def _may_edit(actor: Actor, made: FindingVersion) -> bool:
    return not actor.is_system and rights.is_editor(actor, made)


def both_signed(made: FindingVersion) -> bool:
    """Whether two persons signed this very text, one on each side."""
    rows = db.session.execute(
        select(Signature.side, Signature.user_id).where(
            Signature.finding_version_id == made.id,
            Signature.voided_at.is_(None),
            Signature.content_hash == made.content_hash,
        )
    ).all()
    return {row.side for row in rows} == set(Side) and len({row.user_id for row in rows}) > 1


def _signed(made: FindingVersion) -> list[str]:
    if both_signed(made):
        return []
    return [_("Een trekker uit de praktijk en een uit het onderzoek tekenen deze tekst.")]


def _not_retracted(made: FindingVersion) -> list[str]:
    gone = rights.retraction_of(made.finding_id)
    return [_("De bevinding is ingetrokken.")] if gone and gone.done_at else []


def not_hidden(made: FindingVersion) -> list[str]:
    """Ask that nobody is judging the text: until then it stays out of the knowledge base."""
    return [_("Iemand kijkt deze bevinding na.")] if made.is_hidden else []


def _publishable(made: FindingVersion) -> list[str]:
    day = embargo_of(made.content)
    missing = [*_signed(made), *_not_retracted(made), *not_hidden(made)]
    if day is not None and day > today():
        missing.append(_("Er geldt een embargo. Plan de publicatie."))
    return missing


def _schedulable(made: FindingVersion) -> list[str]:
    day = embargo_of(made.content)
    missing = [*_signed(made), *_not_retracted(made)]
    if day is None or day <= today():
        missing.append(_("Er geldt geen embargo. Publiceer meteen."))
    elif day > today() + LONGEST_EMBARGO:
        missing.append(_("Een embargo duurt hoogstens twaalf maanden."))
    return missing


def is_embargo_over(made: FindingVersion) -> bool:
    day = embargo_of(made.content)
    return day is None or day <= today()


def _releasable(made: FindingVersion) -> list[str]:
    early = [] if is_embargo_over(made) else [_("Het embargo is nog niet voorbij.")]
    return [*early, *not_hidden(made)]


def is_repairable(made: FindingVersion) -> bool:
    """Whether small faults may still be set right: thirty days from publication."""
    return made.published_at is not None and now() <= made.published_at + timedelta(
        days=REPAIR_DAYS
    )


def _repairable(made: FindingVersion) -> list[str]:
    if is_repairable(made):
        return not_hidden(made)
    return [_("Een foutje herstellen kan tot dertig dagen na publicatie. Schrijf een erratum.")]


def _no_open_version(made: FindingVersion) -> list[str]:
    states = (*EDITABLE, S.EDITORIAL, S.SCHEDULED)
    query = select(FindingVersion.id).where(
        FindingVersion.finding_id == made.finding_id, FindingVersion.state.in_(states)
    )
    if db.session.scalar(query.limit(1)) is None:
        return []
    return [_("Er wordt al aan een nieuwe versie gewerkt.")]


def _not_asked(made: FindingVersion) -> Sequence[str]:
    if rights.retraction_of(made.finding_id) is None:
        return []
    return [_("Intrekken is al voorgesteld.")]


def _asked(made: FindingVersion) -> Sequence[str]:
    if rights.retraction_of(made.finding_id) is not None:
        return []
    return [_("Niemand stelde voor om de bevinding in te trekken.")]


MACHINE = Machine(
    name="finding_versions",
    transitions=TRANSITIONS,
    may={
        A.SUBMIT: rights.looks_after,
        A.START_SIGNING: rights.is_lead,
        A.TAKE_BACK: rights.looks_after,
        A.SIGN: rights.is_lead,
        A.COMPLETE: _of_system,
        A.REQUEST_CHANGES: _may_request,
        A.RESUME: rights.can_write,
        A.PUBLISH: _may_edit,
        A.SCHEDULE: _may_edit,
        A.RELEASE: _of_system,
        A.REPAIR: rights.looks_after,
        A.CORRECT: rights.can_correct,
        A.START_VERSION: rights.looks_after,
        A.SUPERSEDE: _of_system,
        A.ASK_RETRACTION: rights.is_lead,
        A.REFUSE_RETRACTION: rights.is_lead,
        A.RETRACT: rights.can_retract,
    },
    words=STATE_WORDS,
    action_words=ACTION_WORDS,
    guards={
        A.SUBMIT: _not_retracted,
        A.PUBLISH: _publishable,
        A.SCHEDULE: _schedulable,
        A.RELEASE: _releasable,
        A.REPAIR: _repairable,
        A.CORRECT: not_hidden,
        A.START_VERSION: _no_open_version,
        A.ASK_RETRACTION: _not_asked,
        A.REFUSE_RETRACTION: _asked,
    },
    reasons=(A.REQUEST_CHANGES, A.CORRECT, A.START_VERSION, A.ASK_RETRACTION),
)
