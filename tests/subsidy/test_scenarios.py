import copy
import re
from datetime import UTC, date, datetime

import pytest
import yaml
from sqlalchemy import select

from labapp import audit, clock
from labapp.accounts import scenarios
from labapp.database import db
from labapp.errors import InvalidError, LabappError
from labapp.subsidy.hour_models import Declaration, DeclarationState, HourEntry
from labapp.subsidy.scheme_models import Grant, Participation, SchemeVersion

WORLD = """
organisations:
  - {key: bestuur, kind: board, name: Bestuur, board_number: "99911"}
  - {key: school, kind: school, name: School, brin6: 99YA00, sector: po, board: bestuur}
people:
  - email: leraar@example.nl
    given_name: Lot
    family_name: Proef
    affiliations: [{organisation: school, role: teacher, from_on: 2026-08-01}]
  - email: leider@example.nl
    given_name: Jo
    family_name: Proef
    affiliations: [{organisation: school, role: school_leader, from_on: 2026-08-01}]
schemes:
  - code: PROEF
    name_nl: Proef
    is_fictional: true
    versions:
      - status: active
        kind: hourly
        school_year: 2026
        valid_from: 2026-08-01
        valid_to: 2027-07-31
        statement: Ik verklaar dat dit klopt.
        categories: [{code: sessie, label_nl: Teamsessie}]
        rates: [{rate_cents: 4800}]
participations:
  - {organisation: school, scheme: PROEF, to_on: 2027-06-30}
grants:
  - organisation: 99YA00
    scheme: PROEF
    decision_number: X 1
    decided_on: 2026-09-01
    amount_cents: 100
    instalments: [{due_on: 2026-10-01, cents: 100}]
hours:
  - person: leraar@example.nl
    organisation: school
    scheme: PROEF
    month: 2026-09
    state: approved
    approved_by: leider@example.nl
    entries:
      - {day: 2026-09-01, category: sessie, minutes: 90}
      - {day: 2026-09-30, category: sessie, start: "14:00", end: "15:00", entered_on: 2026-10-01}
  - person: leraar@example.nl
    organisation: "99YA00"
    scheme: PROEF
    month: 2026-10
    state: submitted
    signed_on: 2026-11-02
    entries: [{day: 2026-10-05, category: sessie, minutes: 60}]
  - person: leider@example.nl
    organisation: school
    scheme: PROEF
    month: 2026-11
    entries: [{day: 2026-11-17, category: sessie, minutes: 15}]
"""


@pytest.fixture
def world(in_november):
    return copy.deepcopy(yaml.safe_load(WORLD))


def load(world, **extra):
    return scenarios.load_scenario(world, password="geheim-genoeg-1", is_trial=True, **extra)


def test_an_auditor_sets_up_a_case_in_one_file(world):
    before = clock.now()
    loaded = load(world)

    assert loaded.more == {"schemes": 1, "participations": 1, "grants": 1, "hours": 3}
    sheets = db.session.scalars(select(Declaration).order_by(Declaration.id)).all()
    assert [sheet.state for sheet in sheets] == [
        DeclarationState.APPROVED, DeclarationState.SUBMITTED, DeclarationState.OPEN,
    ]  # fmt: skip
    assert sheets[0].signed_at.date() == date(2026, 10, 1)
    assert sheets[0].approved_at.date() == date(2026, 10, 3)
    assert sheets[0].approved_by.email == "leider@example.nl"
    assert sheets[1].signed_at.date() == date(2026, 11, 2)
    assert db.session.scalars(select(Participation.to_on)).one() == date(2027, 6, 30)
    assert db.session.scalars(select(Grant.amount_cents)).one() == 100
    entries = db.session.scalars(select(HourEntry).order_by(HourEntry.work_date)).all()
    assert [entry.minutes for entry in entries] == [90, 60, 60, 15]
    assert entries[1].created_at.astimezone(UTC).date() == date(2026, 10, 1)
    assert list(audit.verify()) == []
    assert abs((clock.now() - before).total_seconds()) < 60


def test_loading_again_changes_nothing(world):
    load(world)
    events = audit.head()

    assert load(world).more == {}
    assert audit.head() == events


def test_hours_are_signed_in_names_only_in_a_trial(world):
    with pytest.raises(InvalidError, match="LABAPP_DEMO"):
        scenarios.load_scenario(world, password="geheim-genoeg-1")

    assert db.session.scalars(select(SchemeVersion)).all() == []
    del world["hours"]
    assert scenarios.load_scenario(world, password="geheim-genoeg-1").more["schemes"] == 1


def test_days_to_come_are_refused_or_left_out(world):
    clock.set_clock(datetime(2026, 10, 2, 12, tzinfo=UTC))
    with pytest.raises(InvalidError, match="a day to come"):
        load(world)

    load(world, until_today=True)

    sheets = db.session.scalars(select(Declaration)).all()
    assert [sheet.state for sheet in sheets] == [DeclarationState.SUBMITTED]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w["hours"][0]["entries"][0].update(minutes=50), "kwartieren"),
        (lambda w: w["hours"][0]["entries"][0].update(category="x"), "entries\\[0\\].category"),
        (lambda w: w["hours"][0]["entries"][0].update(day=date(2026, 10, 1)), "entries\\[0\\].day"),
        (lambda w: w["hours"][0]["entries"][0].update(begin="14:00"), "onbekend: begin"),
        (lambda w: w["hours"][0]["entries"][1].update(start="kwart"), "entries\\[1\\].start"),
        (lambda w: w["hours"][0].update(approved_by="leraar@example.nl"), "eigen uren"),
        (lambda w: w["hours"][0].pop("approved_by"), "approved_by"),
        (lambda w: w["hours"][0].update(person="x@example.nl"), "x@example.nl"),
        (lambda w: w["hours"][0].update(scheme="X"), "X 1"),
        (lambda w: w["hours"][0].update(month="september"), "month"),
        (lambda w: w["hours"][0].update(organisation="99XX00"), "99XX00"),
        (lambda w: w["grants"][0].update(amount_cents=99), "invulde"),
        (lambda w: w["grants"][0].update(amount_cents=1.5), "amount_cents"),
        (lambda w: w["participations"][0].update(to_on=date(2028, 1, 1)), "invulde"),
        (lambda w: w["schemes"][0].update(code=""), "invulde"),
    ],
    ids=range(15),
)
def test_what_the_rules_refuse_is_refused_here_and_brings_nothing(world, change, words):
    change(world)

    with pytest.raises(LabappError) as refused:
        load(world)

    said = f"{refused.value} {getattr(refused.value, 'fields', '')}"
    assert re.search(words, said)
    assert db.session.scalars(select(SchemeVersion)).all() == []
    assert db.session.scalars(select(HourEntry)).all() == []
