import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from labapp.accounts.actors import Actor
from labapp.accounts.models import Role
from labapp.audit import AuditEvent
from labapp.database import db
from labapp.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from labapp.subsidy.claim_models import Claim, ClaimHour, ClaimSnapshot, ExportRecord
from labapp.subsidy.exports import claims, records
from labapp.subsidy.exports.csv_files import write_hours
from labapp.subsidy.exports.formats import FORMATS
from labapp.subsidy.exports.writing import Cells, text_cell
from tests.conftest import unguarded
from tests.subsidy.conftest import works
from tests.subsidy.frozen import freeze, hour


@pytest.fixture
def claim(version, school, teacher, colleague):
    return freeze(version, school, [teacher, colleague])


@pytest.fixture
def make(exporter, claim, tmp_path):
    """Export the claim; give the files of the download by name."""

    def export(*kinds, actor=None):
        made = claims.export_claim(actor or Actor.of(exporter), claim.id, tmp_path, kinds)
        with zipfile.ZipFile(tmp_path / "exports" / made.zip.sha256) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return export


def rows_of(content, delimiter=";"):
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_lines_are_as_dutch_excel_wants_them(make, claim, teacher):
    content = make("lines_csv")["regels.csv"]

    assert content.startswith(b"\xef\xbb\xbfclaimnummer;regelnummer;regeling;schooljaar;"
                              b"bestuursnummer;brin6;persoon_id;naam;rol;categorie;periode_van;"
                              b"periode_tot;minuten;uren;tarief;percentage;bedrag\r\n")  # fmt: skip
    first = rows_of(content)[0]
    assert len(rows_of(content)) == 2
    assert content.count(b"\n") == content.count(b"\r\n") == 3
    assert first["claimnummer"] == claim.number
    assert first["schooljaar"] == "2026-2027"
    assert first["persoon_id"] == f"P{teacher.id:06d}"
    assert first["naam"] == "Łukasz Yılmaz"
    assert (first["periode_van"], first["minuten"], first["uren"]) == ("07-09-2026", "525", "8,75")
    assert (first["tarief"], first["percentage"], first["bedrag"]) == ("48,50", "100,00", "424,38")


def test_hours_carry_origin_and_signatures(make):
    content = make("hours_csv")["uren.csv"]

    head = content.split(b"\r\n")[0].decode("utf-8-sig")
    assert head == (
        "claimnummer;entry_id;corrigeert;persoon_id;naam;brin6;datum;begin;eind;minuten;uren;"
        "categorie;omschrijving;bron;sessie_id;geregistreerd_op;dagen_na_activiteit;urenstaat;"
        "ondertekend_op;akkoord_door;akkoord_op"
    )
    rows = rows_of(content)
    assert [row["minuten"] for row in rows[:3]] == ["75", "-30", "480"]
    assert [row["uren"] for row in rows[:3]] == ["1,25", "-0,50", "8,00"]
    assert [row["bron"] for row in rows[:2]] == ["weekstaat", "sessie"]
    assert [row["sessie_id"] for row in rows[:2]] == ["", "sessions:7"]
    assert rows[0]["ondertekend_op"] == "01-10-2026"
    keys = [(r["persoon_id"], r["categorie"], r["entry_id"]) for r in rows]
    assert keys == sorted(keys)


def test_texts_that_look_like_formulas_are_texts_and_numbers_stay_numbers(make):
    rows = rows_of(make("hours_csv")["uren.csv"])

    told = [row["omschrijving"] for row in rows]
    assert told == ["'=1+1", 'Teamsessie; met “aanhaling"', "'-5 graden", "'\tinspringen",
                    "'@iemand", "Lezen"]  # fmt: skip
    assert rows[1]["minuten"] == "-30"


def test_machines_get_dots_and_iso_days_without_a_mark(make):
    files = make("machine_lines_csv", "machine_hours_csv")

    assert files["lines.csv"].startswith(b"claim_number,line_number,scheme")
    first = rows_of(files["lines.csv"], ",")[0]
    assert (first["period_from"], first["hours"], first["amount"]) == (
        "2026-09-07",
        "8.75",
        "424.38",
    )
    hours = rows_of(files["hours.csv"], ",")
    assert (hours[1]["source"], hours[1]["hours"]) == ("session", "-0.50")


def test_the_workbook_has_numbers_and_no_formulas(make):
    book = openpyxl.load_workbook(io.BytesIO(make("xlsx")["claim.xlsx"]))

    assert book.sheetnames == ["Claim", "Regels", "Uren"]
    lines = list(book["Regels"].values)
    assert lines[1][12:] == (525, 8.75, 48.5, 100, 424.38)
    hours = list(book["Uren"].values)
    assert [row[12] for row in hours[1:3]] == ["=1+1", 'Teamsessie; met “aanhaling"']
    assert book["Uren"]["M2"].data_type == "s"
    assert hours[2][9:11] == (-30, -0.5)
    facts = dict(list(book["Claim"].values))
    assert facts["Bedrag"] == 848.76
    assert facts["Nummer in het auditspoor"] == 7


