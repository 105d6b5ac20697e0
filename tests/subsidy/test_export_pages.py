import hashlib
import io
import json
import zipfile

import pytest
from sqlalchemy import select

from labapp.accounts import tokens
from labapp.accounts.actors import Actor
from labapp.database import db
from labapp.subsidy.claim_models import ExportRecord
from labapp.subsidy.hour_models import Declaration, EntrySource
from tests.conftest import unguarded
from tests.subsidy.claiming import approved
from tests.subsidy.frozen import freeze
from tests.subsidy.work import declare


@pytest.fixture
def browse(browse):
    """As `browse`, with each answer read whole, so that no file stays open."""

    def reading(user):
        client = browse(user)
        opened = client.open
        client.open = lambda *args, **extra: opened(*args, **({"buffered": True} | extra))
        return client

    return reading


@pytest.fixture
def claim(version, category, school, teacher, colleague, school_leader):
    declare(teacher, school, category, [60, 480], by=school_leader)
    approved(
        colleague,
        school,
        category,
        school_leader,
        (30,),
        source=EntrySource.SESSION,
        source_ref="s:1",
    )
    return freeze(version, school, [teacher, colleague])


@pytest.fixture
def signed(claim, teacher):
    return db.session.scalars(select(Declaration).where(Declaration.user_id == teacher.id)).one()


def names_of(answer):
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        return set(archive.namelist())


def test_an_exporter_downloads_a_claim_without_a_manual(browse, exporter, claim):
    client = browse(exporter)
    assert claim.number in client.get("/overzicht/export").text
    page = client.get(f"/overzicht/export/claims/{claim.id}")
    assert page.status_code == 200
    assert claim.snapshot.sha256 in page.text

    answer = client.post(f"/overzicht/export/claims/{claim.id}", data={"vorm": "lines_csv"})

    assert answer.status_code == 200
    assert f"{claim.number}-lines_csv.zip" in answer.headers["Content-Disposition"]
    assert names_of(answer) == {"regels.csv", "manifest.json"}
    again = client.get(f"/overzicht/export/claims/{claim.id}").text
    assert "gelijk" in again
    assert "wijkt af" not in again


def test_a_difference_is_shown_in_red_with_the_old_bytes_beside_it(browse, exporter, claim):
    client = browse(exporter)
    address = f"/overzicht/export/claims/{claim.id}"
    client.post(address, data={"vorm": "lines_csv"})
    with unguarded(db.engine) as connection:
        connection.exec_driver_sql("UPDATE claim_lines SET cents = cents + 1")

    answer = client.post(address, data={"vorm": "lines_csv"}, follow_redirects=True)

    assert "niet meer wat eerder is geëxporteerd" in answer.text
    assert "alert--error" in answer.text
    first = db.session.scalars(select(ExportRecord).order_by(ExportRecord.id)).first()
    old = client.get(f"/overzicht/export/bestanden/{first.id}")
    assert hashlib.sha256(old.data).hexdigest() == first.sha256


