"""Settings: each has one row here, and can be set with LABAPP_<NAME> in the environment."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock
from flask import Flask
from limits import parse_many
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from labapp.clock import set_clock
from labapp.errors import SettingError


@dataclass(frozen=True)
class Setting:
    """A setting's name, default (whose type it takes), what it is for and what it may be."""

    name: str
    default: str | int | bool
    help: str
    allowed: range | tuple[str, ...] | re.Pattern[str] | None = None
    must_be: str = ""

    def fault(self, value: Any) -> str | None:
        """Give one sentence when a value is not allowed."""
        if isinstance(self.allowed, re.Pattern):
            is_well = self.allowed.fullmatch(str(value)) is not None
        else:
            is_well = self.allowed is None or value in self.allowed
        return None if is_well else f"LABAPP_{self.name} is {value!r}; {self._wanted()}."

    def _wanted(self) -> str:
        if isinstance(self.allowed, range):
            return f"write a number from {self.allowed.start} to {self.allowed.stop - 1}"
        if isinstance(self.allowed, tuple):
            return f"write {' or '.join(self.allowed)}"
        return self.must_be


NOT_EMPTY = re.compile(r".*\S.*")
SETTINGS = (
    Setting("DATABASE_URL", "", "the database: sqlite:///... or postgresql://...; empty: labapp.sqlite in the instance folder"),
    Setting("INSTANCE", "instance", "folder for model, index, secrets and uploads", NOT_EMPTY, "name a folder"),
    Setting("SECRET_KEY", "", "long random value that signs sessions; required"),
    Setting("HOST", "127.0.0.1", "address to listen on", NOT_EMPTY, "write an address such as 127.0.0.1"),
    Setting("PORT", 8000, "port to listen on", range(1, 65_536)),
    Setting("BASE_URL", "", "address of the site in mails, such as https://lab.example.nl; empty: host and port", re.compile(r"(?:https?://[^\s/?#]+/*)?"), "write an address such as https://lab.example.nl"),
    Setting("DEMO", False, "demonstration: makes a secret, prints demo logins, keeps mail in the outbox page"),
    Setting("CLOCK", "", "moment at which the clock starts, such as 2026-11-22T09:30; demonstrations and tests only"),
    Setting("EMBEDDING_MODEL", "intfloat/multilingual-e5-small", "Sentence Transformers name or folder; `hashing` for work without a model", NOT_EMPTY, "write the name of a model, or `hashing`"),
    Setting("TRANSLATION_MODEL", "", "folder of a Dutch-English OPUS-MT model (CTranslate2 or Marian); empty: none"),
    Setting("SEARCH_ENGINE", "faiss", "who compares vectors: `faiss` in each process, or `pgvector` in PostgreSQL", ("faiss", "pgvector")),
    Setting("SEARCH_APPROXIMATE_FROM", 100_000, "number of passages from which the index is approximate", range(1, 2**31)),
    Setting("SMTP_URL", "", "mail server: smtp://user:password@host:587 or smtps://...; empty: mail stays in the outbox"),
    Setting("MAIL_FROM", "labapp@localhost", "sender of mails", re.compile(r"[^@\r\n]+@[^@\s]+"), "write one address"),
    Setting("SECOND_FACTOR_FOR_ADMINISTRATORS", False, "administrators must sign in with a second factor"),
    Setting("SIGN_IN_LIMIT", "10 per minute; 100 per hour", "attempts to sign in, from one address"),
    Setting("SEARCH_LIMIT", "120 per minute", "searches, from one person or address"),
    Setting("API_LIMIT", "600 per minute", "calls of the API, with one token or from one address"),
    Setting("LIMIT_STORAGE", "memory://", "where the limits are counted; redis://... for several machines (install the extra `redis`)"),
    Setting("SESSION_HOURS", 12, "hours until one must sign in again", range(1, 8_761)),
    Setting("MAX_UPLOAD_MB", 50, "largest file that may be sent", range(1, 10_001)),
    Setting("FILES_FOLDER", "", "folder for the files that people add, shared by all machines; empty: files in the instance folder"),
    Setting("FILES_URL", "", "bucket for them instead: s3://bucket/prefix?endpoint=https://...&region=... (install the extra `s3`)"),
    Setting("S3_KEY", "", "name of who may read and write in that bucket"),
    Setting("S3_SECRET", "", "the secret that goes with that name"),
    Setting("FILES_MAX_MB", 20, "largest file that people may add", range(1, 1_001)),
    Setting("LAB_FILES_MAX_MB", 1000, "what the files of one lab may take together", range(1, 1_000_001)),
    Setting("SMALLEST_CELL", 5, "smallest number of pupils that a finding may show", range(1, 101)),
    Setting("READING_LEVEL", "B1", "how plain the answer of a finding must be: `A2`, `B1` or `B2`", ("A2", "B1", "B2")),
    Setting("TRUSTED_PROXIES", 0, "number of reverse proxies in front", range(10)),
    Setting("SECURE_COOKIES", False, "cookies over HTTPS only; set it wherever the site has HTTPS"),
    Setting("WORKER", True, "`labapp run` also works off the jobs"),
    Setting("THREADS", 8, "threads that answer requests", range(1, 257)),
    Setting("LOG_FORMAT", "text", "`text` or `json`", ("text", "json")),
    Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR", ("DEBUG", "INFO", "WARNING", "ERROR")),
    Setting("METRICS", False, "Prometheus metrics at /metrics"),
    Setting("AUDIT_ANCHOR", "", "file outside the database to which the audit trail's head is written daily"),
    Setting("AUDIT_ANCHOR_MAIL", "", "address to which the audit trail's head is mailed daily", re.compile(r"(?:[^@\s]+@[^@\s]+)?"), "write one address"),
)  # fmt: skip
SHORTEST_SECRET = 16


