"""labapp audit ...: does the trail hold, and its daily anchor outside the database."""

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from labapp import audit
from labapp.clock import now
from labapp.errors import InvalidError, SettingError
from labapp.jobs.services import handler

commands = AppGroup("audit", help="Look after the audit trail.")
LINE = re.compile(r"(?P<at>\S+) (?P<seq>\d+) (?P<hash>[0-9a-f]{64})")
BROKEN = 1


@commands.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--anchors", type=click.Path(exists=True, path_type=Path), help="File of anchors.")
@click.pass_context
def verify(context: click.Context, anchors: Path | None, *, as_json: bool) -> None:
    """Check every event against the one before it and against the anchors; exit 1 on a fault."""
    path = anchors or _anchor_path()
    faults = list(audit.verify(read_anchors(path) if path and path.exists() else None))
    number, head = audit.head()
    if as_json:
        found = [{"seq": fault.seq, "message": fault.message} for fault in faults]
        click.echo(json.dumps({"events": number, "head": head, "faults": found}))
    else:
        for fault in faults:
            click.echo(fault.message, err=True)
        click.echo(f"{number} events, head {head}: {'NOT whole' if faults else 'whole'}")
    if faults:
        context.exit(BROKEN)


@commands.command()
def anchor() -> None:
    """Add the head of the trail to LABAPP_AUDIT_ANCHOR, a file outside the database."""
    path = _anchor_path()
    if path is None:
        raise SettingError("Set LABAPP_AUDIT_ANCHOR to a file outside the database.")
    click.echo(write_anchor(path))


@handler("audit.anchor", every=timedelta(days=1))
def anchor_daily(_payload: dict[str, Any]) -> None:
    """Write the anchor once a day, where the setting says so."""
    path = _anchor_path()
    if path is not None:
        write_anchor(path)


def write_anchor(path: Path) -> str:
    """Append `moment seq hash` to the file of anchors; give the line."""
    seq, head = audit.head()
    line = f"{now().isoformat(timespec='seconds')} {seq} {head}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    return line


def read_anchors(path: Path) -> dict[int, str]:
    """Give the anchors of a file: {seq: hash}."""
    anchors: dict[int, str] = {}
    for number, line in enumerate(path.read_text("ascii", errors="replace").splitlines(), 1):
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise InvalidError(f"{path}, line {number} is not an anchor.")
        seq = int(match["seq"])
        if anchors.setdefault(seq, match["hash"]) != match["hash"]:
            raise InvalidError(f"{path}, line {number}: an earlier line has another hash for it.")
    anchors.pop(0, None)  # nothing was recorded yet
    return anchors


def _anchor_path() -> Path | None:
    text = current_app.config["AUDIT_ANCHOR"]
    return Path(text) if text else None
