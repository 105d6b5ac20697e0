import os
import stat

import pytest

from labapp import clock, config, create_app
from labapp.errors import SettingError
from tests.conftest import close
from tests.processes import processes

pytestmark = pytest.mark.once

SECRET = "a-long-secret-for-tests"


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    """No settings but a folder and a secret."""
    for name in list(os.environ):
        if name.startswith("LABAPP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LABAPP_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.setenv("LABAPP_SECRET_KEY", SECRET)
    return tmp_path / "instance"


def refusal(**overrides):
    with pytest.raises(SettingError) as caught:
        create_app(**overrides)
    return str(caught.value)


def configured(**overrides):
    app = create_app(**overrides)
    close(app)
    return app.config


def test_without_settings_but_a_secret_it_starts_on_a_file_in_the_instance_folder(settings):
    found = configured()

    assert found["SQLALCHEMY_DATABASE_URI"] == f"sqlite:///{settings}/labapp.sqlite"
    assert found["BASE_URL"] == "http://127.0.0.1:8000"
    assert settings.is_dir()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "mysql://localhost/x", "must begin with sqlite:// or postgresql://"),
        ("DATABASE_URL", "nonsense", "is not a database address"),
        ("INSTANCE", "  ", "name a folder"),
        ("SECRET_KEY", "", "Set LABAPP_SECRET_KEY to a long random value"),
        ("SECRET_KEY", "short", "at least 16 characters"),
        ("HOST", "", "write an address such as 127.0.0.1"),
        ("PORT", "0", "write a number from 1 to 65535"),
        ("PORT", "99999", "write a number from 1 to 65535"),
        ("PORT", "eighty", "write a whole number"),
        ("PORT", "-1", "write a whole number"),
        ("PORT", "٨٠", "write a whole number"),
        ("BASE_URL", "lab.example.nl", "write an address such as https://lab.example.nl"),
        ("BASE_URL", "https://lab.example.nl/sub?x=1", "write an address"),
        ("DEMO", "perhaps", "write 1 or 0"),
        ("CLOCK", "2026-11-22T09:30", "for demonstrations and tests"),
        ("EMBEDDING_MODEL", "", "write the name of a model"),
        ("SEARCH_ENGINE", "lucene", "write faiss or pgvector"),
        ("SEARCH_ENGINE", "pgvector", "needs a PostgreSQL database"),
        ("SEARCH_APPROXIMATE_FROM", "0", "write a number from 1"),
        ("SMTP_URL", "mail.example.nl", "must begin with smtp:// or smtps://"),
        ("SMTP_URL", "smtp://mail.example.nl:port", "is not an address of a mail server"),
        ("SMTP_URL", "smtp://:25", "is not an address of a mail server"),
        ("MAIL_FROM", "nobody", "write one address"),
        ("MAIL_FROM", "a@example.nl\nBcc: b@example.nl", "write one address"),
        ("SIGN_IN_LIMIT", "often", "write it like 10 per minute"),
        ("SEARCH_LIMIT", "10 per fortnight", "write it like 10 per minute"),
        ("API_LIMIT", "", "write it like 10 per minute"),
        ("LIMIT_STORAGE", "nowhere://", "write it like redis://localhost:6379"),
        ("SESSION_HOURS", "0", "write a number from 1 to 8760"),
        ("MAX_UPLOAD_MB", "0", "write a number from 1 to 10000"),
        ("FILES_MAX_MB", "0", "write a number from 1 to 1000"),
        ("FILES_URL", "https://bucket", "must be written like s3://"),
        ("FILES_URL", "s3://bucket", "also needs LABAPP_S3_KEY and LABAPP_S3_SECRET"),
        ("S3_SECRET", "secret", "are for a bucket in LABAPP_FILES_URL"),
        ("SMALLEST_CELL", "0", "write a number from 1 to 100"),
        ("TRUSTED_PROXIES", "10", "write a number from 0 to 9"),
        ("SECURE_COOKIES", "2", "write 1 or 0"),
        ("THREADS", "0", "write a number from 1 to 256"),
        ("LOG_FORMAT", "xml", "write text or json"),
        ("LOG_LEVEL", "loud", "write DEBUG or INFO or WARNING or ERROR"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(monkeypatch, name, value, words):
    monkeypatch.setenv(f"LABAPP_{name}", value)

    said = refusal()

    assert f"LABAPP_{name}" in said
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("PORT", "8123", 8123),
        ("METRICS", "yes", True),
        ("METRICS", "", False),
        ("BASE_URL", "https://lab.example.nl/", "https://lab.example.nl"),
        ("SIGN_IN_LIMIT", "3/minute;20 per hour", "3/minute;20 per hour"),
        (
            "SMTP_URL",
            "smtps://me:p%40ss@mail.example.nl:465",
            "smtps://me:p%40ss@mail.example.nl:465",
        ),
        ("MAIL_FROM", "Lab <lab@example.nl>", "Lab <lab@example.nl>"),
    ],
)
def test_a_right_setting_is_read_in_its_type(monkeypatch, name, value, read):
    monkeypatch.setenv(f"LABAPP_{name}", value)

    assert configured()[name] == read


