"""Schools: found while typing, and taken over from DUO's files."""

import json
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from labapp import clock
from labapp.accounts import schools_import
from labapp.accounts.actors import Actor
from labapp.accounts.models import Organisation, OrganisationHistory, OrganisationKind, Sector
from labapp.accounts.schools import fold, resolve_school, search_organisations
from labapp.accounts.schools_files import read_path
from labapp.accounts.schools_import import import_schools
from labapp.audit import AuditEvent
from labapp.database import db
from labapp.errors import ForbiddenError
from tests.factories import OrganisationFactory

HEAD = "brin6,brin4,naam,gemeente,postcode,soort,leerlingen_of_kandidaten"
ROWS = (
    "00AP00,00AP,Wereldwijs,Zoetermeer,2716PH,Bo,83",
    "00AR00,00AR,BS De Maasparel,Maasgouw,6107AW,Bo,98",
    "00BC00,00BC,Sint Jozef,Sûdwest-Fryslân,8601 AB,Sbo,12",
)


@pytest.fixture
def write(tmp_path):
    def write(*rows, name="po.csv", head=HEAD, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes("\r\n".join([head, *rows, ""]).encode(encoding))
        return path

    return write


@pytest.fixture
def load(write):
    def load(*rows, name="po.csv", **options):
        return import_schools(Actor.system(), read_path(write(*rows, name=name)), **options)

    return load


def counts(report):
    return report.created, report.updated, report.unchanged


def find(brin6):
    return db.session.scalar(select(Organisation).where(Organisation.brin6 == brin6))


def events():
    return db.session.scalars(
        select(OrganisationHistory.event).order_by(OrganisationHistory.id)
    ).all()


def test_schools_come_in_once(load):
    assert counts(load(*ROWS)) == (3, 0, 0)
    again = load(*ROWS)
    assert counts(again) == (0, 0, 3)
    assert again.batch == ""

    school = find("00BC00")
    assert (school.name, school.municipality, school.postcode) == (
        "Sint Jozef", "Sûdwest-Fryslân", "8601AB",
    )  # fmt: skip
    assert school.sector is Sector.PO
    assert events() == []
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == 1


def test_a_dry_run_counts_and_changes_nothing(load):
    assert counts(load(*ROWS, dry_run=True)) == (3, 0, 0)

    assert find("00AP00") is None


def test_new_names_and_moves_are_kept_as_history(load):
    load(*ROWS)

    report = load(ROWS[0].replace("Wereldwijs", "De Wereld").replace("2716PH", "2717AA"), *ROWS[1:])

    assert counts(report) == (0, 1, 2)
    assert find("00AP00").name == "De Wereld"
    rows = db.session.scalars(select(OrganisationHistory)).all()
    assert {(r.event, str(r.before), str(r.after)) for r in rows} == {
        ("renamed", "{'name': 'Wereldwijs'}", "{'name': 'De Wereld'}"),
        ("moved", "{'postcode': '2716PH'}", "{'postcode': '2717AA'}"),
    }
    assert search_organisations("de wereld")[0].brin6 == "00AP00"


def test_what_is_missing_closes_only_when_the_file_is_complete(load):
    load(*ROWS)
    assert load(*ROWS[1:]).missing == 1
    assert find("00AP00").is_open

    report = load(*ROWS[1:], complete=True)

    assert (report.updated, report.closed) == (1, 1)
    assert not find("00AP00").is_open
    assert events() == ["closed"]
    assert search_organisations("wereldwijs") == []
    assert load(*ROWS[1:], complete=True).updated == 0


def test_a_closed_school_that_is_back_opens_again(load):
    load(*ROWS)
    load(*ROWS[1:], complete=True)

    load(*ROWS)

    assert find("00AP00").is_open
    assert events() == ["closed", "reopened"]


def test_a_school_that_got_another_number_at_the_same_place_is_its_successor(load):
    load(*ROWS)

    report = load("31ZZ00,31ZZ,Kindcentrum Wereldwijs,Zoetermeer,2716PH,Bo,9", *ROWS[1:],
                  complete=True)  # fmt: skip

    assert counts(report) == (1, 1, 2)
    old, new = find("00AP00"), find("31ZZ00")
    assert old.successor_id == new.id
    assert events() == ["opened", "merged"]


def test_a_complete_file_of_one_sector_closes_none_of_another(load, write):
    load(*ROWS)

    load("00AH00,00AH,Kottenpark,Enschede,7522GK,HAVO/VWO,878", name="vo.csv", complete=True)

    # the folder holds po.csv too, but only the named file was read
    assert find("00AP00").is_open
    assert find("00AH00").sector is Sector.VO


@pytest.mark.parametrize(
    ("kind", "name", "sector"),
    [("Bo", "x.csv", "po"), ("Sbo", "x.csv", "po"), ("SO", "po.csv", "so"), ("VSO", "vo.csv", "so"),
     ("VMBO", "x.csv", "vo"), ("", "vo.csv", "vo")],
)  # fmt: skip
def test_the_kind_tells_the_sector(load, kind, name, sector):
    load(f"00AP00,00AP,Naam,Plaats,1234AB,{kind},1", name=name)

    assert find("00AP00").sector.value == sector


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_every_usual_encoding_is_read(write, encoding):
    contents = read_path(write(ROWS[2], encoding=encoding))

    assert contents.problems == []
    assert contents.schools["00BC00"].municipality == "Sûdwest-Fryslân"


def test_semicolons_and_other_orders_of_columns_are_read(write):
    path = write(
        "Plaats;Naam, met komma;1234AB;00AP00;Bo", head="GEMEENTE;Naam;postcode;brin6;soort"
    )

    contents = read_path(path)

    assert contents.schools["00AP00"].name == "Naam, met komma"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("00A,00AP,Naam,Plaats,1234AB,Bo,1", "brin6"),
        (",00AP,Naam,Plaats,1234AB,Bo,1", "brin6"),
        ("00AR00,00AR,Dubbel,Plaats,1234AB,Bo,1", "brin6"),
        ("00AP00,00AP,,Plaats,1234AB,Bo,1", "naam"),
        ("00AP00,00AP," + "n" * 201 + ",Plaats,1234AB,Bo,1", "naam"),
        ("00AP00,00AP,N\x00aam,Plaats,1234AB,Bo,1", "naam"),
        ("00AP00,00AP,Naam,Plaats,0234AB,Bo,1", "postcode"),
        ("00AP00", "naam"),
    ],
)
def test_an_error_names_row_and_column_and_nothing_comes_in(load, row, column):
    report = load(ROWS[1], row)

    assert {(problem.row, problem.column) for problem in report.errors} == {(3, column)}
    assert counts(report) == (0, 0, 0)
    assert find("00AR00") is None