def test_the_json_file_can_be_checked_by_anybody(make, claim):
    found = json.loads(make("json")["claim.json"])

    assert set(found) == {"snapshot", "snapshot_sha256", "audit_seq", "audit_head"}
    canonical = json.dumps(
        found["snapshot"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert hashlib.sha256(canonical.encode()).hexdigest() == found["snapshot_sha256"]
    assert (found["audit_seq"], found["audit_head"]) == (7, "ab" * 32)
    assert len(found["snapshot"]["hours"]) == 6


def test_the_declaration_prints_every_letter_and_says_who_signed(make, claim):
    pdf = pypdf.PdfReader(io.BytesIO(make("pdf")["urendeclaratie.pdf"]))
    pages = [page.extract_text() for page in pdf.pages]
    whole = "\n".join(pages)

    for word in ("Łukasz Yılmaz", "Þóra Şahin", "Nağme Ōe", "BRIN", "september 2026",
                 "Ontwikkelkracht",
                 "elektronisch ondertekend op 01-10-2026 via Ontwikkelkracht lab",
                 "elektronisch goedgekeurd op 03-10-2026", claim.snapshot.sha256,
                 "voorbeeld, geen echte regeling"):  # fmt: skip
        assert word in whole
    assert f"bladzijde 1 van {len(pages)}" in pages[0]
    assert all(claim.number in page for page in pages)
    used = [
        font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()
    ]
    assert all("+DejaVuSans" in font["/BaseFont"] for font in used)  # each is in the file


def test_a_person_and_month_apart(exporter, claim, teacher, tmp_path):
    actor = Actor.of(exporter)
    made = claims.export_person(actor, claim.id, tmp_path, user_id=teacher.id, month="2026-09")
    pdf = pypdf.PdfReader(tmp_path / "exports" / made.files[0].sha256)

    assert "Łukasz Yılmaz" in pdf.pages[0].extract_text()
    assert "Þóra" not in "".join(page.extract_text() for page in pdf.pages)
    for month in ("2027-01", "../../etc"):
        with pytest.raises(NotFoundError):
            claims.export_person(actor, claim.id, tmp_path, user_id=teacher.id, month=month)


def test_every_download_has_a_manifest_that_fits(make):
    files = make("all")
    manifest = json.loads(files.pop("manifest.json"))

    assert set(files) == {one.file_name for one in FORMATS.values()}
    assert {f["name"]: f["sha256"] for f in manifest["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }


PROGRAM = """
import sys
from pathlib import Path
from labapp import create_app
from labapp.accounts.actors import Actor
from labapp.subsidy.exports import claims
url, folder, claim = sys.argv[1:]
app = create_app(TESTING=True, DATABASE_URL=url, INSTANCE=folder, SECRET_KEY="test",
                 EMBEDDING_MODEL="hashing", RATELIMIT_ENABLED=False)
with app.app_context():
    made = claims.export_claim(Actor.system(), int(claim), Path(folder))
    print(made.zip.sha256, *(record.sha256 for record in made.files))
"""


def test_the_bytes_are_the_same_whenever_and_wherever(app, claim, tmp_path):
    url = db.engine.url.render_as_string(hide_password=False)
    told = []
    for place in (
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1",
         "LABAPP_CLOCK": "2031-05-06T07:08"},
        {"TZ": "America/Kralendijk", "LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8",
         "PYTHONHASHSEED": "4242"},
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, url, str(tmp_path), str(claim.id)],
            env={"PATH": os.environ["PATH"], **place},
            cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)

    assert told[0] == told[1]
    db.session.rollback()  # see what the others wrote
    kept = db.session.scalars(select(ExportRecord)).all()
    assert len(kept) == 2 * (len(FORMATS) + 1)
    assert all(record.matches_earlier for record in kept)


def test_what_changed_behind_our_back_is_seen_and_the_old_bytes_stay(
    make, claim, tmp_path, exporter
):
    before = make("hours_csv")["uren.csv"]
    with unguarded(db.engine) as connection:
        connection.exec_driver_sql("UPDATE claim_hours SET minutes = 90 WHERE minutes = 75")
    db.session.rollback()
    made = claims.export_claim(Actor.of(exporter), claim.id, tmp_path, ["hours_csv"])

    assert not made.matches_earlier
    first = records.first_of("hours_csv", f"claims:{claim.id}@1")
    path = records.take_again(Actor.of(exporter), tmp_path, first)
    assert path.read_bytes() == before


def test_a_first_export_of_what_was_tampered_with_is_marked_too(claim, exporter, tmp_path):
    with unguarded(db.engine) as connection:
        connection.exec_driver_sql("UPDATE claim_hours SET description = 'x' WHERE minutes = 75")
    db.session.rollback()

    made = claims.export_claim(Actor.of(exporter), claim.id, tmp_path, ["lines_csv"])

    assert not made.matches_earlier


def test_every_export_is_in_the_trail(make, claim, exporter, tmp_path):
    make("lines_csv", "json")
    record = records.list_records(Actor.of(exporter))[0]
    records.take_again(Actor.of(exporter), tmp_path, record)

    events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()
    assert [e.action for e in events[-4:]] == ["export.made"] * 3 + ["export.taken_again"]
    assert all(event.actor_id == exporter.id for event in events[-4:])


def test_lost_or_damaged_bytes_are_not_handed_out(make, claim, exporter, tmp_path):
    make("lines_csv")
    record = records.list_records(Actor.of(exporter))[0]
    path = tmp_path / "exports" / record.sha256
    path.write_bytes(b"anders")
    with pytest.raises(ConflictError, match="beschadigd"):
        records.take_again(Actor.of(exporter), tmp_path, record)
    path.unlink()
    with pytest.raises(ConflictError, match="niet meer bewaard"):
        records.take_again(Actor.of(exporter), tmp_path, record)


def test_unknown_forms_and_drafts_are_refused(make, version, school, board):
    for kinds in (["exe"], []):
        with pytest.raises(InvalidError):
            make(*kinds)
    draft = Claim(scheme_version=version, board_id=board.id, organisation_id=school.id)
    db.session.add(draft)
    db.session.commit()
    with pytest.raises(ConflictError, match="nog niet ingediend"):
        claims.export_claim(Actor.system(), draft.id, Path())


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("school_leader", ForbiddenError),  # sees the claim, may not take it out
        ("controller", ForbiddenError),
        ("programme_officer", ForbiddenError),
        ("other_leader", NotFoundError),
        ("foreign_controller", NotFoundError),
        ("teacher", NotFoundError),
        ("administrator", NotFoundError),
        ("outsider", NotFoundError),
    ],
)
def test_exporting_is_a_right_of_its_own(make, request, who, refusal):
    user = request.getfixturevalue(who)
    with pytest.raises(refusal):
        make("lines_csv", actor=Actor.of(user))
    assert not db.session.scalars(select(ExportRecord)).all()


