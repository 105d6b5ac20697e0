"""Codes of an authenticator app, which count once and are set up by a drawing; and passkeys."""

from typing import Any

import qrcode
from flask_security import Totp, UserMixin, WebauthnUtil
from markupsafe import Markup
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from labapp.i18n import gettext as _

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


class AnyPasskey(WebauthnUtil):
    """Passkeys of the device itself too; one that replaces the password proves who holds it."""

    def authenticator_selection(
        self, _user: UserMixin, usage: str
    ) -> AuthenticatorSelectionCriteria:
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=self.user_verification(None, [usage]),
        )

    def user_verification(
        self, _user: UserMixin | None, usage: list[str]
    ) -> UserVerificationRequirement:
        if "first" in usage:
            return UserVerificationRequirement.REQUIRED
        return UserVerificationRequirement.DISCOURAGED


def draw(text: str) -> Markup:
    """Draw a text as a QR code."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    size, label = len(rows), _("QR-code voor je authenticator-app")
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" width="240" height="240" role="img"'
        ' aria-label="{label}" shape-rendering="crispEdges">'
        '<rect width="{size}" height="{size}" fill="#fff"/>'
        '<path fill="#000" d="{path}"/></svg>'
    ).format(size=size, path=path, label=label)
