"""What Flask-Security is told: addresses, features and sentences in our own words.

The sentences are Dutch message ids: Flask-Security looks them up in our catalogue to show them.
"""

from datetime import timedelta
from typing import Any

from labapp.accounts import passwords
from labapp.accounts.second_factor import ISSUER
from labapp.clock import now

URLS = {
    "LOGIN_URL": "/inloggen",
    "LOGOUT_URL": "/uitloggen",
    "RESET_URL": "/wachtwoord-vergeten",
    "CHANGE_URL": "/mijn/wachtwoord",
    "CONFIRM_URL": "/bevestigen",
    "VERIFY_URL": "/opnieuw-inloggen",
    "CHANGE_EMAIL_URL": "/mijn/e-mailadres",
    "CHANGE_EMAIL_CONFIRM_URL": "/mijn/e-mailadres/bevestigen",
    "TWO_FACTOR_SETUP_URL": "/tweede-stap/instellen",
    "TWO_FACTOR_TOKEN_VALIDATION_URL": "/tweede-stap",
    "TWO_FACTOR_RESCUE_URL": "/tweede-stap/hulp",
    "TWO_FACTOR_SELECT_URL": "/tweede-stap/kiezen",
    "MULTI_FACTOR_RECOVERY_CODES_URL": "/mijn/herstelcodes",
    "MULTI_FACTOR_RECOVERY_URL": "/tweede-stap/herstelcode",
    "WAN_REGISTER_URL": "/mijn/passkeys",
    "WAN_DELETE_URL": "/mijn/passkeys/verwijderen",
    "WAN_SIGNIN_URL": "/inloggen/passkey",
    "WAN_VERIFY_URL": "/opnieuw-inloggen/passkey",
}
FEATURES = {
    "CHANGEABLE": True,
    "CHANGE_EMAIL": True,
    "CONFIRMABLE": True,
    "RECOVERABLE": True,
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 8,
    "WEBAUTHN": True,
    "WAN_RP_NAME": ISSUER,
    "WAN_ALLOW_USER_HINTS": False,  # they would tell who has an account
    "RETURN_GENERIC_RESPONSES": True,
    "API_ENABLED_METHODS": ["session"],
    "FRESHNESS": timedelta(minutes=30),
    "FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
    "POST_CHANGE_VIEW": "/mijn/beveiliging",
    "POST_CHANGE_EMAIL_VIEW": "/mijn/beveiliging",
    "TWO_FACTOR_POST_SETUP_VIEW": "/mijn/beveiliging",
    "WAN_POST_REGISTER_VIEW": "/mijn/beveiliging",
    "EMAIL_HTML": False,
    "JOIN_USER_ROLES": False,
    "STATIC_FOLDER": None,
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    "DATETIME_FACTORY": now,
    "PASSWORD_LENGTH_MIN": passwords.SHORTEST,
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": ["argon2"],
    "HASHING_SCHEMES": ["hex_sha256"],  # of what is long and random already
    "I18N_DOMAIN": "messages",  # our catalogue
    "TOTP_ISSUER": ISSUER,
}


def N_(text: str) -> str:  # noqa: N802  # the name that the extraction of messages knows
    return text