def test_one_person_one_declaration_and_a_dossier(browse, exporter, claim, teacher, signed, school):
    client = browse(exporter)
    answer = client.post(
        f"/overzicht/export/claims/{claim.id}/persoon", data={"wie": f"{teacher.id}:2026-09"}
    )
    assert names_of(answer) == {f"urendeclaratie-P{teacher.id:06d}-2026-09.pdf", "manifest.json"}
    answer = client.post(f"/overzicht/export/urenstaten/{signed.id}")
    assert f"urendeclaratie-{signed.snapshot['number']}.pdf" in names_of(answer)

    answer = client.post("/overzicht/export/dossier", data={"vestiging": school.id, "jaar": 2026})
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert {one["name"]: one["sha256"] for one in manifest["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert {"verplichtingen.csv", "sessies.csv", "auditspoor.jsonl",
            f"claims/{claim.number}/regels.csv", f"claims/{claim.number}/claim.json",
            f"urenstaten/urendeclaratie-{signed.snapshot['number']}.pdf"} <= set(files)  # fmt: skip
    assert b"s:1" in files["sessies.csv"]
    assert "wijkt af" not in client.get("/overzicht/export").text


EXPORTS = (
    ("GET", "/overzicht/export/claims/{claim}", {}),
    ("POST", "/overzicht/export/claims/{claim}", {"vorm": "all"}),
    ("POST", "/overzicht/export/claims/{claim}/persoon", {"wie": "1:2026-09"}),
    ("POST", "/overzicht/export/urenstaten/{declaration}", {}),
    ("POST", "/overzicht/export/dossier", {"vestiging": "{school}", "jaar": "2026"}),
    ("GET", "/overzicht/export/bestanden/{record}", {}),
)
STRANGERS = ("foreign_controller", "teacher", "administrator", "programme_officer",
             "other_leader", "school_leader", "outsider")  # fmt: skip


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_without_the_right_takes_anything_out(
    request, browse, exporter, claim, signed, school, who
):
    browse(exporter).post(f"/overzicht/export/claims/{claim.id}", data={"vorm": "json"})
    record = db.session.scalars(select(ExportRecord.id)).first()
    ids = {"claim": claim.id, "declaration": signed.id, "school": school.id, "record": record}
    client = browse(request.getfixturevalue(who))
    before = len(db.session.scalars(select(ExportRecord)).all())

    for method, address, data in EXPORTS:
        values = {name: value.format(**ids) for name, value in data.items()}
        answer = client.open(address.format(**ids), method=method, data=values)
        assert answer.status_code in (403, 404), (method, address)
        assert "Yılmaz" not in answer.text
    assert len(db.session.scalars(select(ExportRecord)).all()) == before


@pytest.mark.parametrize("who", ["foreign_controller", "teacher", "administrator", "other_leader"])
def test_overviews_tell_nothing_of_another_school(request, browse, claim, school, version, who):
    client = browse(request.getfixturevalue(who))

    for address in (f"/overzicht/vestigingen/{school.id}",
                    f"/overzicht/aansluiting?vestiging={school.id}"):  # fmt: skip
        assert client.get(address).status_code in (403, 404)
    for address in ("/overzicht", "/overzicht/statistiek", "/overzicht/aansluiting",
                    "/overzicht/export"):  # fmt: skip
        answer = client.get(address)
        allowed = (403,) if who in ("teacher", "administrator") else (200,)
        assert answer.status_code in allowed
        assert who == "teacher" or school.name not in answer.text  # there it is in the header
        assert claim.number not in answer.text


@pytest.mark.parametrize("who", ["school_leader", "controller", "programme_officer", "auditor"])
def test_overviews_show_what_one_may_see(request, browse, claim, school, version, who):
    client = browse(request.getfixturevalue(who))

    for address in ("/overzicht", f"/overzicht/vestigingen/{school.id}", "/overzicht/aansluiting",
                    f"/overzicht/aansluiting?vestiging={school.id}&diep=1",
                    "/overzicht?kalenderjaar=2026",
                    f"/overzicht?regeling={version.id}"):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 200
        assert school.name in answer.text
    assert client.get("/overzicht/statistiek").status_code == 200
    assert client.get("/overzicht", headers={"Accept-Language": "en"}).status_code == 200
    for odd in (
        "/overzicht?jaar=abc&kalenderjaar=1",
        "/overzicht?jaar=2099",
        "/overzicht?bestuur=9",
    ):
        assert client.get(odd).status_code == 200
    assert client.get("/overzicht?regeling=999").status_code == 404


@pytest.fixture
def call(app):
    def request(user, method, path, scopes=("exports:read", "claims:read"), **extra):
        actor = Actor.of(user)
        _, text = tokens.create_token(actor, name="t", scopes=scopes, days=1)
        headers = {"Authorization": f"Bearer {text}"} | extra.pop("headers", {})
        return app.test_client().open(
            f"/api/v1/subsidy{path}", method=method, headers=headers, buffered=True, **extra
        )

    return request


def test_the_api_exports_lists_and_gives_the_bytes(call, exporter, claim, school, signed):
    body = {"claim_id": claim.id, "kinds": ["lines_csv", "json"]}
    made = call(exporter, "POST", "/exports", json=body)
    assert made.status_code == 201
    assert made.json["matches_earlier"] is True
    assert [one["kind"] for one in made.json["files"]] == ["lines_csv", "json"]
    whole = call(exporter, "GET", made.headers["Location"].removeprefix("/api/v1/subsidy"))
    assert hashlib.sha256(whole.data).hexdigest() == made.json["zip"]["sha256"]
    one = made.json["files"][0]
    assert call(exporter, "GET", f"/exports/{one['id']}").json["sha256"] == one["sha256"]
    raw = call(exporter, "GET", f"/exports/{one['id']}/file")
    assert raw.data.startswith(b"\xef\xbb\xbfclaimnummer;")
    listed = call(exporter, "GET", f"/exports?subject=claims:{claim.id}@1").json["items"]
    assert [row["kind"] for row in listed] == ["zip", "json", "lines_csv"]

    dossier = call(exporter, "POST", "/exports/dossiers",
                   json={"branch_id": school.id, "school_year": 2026})  # fmt: skip
    assert (dossier.status_code, dossier.json["kind"]) == (201, "dossier")
    pdf = call(exporter, "POST", "/exports/declarations", json={"declaration_id": signed.id})
    assert pdf.status_code == 201
    for wrong in ({"claim_id": claim.id, "kinds": ["exe"]}, {"kinds": ["json"]}, {"claim_id": "x"}):
        assert call(exporter, "POST", "/exports", json=wrong).status_code == 422


def test_an_export_that_is_repeated_with_its_key_is_made_once(call, exporter, claim):
    headers = {"Idempotency-Key": "k1"}
    first, again = (
        call(exporter, "POST", "/exports", json={"claim_id": claim.id, "kinds": ["json"]},
             headers=headers) for _ in range(2)
    )  # fmt: skip
    assert first.json == again.json
    assert len(db.session.scalars(select(ExportRecord)).all()) == 2
    other = call(exporter, "POST", "/exports", json={"claim_id": claim.id}, headers=headers)
    assert other.status_code == 422


@pytest.mark.parametrize("who", STRANGERS)
def test_the_api_keeps_the_same_rights(
    request, call, exporter, claim, signed, school, version, who
):
    made = call(exporter, "POST", "/exports", json={"claim_id": claim.id, "kinds": ["json"]})
    number = made.json["zip"]["id"]
    user = request.getfixturevalue(who)
    for method, path, body in (
        ("POST", "/exports", {"claim_id": claim.id}),
        ("POST", "/exports/declarations", {"declaration_id": signed.id}),
        ("POST", "/exports/dossiers", {"branch_id": school.id, "school_year": 2026}),
        ("GET", f"/exports/{number}", None),
        ("GET", f"/exports/{number}/file", None),
    ):
        assert call(user, method, path, json=body).status_code in (403, 404), path
    if who not in ("programme_officer", "school_leader"):
        for path in (f"/overviews?branch_id={school.id}",
                     f"/overviews/statistics?branch_id={school.id}",
                     f"/reconciliation?version_id={version.id}",
                     f"/reconciliation?version_id={version.id}&branch_id={school.id}"):  # fmt: skip
            assert call(user, "GET", path).status_code in (403, 404), path
    without = call(exporter, "GET", "/exports", scopes=("claims:read",))
    assert without.status_code == 403


def test_overviews_and_reconciliation_over_json(
    call, school_leader, auditor, claim, school, version
):
    found = call(school_leader, "GET", f"/overviews?version_id={version.id}").json
    [row] = found["items"]
    assert (row["branch_id"], row["hours"]["approved"], row["obligation"]) == (school.id, 570, None)
    assert found["hours"]["people"] == 2
    cells = call(school_leader, "GET", "/overviews/statistics").json["category"]["cells"]
    assert [cell["people"] for cell in cells] == [None]
    alone = f"/reconciliation?version_id={version.id}&branch_id={school.id}"
    report = call(school_leader, "GET", alone).json
    assert {one["code"]: one["holds"] for one in report["identities"]}["logged"]
    whole = call(auditor, "GET", f"/reconciliation?version_id={version.id}&deep=false").json
    assert whole["figures"]["logged"] == 570
    assert whole["branch_id"] is None
