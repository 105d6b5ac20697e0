"""Importing through HTTP: first what it would do, then doing it, then taking it back."""

import io
import re

import pytest

CSV = "external_id,title,answer\nlezen-1,Samen lezen,Samen lezen helpt.\n"


def text_of(answer):
    return answer.get_data(as_text=True)


def upload(text=CSV, name="kaarten.csv", **extra):
    content = text if isinstance(text, bytes) else text.encode()
    return {"format": "csv", "file": (io.BytesIO(content), name), **extra}


def hidden_fields(html):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))


def test_a_file_is_tried_confirmed_and_taken_back(browse, knowledge_broker):
    client = browse(knowledge_broker)

    tried = client.post("/kennis/invoeren", data=upload())
    assert tried.status_code == 200
    assert "Voer 1 kaarten in" in text_of(tried)
    assert "Er is nog niets ingevoerd." in text_of(client.get("/kennis/invoeren"))

    fields = hidden_fields(text_of(tried))
    done = client.post("/kennis/invoeren/bevestigen", data=fields)
    assert done.status_code == 303
    listed = text_of(client.get("/kennis/invoeren"))
    assert "kaarten.csv" in listed
    assert client.post("/kennis/invoeren/bevestigen", data=fields).status_code == 422

    again = client.post("/kennis/invoeren", data=upload())
    assert "Er is niets nieuws" in text_of(again)

    code = re.search(r"/kennis/invoeren/(invoer-\w+)/terugdraaien", listed)[1]
    assert client.post(f"/kennis/invoeren/{code}/terugdraaien").status_code == 303
    assert "Teruggedraaid" in text_of(client.get("/kennis/invoeren"))
    assert client.post(f"/kennis/invoeren/{code}/terugdraaien").status_code == 409


def test_faults_are_named_by_row_and_column_and_nothing_comes_in(browse, researcher):
    page = browse(researcher).post(
        "/kennis/invoeren", data=upload("external_id,title,cost\nx,Goed,2\ny,,heel duur\n")
    )

    html = text_of(page)
    assert page.status_code == 422
    assert "er is niets ingevoerd" in html
    assert '<th scope="row">3</th>' in html
    assert "Voer 1" not in html


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"format": "csv"},
        {"format": "ooit", "file": (io.BytesIO(b"x"), "x.csv")},
        {"format": "xlsx", "file": (io.BytesIO(b"geen blad"), "x.xlsx")},
        {"format": "csv", "mapping": "{", "file": (io.BytesIO(b"a"), "x.csv")},
        {"format": "csv", "mapping": "[]", "file": (io.BytesIO(b"a"), "x.csv")},
        {"format": "pdf", "file": (io.BytesIO(b""), "../../x.pdf")},
    ],
)
def test_what_cannot_be_read_is_refused_in_words(browse, knowledge_broker, data):
    assert browse(knowledge_broker).post("/kennis/invoeren", data=data).status_code == 422


def test_only_who_may_imports_and_only_ones_own_file(browse, teacher, knowledge_broker, researcher):
    assert browse(teacher).get("/kennis/invoeren").status_code == 403
    assert browse(teacher).post("/kennis/invoeren", data=upload()).status_code == 403
    fields = hidden_fields(
        text_of(browse(knowledge_broker).post("/kennis/invoeren", data=upload()))
    )

    other = browse(researcher).post("/kennis/invoeren/bevestigen", data=fields)
    refused = browse(teacher).post("/kennis/invoeren/bevestigen", data=fields)
    odd = browse(knowledge_broker).post(
        "/kennis/invoeren/bevestigen", data=fields | {"token": "../../etc/passwd"}
    )

    assert (other.status_code, refused.status_code, odd.status_code) == (422, 403, 422)


@pytest.mark.parametrize("form", ["json", "csv", "bibtex", "ris", "csl-json"])
def test_what_one_may_read_goes_out_as_a_file(publish, browse, teacher, stranger, school, form):
    publish(title="Voor allen")
    publish(title="Voor ons", visibility="organisation", organisation=school, author=teacher)

    own = text_of(browse(teacher).get(f"/kennis/uitvoer/{form}"))
    strange = text_of(browse(stranger).get(f"/kennis/uitvoer/{form}"))

    assert "Voor ons" in own
    assert "Voor allen" in strange
    assert "Voor ons" not in strange
    assert browse(teacher).get("/kennis/uitvoer/exe").status_code == 422
