"""Tokens for the API: made, shown once, listed, revoked, and looked up by their hash."""

import secrets
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select, update

from labapp import audit
from labapp.accounts.access_models import ApiToken
from labapp.accounts.actors import Actor
from labapp.accounts.sessions import digest
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import ForbiddenError, InvalidError, NotFoundError
from labapp.i18n import gettext as _
from labapp.i18n import lazy_gettext as _l

PREFIX = "labapp_"
LONGEST_DAYS = 366
USED_EVERY = timedelta(minutes=15)  # noting each call would make each a write
SCOPES = {
    "profile:read": _l("Je eigen gegevens lezen"),
    "organisations:read": _l("Organisaties zoeken en lezen"),
    "cards:read": _l("Kaarten lezen en zoeken"),
    "cards:write": _l("Kaarten schrijven en wijzigen"),
    "cards:review": _l("Kaarten beoordelen en publiceren"),
    "cards:import": _l("Kaarten importeren"),
    "collections:read": _l("Verzamelingen lezen"),
    "collections:write": _l("Verzamelingen wijzigen"),
    "analytics:read": _l("Zoekstatistiek lezen"),
    "hours:read": _l("Uren en urenstaten lezen"),
    "hours:write": _l("Uren schrijven en urenstaten ondertekenen"),
    "hours:approve": _l("Urenstaten goedkeuren en teruggeven"),
    "claims:read": _l("Claims lezen"),
    "claims:write": _l("Claims samenstellen en indienen"),
    "claims:assess": _l("Claims beoordelen, beslissen en betalen"),
    "schemes:read": _l("Regelingen lezen"),
    "schemes:write": _l("Regelingen, deelname en verleningen wijzigen"),
    "exports:read": _l("Uren en claims exporteren"),
    "notifications:read": _l("Meldingen lezen, en wat op je wacht"),
    "notifications:write": _l("Meldingen als gelezen merken en kiezen hoe vaak ze komen"),
    "labs:read": _l("Labs, vragen en gesprekken lezen"),
    "labs:write": _l("Meewerken in labs: vragen, bijdragen, rondes en bevindingen schrijven"),
}


def create_token(
    actor: Actor, *, name: str, scopes: Collection[str], days: int
) -> tuple[ApiToken, str]:
    """Make a token for the organisation one acts for; the text is shown now and never again."""
    user = actor.require_user()
    if actor.scopes is not None:
        raise ForbiddenError(_("Een token kan geen tokens maken."))
    _check(name, scopes, days)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction() as session:
        token = ApiToken(
            user_id=user.id,
            acting_for_id=actor.acting_for_id,
            name=name.strip(),
            token_hash=digest(text),
            scopes=sorted(set(scopes)),
            expires_at=now() + timedelta(days=days),
        )
        session.add(token)
        session.flush()
        audit.record(
            user.id, "token.created", token, changes={"scopes": [None, token.scopes]},
            on_behalf_of=actor.acting_for_id,
        )  # fmt: skip
    return token, text


def list_tokens(actor: Actor) -> list[ApiToken]:
    """Give one's own tokens, the newest first."""
    mine = ApiToken.user_id == actor.require_user().id
    return list(db.session.scalars(select(ApiToken).where(mine).order_by(ApiToken.id.desc())))


def revoke_token(actor: Actor, token_id: int) -> None:
    """Make one of one's own tokens worthless, from now on."""
    user_id = actor.require_user().id
    with transaction() as session:
        token = session.get(ApiToken, token_id)
        if token is None or token.user_id != user_id:
            raise NotFoundError(_("Dit token bestaat niet."))
        if token.revoked_at is None:
            token.revoked_at = now()
            audit.record(user_id, "token.revoked", token)


def revoke_all_tokens(user_id: int) -> None:
    with transaction() as session:
        session.execute(
            update(ApiToken)
            .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
            .values(revoked_at=now())
        )


def find_actor(text: str) -> Actor | None:
    """Give who a token speaks for, or nobody: unknown, expired, revoked, or a closed account."""
    if not text.startswith(PREFIX):
        return None
    token = db.session.scalar(select(ApiToken).where(ApiToken.token_hash == digest(text)))
    if token is None or not token.counts or not token.user.active:
        return None
    if token.used_at is None or now() - token.used_at > USED_EVERY:
        with transaction() as session:
            session.execute(update(ApiToken).where(ApiToken.id == token.id).values(used_at=now()))
    return Actor.of(token.user, token.acting_for, frozenset(token.scopes))


def _check(name: str, scopes: Collection[str], days: int) -> None:
    fields: dict[str, list[str]] = {}
    if not 1 <= len(name.strip()) <= ApiToken.name.type.length:
        fields["name"] = [_("Geef het token een naam van hoogstens 80 tekens.")]
    if not scopes or not set(scopes) <= set(SCOPES):
        fields["scopes"] = [_("Kies wat het token mag.")]
    if not 1 <= days <= LONGEST_DAYS:
        fields["days"] = [_("Kies hoelang het token geldt: hoogstens een jaar.")]
    if fields:
        raise InvalidError(_("Er klopt iets niet in wat je invulde."), fields)
