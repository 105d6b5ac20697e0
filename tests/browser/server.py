"""The demonstration of `make run` in a process of its own, on a free loopback port."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # the first time the model is prepared, and the machine may do more
SETTINGS = {
    "LABAPP_DEMO": "1",
    "LABAPP_SIGN_IN_LIMIT": "10000 per minute",
    "LABAPP_SEARCH_LIMIT": "10000 per minute",
    "OMP_NUM_THREADS": "2",
}


class Server:
    """`labapp run --prepare` on an instance folder; `printed` is what it showed on the screen."""

    def __init__(self, instance):
        self.instance = Path(instance)
        self.address = f"http://127.0.0.1:{free_port()}"
        self.log = self.instance / "printed.txt"
        self._process = None

    @property
    def printed(self):
        return self.log.read_text()

    def start(self):
        host, port = self.address.removeprefix("http://").split(":")
        own = {name: text for name, text in os.environ.items() if not name.startswith("LABAPP_")}
        env = own | SETTINGS | {"LABAPP_INSTANCE": str(self.instance)}
        command = [sys.executable, "-m", "labapp.cli", "run", "--prepare"]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [*command, "--host", host, "--port", port],
                cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._wait()

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server stopped:\n{self.printed}")
            if answers(self.address + "/healthz"):
                return
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"the server was not ready in {PATIENCE} s:\n{self.printed}")


class Running:
    """A demonstration that somebody started already: LABAPP_TEST_ADDRESS, while writing tests."""

    def __init__(self, address):
        self.address = address
        self.printed = None

    def start(self):
        if not answers(self.address + "/healthz"):
            raise RuntimeError(f"nothing is ready at {self.address}")

    def stop(self):
        """Leave it to who started it."""


def share_model(instance):
    """Let an instance use the models of LABAPP_TEST_INSTANCE, which are prepared once."""
    shared = os.environ.get("LABAPP_TEST_INSTANCE")
    if shared:
        models = Path(shared).resolve() / "models"
        models.mkdir(parents=True, exist_ok=True)
        (Path(instance) / "models").symlink_to(models)


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  # our own
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
