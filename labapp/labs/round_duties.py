"""What waits for a person in rounds and meetings, as lines of "Jouw beurt"."""

from datetime import datetime, time

from sqlalchemy import Select, String, cast, exists, literal, or_, select
from sqlalchemy.orm import joinedload

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.clock import LOCAL_ZONE, today
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.labs import policies
from labapp.labs.finding_models import Finding
from labapp.labs.lab_models import Lab, LabRole, LabRoleKind, LeadProposal
from labapp.labs.round_models import (
    Activity,
    ActivityState,
    ConsentState,
    PrivacySheet,
    Round,
    RoundPhase,
    RoundSite,
    RoundTask,
    SheetState,
)
from labapp.labs.round_states import ENDED
from labapp.labs.round_tasks import UNDONE
from labapp.notifications.addresses import path
from labapp.notifications.duties import Duty, register

MOST = 50  # of each sort


def list_duties(actor: Actor) -> list[Duty]:
    """Give one's duties in rounds, in a number of statements that does not grow."""
    if actor.id is None:
        return []
    return [
        *_steps(actor),
        *_decisions(actor),
        *_sheets(actor),
        *_consents(actor),
        *_tasks(actor),
        *_activities(actor),
    ]


def _led(actor: Actor) -> Select[int]:
    return select(Lab.id).where(policies.labs_led_by(actor))


def _steps(actor: Actor) -> list[Duty]:
    """Give the steps that the other side proposed."""
    own_side = exists().where(
        LabRole.lab_id == Round.lab_id,
        LabRole.user_id == actor.id,
        LabRole.kind == LabRoleKind.LEAD,
        LabRole.side != LeadProposal.side,
        policies.role_is_current(),
    )
    query = (
        select(Round, LeadProposal.created_at)
        .join(LeadProposal, LeadProposal.object == literal("rounds:") + cast(Round.id, String))
        .where(Round.lab_id.in_(_led(actor)), own_side)
        .limit(MOST)
    )
    return [
        Duty(
            _("Antwoord op het voorstel voor de ronde ‘%(title)s’", title=one.title),
            path("rounds.show", round_id=one.id),
            since=since,
            icon="arrow-right-left",
            object=f"rounds:{one.id}",
        )
        for one, since in db.session.execute(query)
    ]


def _decisions(actor: Actor) -> list[Duty]:
    """Give the rounds that wait for a decision or a finding, and decisions to look at again."""
    shared = exists().where(Finding.round_id == Round.id)
    waits = Round.phase == RoundPhase.DECIDE
    query = (
        select(Round)
        .where(
            Round.lab_id.in_(_led(actor)),
            or_(
                waits & (Round.decision.is_(None) | ~shared),
                (Round.phase == RoundPhase.CLOSED) & (Round.review_due_on <= today()),
            ),
        )
        .order_by(Round.id)
        .limit(MOST)
    )
    return [
        Duty(
            _("Bekijk het besluit over ‘%(title)s’ opnieuw", title=one.title)
            if one.phase is RoundPhase.CLOSED
            else _("Besluit over ‘%(title)s’ en schrijf de bevinding", title=one.title),
            path("rounds.show", round_id=one.id),
            since=None if one.phase is RoundPhase.CLOSED else one.phase_since,
            due_on=one.review_due_on,
            icon="signpost",
            object=f"rounds:{one.id}",
        )
        for one in db.session.scalars(query)
    ]


def _sheets(actor: Actor) -> list[Duty]:
    """Give the privacy sheets to approve, and those that came back."""
    judge = (PrivacySheet.state == SheetState.SUBMITTED) & (Lab.privacy_person_id == actor.id)
    mine = PrivacySheet.submitted_by_id == actor.id
    query = (
        select(PrivacySheet)
        .join(Round, Round.id == PrivacySheet.round_id)
        .join(Lab, Lab.id == Round.lab_id)
        .where(
            or_(judge & ~mine, (PrivacySheet.state == SheetState.RETURNED) & mine),
            Round.phase.not_in(ENDED),
            policies.in_own_lab(actor, Round.lab_id),
        )
        .options(joinedload(PrivacySheet.round))
        .limit(MOST)
    )
    return [
        Duty(
            _("Beoordeel het privacyblad van ‘%(title)s’", title=sheet.round.title)
            if sheet.state is SheetState.SUBMITTED
            else _("Pas het privacyblad van ‘%(title)s’ aan", title=sheet.round.title),
            path("plans.show_privacy", round_id=sheet.round_id),
            icon="shield-check",
            object=f"rounds:{sheet.round_id}",
        )
        for sheet in db.session.scalars(query)
    ]


def _consents(actor: Actor) -> list[Duty]:
    """Give the rounds for which one's branch was asked."""
    led = [a.organisation_id for a in actor.affiliations if a.role is Role.SCHOOL_LEADER]
    if not led:
        return []
    query = (
        select(RoundSite)
        .join(Round, Round.id == RoundSite.round_id)
        .where(
            RoundSite.organisation_id.in_(led),
            RoundSite.consent == ConsentState.ASKED,
            Round.phase.not_in(ENDED),
            policies.in_own_lab(actor, Round.lab_id),
        )
        .options(joinedload(RoundSite.round))
        .limit(MOST)
    )
    return [
        Duty(
            _("Geef wel of geen toestemming voor ‘%(title)s’", title=site.round.title),
            path("sites.show_sites", round_id=site.round_id),
            icon="school",
            object=f"rounds:{site.round_id}",
        )
        for site in db.session.scalars(query)
    ]


def _tasks(actor: Actor) -> list[Duty]:
    query = (
        select(RoundTask)
        .join(Round, Round.id == RoundTask.round_id)
        .where(
            RoundTask.owner_id == actor.id,
            RoundTask.state.in_(UNDONE),
            Round.phase.not_in(ENDED),
            policies.in_own_lab(actor, Round.lab_id),
        )
        .order_by(RoundTask.id)
        .limit(MOST)
    )
    return [
        Duty(
            task.title,
            path("sites.show_tasks", round_id=task.round_id),
            since=task.created_at,
            due_on=task.due_on,
            icon="list-checks",
            object=f"rounds:{task.round_id}",
        )
        for task in db.session.scalars(query)
    ]


def _activities(actor: Actor) -> list[Duty]:
    """Give the meetings that were held and of which nobody said yet who was there."""
    query = (
        select(Activity)
        .where(
            Activity.state == ActivityState.PLANNED,
            Activity.held_on < today(),
            or_(Activity.created_by_id == actor.id, Activity.lab_id.in_(_led(actor))),
            policies.in_own_lab(actor, Activity.lab_id),
        )
        .order_by(Activity.held_on, Activity.id)
        .limit(MOST)
    )
    return [
        Duty(
            _("Bevestig wie er bij ‘%(title)s’ was", title=activity.title),
            path("activities.show", activity_id=activity.id),
            since=datetime.combine(activity.held_on, time(), LOCAL_ZONE),
            icon="users",
            object=f"activities:{activity.id}",
        )
        for activity in db.session.scalars(query)
    ]


register("labs.rounds", list_duties)
