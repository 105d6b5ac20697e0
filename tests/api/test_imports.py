"""Importing over JSON."""

import io
import zipfile

import pytest

CARD = """---
id: {name}
title: Kaart {name}
question: Wat helpt?
answer: Dit helpt vaak.
language: nl
sectors: [po]
themes: [reading]
sources:
  - {{key: bron, title: Een boek, year: 2019}}
---
## Wat is het?

Een aanpak.
"""


def packed(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, text in files.items():
            package.writestr(name.replace("__", "/").replace("_", "."), text)
    stream.seek(0)
    return stream


def form(stream, name="cards.zip", **values):
    return {
        "data": {"file": (stream, name), "format": "markdown", **values},
        "content_type": "multipart/form-data",
    }


def two_cards():
    return packed(folder__a_md=CARD.format(name="a"), b_md=CARD.format(name="b"), x_exe="no")


def test_a_file_is_imported_once_and_undone(call, researcher):
    dry = call(researcher, "POST", "/imports", **form(two_cards(), dry_run="true"))
    assert (dry.status_code, dry.json["created"], dry.json["batch"]) == (200, 2, "")
    assert call(None, "GET", "/cards").json["total"] == 0

    first = call(researcher, "POST", "/imports", **form(two_cards()))
    assert (first.status_code, first.json["created"]) == (201, 2)
    second = call(researcher, "POST", "/imports", **form(two_cards()))
    assert (second.status_code, second.json["unchanged"]) == (200, 2)
    assert call(None, "GET", "/cards").json["total"] == 2

    path = first.headers["Location"].removeprefix("/api/v1")
    assert call(researcher, "GET", path).json["created"] == 2
    undone = call(researcher, "POST", f"{path}/undo")
    assert undone.json["undone_at"]
    assert call(researcher, "POST", f"{path}/undo").status_code == 409
    assert call(None, "GET", "/cards").json["total"] == 0
    assert len(call(researcher, "GET", "/imports").json["items"]) == 1


def test_the_same_key_imports_once(call, researcher):
    headers = {"Idempotency-Key": "maandag"}
    body, boundary = two_cards().read(), "grens"
    parts = [
        b'--grens\r\nContent-Disposition: form-data; name="format"\r\n\r\nmarkdown\r\n',
        b'--grens\r\nContent-Disposition: form-data; name="file"; filename="c.zip"\r\n\r\n',
        body, b"\r\n--grens--\r\n",
    ]  # fmt: skip
    options = {
        "data": b"".join(parts),
        "content_type": f"multipart/form-data; boundary={boundary}",
        "headers": headers,
    }

    first = call(researcher, "POST", "/imports", **options)
    second = call(researcher, "POST", "/imports", **options)

    assert first.status_code == second.status_code == 201
    assert second.json == first.json
    assert second.headers["Idempotency-Replayed"] == "true"


def test_a_file_with_a_fault_imports_nothing(call, researcher):
    broken = packed(a_md=CARD.format(name="a"), b_md=CARD.format(name="b").replace("2019", "soon"))

    answer = call(researcher, "POST", "/imports", **form(broken))

    assert answer.status_code == 422
    assert answer.json["faults"][0]["message"]
    assert call(None, "GET", "/cards").json["total"] == 0


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"PK\x03\x04" + b"x" * 50, b"%PDF-1.7"])
def test_what_is_no_such_file_is_refused_in_words(call, researcher, content):
    for kind in ("markdown", "xlsx", "csv", "pdf", "docx", "bibtex", "json", "wwc"):
        answer = call(researcher, "POST", "/imports", **form(io.BytesIO(content), "f", format=kind))
        assert answer.status_code == 422, kind
        assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "values", [{"format": "exe"}, {"mapping": "{"}, {"mapping": "[]"}, {"colour": "red"},
               {"dated_on": "soon"}, {"language": "fr"}],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_refused(call, researcher, values):
    answer = call(researcher, "POST", "/imports", **form(two_cards(), **values))

    assert answer.status_code == 422
    assert next(iter(values)) in answer.json["errors"]


def test_who_may_not_import_is_told_so(call, teacher, knowledge_broker):
    assert call(teacher, "POST", "/imports", **form(two_cards())).status_code == 403
    assert call(teacher, "GET", "/imports").status_code == 403
    assert call(None, "GET", "/imports").status_code == 401
    assert call(knowledge_broker, "GET", "/imports").status_code == 200
    assert call(knowledge_broker, "GET", "/imports/unknown").status_code == 404
    assert call(knowledge_broker, "POST", "/imports", json={}).status_code == 415
