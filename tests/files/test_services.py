import io
import os
import re
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from labapp import clock, doctor
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import InvalidError, NotFoundError
from labapp.files import services as files
from labapp.files import storage as storages
from labapp.files import tasks
from labapp.files.models import StoredFile
from labapp.files.storage import Chosen
from labapp.jobs import services as jobs
from tests.files.content import PDF

DAY = 24 * 3600


@pytest.fixture
def used(monkeypatch):
    """A table that points to files and in which all of them stand."""
    monkeypatch.setattr(files, "_references", lambda: [StoredFile.__table__.c.id])


def later(**span):
    clock.set_clock(now() + timedelta(**span))


def age(disk, *keys, seconds=2 * DAY):
    """Make bytes older, by the clock of the disk."""
    for key in keys or [path.name for path in disk.folder.glob("*/*")]:
        path = disk.folder / key[:2] / key
        moment = path.stat().st_mtime - seconds
        os.utime(path, (moment, moment))


def bytes_of(file):
    with files.open_file(file) as stream:
        return stream.read()


def test_a_file_is_kept_under_a_key_that_says_nothing_of_it(kept, disk, teacher):
    file = kept(PDF, "../Verslag van Emma.pdf", uploaded_by_id=teacher.id)

    assert bytes_of(file) == PDF
    assert (file.name, file.media_type, file.size) == (
        "Verslag van Emma.pdf",
        "application/pdf",
        len(PDF),
    )
    assert re.fullmatch(r"[0-9a-f]{32}", file.key)
    assert file.uploaded_by_id == teacher.id
    assert [path.name for path in disk.folder.rglob("*") if path.is_file()] == [file.key]


def test_only_the_owner_of_the_process_can_read_what_is_kept(kept, disk):
    kept()

    modes = {stat.S_IMODE(path.stat().st_mode) for path in [disk.folder, *disk.folder.rglob("*")]}
    assert modes == {0o700, 0o600}


def test_the_same_bytes_twice_are_two_files(kept):
    first, second = kept(), kept()

    with transaction():
        files.remove(first)

    assert first.sha256 == second.sha256
    assert bytes_of(second) == b"Beste collega"


def test_a_removed_file_is_not_found(kept):
    file = kept()
    opened = bytes_of(file)

    with transaction():
        files.remove(file)

    assert opened == b"Beste collega"
    with pytest.raises(NotFoundError, match="is er niet meer"):
        files.open_file(file)


def test_a_file_whose_bytes_are_gone_is_not_found_and_the_doctor_says_so(kept, disk):
    file, well = kept(name="weg.txt"), doctor.look_at_files()

    disk.delete(file.key)

    assert well == []
    assert doctor.look_at_files() == ["1 files are not in the storage, such as weg.txt"]
    with pytest.raises(NotFoundError):
        files.open_file(file)


@pytest.mark.parametrize("key", ["../../secret", "", "A" * 32, "0" * 31, "0" * 32 + "/x"])
def test_no_other_file_of_the_machine_is_opened_by_a_key(disk, key):
    (disk.folder.parent / "secret").write_text("x")

    with pytest.raises(NotFoundError):
        disk.open(key)


class Broken(io.BytesIO):
    """A stream that breaks off, as a disk that is full does for who writes."""

    def read(self, size=-1):
        if self.tell():
            raise OSError(28, "No space left on device")
        return super().read(min(size, 5))


def test_what_could_not_be_written_whole_is_not_there_at_all(disk):
    with pytest.raises(OSError, match="No space"):
        disk.put(Broken(b"Beste collega"))

    assert [path for path in disk.folder.rglob("*") if path.is_file()] == []


def test_when_the_transaction_fails_no_row_is_left_and_the_bytes_are_swept_up(disk):
    def keep_and_fail():
        with files.received(io.BytesIO(b"a"), "a.txt") as upload, transaction():
            files.keep(upload, uploaded_by_id=None)
            raise InvalidError("toch niet")

    with pytest.raises(InvalidError):
        keep_and_fail()
    rows, early = db.session.scalar(select(func.count(StoredFile.id))), files.sweep()
    age(disk)

    assert (rows, early) == (0, 0)
    assert files.sweep() == 1
    assert list(disk.old_keys(timedelta(0))) == []


def test_the_half_file_of_a_killed_process_is_swept_up(disk, kept, used):
    whole = kept()
    half = disk.folder / "ab" / ("ab" * 16 + ".part")
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"Best")
    age(disk)

    assert files.sweep() == 1
    assert not half.exists()
    assert bytes_of(whole) == b"Beste collega"


def test_a_file_that_nobody_used_goes_after_a_day_and_not_before(kept, disk):
    kept()
    age(disk)

    early = files.sweep()
    later(days=1, minutes=1)
    late = files.sweep()

    assert (early, late) == (0, 1)
    assert db.session.scalar(select(func.count(StoredFile.id))) == 0


def test_a_file_that_is_used_stays_as_long_as_it_is_not_removed(kept, disk, used):
    file = kept()
    age(disk)
    later(days=400)

    swept = files.sweep()

    assert swept == 0
    assert bytes_of(file) == b"Beste collega"


def test_a_removed_file_loses_bytes_and_name_after_a_month_and_who_points_to_it_still_can(
    kept, disk, used
):
    file = kept(name="Emma.txt")
    with transaction():
        files.remove(file)
    age(disk)

    later(days=29)
    early, name = files.sweep(), file.name
    later(days=2)
    late = files.sweep()

    assert (early, name) == (0, "Emma.txt")
    assert (late, file.key, file.name) == (1, None, "")
    assert list(disk.old_keys(timedelta(0))) == []
    with pytest.raises(NotFoundError):
        files.open_file(file)


def test_every_table_that_points_to_a_file_is_known():
    found = {str(column) for column in files._references()}
    pointing = {
        str(key.parent)
        for table in StoredFile.metadata.tables.values()
        for key in table.foreign_keys
        if key.target_fullname == "stored_files.id"
    }

    assert found == pointing


def test_sweeping_is_a_job_of_every_day(kept, disk):
    kept()
    age(disk)
    later(days=2)

    tasks.sweep({})

    assert jobs._periodic["files.sweep"] == timedelta(days=1)
    assert list(disk.old_keys(timedelta(0))) == []


def test_many_people_keep_files_at_once(disk):
    keys, start = [], threading.Barrier(8)

    def put(number):
        start.wait()
        keys.append(disk.put(io.BytesIO(str(number).encode())))

    threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(keys)) == 8
    found = [(disk.folder / key[:2] / key).read_bytes() for key in keys]
    assert sorted(found) == [b"%d" % number for number in range(8)]


def test_the_doctor_sees_a_folder_that_others_can_read_or_that_is_gone(disk):
    disk.folder.chmod(0o755)
    open_to_all = disk.faults()
    disk.folder.rmdir()

    assert open_to_all == [f"others can read {disk.folder}: chmod 700 it"]
    assert disk.faults() == [f"{disk.folder} does not exist"]


def test_without_settings_there_is_no_storage(monkeypatch):
    monkeypatch.setattr(storages, "chosen", Chosen())

    with pytest.raises(RuntimeError, match="no storage"):
        storages.storage()


def test_the_largest_file_is_that_of_the_settings(app):
    assert app.config["FILES_MAX_MB"] == 20
    assert Chosen().largest == 20 * 1024 * 1024
    assert Path(app.config["FILES_FOLDER"]) == Path(app.config["INSTANCE"]) / "files"