ERROR, INFO, OK = "error", "info", "success"
SUBJECTS = {
    "EMAIL_SUBJECT_PASSWORD_NOTICE": N_("Je wachtwoord is opnieuw ingesteld"),
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": N_("Je wachtwoord is gewijzigd"),
    "CHANGE_EMAIL_SUBJECT": N_("Bevestig je nieuwe e-mailadres"),
}
MESSAGES: dict[str, tuple[str, str]] = {
    "GENERIC_AUTHN_FAILED": (N_("E-mailadres of wachtwoord klopt niet."), ERROR),
    "UNAUTHORIZED": (N_("Dit mag je niet doen."), ERROR),
    "UNAUTHENTICATED": (N_("Log eerst in."), INFO),
    "REAUTHENTICATION_REQUIRED": (N_("Log nog een keer in om dit te wijzigen."), INFO),
    "REAUTHENTICATION_SUCCESSFUL": (N_("Gelukt. Je kunt verder."), OK),
    "EMAIL_CONFIRMED": (N_("Je e-mailadres is bevestigd. Je kunt nu inloggen."), OK),
    "ALREADY_CONFIRMED": (N_("Je e-mailadres was al bevestigd."), INFO),
    "INVALID_CONFIRMATION_TOKEN": (N_("Deze link klopt niet. Vraag een nieuwe."), ERROR),
    "CONFIRMATION_EXPIRED": (N_("Deze link is verlopen. Vraag een nieuwe."), ERROR),
    "CONFIRMATION_REQUIRED": (N_("Bevestig eerst je e-mailadres."), ERROR),
    "EMAIL_ALREADY_ASSOCIATED": (N_("Dit adres kun je niet gebruiken."), ERROR),
    "PASSWORD_MISMATCH": (N_("Dit is niet je wachtwoord."), ERROR),
    "RETYPE_PASSWORD_MISMATCH": (N_("De wachtwoorden zijn niet gelijk."), ERROR),
    "INVALID_REDIRECT": (N_("Dit adres is niet van deze website."), ERROR),
    "INVALID_RECOVERY_CODE": (N_("Deze herstelcode klopt niet of is al gebruikt."), ERROR),
    "NO_RECOVERY_CODES_SETUP": (N_("Je hebt nog geen herstelcodes."), INFO),
    "PASSWORD_RESET_EXPIRED": (N_("Deze link is verlopen. Vraag een nieuwe."), ERROR),
    "INVALID_RESET_PASSWORD_TOKEN": (N_("Deze link klopt niet. Vraag een nieuwe."), ERROR),
    "PASSWORD_RESET_NO_LOGIN": (N_("Je nieuwe wachtwoord is bewaard. Log ermee in."), OK),
    "DISABLED_ACCOUNT": (N_("Dit account is gesloten."), ERROR),
    "EMAIL_NOT_PROVIDED": (N_("Vul je e-mailadres in."), ERROR),
    "INVALID_EMAIL_ADDRESS": (N_("Vul een geldig e-mailadres in, zoals naam@school.nl."), ERROR),
    "INVALID_CODE": (N_("Deze code klopt niet."), ERROR),
    "INVALID_INPUT": (N_("Dit kan hier niet staan."), ERROR),
    "PASSWORD_NOT_PROVIDED": (N_("Vul je wachtwoord in."), ERROR),
    "PASSWORD_INVALID_LENGTH": (N_("Neem een wachtwoord van ten minste %(length)s tekens."), ERROR),
    "USER_DOES_NOT_EXIST": (N_("E-mailadres of wachtwoord klopt niet."), ERROR),
    "INVALID_PASSWORD": (N_("Dit is niet je wachtwoord."), ERROR),
    "INVALID_PASSWORD_CODE": (N_("Wachtwoord of code klopt niet."), ERROR),
    "FORGOT_PASSWORD": (N_("Wachtwoord vergeten?"), INFO),
    "PASSWORD_IS_THE_SAME": (N_("Neem een ander wachtwoord dan het oude."), ERROR),
    "PASSWORD_CHANGE": (
        N_("Je wachtwoord is gewijzigd. Je bent overal elders uitgelogd."),
        OK,
    ),
    "LOGIN": (N_("Log eerst in."), INFO),
    "REFRESH": (N_("Log nog een keer in om dit te wijzigen."), INFO),
    "ANONYMOUS_USER_REQUIRED": (N_("Je bent al ingelogd."), INFO),
    "TWO_FACTOR_INVALID_TOKEN": (N_("Deze code klopt niet of is al gebruikt."), ERROR),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (N_("Je bent ingelogd."), OK),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (N_("Inloggen in twee stappen staat aan."), OK),
    "TWO_FACTOR_PERMISSION_DENIED": (N_("Log eerst in."), ERROR),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (N_("Kies een manier uit de lijst."), ERROR),
    "TWO_FACTOR_DISABLED": (N_("Inloggen in twee stappen staat uit."), OK),
    "TWO_FACTOR_SETUP_EXPIRED": (N_("Dat duurde te lang. Begin opnieuw."), ERROR),
    "WEBAUTHN_EXPIRED": (N_("Dat duurde te lang. Begin opnieuw."), ERROR),
    "WEBAUTHN_NAME_REQUIRED": (N_("Geef je passkey een naam."), ERROR),
    "WEBAUTHN_NAME_INUSE": (N_("Je hebt al een passkey met de naam %(name)s."), ERROR),
    "WEBAUTHN_NAME_NOT_FOUND": (N_("Je hebt geen passkey met de naam %(name)s."), ERROR),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (
        N_("Gebruik in de naam alleen letters, cijfers en streepjes."),
        ERROR,
    ),
    "WEBAUTHN_CREDENTIAL_DELETED": (N_("De passkey %(name)s is verwijderd."), OK),
    "WEBAUTHN_REGISTER_SUCCESSFUL": (N_("De passkey %(name)s is toegevoegd."), OK),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": (N_("Deze passkey is al in gebruik."), ERROR),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": (N_("Deze passkey kennen we niet."), ERROR),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": (N_("Deze passkey kennen we niet."), ERROR),
    "WEBAUTHN_NO_VERIFY": (N_("De passkey kon niet worden gecontroleerd."), ERROR),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": (N_("Deze passkey is hier niet voor bedoeld."), ERROR),
    "WEBAUTHN_MISMATCH_USER_HANDLE": (N_("Deze passkey hoort bij een ander account."), ERROR),
    "CHANGE_EMAIL_EXPIRED": (N_("Deze link is verlopen. Begin opnieuw."), ERROR),
    "CHANGE_EMAIL_CONFIRMED": (N_("Je nieuwe e-mailadres is bevestigd."), OK),
    "CHANGE_EMAIL_SENT": (N_("We stuurden een bericht naar %(email)s om het te bevestigen."), OK),
    "API_ERROR": (N_("Dit verzoek klopt niet."), ERROR),
}
ALL: dict[str, Any] = {
    **URLS,
    **FEATURES,
    **SUBJECTS,
    **{f"MSG_{name}": message for name, message in MESSAGES.items()},
}