def test_a_missing_column_is_one_error(write):
    contents = read_path(write("00AP00,Naam", head="brin6,naam"))

    assert [(p.row, p.column) for p in contents.problems] == [
        (1, "gemeente"), (1, "postcode"), (1, "soort"),
    ]  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02\xff", b"PK\x03\x04 a zip", b"\n\n\n", b'"'])
def test_what_is_no_table_is_refused_in_words(tmp_path, data):
    path = tmp_path / "x.csv"
    path.write_bytes(data)

    assert read_path(path).problems


@pytest.mark.once
def test_two_hundred_thousand_rows_are_read_in_time(write):
    rows = [
        f"{n // 67600 % 100:02}{chr(65 + n // 2600 % 26)}{chr(65 + n // 100 % 26)}{n % 100:02},x,"
        f"School {n},Plaats,1234AB,Bo,1"
        for n in range(200_000)
    ]  # fmt: skip
    path = write(*rows)
    start = time.perf_counter()

    contents = read_path(path)

    assert len(contents.schools) == 200_000
    assert contents.problems == []
    assert time.perf_counter() - start < 30


def test_many_errors_are_cut_off(write):
    contents = read_path(write(*["x,x,x,x,x,x,x"] * 5000))

    assert len(contents.problems) == 200


def test_only_the_office_imports(teacher, write, as_actor):
    with pytest.raises(ForbiddenError):
        import_schools(as_actor(teacher), read_path(write(*ROWS)))


