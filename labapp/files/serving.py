"""Giving a file back, so that a browser does nothing with it but show or save it."""

from flask import Response, send_file

from labapp.files.models import StoredFile
from labapp.files.services import open_file

SHOWN = {"image/png", "image/jpeg", "image/webp", "image/gif", "application/pdf"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


def send(file: StoredFile, *, as_download: bool = True) -> Response:
    """Answer with a file; only pictures and PDF are shown in the browser, when asked.

    Who calls this has looked whether the person may read it.
    """
    is_shown = not as_download and file.media_type in SHOWN
    response = send_file(
        open_file(file),
        mimetype=file.media_type,
        as_attachment=not is_shown,
        download_name=file.name,
    )
    response.content_length = file.size
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
