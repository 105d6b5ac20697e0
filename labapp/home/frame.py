"""What the frame of every page shows: the menus, and who is signed in."""

from typing import Any

from flask import Flask

from labapp import shell
from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor
from labapp.accounts.models import Role
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l
from labapp.shell import Choice, Link, Shell, Viewer

REVIEWERS = (Role.KNOWLEDGE_BROKER, Role.ADMINISTRATOR)
WHO_KNOW_PEOPLE = (Role.SCHOOL_LEADER, Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR)


def is_signed_in(actor: Actor) -> bool:
    return actor.user is not None


def reviews(actor: Actor) -> bool:
    return actor.has_role(*REVIEWERS)


def knows_people(actor: Actor) -> bool:
    return actor.has_role(*WHO_KNOW_PEOPLE)


def administers(actor: Actor) -> bool:
    return actor.is_administrator


# A link whose page this application does not have is left out: see labapp.shell.
NAVIGATION = (
    Link("start", _l("Start"), "home.show_start", "house"),
    Link("kennis", _l("Kennis"), "knowledge.search_cards", "book-open"),
    Link(
        "mijn", _l("Mijn verzamelingen"), "knowledge.list_collections", "bookmark",
        is_signed_in, short=_l("Bewaard"),
    ),
    Link("beoordelen", _l("Beoordelen"), "knowledge.list_reviews", "clipboard-check", reviews),
    Link("mensen", _l("Mensen"), "accounts.list_people", "users", knows_people),
    Link("beheer", _l("Beheer"), "home.show_administration", "settings", administers),
)  # fmt: skip
ACCOUNT = (
    Link("profiel", _l("Mijn gegevens"), "accounts.show_profile", "user"),
    Link("sleutels", _l("API-sleutels"), "accounts.list_tokens", "key-round"),
)
FOOTER = (
    Link("toegankelijkheid", _l("Toegankelijkheid"), "home.show_accessibility"),
    Link("privacy", _l("Privacy"), "home.show_privacy"),
    Link("hulp", _l("Hulp"), "home.show_help"),
    Link("colofon", _l("Colofon"), "home.show_colophon"),
    Link("api", _l("API"), "home.show_api"),
)
ROLES = {
    Role.TEACHER: _l("leraar"),
    Role.SCHOOL_LEADER: _l("schoolleider"),
    Role.INTERNAL_COACH: _l("intern begeleider"),
    Role.RESEARCHER: _l("onderzoeker"),
    Role.EXPERT_COACH: _l("expertcoach"),
    Role.KNOWLEDGE_BROKER: _l("kennismakelaar"),
    Role.BOARD_CONTROLLER: _l("controller"),
    Role.PROGRAMME_OFFICER: _l("programmamedewerker"),
    Role.AUDITOR: _l("auditor"),
    Role.ADMINISTRATOR: _l("beheerder"),
}


def viewer() -> Viewer | None:
    """Who is signed in, with the organisations they can act for."""
    actor = current_actor()
    if actor.user is None:
        return None
    names: dict[int, str] = {}
    roles: dict[int, list[str]] = {}
    for affiliation in actor.affiliations:
        names[affiliation.organisation_id] = affiliation.organisation.name
        roles.setdefault(affiliation.organisation_id, []).append(str(ROLES[affiliation.role]))
    choices = tuple(
        Choice(key, name, ", ".join(roles[key]), is_current=key == actor.acting_for_id)
        for key, name in names.items()
    )
    acting_for = actor.acting_for.name if actor.acting_for else None
    return Viewer(actor.user.name or _("Naamloos"), acting_for, choices)


def init_app(app: Flask, **changes: Any) -> None:
    """Put the frame around every page."""
    shown = Shell(
        actor=current_actor,
        viewer=viewer,
        navigation=NAVIGATION,
        account=ACCOUNT,
        footer=FOOTER,
        **changes,
    )
    shell.init_app(app, shown)
