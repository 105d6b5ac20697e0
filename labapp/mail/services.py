"""Writing and sending letters."""

import re
import smtplib
import ssl
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import Policy
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy import insert, select

from labapp.clock import now
from labapp.database import db, insert_many, transaction
from labapp.errors import InvalidError, SettingError, UnavailableError
from labapp.i18n import gettext as _
from labapp.jobs.services import enqueue, enqueue_all, handler
from labapp.mail import withdrawing
from labapp.mail.models import Letter, LetterObject

SEND = "mail.send"
TIMEOUT_SECONDS = 30
LONGEST_SUBJECT = 200
ONE_ADDRESS = re.compile(r"[^\s,;:<>()@]+@[^\s,;:<>()@]+")  # no second one, no line of its own
PORTS = {"smtp": 25, "smtps": 465}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
UNSUBSCRIBE, ONE_CLICK = "List-Unsubscribe", "List-Unsubscribe-Post"  # RFC 8058


class WholeHeader(UnstructuredHeader):
    """A header with an address in it, which the usual folding would break."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


headers = HeaderRegistry()
headers.map_to_type(UNSUBSCRIBE, WholeHeader)  # type: ignore[arg-type]  # it makes the class
LETTER = policy.default.clone(header_factory=headers)


@dataclass(frozen=True)
class Draft:
    """A letter to one person; with `unsubscribe`, the address that ends letters of its sort.

    `about` names what it speaks of: see `withdrawing`.
    """

    to: str
    subject: str
    text: str
    user_id: int
    unsubscribe: str = ""
    about: frozenset[str] = frozenset()

    @property
    def headers(self) -> dict[str, str]:
        if not self.unsubscribe:
            return {}
        return {UNSUBSCRIBE: f"<{self.unsubscribe}>", ONE_CLICK: "List-Unsubscribe=One-Click"}


@dataclass
class Server:
    """The mail server; with an empty `url` letters stay in the outbox."""

    url: str = ""
    sender: str = "labapp@localhost"


server = Server()


def configure(url: str, sender: str) -> None:
    """Set the mail server once, at start-up."""
    address = urlsplit(url)
    if url and address.scheme not in PORTS:
        raise SettingError("LABAPP_SMTP_URL must begin with smtp:// or smtps://.")
    try:
        is_well = not url or (address.hostname and address.port != 0)
    except ValueError:  # of a port that is no number
        is_well = False
    if not is_well:
        raise SettingError("LABAPP_SMTP_URL is not an address of a mail server.")
    server.url, server.sender = url, sender


def send(
    to: str, subject: str, text: str, *, user_id: int | None = None, about: Collection[str] = ()
) -> None:
    """Put a letter to one address in the outbox, in the caller's transaction."""
    if not ONE_ADDRESS.fullmatch(to):
        raise InvalidError(_("Dit is geen e-mailadres."))
    with transaction() as session:
        letter = Letter(to=to, subject=_one_line(subject), text=text, user_id=user_id)
        session.add(letter)
        session.flush()
        insert_many(LetterObject, [{"letter_id": letter.id, "name": name} for name in about])
        enqueue(SEND, {"letter": letter.id})


def send_all(drafts: Sequence[Draft]) -> list[int]:
    """Put many letters in the outbox at once, in the caller's transaction; give their ids."""
    good = [draft for draft in drafts if ONE_ADDRESS.fullmatch(draft.to)]
    rows = [
        {
            "to": draft.to,
            "subject": _one_line(draft.subject),
            "text": draft.text,
            "headers": draft.headers,
            "user_id": draft.user_id,
        }
        for draft in good
    ]
    if not rows:
        return []
    with transaction() as session:
        in_order = insert(Letter).returning(Letter.id, sort_by_parameter_order=True)
        made = list(session.scalars(in_order, rows))
        named = [
            {"letter_id": number, "name": name}
            for number, draft in zip(made, good, strict=True)
            for name in sorted(draft.about)
        ]
        insert_many(LetterObject, named)
        enqueue_all(SEND, [{"letter": number} for number in made])
    return made


@handler(SEND)
def deliver(payload: dict[str, Any]) -> None:
    """Hand a letter to the mail server, if there is one and it still waits."""
    letter = db.session.get(Letter, payload["letter"])
    if letter is None or letter.sent_at is not None or letter.withdrawn_at is not None:
        return
    if withdrawing.is_outdated(letter) or not server.url:
        return
    _hand_over(letter)
    with transaction() as session:
        session.get_one(Letter, payload["letter"]).sent_at = now()
        withdrawing.forget_objects([payload["letter"]])


def list_outbox(limit: int = 100) -> list[Letter]:
    """Give the newest letters, for demonstrations and tests."""
    return list(db.session.scalars(select(Letter).order_by(Letter.id.desc()).limit(limit)))


def _hand_over(letter: Letter) -> None:
    address = urlsplit(server.url)
    context = ssl.create_default_context()
    connection = _connect(address, context)
    try:
        if address.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls(context=context)
        if address.username:
            _check_secrecy(address, connection)
            connection.login(unquote(address.username), unquote(address.password or ""))
        connection.send_message(_message(letter))
        with suppress(smtplib.SMTPException, OSError):  # the letter was accepted, whatever comes
            connection.quit()
    finally:
        connection.close()


def _connect(address: SplitResult, context: ssl.SSLContext) -> smtplib.SMTP:
    host, port = str(address.hostname), address.port or PORTS[address.scheme]
    if address.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    connection = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    connection.ehlo()
    return connection


def _check_secrecy(address: SplitResult, connection: smtplib.SMTP) -> None:
    """Send no password where others can read it: only over TLS, or on this machine."""
    if not isinstance(connection.sock, ssl.SSLSocket) and address.hostname not in LOOPBACK:
        raise UnavailableError("the mail server offers no TLS, so the password was not sent")


def _one_line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST_SUBJECT else words[: LONGEST_SUBJECT - 1] + "…"


def _message(letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=LETTER)
    for name, value in letter.headers.items():
        message[name] = value
    message["From"], message["To"], message["Subject"] = server.sender, letter.to, letter.subject
    message["Date"] = letter.created_at
    # The same at every attempt, so that a mailbox can tell that a letter came twice.
    name = f"letter-{letter.id}.{letter.created_at:%Y%m%d%H%M%S%f}"
    message["Message-ID"] = f"<{name}@{parseaddr(server.sender)[1].rpartition('@')[2]}>"
    message.set_content(letter.text)
    return message
