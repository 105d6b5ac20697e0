"""Signing in with Flask-Security: its settings, our words, and its pages held to our transactions.

What it calls views are services of ours: each changing one runs in `transaction()`. It knows
neither our sessions table nor our limits; both are added here.
"""

import base64
import hashlib
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from flask import Flask, current_app, g, request, session
from flask_security import (
    LoginForm,
    MailUtil,
    Security,
    SQLAlchemyUserDatastore,
    password_reset,
    tf_profile_changed,
    user_authenticated,
    user_confirmed,
)
from flask_security.confirmable import confirm_user
from flask_security.utils import set_request_attr

from labapp import audit
from labapp.accounts import (
    affiliations,
    passwords,
    people,
    security_settings,
    security_views,
    sessions,
    tasks,
)
from labapp.accounts.models import Passkey, Role, User
from labapp.accounts.second_factor import AnyPasskey, OneTimeTotp
from labapp.database import db, transaction
from labapp.extensions import limiter
from labapp.mail import services as mail
from labapp.web import is_api

assert tasks  # its handlers are the letters that are asked for here
SESSION_KEY = "sign_in"
WRITES_ON_GET = {"confirm_email", "change_email_confirm"}
LIMITED = (
    "login", "forgot_password", "reset_password", "send_confirmation", "verify",
    "two_factor_token_validation", "mf_recovery", "wan_signin_response", "change_password",
)  # fmt: skip


class SignInForm(LoginForm):
    """Without "remember me": a session ends when the setting says so."""

    remember = None

    def validate(self, **values: Any) -> bool:
        """Check, and hash anew what was hashed at another cost."""
        if not super().validate(**values):
            return False
        if passwords.needs_renewal(self.user.password):
            people.renew_hash(self.user, self.password.data)
        return True


class Mailer(MailUtil):
    """The letters of Flask-Security go to our outbox; addresses are in small letters."""

    def send_mail(  # as Flask-Security calls it
        self,
        _template: str,
        subject: str,
        recipient: str,
        _sender: str,
        body: str,
        _html: str | None,
        **context: Any,
    ) -> None:
        user = context.get("user")
        mail.send(str(recipient), str(subject), body, user_id=user.id if user else None)

    def normalize(self, email: str) -> str:
        return str(super().normalize(email)).lower()

    def validate(self, email: str) -> str:
        return str(super().validate(email)).lower()


class Datastore(SQLAlchemyUserDatastore):
    """Saves with `transaction()` only."""

    def commit(self) -> None:
        if db.session.info.get("in_transaction"):
            db.session.flush()
        elif db.session.new or db.session.dirty or db.session.deleted:
            raise RuntimeError("Flask-Security changed something outside a transaction")


def init_app(app: Flask) -> None:
    cost = passwords.configure(cheap=bool(app.config.get("TESTING")))
    required = app.config["SECOND_FACTOR_FOR_ADMINISTRATORS"]
    User.second_factor_roles = frozenset({Role.ADMINISTRATOR} if required else ())
    _configure(app, cost)
    security = Security(
        app,
        Datastore(db, User, None, Passkey),
        login_form=SignInForm,
        mail_util_cls=Mailer,
        totp_cls=OneTimeTotp,
        webauthn_util_cls=AnyPasskey,
    )
    security.want_json(lambda _request: False)
    app.before_request_funcs[None].remove(security.principal._on_before_request)  # noqa: SLF001
    security.login_manager.user_loader(load_user)
    security.login_manager.request_loader(lambda _request: None)  # tokens: see api_auth.py
    _wrap_views(app)
    for signal, receiver in (
        (user_authenticated, _begin_session),
        (password_reset, _end_all_sessions),
        (tf_profile_changed, _note_second_factor),
        (user_confirmed, _ask_school),
    ):
        signal.connect(receiver, app)


def load_user(uniquifier: str) -> User | None:
    """Give the person of the session cookie; the API never takes the cookie."""
    key = session.get(SESSION_KEY)
    if is_api() or not key:
        return None
    user = sessions.find_user(uniquifier, key, current_app.permanent_session_lifetime)
    if user is not None:
        set_request_attr("fs_authn_via", "session")
        set_request_attr("fs_paa", session.get("fs_paa", 0))
    return user


