"""Where the header, the user's menu and the footer lead: the one list of links between packages."""

from typing import Any

from labapp.accounts.actors import Actor
from labapp.accounts.login import current_actor
from labapp.accounts.models import Role
from labapp.i18n import lazy_gettext as _l
from labapp.knowledge import policies
from labapp.labs import policies as labs_policies
from labapp.labs import question_match_views
from labapp.notifications import inbox
from labapp.shell import Choice, Link, Shell, Viewer
from labapp.subsidy import section


def viewer() -> Viewer | None:
    """Give who is signed in, as the header shows it; None for a visitor."""
    actor = current_actor()
    if actor.user is None:
        return None
    organisations = {a.organisation_id: a.organisation for a in actor.affiliations}
    choices = [
        Choice(number, organisation.name, is_current=number == actor.acting_for_id)
        for number, organisation in organisations.items()
    ]
    return Viewer(
        name=actor.user.name,
        acting_for=actor.acting_for.name if actor.acting_for else None,
        choices=choices,
    )


def is_signed_in(actor: Actor) -> bool:
    return actor.is_signed_in


def leads(actor: Actor) -> bool:
    """Whether one looks after the people of an organisation."""
    return actor.is_administrator or actor.has_role(Role.SCHOOL_LEADER, Role.PROGRAMME_OFFICER)


def is_administrator(actor: Any) -> bool:
    return bool(actor.is_administrator)


def reads_trail(actor: Actor) -> bool:
    """Whether one reads the trail as an auditor; an administrator finds it under Beheer."""
    return actor.has_role(Role.AUDITOR) and not actor.is_administrator


SHELL = Shell(
    actor=current_actor,
    viewer=viewer,
    unread=inbox.unread_count,
    way_back=question_match_views.way_back,
    navigation=(
        Link("start", _l("Start"), "home.show_start", "house"),
        Link("kennis", _l("Kennis"), "knowledge.search", "book-open"),
        Link("vragen", _l("Vragen"), "questions.list_all", "message-circle-question-mark",
             is_signed_in),
        Link("labs", _l("Labs"), "labs.list_all", "flask-conical"),
        Link("uren", _l("Uren"), "hours.show", "clock", section.is_shown),
        Link("mijn", _l("Mijn kennis"), "mine.show", "bookmark", is_signed_in),
        Link("scholen", _l("Organisaties"), "organisations.list_all", "school", is_signed_in),
        Link("beheer", _l("Beheer"), "admin.show", "settings", is_administrator),
    ),
    account=(
        Link("profiel", _l("Mijn gegevens"), "accounts.show_profile", "user-round"),
        Link("meldingen", _l("Meldingen"), "notifications.show_inbox", "bell"),
        Link("beurt", _l("Jouw beurt"), "notifications.show_duties", "list-todo"),
        Link("tokens", _l("API-tokens"), "accounts.list_tokens", "key-round"),
        Link("analyse", _l("Zoekvragen"), "feedback.show_analytics", "chart-no-axes-column",
             policies.can_see_analytics),
        Link("logboek", _l("Logboek"), "admin.list_events", "scroll-text", reads_trail),
        Link("moderatie", _l("Moderatie"), "moderation.show_queue", "flag",
             labs_policies.is_broker),
        Link("importeren", _l("Kaarten invoeren"), "imports.show", "upload",
             policies.can_import),
    ),
    footer=(
        Link("toegankelijkheid", _l("Toegankelijkheid"), "home.show_accessibility"),
        Link("privacy", _l("Privacy"), "home.show_privacy"),
        Link("hulp", _l("Hulp"), "home.show_help"),
        Link("colofon", _l("Colofon"), "home.show_colophon"),
        Link("api", _l("API"), "openapi.show"),
    ),
)  # fmt: skip
