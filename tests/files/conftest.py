import io

import pytest

from labapp.database import transaction
from labapp.files import services as files
from labapp.files import storage as storages
from labapp.files.disk import Disk


@pytest.fixture(autouse=True)
def disk(tmp_path, monkeypatch):
    """A folder of its own for each test."""
    disk = Disk(tmp_path / "files")
    monkeypatch.setattr(storages.chosen, "storage", disk)
    return disk


@pytest.fixture
def kept():
    """Receive and keep a file: `kept(b"...", "naam.txt")`."""

    def keep(content=b"Beste collega", name="brief.txt", **extra):
        with files.received(io.BytesIO(content), name) as upload, transaction():
            return files.keep(upload, **{"uploaded_by_id": None, **extra})

    return keep
