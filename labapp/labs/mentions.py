"""Naming people with @: only who may read the conversation, and without telling who exists.

One can name the people of the lab, as far as one may see its list of members, and who wrote in the
conversation. Any other name stays plain text and reaches nobody; the answer is the same whether
there is such a person or not.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from unicodedata import normalize

from sqlalchemy import func, select

from labapp.accounts.actors import Actor
from labapp.accounts.models import User
from labapp.clock import now
from labapp.database import db
from labapp.i18n import gettext as _
from labapp.labs import policies, reading
from labapp.labs.lab_models import LabRoleKind, Side
from labapp.labs.question_models import Question
from labapp.labs.thread_models import Contribution, ContributionState, Mention, Thread
from labapp.labs.thread_rights import Rights

MOST = 20
ROLES_A_WEEK = 3
WEEK = timedelta(days=7)
LEADS, RESEARCHERS, PRACTICE = "leads", "researchers", "practice"
ROLES = {
    "trekkers": LEADS,
    "onderzoekers": RESEARCHERS,
    "praktijk": PRACTICE,
    "leads": LEADS,
    "researchers": RESEARCHERS,
    "practice": PRACTICE,
}
LONGEST_NAME = 260
SIGN = re.compile(r"(?<![\w.+@-])@(?=\w)")
WORD = re.compile(r"[\w'’-]+")
CODE = re.compile(r"`[^`\n]*`|^ {0,3}>.*$", re.MULTILINE)  # and what is quoted by hand
TAG = re.compile(r"(<[^>]+>)")
CLOSED_TAGS = ("code", "pre", "a", "blockquote")


@dataclass
class Mentioned:
    """Whom a text names. `literal` is how, `notices` what the author should know."""

    users: dict[int, str] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    literal: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Person:
    id: int
    given: str
    name: str


def list_mentionable(
    actor: Actor, thread: Thread, rights: Rights, text: str, limit: int = 8
) -> list[User]:
    """Give who can be named and whose name begins as was typed, for the list while typing."""
    if not rights.may_post:
        return []
    typed = _folded(text)
    insiders, people = _people(actor, thread)
    wanted = [p for p in people if _folded(p.name).startswith(typed) or _has(p.name, typed)]
    found: list[User] = []
    for person in sorted(wanted, key=lambda p: (p.name, p.id)):
        user = db.session.get_one(User, person.id)
        if person.id != actor.id and (person.id in insiders or _may_read(user, thread)):
            found.append(user)
        if len(found) == limit:
            break
    return found


def find_mentions(actor: Actor, thread: Thread, rights: Rights, body: str) -> Mentioned:
    """Read the names in a text; who may not read the conversation is not among them."""
    found = Mentioned()
    signs = list(_after_signs(body))
    if not signs:
        return found
    insiders, people = _people(actor, thread)
    readable: dict[int, bool] = dict.fromkeys(insiders, True)
    unknown: list[str] = []
    for rest in signs:
        word = WORD.match(rest)
        first = word.group() if word else rest[:1]
        role = ROLES.get(first.casefold())
        if role is not None and thread.lab is not None:
            _add_role(found, actor, rights, role, first)
            continue
        matched, literal = _match(people, rest)
        named = [p for p in matched if _is_reader(p, thread, readable)]
        if named:
            found.users.update({p.id: p.name for p in named if p.id != actor.id})
            found.literal.add(f"@{literal}")
        elif first not in unknown:
            unknown.append(first)
    found.notices += [
        _("‘@%(name)s’ krijgt geen bericht: dat is niemand in dit gesprek.", name=name)
        for name in unknown
    ]
    return found


def keep_mentions(contribution: Contribution, found: Mentioned) -> None:
    """Keep who is named, in the caller's transaction; who was named before stays."""
    known = select(Mention.user_id, Mention.role).where(Mention.contribution_id == contribution.id)
    before = {(user_id, role) for user_id, role in db.session.execute(known)}
    wanted: list[tuple[int | None, str]] = [(user_id, "") for user_id in found.users]
    wanted += [(None, role) for role in found.roles]
    for user_id, role in wanted:
        if (user_id, role) not in before:
            db.session.add(
                Mention(
                    contribution_id=contribution.id,
                    author_id=contribution.author_id,
                    user_id=user_id,
                    role=role,
                )
            )


def recipients_of(contribution: Contribution) -> set[int]:
    """Give the ids of whom a contribution names, those with a role that it names included."""
    rows = db.session.execute(
        select(Mention.user_id, Mention.role).where(Mention.contribution_id == contribution.id)
    ).all()
    people = {user_id for user_id, _role in rows if user_id is not None}
    lab = contribution.thread.lab
    if lab is None:
        return people
    queries = {
        LEADS: policies.members_of(lab.id, None, LabRoleKind.LEAD),
        RESEARCHERS: policies.members_of(lab.id, Side.RESEARCH),
        PRACTICE: policies.members_of(lab.id, Side.PRACTICE),
    }
    for role in {role for _user_id, role in rows if role in queries}:
        people.update(db.session.scalars(queries[role]))
    return people


