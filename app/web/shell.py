"""断网的壳 · the service worker that keeps some pages on a phone; it must lie at the top."""

from flask import Blueprint, Response, current_app

from app.auth.privileges import public

blueprint = Blueprint("shell", __name__)


@blueprint.get("/sw.js")
@public
def worker() -> Response:
    """The service worker, asked for anew each time, so that an upgrade reaches every phone."""
    response = current_app.send_static_file("sw.js")
    response.headers["Cache-Control"] = "no-cache"
    return response
