import json
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from labapp import strict_yaml
from labapp.accounts.actors import Actor
from labapp.accounts.models import Sector
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError
from labapp.knowledge.vocabulary import seeds_folder
from labapp.subsidy import scheme_files, schemes
from labapp.subsidy.scheme_models import Scheme, SchemeKind, SchemeVersion, VersionStatus

FILE = """
schemes:
  - code: PROEF
    name_nl: Proefregeling
    is_fictional: true
    versions:
      - status: active
        kind: hourly
        school_year: 2026
        valid_from: 2026-08-01
        valid_to: 2027-07-31
        opens_at: 2026-10-01T09:00
        closes_at: "2026-11-29T16:00+01:00"
        statement: |
          Ik verklaar dat dit klopt.
          Ook op regel twee.
        categories: [{code: sessie, label_nl: Teamsessie}]
        rates:
          - {rate_cents: 4800, valid_to: 2026-12-31}
          - {rate_cents: 5000, valid_from: 2027-01-01}
          - {rate_cents: 6000, category: sessie, role: school_leader, sector: vo}
        caps: [{scope: person_year, unit: minutes, value: 4800}]
"""


def take(text):
    return scheme_files.import_schemes(Actor.system(), text)


def versions():
    return db.session.scalars(select(SchemeVersion)).all()


def test_a_file_brings_schemes_and_again_changes_nothing():
    first, second = take(FILE), take(FILE)

    assert vars(first) == {"created": 1, "updated": 0, "unchanged": 0}
    assert vars(second) == {"created": 0, "updated": 0, "unchanged": 1}
    [version] = versions()
    assert version.status is VersionStatus.ACTIVE
    assert (version.opens_at.hour, version.closes_at.hour) == (7, 15)  # UTC; summer and winter
    assert sorted(rate.rate_cents for rate in version.rates) == [4800, 5000, 6000]


def test_what_is_written_out_can_be_read_in():
    take(FILE)
    text = scheme_files.export_schemes(Actor.system(), schemes.list_schemes(Actor.system()))

    assert take(text).unchanged == 1
    assert "statement: |" in text
    other = text.replace("PROEF", "ANDER")
    assert take(other).created == 1
    again = scheme_files.export_schemes(
        Actor.system(), db.session.scalars(select(Scheme).where(Scheme.code == "ANDER"))
    )
    assert again == other


def test_an_active_version_may_change_in_many_places_at_once():
    take(FILE)
    longer = (
        FILE.replace("valid_to: 2027-07-31", "valid_to: 2027-08-31")
        .replace("label_nl: Teamsessie}", "label_nl: Teamsessie}, {code: bezoek, label_nl: Bezoek}")
        .replace("valid_to: 2026-12-31", "valid_to: 2026-11-30")
        .replace("valid_from: 2027-01-01", "valid_from: 2026-12-01")
    )

    assert take(longer).updated == 1
    assert len(versions()[0].categories) == 2


def test_an_active_version_does_not_become_incomplete():
    take(FILE)

    with pytest.raises(InvalidError, match="PROEF 1"):
        take(FILE.replace("valid_to: 2026-12-31", "valid_to: 2026-12-30"))

    assert len(versions()[0].rates) == 3


def test_a_version_does_not_go_back():
    take(FILE)

    with pytest.raises(ConflictError, match="PROEF 1"):
        take(FILE.replace("status: active", "status: draft"))


def test_an_activity_can_go_together_with_its_rate():
    more = FILE.replace("label_nl: Teamsessie}", "label_nl: T}, {code: weg, label_nl: W}")
    take(more.replace("caps:", "  - {rate_cents: 1, category: weg}\n        caps:"))

    take(FILE)

    assert [category.code for category in versions()[0].categories] == ["sessie"]


