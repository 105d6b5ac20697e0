"""Submitted claims without the way that leads to them, with names and texts that bite."""

import hashlib
from datetime import date, timedelta

from sqlalchemy import insert

from labapp.clock import now
from labapp.database import db
from labapp.subsidy import snapshots
from labapp.subsidy.claim_models import Claim, ClaimHour, ClaimLine, ClaimSnapshot, ClaimState

FIRST = date(2026, 9, 7)
NAMES = ("Łukasz Yılmaz", "Þóra Şahin-'t Hoff")
TEXTS = ("=1+1", 'Teamsessie; met “aanhaling"', "-5 graden", "\tinspringen", "@iemand", "Lezen")


def hour(number, user_id, name, minutes, **extra):
    values = {
        "line_number": 1,
        "entry_id": f"01J{number:023d}",
        "corrects_id": None,
        "user_id": user_id,
        "person_name": name,
        "brin6": "00AB00",
        "work_date": FIRST + timedelta(days=number % 40),
        "start_local": "",
        "end_local": "",
        "minutes": minutes,
        "category_code": "teamsessie",
        "category_label": "Teamsessie",
        "description": TEXTS[number % len(TEXTS)],
        "source": "session" if number % 2 else "grid",
        "source_ref": "sessions:7" if number % 2 else "",
        "registered_on": FIRST + timedelta(days=number % 40 + 2),
        "days_late": 2,
        "declaration": f"00AB00-P{user_id:06d}-2026-09-1",
        "signed_on": date(2026, 10, 1),
        "approved_by": "Nağme Ōe",
        "approved_on": date(2026, 10, 3),
    }
    return values | extra


def line(number, user_id, name, minutes, cents, **extra):
    values = {
        "number": number,
        "user_id": user_id,
        "person_name": name,
        "role": "teacher",
        "category_code": "teamsessie",
        "category_label": "Teamsessie",
        "period_from": FIRST,
        "period_to": FIRST + timedelta(days=39),
        "minutes": minutes,
        "rate_cents": 4850,
        "percentage_bp": 10_000,
        "cents": cents,
        "is_cap_adjustment": False,
        "corrects_line": None,
    }
    return values | extra


def content_of(claim, branch, board, lines, hours):
    version = claim.scheme_version
    return {
        "number": claim.number,
        "revision": 1,
        "scheme": {
            "code": version.scheme.code,
            "name_nl": version.scheme.name_nl,
            "name_en": version.scheme.name_en,
            "version": version.number,
            "school_year": version.school_year,
            "kind": version.kind.value,
            "source_url": version.source_url,
            "is_fictional": version.scheme.is_fictional,
            "conditions": "",
        },
        "board": {"id": board.id, "name": board.name, "board_number": board.board_number,
                  "iban_last4": "1234"},
        "branch": {"id": branch.id, "name": branch.name, "brin6": branch.brin6, "sector": "po",
                   "currency": "EUR", "time_zone": "Europe/Amsterdam"},
        "grant": None,
        "kind": "normal",
        "corrects": None,
        "total_cents": sum(one["cents"] for one in lines),
        "total_minutes": sum(one["minutes"] for one in lines),
        "lines": len(lines),
        "hours": len(hours),
        "exact_cents_x": sum(o["minutes"] * o["rate_cents"] * o["percentage_bp"] for o in lines),
        "submitted_on": "2026-10-05",
        "statement": version.statement,
    }  # fmt: skip


def freeze(version, branch, people, *, hours=None, lines=None, state=ClaimState.SUBMITTED, seq=1):
    """Give a claim as if it was submitted: by default three hours of each person."""
    board = branch.board
    if hours is None:
        hours = [
            hour(index * 3 + n, user.id, NAMES[index % 2], (75, -30, 480)[n])
            for index, user in enumerate(people)
            for n in range(3)
        ]
        for one in hours:
            one["line_number"] = [user.id for user in people].index(one["user_id"]) + 1
    if lines is None:
        lines = [
            line(index + 1, user.id, NAMES[index % 2], 525, 42_438)
            for index, user in enumerate(people)
        ]
    hours.sort(key=lambda o: (o["user_id"], o["category_code"], str(o["work_date"]), o["entry_id"]))
    claim = Claim(
        number=f"{version.scheme.code}-2026-{seq:04d}",
        sequence=seq,
        state=state,
        scheme_version=version,
        board_id=board.id,
        organisation_id=branch.id,
        total_cents=sum(one["cents"] for one in lines),
        revision=1,
        submitted_at=now(),
        audit_seq=7,
        audit_head="ab" * 32,
    )
    db.session.add(claim)
    db.session.flush()
    content = content_of(claim, branch, board, lines, hours)
    canonical = snapshots._canonical(
        content, map(snapshots.hour_record, hours), map(snapshots.line_record, lines)
    )
    snapshot = ClaimSnapshot(
        claim_id=claim.id,
        revision=1,
        content=content,
        sha256=hashlib.sha256(b"".join(canonical)).hexdigest(),
    )
    db.session.add(snapshot)
    db.session.flush()
    for place, one in enumerate(hours, 1):
        one["position"] = place
    for model, rows in ((ClaimLine, lines), (ClaimHour, hours)):
        made = [row | {"snapshot_id": snapshot.id} for row in rows]
        for start in range(0, len(made), 2000):
            db.session.execute(insert(model), made[start : start + 2000])
    db.session.commit()
    return claim
