import pytest
from flask import Response

from labapp.files.serving import send
from tests.files.content import PDF, picture


@pytest.fixture
def sent(app):
    """Send a file as a page does: `sent(file, as_download=False)`."""
    responses = []

    def answer(file, **options):
        with app.test_request_context():
            response = app.process_response(send(file, **options))
            responses.append(response)
            return response

    yield answer
    for response in responses:
        response.close()


def policy(response: Response):
    return {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}


def test_a_file_is_saved_and_not_shown_unless_asked(kept, sent):
    response = sent(kept(b"a;b\n1;2\n", "toets.csv"))

    assert b"".join(response.response) == b"a;b\n1;2\n"
    assert response.headers["Content-Disposition"] == "attachment; filename=toets.csv"
    assert response.mimetype == "text/csv"
    assert response.content_length == 8
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert {"default-src 'none'", "sandbox"} <= policy(response)


def test_a_name_with_accents_reaches_every_browser(kept, sent):
    response = sent(kept(name='één "klas" – verslag.txt'))

    disposition = response.headers["Content-Disposition"]
    assert "filename*=UTF-8''%C3%A9%C3%A9n%20_klas_%20%E2%80%93%20verslag.txt" in disposition
    assert disposition.isascii()


@pytest.mark.parametrize("name", ["bord.png", "bord.jpg", "bord.webp", "bord.gif"])
def test_a_picture_is_shown_when_asked(kept, sent, name):
    kind = {"jpg": "JPEG"}.get(name[5:], name[5:].upper())

    response = sent(kept(picture(kind), name), as_download=False)

    assert response.headers["Content-Disposition"] == f"inline; filename={name}"
    assert "sandbox" in policy(response)


def test_a_pdf_is_shown_when_asked(kept, sent):
    response = sent(kept(PDF, "verslag.pdf"), as_download=False)

    assert response.headers["Content-Disposition"] == "inline; filename=verslag.pdf"
    assert {"default-src 'none'", "sandbox"} <= policy(response)


@pytest.mark.parametrize("name", ["brief.txt", "toets.csv", "les.md"])
def test_text_is_never_shown_in_the_name_of_the_site(kept, sent, name):
    response = sent(kept(name=name), as_download=False)

    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in policy(response)
