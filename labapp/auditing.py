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
from labapp.mail import services as mail

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
    """Put the head of the trail where LABAPP_AUDIT_ANCHOR or LABAPP_AUDIT_ANCHOR_MAIL says."""
    path, address = _anchor_path(), _anchor_address()
    if path is None and not address:
        raise SettingError(
            "Set LABAPP_AUDIT_ANCHOR to a file outside the database, or LABAPP_AUDIT_ANCHOR_MAIL."
        )
    if path is not None:
        click.echo(write_anchor(path))
    if address:
        click.echo(f"{mail_anchor(address)} to {address}")


@handler("audit.anchor", every=timedelta(days=1))
def anchor_daily(_payload: dict[str, Any]) -> None:
    """Write or mail the anchor once a day, where the settings say so."""
    path, address = _anchor_path(), _anchor_address()
    if path is not None:
        write_anchor(path)
    if address:
        mail_anchor(address)


def mail_anchor(address: str) -> str:
    """Send `moment seq hash` to an address outside; give the line. Kept, it is an anchor."""
    line = _line()
    text = (
        f"{line}\n\nKeep this letter. Its first line in a file is an anchor: with\n"
        "`labapp audit verify --anchors FILE` it shows later whether the trail was cut or made"
        " anew.\n"
    )
    mail.send(address, f"Audit trail of labapp: event {audit.head()[0]}", text)
    return line


def write_anchor(path: Path) -> str:
    """Append `moment seq hash` to the file of anchors; give the line."""
    line = _line()
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


def _line() -> str:
    seq, head = audit.head()
    return f"{now().isoformat(timespec='seconds')} {seq} {head}"


def _anchor_address() -> str:
    return str(current_app.config["AUDIT_ANCHOR_MAIL"])


def _anchor_path() -> Path | None:
    text = current_app.config["AUDIT_ANCHOR"]
    return Path(text) if text else None