def test_an_override_wins_from_the_environment(monkeypatch):
    monkeypatch.setenv("LABAPP_PORT", "8123")

    assert configured(PORT=8124)["PORT"] == 8124


def test_a_folder_that_cannot_be_made_stops_the_start(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("LABAPP_INSTANCE", str(tmp_path / "file" / "instance"))

    assert "cannot be made" in refusal()


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2"])
def test_postgresql_is_spoken_to_by_psycopg_and_the_password_is_kept(monkeypatch, scheme):
    monkeypatch.setenv("LABAPP_DATABASE_URL", f"{scheme}://me:p%40ss@db/labapp")

    assert configured()["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://me:p%40ss@db/labapp"


def test_cookies_over_https_are_bound_to_the_host(monkeypatch):
    plain = configured()
    monkeypatch.setenv("LABAPP_SECURE_COOKIES", "1")
    safe = configured()

    assert (plain["SESSION_COOKIE_NAME"], plain["SESSION_COOKIE_SECURE"]) == ("labapp", False)
    assert (safe["SESSION_COOKIE_NAME"], safe["SESSION_COOKIE_SECURE"]) == ("__Host-labapp", True)
    assert plain["SESSION_COOKIE_HTTPONLY"]


def test_only_a_demonstration_makes_its_own_secret_and_keeps_it(monkeypatch, settings):
    monkeypatch.delenv("LABAPP_SECRET_KEY")
    refused = refusal()

    first, second = configured(DEMO=True), configured(DEMO=True)

    assert "LABAPP_SECRET_KEY" in refused
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert len(first["SECRET_KEY"]) == 64
    assert stat.S_IMODE((settings / "secret").stat().st_mode) == 0o600


def test_a_secret_that_was_cut_short_is_made_anew(monkeypatch, settings):
    monkeypatch.delenv("LABAPP_SECRET_KEY")
    settings.mkdir()
    (settings / "secret").write_text("")

    assert len(configured(DEMO=True)["SECRET_KEY"]) == 64
    assert stat.S_IMODE((settings / "secret").stat().st_mode) == 0o600


def read_secret(instance, begin, found):
    begin.wait(60)
    found.put(config._demo_secret(instance))


def test_demonstrations_that_start_at_once_share_one_secret(settings):
    settings.mkdir()
    begin, found = processes.Barrier(3), processes.Queue()
    starters = [
        processes.Process(target=read_secret, args=(settings, begin, found)) for _ in range(3)
    ]

    for starter in starters:
        starter.start()
    secrets = {found.get(timeout=120) for _ in starters}
    for starter in starters:
        starter.join()

    assert len(secrets) == 1
    assert len(secrets.pop()) == 64


@pytest.mark.parametrize("allowed", [{"DEMO": True}, {"TESTING": True}])
def test_the_clock_is_set_in_demonstrations_and_tests_only(monkeypatch, allowed):
    monkeypatch.setenv("LABAPP_CLOCK", "2027-02-03T09:30")
    refused = refusal()
    untouched = clock.today().isoformat()

    configured(**allowed)

    assert "LABAPP_CLOCK" in refused
    assert untouched != "2027-02-03"
    assert clock.today().isoformat() == "2027-02-03"


def test_a_clock_that_is_no_moment_is_refused(monkeypatch):
    monkeypatch.setenv("LABAPP_CLOCK", "tomorrow")

    assert "write a moment such as" in refusal(DEMO=True)
