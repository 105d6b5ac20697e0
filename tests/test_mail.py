import socketserver
import threading
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from labapp import clock
from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import InvalidError
from labapp.jobs import services as jobs
from labapp.jobs.models import Job, JobStatus
from labapp.mail import services as mail
from labapp.mail.models import Letter
from tests.factories import UserFactory


class Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP as a letter needs."""

    def handle(self):
        self.say("220 mail.example.nl ESMTP")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            self.server.heard.append(line.decode().strip())
            if word == b"DATA":
                self.say("354 go on")
                self.take_letter()
            elif word == b"EHLO":
                self.say("250-mail.example.nl\r\n250-AUTH PLAIN\r\n250 SMTPUTF8")
            elif word == b"AUTH":
                self.say("235 welcome")
            elif word == b"RCPT" and self.server.refuses:
                self.say("550 no such mailbox")
            elif word == b"QUIT":
                self.say("221 goodbye" if self.server.is_polite else "500 what?")
            else:
                self.say("250 fine")

    def take_letter(self):
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.letters.append(message_from_bytes(b"".join(lines), policy=default))
        if self.server.hangs_up:
            self.connection.close()
            self.rfile.close()
            raise ConnectionAbortedError
        self.say("250 accepted")

    def say(self, words):
        self.wfile.write(words.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.letters, self.heard = [], []
        self.refuses = self.hangs_up = False
        self.is_polite = True

    def handle_error(self, *_):
        """Say nothing: a conversation may end early."""


@pytest.fixture
def mail_server(monkeypatch):
    monkeypatch.setattr(mail, "server", mail.Server())
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        address = f"127.0.0.1:{server.server_address[1]}"
        server.url = f"smtp://{address}"
        mail.configure(server.url, "Lab <lab@example.nl>")
        yield server
        server.shutdown()
        thread.join()


def only_letter():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Letter)).one()


def only_job():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Job)).one()


def test_a_letter_is_handed_to_the_mail_server(mail_server):
    mail.send("noor@example.org", "Één kaart\nvoor jou", "Beste Noor,\n\n.punt\n€ 5\n")

    jobs.run_waiting()

    (letter,) = mail_server.letters
    assert letter["From"] == "Lab <lab@example.nl>"
    assert letter["To"] == "noor@example.org"
    assert letter["Subject"] == "Één kaart voor jou"
    assert letter.get_content().replace("\r\n", "\n") == "Beste Noor,\n\n.punt\n€ 5\n"
    assert letter["Date"].datetime.tzinfo is not None
    assert only_letter().sent_at is not None


def test_many_letters_go_at_once_each_with_its_way_to_end_them(mail_server):
    address = "https://lab.example.nl/afmelden/" + "A" * 200  # longer than a line
    drafts = [
        mail.Draft(f"{name}@example.org", "Nieuws\nvoor jou", "Dag", user_id=user.id,
                   unsubscribe=address)
        for name, user in (("noor", UserFactory()), ("sam", UserFactory()))
    ]  # fmt: skip
    wrong = mail.Draft("a@b.nl,c@d.nl", "Nieuws", "Dag", user_id=drafts[0].user_id)

    with transaction():
        mail.send_all([*drafts, wrong])
        mail.send_all([])
    jobs.run_waiting()

    assert [letter["To"] for letter in mail_server.letters] == [draft.to for draft in drafts]
    assert mail_server.letters[0]["Subject"] == "Nieuws voor jou"
    assert mail_server.letters[0]["List-Unsubscribe"] == f"<{address}>"
    assert mail_server.letters[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_a_mail_server_a_letter_stays_to_be_read(monkeypatch):
    monkeypatch.setattr(mail, "server", mail.Server())
    mail.send("noor@example.org", "Kaart", "Tekst")

    jobs.run_waiting()

    assert mail.list_outbox() == [only_letter()]
    assert only_letter().sent_at is None
    assert only_job().status is JobStatus.DONE


def test_a_letter_goes_with_its_change_or_not_at_all(mail_server):
    def refused():
        with transaction():
            mail.send("noor@example.org", "Kaart", "Tekst")
            raise InvalidError("no")

    with pytest.raises(InvalidError):
        refused()
    jobs.run_waiting()

    assert mail_server.letters == []
    assert mail.list_outbox() == []


def test_a_letter_that_is_refused_is_tried_again(mail_server):
    mail.send("noor@example.org", "Kaart", "Tekst")
    mail_server.refuses = True
    jobs.run_waiting()
    after_refusal = (only_job().status, only_letter().sent_at)

    mail_server.refuses = False
    clock.set_clock(only_job().run_at)
    jobs.run_waiting()

    assert after_refusal == (JobStatus.WAITING, None)
    assert len(mail_server.letters) == 1
    assert only_letter().sent_at is not None


def test_a_mail_server_that_is_away_is_tried_again(mail_server):
    mail.configure("smtp://127.0.0.1:1", "lab@example.nl")
    mail.send("noor@example.org", "Kaart", "Tekst")
    jobs.run_waiting()

    mail.configure(mail_server.url, "lab@example.nl")
    clock.set_clock(only_job().run_at)
    jobs.run_waiting()

    assert len(mail_server.letters) == 1


def test_a_letter_that_was_sent_is_not_sent_again(mail_server):
    mail.send("noor@example.org", "Kaart", "Tekst")
    jobs.run_waiting()

    mail.deliver({"letter": only_letter().id})

    assert len(mail_server.letters) == 1


def test_a_letter_that_was_accepted_is_sent_however_the_conversation_ends(mail_server):
    mail_server.is_polite = False
    mail.send("noor@example.org", "Kaart", "Tekst")

    jobs.run_waiting()

    assert only_letter().sent_at is not None
    assert only_job().status is JobStatus.DONE


def test_a_letter_of_which_nobody_knows_whether_it_came_has_the_same_name_again(mail_server):
    mail.send("noor@example.org", "Kaart", "Tekst")
    mail_server.hangs_up = True
    jobs.run_waiting()
    mail_server.hangs_up = False
    clock.set_clock(only_job().run_at)
    jobs.run_waiting()

    first, second = mail_server.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@example.nl>")


def test_a_letter_that_was_removed_is_not_sent(mail_server):
    mail.send("noor@example.org", "Kaart", "Tekst")
    with transaction() as session:
        session.delete(only_letter())

    jobs.run_waiting()

    assert mail_server.letters == []
    assert only_job().status is JobStatus.DONE


@pytest.mark.parametrize(
    "address",
    [
        "noor@example.org\nBcc: all@example.org",
        "noor@example.org\r\nX: y",
        "noor@example.org, piet@example.org",
        "Noor <noor@example.org>",
        "noor",
        "@example.org",
        "noor@example.org piet@example.org",
        "",
    ],
)
def test_what_is_not_one_address_is_refused(address):
    with pytest.raises(InvalidError):
        mail.send(address, "Kaart", "Tekst")

    assert mail.list_outbox() == []


def test_a_subject_cannot_carry_another_header(mail_server):
    mail.send("noor@example.org", "Kaart\r\nBcc: all@example.org", "Tekst")

    jobs.run_waiting()

    (letter,) = mail_server.letters
    assert letter["Subject"] == "Kaart Bcc: all@example.org"
    assert letter["Bcc"] is None
    assert sum(line.startswith("rcpt TO") for line in mail_server.heard) == 1


def test_an_address_with_an_accent_is_written_to(mail_server):
    mail.send("zoë@example.org", "Kaart", "Tekst")

    jobs.run_waiting()

    assert len(mail_server.letters) == 1


def test_signing_in_at_the_mail_server_of_this_machine_needs_no_tls(mail_server):
    url = mail_server.url.replace("smtp://", "smtp://lab:p%40ss@")
    mail.configure(url, "lab@example.nl")
    mail.send("noor@example.org", "Kaart", "Tekst")

    jobs.run_waiting()

    assert any(line.startswith("AUTH PLAIN") for line in mail_server.heard)
    assert len(mail_server.letters) == 1


def test_a_password_is_not_sent_where_others_can_read_it(mail_server, monkeypatch):
    monkeypatch.setattr(mail, "LOOPBACK", set())  # as if the server were elsewhere
    mail.configure(mail_server.url.replace("smtp://", "smtp://lab:secret@"), "lab@example.nl")
    mail.send("noor@example.org", "Kaart", "Tekst")

    jobs.run_waiting()

    assert not any(line.startswith("AUTH") for line in mail_server.heard)
    assert "no TLS" in only_job().error


def test_the_outbox_shows_the_newest_letter_first():
    for number in range(3):
        mail.send("noor@example.org", f"Brief {number}", "Tekst")

    assert [letter.subject for letter in mail.list_outbox(2)] == ["Brief 2", "Brief 1"]
    assert mail.list_outbox()[0].created_at <= now()
