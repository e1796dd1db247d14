"""安全头 · what every answer carries: no inline script, no framing by others, no traces left."""

from flask import Flask, request
from flask.wrappers import Response

from app.auth import privileges
from app.auth.privileges import PUBLIC

CONTENT_SECURITY_POLICY = "; ".join(  # noqa: FLY002 - one directive a line
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # drawings carry style attributes; scripts never do
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
    )
)
STANDARD = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
ONE_YEAR_S = 31_536_000


def init_app(app: Flask, *, is_https: bool) -> None:
    """Put the headers on every answer; a view's own value stays."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in STANDARD.items():
            response.headers.setdefault(name, value)
        if is_https:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={ONE_YEAR_S}")
        if _is_public_page(app):
            response.headers["Referrer-Policy"] = "no-referrer"
        elif request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _is_public_page(app: Flask) -> bool:
    """Whether anybody may see it and nothing can be sent from it; a form needs its referrer."""
    if request.endpoint in {None, "static"} or request.url_rule is None:
        return False
    if privileges.declared_here(app) != PUBLIC:
        return False
    here = request.url_rule.rule
    rules = app.url_map.iter_rules()
    return not any(rule.rule == here and "POST" in (rule.methods or ()) for rule in rules)