def init_app(app: Flask, overrides: Mapping[str, Any]) -> None:
    """Fill the app's configuration: defaults, then the environment, then overrides."""
    for setting in SETTINGS:
        app.config[setting.name] = _read(setting)
    app.config.update(overrides)
    _check(app)
    instance = Path(str(app.config["INSTANCE"])).expanduser().resolve()
    app.config["INSTANCE"] = str(instance)
    _make_folder(instance)
    _set_clock(app)
    app.config["SECRET_KEY"] = app.config["SECRET_KEY"] or _demo_secret(instance)
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
    for setting in SETTINGS:
        words = setting.fault(app.config[setting.name])
        if words:
            raise SettingError(words)
    for name in ("SIGN_IN_LIMIT", "SEARCH_LIMIT", "API_LIMIT", "LIMIT_STORAGE"):
        _check_limit(f"LABAPP_{name}", app.config[name], is_storage=name == "LIMIT_STORAGE")
    secret = app.config["SECRET_KEY"]
    if not secret and not app.config["DEMO"]:
        raise SettingError(
            "Set LABAPP_SECRET_KEY to a long random value, or LABAPP_DEMO=1 for the demonstration."
        )
    if secret and len(secret) < SHORTEST_SECRET and not app.config.get("TESTING"):
        raise SettingError(f"LABAPP_SECRET_KEY must have at least {SHORTEST_SECRET} characters.")


def _check_limit(name: str, value: str, *, is_storage: bool) -> None:
    try:
        storage_from_string(value) if is_storage else parse_many(value)
    except (ValueError, ConfigurationError) as error:
        example = "redis://localhost:6379" if is_storage else "10 per minute"
        raise SettingError(f"{name} is {value!r}; write it like {example}. ({error})") from error


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


def _demo_secret(instance: Path) -> str:
    """Give the secret of a demonstration; of processes that start at once, one makes it."""
    path = instance / "secret"
    try:
        with FileLock(instance / "secret.lock"):
            if not path.exists() or path.stat().st_size < SHORTEST_SECRET:  # or was cut short
                path.unlink(missing_ok=True)
                file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                os.write(file, secrets.token_hex(32).encode())
                os.close(file)
            return path.read_text("ascii")
    except OSError as error:
        raise SettingError(f"LABAPP_INSTANCE: {path}: {error.strerror}.") from error


def _derive(app: Flask, instance: Path) -> None:
    """Set what the extensions ask for under their own names."""
    config = app.config
    config.setdefault("SQLALCHEMY_DATABASE_URI", _database_uri(config["DATABASE_URL"], instance))
    secure = config["SECURE_COOKIES"]
    host, port = config["HOST"], config["PORT"]
    folder = Path(config["FILES_FOLDER"] or instance / "files")
    config["FILES_FOLDER"] = str(folder.expanduser().resolve())
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
    postgres = parsed.get_backend_name() == "postgresql"
    parsed = parsed.set(drivername="postgresql+psycopg" if postgres else "sqlite")
    return parsed.render_as_string(hide_password=False)
