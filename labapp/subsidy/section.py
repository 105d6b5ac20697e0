"""The tabs of hours and subsidy: each page of the section, for who has something to do there."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, request

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor
from labapp.accounts.models import OrganisationKind, Role
from labapp.i18n import current_language
from labapp.i18n import gettext as _
from labapp.subsidy import durations
from labapp.subsidy.scheme_models import ActivityCategory, Scheme


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    is_current: bool


def works_at_school(actor: Actor) -> bool:
    """Whether one may have hours of one's own."""
    return any(a.organisation.kind is OrganisationKind.SCHOOL for a in actor.affiliations)


def approves(actor: Actor) -> bool:
    """Whether one approves declarations of others, or reads them all."""
    return actor.has_role(Role.SCHOOL_LEADER, Role.BOARD_CONTROLLER, Role.AUDITOR)


def sees_claims(actor: Actor) -> bool:
    return approves(actor) or actor.has_role(Role.PROGRAMME_OFFICER, Role.EXPORTER)


def is_shown(actor: Any) -> bool:
    """Whether the section stands in somebody's navigation."""
    return works_at_school(actor) or sees_claims(actor)


def tabs() -> list[Tab]:
    """Give the tabs that whoever asks may use."""
    actor = current_actor()
    wanted = (
        (_("Mijn uren"), "/uren", works_at_school(actor)),
        (_("Urenstaten"), "/urenstaten", works_at_school(actor) or approves(actor)),
        (_("Claims"), "/claims", sees_claims(actor)),
        (_("Overzicht"), "/overzicht", sees_claims(actor)),
        (_("Regelingen"), "/regelingen", actor.is_signed_in),
    )
    return [
        Tab(label, url, request.path == url or request.path.startswith(url + "/"))
        for label, url, is_for_me in wanted
        if is_for_me
    ]


def activity(category: ActivityCategory) -> str:
    """Give the name of an activity in the language at hand."""
    english = category.label_en if current_language() == "en" else ""
    return english or category.label_nl


def activity_choice(category: ActivityCategory) -> tuple[int, str]:
    """Give an activity as a choice in a form."""
    return category.id, activity(category)


def scheme_name(scheme: Scheme) -> str:
    """Give the name of a scheme in the language at hand."""
    english = scheme.name_en if current_language() == "en" else ""
    return english or scheme.name_nl


def init_app(app: Flask) -> None:
    """Give templates the words of this section."""
    app.jinja_env.filters.update(
        uur=durations.write_hours,
        activiteit=activity,
        activiteit_keuze=activity_choice,
        regelingnaam=scheme_name,
    )
    app.jinja_env.globals.update(subsidy_tabs=tabs)
