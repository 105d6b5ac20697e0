"""Brotli and gzip for files and pages, without giving secrets away by the length of an answer.

The BREACH attack measures answers that another site makes a signed-in browser fetch. So an answer
to a request that another site caused is never compressed, and neither is one whose origin the
browser does not tell while there is a cookie. What is left was asked for by our own pages or by the
person.
"""

from flask import Flask, Request, Response, request
from flask_compress import Compress

OWN = {"same-origin", "none"}  # Sec-Fetch-Site: our own page; the address bar or a bookmark


def is_safe(asked: Request, response: Response) -> bool:
    """Whether nobody else can learn from the length of this answer."""
    if response.cache_control.public or "Cookie" not in asked.headers:
        return True
    return asked.headers.get("Sec-Fetch-Site") in OWN


def init_app(app: Flask) -> None:
    """Call it before everything else that finishes answers: what registers first, runs last."""
    app.config.update(
        COMPRESS_REGISTER=False, COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_STREAMS=False
    )
    compress = Compress()
    compress.init_app(app)

    def compress_what_is_safe(response: Response) -> Response:
        if not is_safe(request, response):
            return response
        compressed: Response = compress.after_request(response)
        return compressed

    app.after_request(compress_what_is_safe)
