from dataclasses import replace

import pytest
import yaml
from sqlalchemy import func, select

from labapp import seeding
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, User
from labapp.database import db
from labapp.errors import InvalidError
from labapp.knowledge.models import Card, CardStatus
from labapp.knowledge.vocabulary import seeds_folder
from labapp.subsidy import schemes
from labapp.subsidy.scheme_inputs import VersionInput
from labapp.subsidy.scheme_models import Scheme

CARD = """---
id: nl-proef
title: Een proefkaart
question: Wat helpt?
answer: Dit helpt vaak.
sectors: [po]
themes: [feedback]
kind: review
evidence_strength: 3
evidence_reasons: [klein aantal studies]
language: nl
status: {status}
sources:
  - {{key: bron, kind: website, organisation: Voorbeeld, title: Een bron, year: 2024, url: "https://example.org/"}}
---
## Wat is het?

Een aanpak.
"""
PEOPLE = """
organisations:
  - {key: school, kind: school, name: De Proef, brin6: 99ZZ00, sector: po, municipality: Ede}
people:
  - email: leraar@example.nl
    given_name: Lot
    family_name: Proef
    affiliations: [{organisation: school, role: teacher}]
"""


@pytest.fixture
def seeds(tmp_path, monkeypatch):
    """A small folder of seeds in place of the real one."""
    (tmp_path / "cards" / "nl").mkdir(parents=True)
    (tmp_path / "cards" / "nl" / "nl-proef.md").write_text(CARD.format(status="published"), "utf-8")
    (tmp_path / "demo.yaml").write_text(PEOPLE, "utf-8")
    monkeypatch.setattr(seeding, "seeds_folder", lambda: tmp_path)
    monkeypatch.setattr(seeding, "LANGUAGES", ("nl",))
    return tmp_path


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_seeding_brings_the_cards_and_again_changes_nothing(seeds):
    first, second = seeding.seed_all(), seeding.seed_all()

    assert (first.created, first.changed) == (1, True)
    assert not second.changed
    assert count(Card) == 1
    assert db.session.scalars(select(Card.status)).one() is CardStatus.PUBLISHED


def test_a_seed_that_was_changed_is_updated(seeds):
    seeding.seed_all()
    path = seeds / "cards" / "nl" / "nl-proef.md"
    path.write_text(path.read_text("utf-8").replace("Dit helpt vaak.", "Dit helpt soms."), "utf-8")

    report = seeding.seed_all()

    assert (report.created, report.updated) == (0, 1)
    assert count(Card) == 1


def test_a_seed_that_is_wrong_stops_it_and_brings_nothing(seeds):
    (seeds / "cards" / "nl" / "wrong.md").write_text("no front matter", "utf-8")

    with pytest.raises(InvalidError):
        seeding.seed_all()

    assert count(Card) == 0


def test_people_come_only_in_a_demonstration(app, seeds, monkeypatch):
    without = seeding.seed_all().people
    monkeypatch.setitem(app.config, "DEMO", True)

    report = seeding.seed_all()

    assert (without, report.people) == (0, 1)
    assert count(User) == count(Organisation) == 1
    assert "1 people new" in report.words


def test_the_demo_logins_name_each_person_and_role(seeds):
    lines = seeding.demo_logins().splitlines()

    assert seeding.PASSWORD in lines[0]
    assert lines[1].split() == ["leraar@example.nl", "teacher"]


def test_only_a_demonstration_has_the_scheme_that_does_not_exist(app, monkeypatch):
    monkeypatch.setattr(seeding, "LANGUAGES", ())

    assert seeding.seed_all().schemes == 1
    assert [scheme.is_fictional for scheme in db.session.scalars(select(Scheme))] == [False]
    monkeypatch.setitem(app.config, "DEMO", True)
    assert seeding.seed_all().schemes == 1
    db.session.scalars(select(Scheme).where(Scheme.is_fictional)).one()


def test_a_scheme_that_the_office_changed_is_left_alone(app, monkeypatch):
    monkeypatch.setattr(seeding, "LANGUAGES", ())
    seeding.seed_all()
    [version] = schemes.list_versions(Actor.system())
    longer = replace(VersionInput.of(version), entry_window_days=90)
    schemes.change_version(Actor.system(), version, longer, expected=version.version)

    assert not seeding.seed_all().changed
    assert schemes.get_version(Actor.system(), version.id).entry_window_days == 90


def test_the_command_loads_a_scenario_of_ones_own_once(app, tmp_path):
    path = tmp_path / "scenario.yaml"
    path.write_text(PEOPLE, "utf-8")
    runner = app.test_cli_runner()

    first, second = (runner.invoke(args=["seed", str(path)]) for _ in range(2))

    assert first.output == "1 organisations, 1 people and 1 affiliations new\n"
    assert second.output == "0 organisations, 0 people and 0 affiliations new\n"
    assert (first.exit_code, second.exit_code) == (0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "people: [{email: x}]",
        "nonsense: []",
        "- a list",
        "people: [",
        PEOPLE.replace("role: teacher", "role: king"),
        PEOPLE.replace("organisation: school", "organisation: elsewhere"),
    ],
)
def test_a_scenario_that_is_wrong_is_refused_and_brings_nothing(app, tmp_path, text):
    path = tmp_path / "scenario.yaml"
    path.write_text(text, "utf-8")

    answer = app.test_cli_runner().invoke(args=["seed", str(path)])

    assert answer.exit_code == 1
    assert isinstance(answer.exception, InvalidError)
    assert count(User) == count(Organisation) == 0


def test_the_real_seeds_are_right_and_their_demonstration_has_each_role(app, monkeypatch):
    monkeypatch.setitem(app.config, "DEMO", True)
    report = seeding.seed_all()
    people = yaml.safe_load((seeds_folder() / "demo.yaml").read_text("utf-8"))["people"]

    again = seeding.seed_all()

    assert report.created >= 80
    assert report.people == len(people)
    assert not again.changed
    roles = {place["role"] for person in people for place in person["affiliations"]}
    assert {"teacher", "school_leader", "researcher", "knowledge_broker", "administrator"} <= roles
