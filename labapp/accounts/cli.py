"""labapp users ..."""

import json
from typing import Any

import click
from flask.cli import AppGroup

from labapp.accounts import affiliations, people, privacy, recovery, sessions
from labapp.accounts.actors import Actor
from labapp.accounts.models import Role, User
from labapp.accounts.schools import find_by_code
from labapp.errors import NotFoundError

commands = AppGroup("users", help="Look after accounts.")
as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
ROLES = click.Choice([role.value for role in Role])


@commands.command()
@click.option("--email", required=True)
@click.option("--given-name", required=True)
@click.option("--particle", default="")
@click.option("--family-name", required=True)
@click.password_option(help="Asked for when it is not given.")
@click.option("--role", type=ROLES, help="A role of the programme office, or with --organisation.")
@click.option(
    "--organisation",
    help="BRIN with location (00AP00), or board number; else the programme office.",
)
@as_json
def create(  # noqa: PLR0917  # options of a command
    email: str,
    given_name: str,
    particle: str,
    family_name: str,
    password: str,
    role: str | None,
    organisation: str | None,
    *,
    as_json: bool,
) -> None:
    """Make an account that can sign in at once."""
    user = people.create_user(
        Actor.system(),
        email=email,
        given_name=given_name,
        particle=particle,
        family_name=family_name,
        password=password,
    )
    user_id = user.id
    if role:
        _add_role(user_id, role, organisation)
    _answer(f"{email} has number {user_id}", {"id": user_id, "email": email}, as_json=as_json)


@commands.command("list")
@click.argument("text", default="")
@as_json
def list_(text: str, *, as_json: bool) -> None:
    """Show accounts, or those whose name or address holds TEXT."""
    rows = [_row(user) for user in people.list_users(Actor.system(), text)]
    if as_json:
        click.echo(json.dumps({"users": rows}, ensure_ascii=False))
        return
    for row in rows:
        click.echo(
            f"{row['id']:>6}  {row['email'] or '-':32} {row['name']}"
            f"  {', '.join(row['roles'])}{'' if row['active'] else '  (closed)'}"
        )


@commands.command()
@click.argument("email")
@as_json
def deactivate(email: str, *, as_json: bool) -> None:
    """Close an account; its sessions and tokens end at once."""
    user = _find(email)
    people.deactivate_user(Actor.system(), user.id)
    _answer(f"{email} is closed", {"id": user.id, "active": False}, as_json=as_json)


@commands.command("set-password")
@click.argument("email")
@click.password_option()
@as_json
def set_password(email: str, password: str, *, as_json: bool) -> None:
    """Give an account another password; its sessions end."""
    user = _find(email)
    people.set_password(Actor.system(), user.id, password)
    _answer(f"{email} has a new password", {"id": user.id}, as_json=as_json)


@commands.command("reset-second-factor")
@click.argument("email")
@as_json
def reset_second_factor(email: str, *, as_json: bool) -> None:
    """Take away the authenticator app, passkeys and recovery codes of who lost them."""
    user_id = _find(email).id
    people.reset_second_factor(Actor.system(), user_id)
    _answer(f"{email} has no second factor any more", {"id": user_id}, as_json=as_json)


@commands.command("add-role")
@click.argument("email")
@click.argument("role", type=ROLES)
@click.option(
    "--organisation",
    help="BRIN with location (00AP00), or board number; else the programme office.",
)
@as_json
def add_role(email: str, role: str, organisation: str | None, *, as_json: bool) -> None:
    """Give an account a role at an organisation; by default the programme office."""
    user_id = _find(email).id
    place = _add_role(user_id, role, organisation)
    _answer(
        f"{email} is {role} at {place}",
        {"id": user_id, "role": role, "organisation": place},
        as_json=as_json,
    )


@commands.command("revoke-sessions")
@click.argument("email")
@as_json
def revoke_sessions(email: str, *, as_json: bool) -> None:
    """End every session of an account."""
    user_id = _find(email).id
    ended = sessions.revoke_all(user_id)
    _answer(f"{ended} sessions ended", {"id": user_id, "ended": ended}, as_json=as_json)


@commands.command()
@click.argument("email")
@click.confirmation_option(prompt="This cannot be undone. Erase?")
@as_json
def erase(email: str, *, as_json: bool) -> None:
    """Erase a person: what must be kept is kept without the name."""
    user_id = _find(email).id
    privacy.erase_user(Actor.system(), user_id)
    _answer(f"person {user_id} is erased", {"id": user_id, "erased": True}, as_json=as_json)


def _find(email: str) -> User:
    user = recovery.find_by_email(email)
    if user is None:
        raise NotFoundError(f"Nobody has the address {email}.")
    return user


def _add_role(user_id: int, role: str, organisation: str | None) -> str:
    place = find_by_code(organisation)
    name = place.name
    affiliations.give_role(Actor.system(), user_id, place.id, Role(role))
    return name


def _row(user: User) -> dict[str, Any]:
    actor = Actor.of(user)
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "active": user.active,
        "roles": [f"{a.role.value} at {a.organisation.name}" for a in actor.affiliations],
    }


def _answer(words: str, row: dict[str, object], *, as_json: bool) -> None:
    click.echo(json.dumps(row, ensure_ascii=False) if as_json else words)
