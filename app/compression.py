"""压缩 · public pages and static files leave compressed: networks in the hills are slow.

Only what holds no secret: a page with somebody's token in it is never compressed (BREACH).
"""

import gzip

from flask import Flask, request
from flask.wrappers import Response

PACKED = {
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
    "image/svg+xml",
}
BYTES_MIN = 500  # below that the header costs more than is saved
BYTES_MAX = 4_000_000
LEVEL = 6


def init_app(app: Flask) -> None:
    """Compress for whoever takes it."""
    app.after_request(pack)


def pack(response: Response) -> Response:
    """The same answer, gzipped if that is allowed, asked for and worth it."""
    if not _is_free_of_secrets() or response.mimetype not in PACKED:
        return response
    response.vary.add("Accept-Encoding")
    wanted = request.accept_encodings.quality("gzip") > 0 and "Range" not in request.headers
    length = response.content_length or 0
    if response.status_code != 200 or not wanted or not BYTES_MIN <= length <= BYTES_MAX:  # noqa: PLR2004 # OK
        return response
    response.direct_passthrough = False
    response.set_data(gzip.compress(response.get_data(), LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    etag, _weak = response.get_etag()
    if etag is not None:
        response.set_etag(etag, weak=True)
    return response


def _is_free_of_secrets() -> bool:
    return request.endpoint == "static" or request.blueprint == "trace"