def test_a_stop_in_the_middle_leaves_nothing(load, monkeypatch):
    monkeypatch.setattr(schools_import, "CHUNK", 1)

    def stop(done, _total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(*ROWS, progress=stop)

    assert find("00AP00") is None
    assert counts(load(*ROWS)) == (3, 0, 0)


def test_the_command_ends_with_one_line_of_json(run, write):
    path = write(*ROWS)

    dry = run("schools", "import", path, "--dry-run", "--json")
    done = run("schools", "import", path, "--json")
    again = run("schools", "import", path, "--json")

    assert json.loads(dry.output.splitlines()[-1])["created"] == 3
    first = json.loads(done.output.splitlines()[-1])
    assert {**first, "batch": ""} == {
        "created": 3, "updated": 0, "unchanged": 0, "errors": [], "batch": "",
    }  # fmt: skip
    assert first["batch"]
    assert json.loads(again.output.splitlines()[-1])["unchanged"] == 3
    assert [dry.exit_code, done.exit_code, again.exit_code] == [0, 0, 0]


def test_the_command_fails_on_errors(run, write, tmp_path):
    path = write(ROWS[0], "fout,x,x,x,1234AB,Bo,1")

    result = run("schools", "import", path, "--json")
    missing = run("schools", "import", tmp_path / "nergens.csv", "--json")
    words = run("schools", "import", path)

    assert result.exit_code == missing.exit_code == words.exit_code == 1
    error = json.loads(result.output.splitlines()[-1])["errors"][0]
    assert (error["row"], error["column"]) == (3, "brin6")
    assert json.loads(missing.output.splitlines()[-1])["errors"]
    assert "Nothing was imported." in words.output
    assert find("00AP00") is None


@pytest.mark.data
def test_the_real_files_come_in_whole_and_only_once(data, run):
    folder = data / "duo_schools"
    start = time.perf_counter()

    first = json.loads(run("schools", "import", folder, "--json").output.splitlines()[-1])
    second = json.loads(run("schools", "import", folder, "--json").output.splitlines()[-1])

    assert time.perf_counter() - start < 20
    assert (first["created"], first["errors"]) == (7820, [])
    assert (second["created"], second["updated"], second["unchanged"]) == (0, 0, 7820)
    for typed, brin6 in (
        ("kottenprak", "00AH00"), ("zoetermer wereldwijs", "00AP00"), ("00ah 07", "00AH07"),
        ("MAASPAREL", "00AR00"),
    ):  # fmt: skip
        assert brin6 in {s.brin6 for s in search_organisations(typed)}
    assert {s.municipality.lower() for s in search_organisations("den haag dalton", limit=1)} == {
        "'s-gravenhage"
    }
    search_organisations("x")
    seconds = []
    for typed in ("regenbog utrecht", "sint jozef", "basischool de brug", "amsterdm"):
        start = time.perf_counter()
        assert search_organisations(typed)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.3  # 6 ms on an idle machine


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Súdwest-Fryslân", "sudwest fryslan"), ("'t Schrijverke", "t schrijverke"),
        ("St. Jozef", "st jozef"), ("ÆØŁ ß", "aeol ss"), ("  ", ""), ("😀", ""),
    ],
)  # fmt: skip
def test_folding_forgives_signs(text, folded):
    assert fold(text) == folded


@pytest.fixture
def some_schools():
    OrganisationFactory(name="De Regenboog", municipality="Utrecht", brin6="12AB00")
    OrganisationFactory(name="De Regenboog", municipality="Goes", brin6="12AC00")
    OrganisationFactory(name="Basisschool Curaçao", municipality="Utrecht", brin6="12AD00")
    OrganisationFactory(name="Oud", brin6="12AE00", closed_on=clock.today())
    OrganisationFactory(name="De Regenboog Besturen", kind=OrganisationKind.BOARD, brin6=None)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("regenboog goes", "12AC00"), ("Regenbogg Goes", "12AC00"), ("goes", "12AC00"),
        ("curacao", "12AD00"), ("CURAÇAO utrecht", "12AD00"), ("12ad", "12AD00"),
        ("12AD-00", "12AD00"), ("regenb utr", "12AB00"),
    ],
)  # fmt: skip
def test_a_school_is_found_in_spite_of_errors(some_schools, typed, first):
    assert search_organisations(typed)[0].brin6 == first


@pytest.mark.parametrize(
    "typed", ["", "   ", "oud", "x" * 10_000, "😀", "%", "_", "' OR 1=1 --", "\x00", "עברית", "*"]
)
def test_nonsense_and_closed_schools_give_nothing(some_schools, typed):
    assert search_organisations(typed) == []


def test_a_text_means_a_school_only_when_it_can_mean_one(some_schools):
    assert resolve_school("de regenboog") is None
    assert resolve_school("De Regenboog, Goes").brin6 == "12AC00"
    assert resolve_school("12ab00").municipality == "Utrecht"
    assert resolve_school("basisschool curacao").brin6 == "12AD00"


def test_the_suggestions_are_open_to_visitors_and_hold_only_open_schools(browse, some_schools):
    answer = browse().get("/organisaties/suggesties?q=regenboog")

    assert answer.json == [
        {"value": str(find("12AC00").id), "label": "De Regenboog", "note": "Goes, 12AC00"},
        {"value": str(find("12AB00").id), "label": "De Regenboog", "note": "Utrecht, 12AB00"},
    ] or {row["note"] for row in answer.json} == {"Goes, 12AC00", "Utrecht, 12AB00"}
    assert browse().get("/organisaties/suggesties?q=oud").json == []
    assert browse().get("/organisaties/suggesties").json == []


def test_a_school_that_closes_today_is_gone_from_the_suggestions(some_schools):
    school = find("12AC00")
    school.closed_on = clock.today() + timedelta(days=1)
    db.session.commit()
    assert search_organisations("regenboog goes")

    clock.set_clock(clock.now() + timedelta(days=1))

    assert find("12AC00").brin6 not in {s.brin6 for s in search_organisations("regenboog goes")}
