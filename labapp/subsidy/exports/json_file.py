"""The whole claim as JSON: {audit_head, audit_seq, snapshot, snapshot_sha256}.

`snapshot` stands in its canonical form, so that sha256 of its bytes is `snapshot_sha256`.
"""

import json
from typing import BinaryIO

from labapp.database import db
from labapp.subsidy import snapshots
from labapp.subsidy.claim_models import ClaimSnapshot
from labapp.subsidy.exports.reading import Frozen


def write_json(frozen: Frozen, file: BinaryIO) -> None:
    """Write the file piece by piece, in constant memory."""
    head, seq = json.dumps(frozen.audit_head), json.dumps(frozen.audit_seq)
    file.write(f'{{"audit_head":{head},"audit_seq":{seq},"snapshot":'.encode())
    snapshot = db.session.get_one(ClaimSnapshot, frozen.snapshot_id)
    file.writelines(snapshots.iter_canonical(snapshot))
    file.write(f',"snapshot_sha256":{json.dumps(frozen.sha256)}}}\n'.encode())


def is_intact(frozen: Frozen) -> bool:
    """Whether what is stored is still what was submitted."""
    return snapshots.verify(db.session.get_one(ClaimSnapshot, frozen.snapshot_id))
