"""Settings: each has one row here, and can be set with LABAPP_<NAME> in the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from labapp.clock import set_clock
from labapp.errors import SettingError


@dataclass(frozen=True)
class Setting:
    """A setting's name, default (whose type it takes) and what it is for."""

    name: str
    default: str | int | bool
    help: str


SETTINGS = (
    Setting("DATABASE_URL", "", "the database: sqlite:///... or postgresql://...; empty: labapp.sqlite in the instance folder"),
    Setting("INSTANCE", "instance", "folder for model, index, secrets and uploads"),
    Setting("SECRET_KEY", "", "long random value that signs sessions; required"),
    Setting("HOST", "127.0.0.1", "address to listen on"),
    Setting("PORT", 8000, "port to listen on"),
    Setting("BASE_URL", "", "address of the site in mails, such as https://lab.example.nl; empty: host and port"),
    Setting("DEMO", False, "demonstration: makes a secret, prints demo logins, keeps mail in the outbox page"),
    Setting("CLOCK", "", "moment at which the clock starts, such as 2026-11-22T09:30; demonstrations and tests only"),
    Setting("EMBEDDING_MODEL", "intfloat/multilingual-e5-small", "Sentence Transformers name or folder; `hashing` for work without a model"),
    Setting("TRANSLATION_MODEL", "", "folder of a Dutch-English OPUS-MT model (CTranslate2 or Marian); empty: none"),
    Setting("SEARCH_ENGINE", "faiss", "who compares vectors: `faiss` in each process, or `pgvector` in PostgreSQL"),
    Setting("SEARCH_APPROXIMATE_FROM", 150_000, "number of passages from which the index is approximate"),
    Setting("SMTP_URL", "", "mail server: smtp://user:password@host:587 or smtps://...; empty: mail stays in the outbox"),
    Setting("MAIL_FROM", "labapp@localhost", "sender of mails"),
    Setting("SECOND_FACTOR_FOR_ADMINISTRATORS", False, "administrators must sign in with a second factor"),
    Setting("SIGN_IN_LIMIT", "10 per minute; 100 per hour", "attempts to sign in, from one address"),
    Setting("SEARCH_LIMIT", "120 per minute", "searches, from one person or address"),
    Setting("API_LIMIT", "600 per minute", "calls of the API, with one token or from one address"),
    Setting("LIMIT_STORAGE", "memory://", "where the limits are counted; redis://... for several machines"),
    Setting("SESSION_HOURS", 12, "hours until one must sign in again"),
    Setting("MAX_UPLOAD_MB", 50, "largest file that may be sent"),
    Setting("TRUSTED_PROXIES", 0, "number of reverse proxies in front"),
    Setting("SECURE_COOKIES", False, "cookies over HTTPS only; set it wherever the site has HTTPS"),
    Setting("WORKER", True, "`labapp run` also works off the jobs"),
    Setting("THREADS", 8, "threads that answer requests"),
    Setting("LOG_FORMAT", "text", "`text` or `json`"),
    Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR"),
    Setting("METRICS", False, "Prometheus metrics at /metrics"),
    Setting("AUDIT_ANCHOR", "", "file outside the database to which the audit trail's head is written daily"),
)  # fmt: skip
ENGINES = ("faiss", "pgvector")
SHORTEST_SECRET = 16


def init_app(app: Flask, overrides: Mapping[str, Any]) -> None:
    """Fill the app's configuration: defaults, then the environment, then overrides."""
    for setting in SETTINGS:
        app.config[setting.name] = _read(setting)
    app.config.update(overrides)
    instance = Path(str(app.config["INSTANCE"])).expanduser().resolve()
    app.config["INSTANCE"] = str(instance)
    _check(app)
    _make_folder(instance)
    _set_clock(app)
    app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or _demo_secret(app, instance)
    _derive(app, instance)


def _read(setting: Setting) -> str | int | bool:
    text = os.environ.get(f"LABAPP_{setting.name}")
    if text is None:
        return setting.default
    if isinstance(setting.default, bool):
        if text.lower() not in {"1", "0", "true", "false", "yes", "no", ""}:
            raise SettingError(f"LABAPP_{setting.name} is {text!r}; write 1 or 0.")
        return text.lower() in {"1", "true", "yes"}
    if isinstance(setting.default, int):
        if not text.isascii() or not text.isdigit():
            raise SettingError(f"LABAPP_{setting.name} is {text!r}; write a whole number.")
        return int(text)
    return text


def _check(app: Flask) -> None:
    if app.config["SEARCH_ENGINE"] not in ENGINES:
        raise SettingError("LABAPP_SEARCH_ENGINE must be faiss or pgvector.")
    if app.config["LOG_FORMAT"] not in {"text", "json"}:
        raise SettingError("LABAPP_LOG_FORMAT must be text or json.")
    secret = app.config["SECRET_KEY"]
    if not secret and not app.config["DEMO"]:
        raise SettingError("Set LABAPP_SECRET_KEY to a long random value (or use `make run`).")
    if secret and len(secret) < SHORTEST_SECRET and not app.config.get("TESTING"):
        raise SettingError(f"LABAPP_SECRET_KEY must have at least {SHORTEST_SECRET} characters.")


def _make_folder(instance: Path) -> None:
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"LABAPP_INSTANCE: {instance} cannot be made: {error.strerror}."
        ) from error


def _set_clock(app: Flask) -> None:
    clock = app.config["CLOCK"]
    if clock and not (app.config.get("TESTING") or app.config["DEMO"]):
        raise SettingError("LABAPP_CLOCK is for demonstrations and tests: set LABAPP_DEMO=1 too.")
    if clock:
        set_clock(clock)


def _demo_secret(app: Flask, instance: Path) -> str:
    assert app.config["DEMO"]
    path = instance / "secret"
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text("ascii")


def _derive(app: Flask, instance: Path) -> None:
    """Set what the extensions ask for under their own names."""
    config = app.config
    config.setdefault("SQLALCHEMY_DATABASE_URI", _database_uri(config["DATABASE_URL"], instance))
    secure = config["SECURE_COOKIES"]
    host, port = config["HOST"], config["PORT"]
    config["BASE_URL"] = (config["BASE_URL"] or f"http://{host}:{port}").rstrip("/")
    config.update(
        MAX_CONTENT_LENGTH=config["MAX_UPLOAD_MB"] * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=5 * 1024 * 1024,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=config["SESSION_HOURS"]),
        SESSION_COOKIE_NAME="__Host-labapp" if secure else "labapp",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        BABEL_DEFAULT_LOCALE="nl",
        BABEL_DEFAULT_TIMEZONE="Europe/Amsterdam",
        API_TITLE="labapp",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        RATELIMIT_STORAGE_URI=config["LIMIT_STORAGE"],
        RATELIMIT_HEADERS_ENABLED=True,
    )


def _database_uri(url: str, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'labapp.sqlite'}"
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise SettingError("LABAPP_DATABASE_URL is not a database address.") from error
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise SettingError("LABAPP_DATABASE_URL must begin with sqlite:// or postgresql://.")
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)
