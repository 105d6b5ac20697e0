"""Writing and sending letters."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import select

from labapp.clock import now
from labapp.database import db, transaction
from labapp.errors import SettingError
from labapp.jobs.services import enqueue, handler
from labapp.mail.models import Letter

SEND = "mail.send"
TIMEOUT_SECONDS = 30


@dataclass
class Server:
    """The mail server; with an empty `url` letters stay in the outbox."""

    url: str = ""
    sender: str = "labapp@localhost"


server = Server()


def configure(url: str, sender: str) -> None:
    """Set the mail server once, at start-up."""
    if url and urlsplit(url).scheme not in {"smtp", "smtps"}:
        raise SettingError("LABAPP_SMTP_URL must begin with smtp:// or smtps://.")
    server.url, server.sender = url, sender


def send(to: str, subject: str, text: str, *, user_id: int | None = None) -> None:
    """Put a letter in the outbox, in the caller's transaction."""
    with transaction() as session:
        letter = Letter(to=to, subject=" ".join(subject.split()), text=text, user_id=user_id)
        session.add(letter)
        session.flush()
        enqueue(SEND, {"letter": letter.id})


@handler(SEND)
def deliver(payload: dict[str, Any]) -> None:
    """Hand a letter to the mail server, if there is one and it was not sent before."""
    letter = db.session.get(Letter, payload["letter"])
    if letter is None or letter.sent_at is not None or not server.url:
        return
    _hand_over(letter)
    with transaction() as session:
        session.get_one(Letter, payload["letter"]).sent_at = now()


def list_outbox(limit: int = 100) -> list[Letter]:
    """Give the newest letters, for demonstrations and tests."""
    return list(db.session.scalars(select(Letter).order_by(Letter.id.desc()).limit(limit)))


def _hand_over(letter: Letter) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = server.sender, letter.to, letter.subject
    message["Date"] = letter.created_at
    message["Message-ID"] = make_msgid(f"letter{letter.id}", domain="labapp")
    message.set_content(letter.text)
    address = urlsplit(server.url)
    host, port = address.hostname or "localhost", address.port
    context = ssl.create_default_context()
    if address.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port or 465, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_SECONDS)
    with connection:
        if address.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls(context=context)
        if address.username:
            connection.login(unquote(address.username), unquote(address.password or ""))
        connection.send_message(message)