def test_all_of_a_file_or_nothing():
    second = "  - {code: TWEE, name_nl: Twee, versions: [{number: 4, kind: fixed}]}\n"
    with pytest.raises(InvalidError):
        take(FILE + second)
    wrong = second.replace(
        "kind: fixed",
        "kind: fixed, school_year: 2026, valid_from: 2026-08-01, valid_to: 2027-07-31",
    )
    with pytest.raises(InvalidError, match="TWEE 4"):
        take(FILE + wrong)

    assert versions() == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("is_fictional: true", "is_fictional: yes please", "schemes[0].is_fictional"),
        ("is_fictional: true", "fictional: true", "schemes[0]"),
        ("kind: hourly", "kind: daily", "versions[0].kind"),
        ("kind: hourly", "kind: [hourly]", "versions[0].kind"),
        ("status: active", "status: live", "versions[0].status"),
        ("status: active", "status: [active]", "versions[0].status"),
        ("status: active", "number: true", "versions[0].number"),
        ("school_year: 2026", "school_year: true", "versions[0].school_year"),
        ("school_year: 2026", "", "versions[0].school_year"),
        ("rate_cents: 4800", "rate_cents: 48.00", "rates[0].rate_cents"),
        ("rate_cents: 4800", "rate_cents: '4800'", "rates[0].rate_cents"),
        ("valid_from: 2027-01-01", "valid_from: 2027-02-30", "file"),
        ("valid_from: 2027-01-01", "valid_from: '2027-02-30'", "rates[1].valid_from"),
        ("valid_from: 2027-01-01", "valid_from: 2027-01-01T10:00", "rates[1].valid_from"),
        ("opens_at: 2026-10-01T09:00", "opens_at: tomorrow", "versions[0].opens_at"),
        ("opens_at: 2026-10-01T09:00", "opens_at: 12", "versions[0].opens_at"),
        ("category: sessie", "category: elders", "category"),
        ("unit: minutes", "unit: weeks", "caps[0].unit"),
        ("caps: [", "caps: {a: [", "file"),
        ("caps: [{scope: person_year, unit: minutes, value: 4800}]", "caps: 5", "caps"),
        ("- {rate_cents: 4800, valid_to: 2026-12-31}", "- 4800", "rates[0]"),
        ("schemes:", "schemes: &a\n", "schemes"),
        ("name_nl: Proefregeling", "name_nl: a\n    name_nl: b", "file"),
        ("name_nl: Proefregeling", 'name_nl: "a\\0b"', ""),
        ("name_nl: Proefregeling", "name_nl: !!python/object:os.system x", "file"),
        ("granularity", "granularity", None),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old, new, place):
    text = FILE.replace(old, new, 1)
    if place is None:
        text = FILE.replace("kind: hourly", "kind: hourly\n        granularity_minutes: 10")
        place = "granularity_minutes"
    if new.startswith("schemes: &a"):
        text = "schemes: &a [*a]"
        place = "file"

    with pytest.raises(InvalidError) as refused:
        take(text)

    assert any(place in name for name in refused.value.fields) or place == ""
    assert versions() == []


@pytest.mark.parametrize(
    "text",
    [
        "schemes: [" * 200,
        "[" * 100_000,
        "a: &a [x]\nb: *a",
        "? [a]\n: b",
        "- 1",
        "nonsense: 1",
        "schemes: 5",
        "schemes: [5]",
        "schemes: [{code: A, name_nl: B, versions: 5}]",
        b"\xff\xfe\x00",
        "--- 1\n--- 2",
        "x: " + "a" * strict_yaml.LARGEST,
        "",
    ],
)
def test_a_hostile_file_is_refused_in_words(text):
    with pytest.raises(InvalidError):
        take(text)


def test_only_the_office_takes_schemes_over(as_actor, teacher, administrator, assessor):
    for user in (teacher, administrator):
        with pytest.raises(ForbiddenError):
            scheme_files.import_schemes(as_actor(user), FILE)

    assert scheme_files.import_schemes(as_actor(assessor), FILE).created == 1


def test_the_seeds_hold_the_one_public_scheme_and_a_fictional_one():
    for path in sorted((seeds_folder() / "schemes").glob("*.yaml")):
        take(path.read_bytes())

    groei, demo = sorted(versions(), key=lambda version: version.school_year)
    assert groei.kind is SchemeKind.FIXED
    assert not groei.scheme.is_fictional
    assert groei.source_url.startswith("https://programmaontwikkelkracht.nl/")
    amounts = {a.sector: (a.amount_cents, a.min_participants) for a in groei.fixed_amounts}
    assert amounts == {Sector.PO: (3_498_000, 15), Sector.VO: (9_328_000, 40)}
    assert {a.min_minutes for a in groei.fixed_amounts} == {1200 * 60}
    assert demo.kind is SchemeKind.HOURLY
    assert demo.scheme.is_fictional
    assert "fictie" in demo.scheme.name_nl.lower()
    assert any(not category.claimable for category in demo.categories)
    assert groei.rates == []


def test_the_commands_bring_schemes_in_and_out(app, tmp_path):
    path, out = tmp_path / "in.yaml", tmp_path / "out.yaml"
    path.write_text(FILE, "utf-8")
    run = app.test_cli_runner().invoke

    first = run(args=["subsidy", "schemes", "import", str(path), "--json"])
    second = run(args=["subsidy", "schemes", "import", str(path)])
    shown = run(args=["subsidy", "schemes", "export", "PROEF"])
    run(args=["subsidy", "schemes", "export", "--output", str(out)])

    assert json.loads(first.output) == {"created": 1, "updated": 0, "unchanged": 0}
    assert second.output == "0 versions new, 0 updated, 1 unchanged\n"
    assert Path(out).read_text("utf-8") == shown.output
    assert yaml.safe_load(shown.output)["schemes"][0]["versions"][0]["status"] == "active"
    assert run(args=["subsidy", "schemes", "export", "NIET"]).exit_code == 1
