"""Dutch is the source; English is complete."""

import pytest

from labapp import messages
from labapp.i18n import gettext, in_language, lazy_gettext

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def found():
    return messages.problems()


def test_no_message_lacks_english(found):
    assert found["untranslated"] == []


def test_no_two_parts_translate_the_same_differently(found):
    assert found["differing"] == []


def test_every_page_of_prose_exists_in_both_languages():
    home = messages.PACKAGE / "templates" / "home"

    dutch, english = ({path.name for path in (home / name).glob("*.html")} for name in ("nl", "en"))
    assert dutch == english


def test_a_language_can_be_chosen_outside_a_request(app):
    assert gettext("Kennis") == "Kennis"
    with in_language("en"):
        assert gettext("Kennis") == "Knowledge"
        assert str(lazy_gettext("Kennis")) == "Knowledge"


def test_parts_are_merged_and_the_first_wins(tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    (parts / "a.po").write_text(f'{head}\nmsgid "Ja"\nmsgstr "Yes"\n')
    (parts / "b.po").write_text(
        f'{head}\nmsgid "Ja"\nmsgstr "Yeah"\n\nmsgid "één"\nmsgid_plural "meer"\n'
        'msgstr[0] "one"\nmsgstr[1] "more"\n'
    )

    merged = messages.compile_catalogues(tmp_path)

    assert merged["Ja"].string == "Yes"
    assert merged["één"].string == ("one", "more")
    assert (tmp_path / "en" / "LC_MESSAGES" / "messages.mo").exists()
    assert not messages.is_stale(tmp_path)