def emphasise(html: str, literal: Collection[str]) -> str:
    """Mark the names in HTML that is safe already; not in code, links and quotes."""
    if not literal:
        return html
    names = sorted((escape(name, quote=False) for name in literal), key=len, reverse=True)
    pattern = re.compile("|".join(f"{re.escape(name)}(?!\\w)" for name in names), re.IGNORECASE)
    parts, inside = TAG.split(html), 0
    for number, part in enumerate(parts):
        name = part.strip("</>").partition(" ")[0]
        if part.startswith("<"):
            inside += (name in CLOSED_TAGS) * (-1 if part.startswith("</") else 1)
        elif inside == 0:
            parts[number] = pattern.sub(r'<strong class="mention">\g<0></strong>', part)
    return "".join(parts)


def _after_signs(body: str) -> Iterator[str]:
    """Give what stands behind each @ to the end of its line; code and quoted lines left out."""
    text = CODE.sub(lambda found: " " * len(found.group()), normalize("NFC", body))
    for sign in SIGN.finditer(text):
        yield text[sign.end() : sign.end() + LONGEST_NAME].partition("\n")[0]


def _people(actor: Actor, thread: Thread) -> tuple[set[int], list[Person]]:
    """Give the ids of who reads the conversation for sure, and everybody who can be named."""
    insiders: set[int] = set()
    lab = thread.lab
    if lab is not None and policies.can_see_members(actor, lab):
        insiders.update(db.session.scalars(policies.members_of(lab.id)))
        insiders.update(db.session.scalars(policies.leaders_of(lab.id)))
        insiders.update(n for n in (lab.steward_id, lab.privacy_person_id) if n is not None)
    others = {thread.starter_id}
    if thread.question_id is not None:
        question = db.session.get_one(Question, thread.question_id)
        others |= {question.asker_id, question.broker_id}
    authors = select(Contribution.author_id).where(
        Contribution.thread_id == thread.id, Contribution.state == ContributionState.POSTED
    )
    ids = insiders | others | set(db.session.scalars(authors.distinct()))
    names = select(User.id, User.given_name, User.particle, User.family_name).where(
        User.id.in_(sorted(n for n in ids if n is not None)),
        User.active,
        User.erased_at.is_(None),
    )
    people = [
        Person(number, given, " ".join(part for part in (given, particle, family) if part))
        for number, given, particle, family in db.session.execute(names)
    ]
    return insiders, people


def _match(people: Sequence[Person], rest: str) -> tuple[list[Person], str]:
    """Give who is named at the beginning of a text: by the whole name, or the only first name."""
    typed = _folded(rest)
    whole = [p for p in people if _begins(typed, _folded(p.name))]
    if whole:
        longest = max(len(p.name) for p in whole)
        return [p for p in whole if len(p.name) == longest], rest[:longest]
    first = [p for p in people if _begins(typed, _folded(p.given))]
    if len(first) == 1:
        return first, rest[: len(first[0].given)]
    return [], ""


def _begins(text: str, name: str) -> bool:
    return bool(name) and text.startswith(name) and not text[len(name) :][:1].isalnum()


def _has(name: str, typed: str) -> bool:
    return any(part.startswith(typed) for part in _folded(name).split())


def _folded(text: str) -> str:
    return normalize("NFC", text).casefold()


def _is_reader(person: Person, thread: Thread, known: dict[int, bool]) -> bool:
    if person.id not in known:
        known[person.id] = _may_read(db.session.get_one(User, person.id), thread)
    return known[person.id]


def _may_read(user: User, thread: Thread) -> bool:
    return reading.can_read_thread(Actor.of(user), thread)


def _add_role(found: Mentioned, actor: Actor, rights: Rights, role: str, word: str) -> None:
    if role in found.roles:
        return
    if not rights.takes_part:
        found.notices.append(
            _("‘@%(role)s’ krijgt geen bericht: alleen wie meedoet roept een groep.", role=word)
        )
    elif _roles_this_week(actor) + len(found.roles) >= ROLES_A_WEEK:
        found.notices.append(
            _(
                "‘@%(role)s’ krijgt geen bericht: je riep deze week al drie keer een groep.",
                role=word,
            )
        )
    else:
        found.roles.append(role)
        found.literal.add(f"@{word}")


def _roles_this_week(actor: Actor) -> int:
    """Count how often one called a group in the last seven days; one waits for oneself."""
    session = db.session()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(User.id).where(User.id == actor.id).with_for_update())
    query = select(func.count()).where(
        Mention.author_id == actor.id, Mention.role != "", Mention.created_at > now() - WEEK
    )
    return int(session.scalar(query) or 0)