def test_the_auditor_may_take_everything_out(make, auditor, exporter, office):
    make("lines_csv", actor=Actor.of(auditor))

    assert records.list_records(Actor.of(exporter))
    assert records.list_records(Actor.of(auditor))


def test_records_of_another_board_do_not_exist(make, request, foreign_controller, board):
    make("lines_csv")
    record = db.session.scalars(select(ExportRecord)).first()
    theirs = foreign_controller.affiliations[0].organisation
    for stranger in (foreign_controller, works(Role.EXPORTER, theirs)):
        with pytest.raises(NotFoundError):
            records.get_record(Actor.of(stranger), record.id)
        assert records.list_records(Actor.of(stranger)) == []


def test_reading_a_claim_takes_the_same_statements_however_long(
    version, school, teacher, count_queries, tmp_path
):
    counts = []
    for number, many in enumerate((5, 12_000), 1):
        claim = freeze(version, school, [], seq=number, hours=_many(teacher, many), lines=[])
        frozen = claims.freeze(db.session.get(Claim, claim.id))
        with count_queries() as queries, (tmp_path / "x").open("w") as file:
            write_hours(frozen, file)
        counts.append(len(queries))
    assert counts == [1, 1]


def _many(user, count):
    return [hour(number, user.id, "Noor", 15) for number in range(count)]


def test_snapshot_rows_cannot_be_changed_by_raw_sql(claim):
    with pytest.raises(Exception, match="only grow"), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE claim_hours SET minutes = 90")
    assert db.session.scalar(select(ClaimSnapshot.sha256)) is not None
    assert {h.minutes for h in db.session.scalars(select(ClaimHour))} == {75, -30, 480}


@given(st.text(alphabet="ab;,\"'\r\n=+-@\t é", max_size=12))
def test_cells_are_quoted_as_the_standard_library_does(text):
    for delimiter in ";,":
        file = io.StringIO()
        csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerow(
            ["x", text_cell(text)]
        )
        assert f"x{delimiter}{Cells(delimiter).cell(text)}\r\n" == file.getvalue()