def _configure(app: Flask, cost: passwords.Cost) -> None:
    secret = app.config["SECRET_KEY"]
    totp_key = hashlib.sha256(f"totp:{secret}".encode()).digest()
    code_key = hashlib.sha256(f"recovery:{secret}".encode()).digest()
    own = {
        "PASSWORD_HASH_PASSLIB_OPTIONS": {
            "argon2__time_cost": cost.rounds,
            "argon2__memory_cost": cost.memory,
            "argon2__parallelism": cost.threads,
        },
        "TOTP_SECRETS": {1: base64.b64encode(totp_key).decode()},
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": [base64.urlsafe_b64encode(code_key)],
        "I18N_DIRNAME": [f"{app.root_path}/translations"],
        "EMAIL_VALIDATOR_ARGS": {
            "check_deliverability": False,
            "test_environment": bool(app.config.get("TESTING") or app.config["DEMO"]),
        },
    }
    for name, value in {**security_settings.ALL, **own}.items():
        app.config[f"SECURITY_{name}"] = value


def _wrap_views(app: Flask) -> None:
    views = app.view_functions
    views["security.forgot_password"] = security_views.show_forgot_password
    views["security.send_confirmation"] = security_views.show_send_confirmation
    own = {"login", "forgot_password", "send_confirmation"}
    for endpoint in [name for name in views if name.startswith("security.")]:
        name = endpoint.removeprefix("security.")
        if name in LIMITED:
            views[endpoint] = _limited(views[endpoint])
        if name not in own:  # signing in writes only the session, and hashing holds no lock
            views[endpoint] = _in_transaction(views[endpoint], get=name in WRITES_ON_GET)
    views["security.logout"] = _ending_session(views["security.logout"])


def _in_transaction(view: Callable[..., Any], *, get: bool) -> Callable[..., Any]:
    @wraps(view)
    def wrapper(**values: Any) -> Any:
        if request.method == "POST" or get:
            with transaction():
                return view(**values)
        return view(**values)

    return wrapper


@cache  # a second application in one process must not count twice
def _limited(view: Callable[..., Any]) -> Callable[..., Any]:
    """Count attempts by address, and by whom they are about: many machines may guess at one."""

    def limit() -> str:
        return str(current_app.config["SIGN_IN_LIMIT"])

    by_address = limiter.shared_limit(limit, scope="sign-in", methods=["POST"])(view)
    limited: Callable[..., Any] = limiter.shared_limit(
        limit,
        scope="sign-in-person",
        methods=["POST"],
        key_func=_person_key,
        exempt_when=lambda: not request.form.get("email"),
    )(by_address)
    return limited


def _person_key() -> str:
    return "person:" + sessions.digest(request.form.get("email", "").strip().lower())


def _ending_session(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def wrapper(**values: Any) -> Any:
        key = session.pop(SESSION_KEY, None)
        if key:
            sessions.end_session(key)
        return view(**values)

    return wrapper


def _begin_session(_app: Flask, *, user: User, authn_via: list[str] | None, **_rest: Any) -> None:
    with transaction():
        if "change" in (authn_via or []):
            sessions.revoke_all(user.id)
            audit.record(user.id, "password.changed", user)
        key = sessions.begin_session(user, _browser())
    session[SESSION_KEY] = key
    g.pop("actor", None)


def _end_all_sessions(_app: Flask, *, user: User, **_rest: Any) -> None:
    """A new password by letter: whoever is signed in with the old one is out, and is told."""
    with transaction():
        sessions.revoke_all(user.id)
        if user.confirmed_at is None:
            confirm_user(user)  # the letter reached them, so the address is theirs
        audit.record(user.id, "password.reset", user)


def _note_second_factor(_app: Flask, *, user: User, method: str | None, **_rest: Any) -> None:
    audit.record(user.id, "second_factor.changed", f"users:{user.id}", reason=method)


def _ask_school(_app: Flask, *, user: User, **_rest: Any) -> None:
    affiliations.announce_requests(user)


def _browser() -> str:
    """Words for the list of sessions: enough to know one's own, too little to follow anybody."""
    agent = request.user_agent.string
    names = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
    systems = ("iPhone", "iPad", "Android", "Windows", "Mac OS", "CrOS", "Linux")
    name = next((n for n in names if n in agent), "")
    system = next((s for s in systems if s in agent), "")
    known = {"Edg": "Edge", "OPR": "Opera", "CrOS": "ChromeOS", "Mac OS": "macOS"}
    return ", ".join(known.get(part, part) for part in (name, system) if part)
