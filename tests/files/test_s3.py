"""Against a server that speaks S3, on this machine."""

import io
from datetime import timedelta

import pytest
from moto.server import ThreadedMotoServer

from labapp import doctor
from labapp.errors import NotFoundError, SettingError, UnavailableError
from labapp.files import s3, services, storage
from labapp.files.disk import Disk
from labapp.files.s3 import Bucket
from tests.files.content import PDF


@pytest.fixture(scope="module")
def server():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="module")
def bucket(server):
    bucket = Bucket(f"s3://lab-files/some/where?endpoint={server}", "key", "secret")
    bucket.client.create_bucket(Bucket="lab-files")
    yield bucket
    bucket.client.close()


@pytest.fixture(scope="module")
def away():
    """A bucket whose server is not there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3, "ATTEMPTS", 1)
        away = Bucket("s3://lab-files?endpoint=http://127.0.0.1:9", "key", "secret")
    yield away
    away.client.close()


def test_a_file_in_a_bucket_is_kept_opened_and_removed_as_on_a_disk(bucket, kept, monkeypatch):
    monkeypatch.setattr(storage.chosen, "storage", bucket)
    file = kept(PDF, "verslag.pdf")
    with services.open_file(file) as stream:
        content = stream.read()
    well = doctor.look_at_files()

    bucket.delete(file.key)

    assert (content, well) == (PDF, [])
    assert not bucket.exists(file.key)
    assert doctor.look_at_files() == ["1 files are not in the storage, such as verslag.pdf"]
    with pytest.raises(NotFoundError, match="is er niet meer"):
        services.open_file(file)


def test_only_what_is_old_and_behind_the_prefix_is_listed(bucket):
    key = bucket.put(io.BytesIO(b"a"))
    bucket.client.put_object(Bucket="lab-files", Key="of-somebody-else", Body=b"b")

    assert bucket.exists(key)
    assert list(bucket.old_keys(timedelta(hours=1))) == []
    assert list(bucket.old_keys(timedelta(hours=-1))) == [key]
    bucket.delete(key)


def test_a_large_file_does_not_stay_in_memory(bucket, monkeypatch):
    monkeypatch.setattr(s3, "IN_MEMORY", 1000)
    key = bucket.put(io.BytesIO(bytes(5000)))

    with bucket.open(key) as stream:
        assert stream._rolled
        assert stream.read() == bytes(5000)
    bucket.delete(key)


@pytest.mark.parametrize(
    "use",
    [
        lambda bucket: bucket.put(io.BytesIO(b"a")),
        lambda bucket: bucket.open("0" * 32),
        lambda bucket: bucket.exists("0" * 32),
        lambda bucket: list(bucket.old_keys(timedelta(0))),
    ],
    ids=["put", "open", "exists", "list"],
)
def test_a_bucket_that_is_away_is_said_in_words(away, use):
    with pytest.raises(UnavailableError, match="even niet bereikbaar"):
        use(away)


def test_the_doctor_says_what_is_wrong_with_a_bucket(away, server):
    unknown = Bucket(f"s3://nobody-made-it?endpoint={server}", "key", "secret")

    assert "Could not connect" in away.faults()[0]
    assert "NoSuchBucket" in unknown.faults()[0]
    unknown.client.close()


SETTINGS = {"url": "s3://bucket", "key": "key", "secret": "secret", "max_mb": 1}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "https://bucket"}, "must be written like s3://"),
        ({"url": "s3://"}, "must be written like s3://"),
        ({"url": "s3://bucket?endpoint=ftp://x"}, "must be written like s3://"),
        ({"url": "s3://bucket?endpont=https://x"}, "must be written like s3://"),
        ({"secret": ""}, "also needs LABAPP_S3_KEY and LABAPP_S3_SECRET"),
        ({"url": ""}, "are for a bucket in LABAPP_FILES_URL"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_start(tmp_path, changed, words):
    with pytest.raises(SettingError, match=words):
        storage.configure(folder=tmp_path, **{**SETTINGS, **changed})


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(SettingError, match=r"LABAPP_FILES_FOLDER: .* cannot be made"):
        Disk(tmp_path / "file" / "files")


def test_a_bucket_without_the_extra_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)

    with pytest.raises(SettingError, match="the extra `s3`"):
        storage.configure(folder=tmp_path, **SETTINGS)
