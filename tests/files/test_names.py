import pytest

from labapp.files.names import LONGEST, safe_name, suffix_of

pytestmark = pytest.mark.once  # no database is asked


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Verslag groep 6.docx", "Verslag groep 6.docx"),
        ("verslag v1.2.pdf", "verslag v1.2.pdf"),
        ("dr. Jansen.pdf", "dr. Jansen.pdf"),
        ("Curaçao\u0308 ☀.png", "Curaçao\u0308 ☀.png".replace("o\u0308", "ö")),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\emma\\verslag.pdf", "verslag.pdf"),
        ("verslag\u202efdp.exe", "verslag fdp.exe"),
        ("ver\x00slag\r\n.pdf", "ver slag.pdf"),
        ("verslag.exe.pdf", "verslag_exe.pdf"),
        ('a<b>:"|?*.pdf', "a_b______.pdf"),
        ("CON.txt", "_CON.txt"),
        ("com1.foo.pdf", "com1_foo.pdf"),
        ("nul", "_nul"),
        (".htaccess", "htaccess"),
        ("verslag.pdf ", "verslag.pdf"),
        ("", "bestand"),
        ("...", "bestand"),
        ("/", "bestand"),
        ("\u200b.pdf", "pdf"),
    ],
)
def test_a_name_is_made_harmless_and_stays_readable(name, safe):
    assert safe_name(name) == safe
    assert safe_name(safe) == safe


@pytest.mark.parametrize("letter", ["a", "é", "字", "🎉", " a", ".b"])
def test_a_name_fits_the_column_and_the_disk_and_keeps_its_extension(letter):
    long = letter * 20_000 + ".PDF"

    assert len(safe_name(long)) <= LONGEST
    assert len(safe_name(long).encode()) <= 255
    assert suffix_of(long) == ".pdf"
