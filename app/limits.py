"""次数限制 · how often one address may try; against guessing and flooding."""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

GUESSING = "20 per minute; 200 per hour"  # passwords and paper codes
LOOKING = "120 per minute"  # public pages

limiter = Limiter(key_func=get_remote_address, headers_enabled=False)


def init_app(app: Flask) -> None:
    """Count requests of this service."""
    limiter.init_app(app)
