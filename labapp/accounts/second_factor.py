"""Codes from an authenticator app: each counts once, and the QR code is a drawing in the page."""

from typing import Any

import qrcode
from flask_security import Totp, UserMixin
from markupsafe import Markup

ISSUER = "Ontwikkelkracht lab"


class OneTimeTotp(Totp):
    """The codes of Flask-Security, with a memory for the last one that was used."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        return user.totp_counter  # type: ignore[no-any-return]

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        user.totp_counter = tmatch.counter

    def generate_qrcode(self, username: str, totp: str) -> str:
        """Give an <svg>: the content policy allows no images in the address (data:)."""
        return draw(self.get_totp_uri(username, totp))


def draw(text: str) -> Markup:
    """Draw a text as a QR code."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    size = len(rows)
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" width="240" height="240" role="img"'
        ' shape-rendering="crispEdges"><rect width="{size}" height="{size}" fill="#fff"/>'
        '<path fill="#000" d="{path}"/></svg>'
    ).format(size=size, path=path)
