"""Files in a bucket that speaks the language of S3."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from secrets import token_hex
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

import structlog

from labapp.errors import NotFoundError, SettingError, UnavailableError
from labapp.i18n import gettext as _

EXAMPLE = "s3://bucket?endpoint=https://s3.example.nl"
ABSENT = {"404", "NoSuchKey", "NotFound"}
IN_MEMORY = 1024 * 1024
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 30, 3
log = structlog.get_logger()


class Bucket:
    """Each file under a random key, behind the prefix of the address."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        """Take s3://bucket/prefix?endpoint=https://...&region=...; nothing is asked of it yet."""
        address = urlsplit(url)
        query = parse_qs(address.query)
        endpoint = query.pop("endpoint", [""])[0]
        region = query.pop("region", ["us-east-1"])[0]
        if address.scheme != "s3" or not address.netloc or query or not _is_endpoint(endpoint):
            raise SettingError(f"LABAPP_FILES_URL must be written like {EXAMPLE}.")
        if not (key and secret):
            raise SettingError("LABAPP_FILES_URL also needs LABAPP_S3_KEY and LABAPP_S3_SECRET.")
        self.bucket = address.netloc
        self.prefix = address.path.strip("/") + "/" if address.path.strip("/") else ""
        self.client = _client(endpoint, region, key, secret)

    def put(self, source: IO[bytes]) -> str:
        """Keep the bytes and give their key: a bucket shows a file when it is whole."""
        key = token_hex(16)
        with _in_words():
            self.client.put_object(Bucket=self.bucket, Key=self.prefix + key, Body=source)
        return key

    def open(self, key: str) -> IO[bytes]:
        """Give the whole file: a connection that breaks is known before an answer begins."""
        target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # the caller's
        try:
            with _in_words():
                found = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)
                for chunk in found["Body"].iter_chunks(IN_MEMORY):
                    target.write(chunk)
        except BaseException:
            target.close()
            raise
        target.seek(0)
        return target

    def delete(self, key: str) -> None:
        with _in_words():
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + key)

    def exists(self, key: str) -> bool:
        try:
            with _in_words():
                self.client.head_object(Bucket=self.bucket, Key=self.prefix + key)
        except NotFoundError:
            return False
        return True

    def old_keys(self, age: timedelta) -> Iterator[str]:
        """Give the keys of what was written longer ago, by the clock of the bucket."""
        with _in_words():
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=self.prefix):
                date = page["ResponseMetadata"]["HTTPHeaders"]["date"]
                latest = parsedate_to_datetime(date) - age
                for item in page.get("Contents", ()):
                    if item["LastModified"] <= latest:
                        yield item["Key"].removeprefix(self.prefix)

    def faults(self) -> list[str]:
        """Say what is wrong, for `labapp doctor`: write, read and delete a file of one byte."""
        try:
            key = self.put(io.BytesIO(b"?"))
            with self.open(key):
                self.delete(key)
        except (UnavailableError, NotFoundError) as error:
            return [f"bucket {self.bucket}: {error.__cause__}"]
        return []


def _is_endpoint(endpoint: str) -> bool:
    address = urlsplit(endpoint)
    return not endpoint or (address.scheme in {"http", "https"} and bool(address.netloc))


def _client(endpoint: str, region: str, key: str, secret: str) -> Any:
    try:
        import boto3  # noqa: PLC0415  # an extra
        from botocore.config import Config  # noqa: PLC0415
    except ImportError as error:
        raise SettingError("LABAPP_FILES_URL needs the extra `s3`: install labapp[s3].") from error
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            s3={"addressing_style": "path" if endpoint else "auto"},
            # Others than Amazon may not know its newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _in_words() -> Iterator[None]:
    """Say in words that a file is not there or that the bucket does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ABSENT:
            raise NotFoundError(_("Dit bestand is er niet meer.")) from error
        raise _away(error) from error
    except BotoCoreError as error:
        raise _away(error) from error


def _away(error: Exception) -> UnavailableError:
    log.error("files.storage_unavailable", exc_info=error)
    return UnavailableError(_("De opslag van bestanden is even niet bereikbaar. Probeer het zo."))
