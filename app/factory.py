"""工厂 · puts the service together: settings, database, guard, pages, API.

`create_app` is the only place where the parts meet; it starts nothing and opens no connection.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from flask import Flask, Response
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix

import app.api
import app.web
from app import (
    compression,
    config,
    converters,
    database,
    errors,
    filters,
    headers,
    installation,
    limits,
    menu,
    whoami,
)
from app.api import base as api_base
from app.auth import access_log, guard, idempotency, logins
from app.config import Settings
from app.trace import kept, scans

SETTINGS = "platform.settings"
DEMO_ONLY = {"styleguide", "demo"}  # pages that production does not have
NOT_PAGES = {"base"}


class Platform(Flask):
    """The service: every request is answered in one transaction, and once per idempotency key."""

    def dispatch_request(self) -> ResponseReturnValue:
        """Route, answer, commit."""
        return database.in_transaction(lambda: idempotency.once(self._answered))

    def _answered(self) -> Response:
        return self.make_response(super().dispatch_request())


def create_app(
    settings: Settings | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    **overrides: Any,
) -> Platform:
    """The service for these settings; `clock` and `overrides` (Flask's own) are for tests.

    Raises:
        ConfigurationError: production with demonstration data, or half set up.
    """
    chosen = settings or config.load()
    service = Platform("app")
    service.extensions[SETTINGS] = chosen
    service.extensions[whoami.CLOCK] = clock
    service.config.update(_flask_config(chosen), **overrides)
    installation.require_real(chosen)
    database.init_app(service, chosen.database_url)
    _stand_in_front(service, chosen, clock or whoami.clock)
    _init_parts(service, chosen)
    _register_pages(service, chosen)
    return service


def _stand_in_front(service: Platform, settings: Settings, now: Callable[[], datetime]) -> None:
    """Kept public pages before Flask; before them, whose address the proxies tell."""
    with service.app_context():
        engine = database.engine()
    kept.init_app(service, engine, now=now, scans=scans.init_app(service, engine, now))
    if count := settings.trusted_proxies:
        service.wsgi_app = ProxyFix(service.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # Flask's documented way


def settings_of(service: Flask) -> Settings:
    """The settings a service runs with."""
    found = service.extensions[SETTINGS]
    assert isinstance(found, Settings)
    return found


def _flask_config(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.session_secret(settings),
        "SESSION_COOKIE_NAME": "session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "PERMANENT_SESSION_LIFETIME": logins.SESSION_IDLE,
        "MAX_CONTENT_LENGTH": settings.upload_bytes_max,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: pages stay open all market day
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_STORAGE_URI": settings.ratelimit_storage_uri,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
    }


def _init_parts(service: Flask, settings: Settings) -> None:
    service.json.ensure_ascii = False  # type: ignore[attr-defined]  # Flask's default provider has it
    converters.init_app(service)
    errors.init_app(service)
    limits.init_app(service)
    guard.init_app(service)
    with service.app_context():
        access_log.init_app(service, database.engine())
    compression.init_app(service)
    headers.init_app(service, is_https=settings.is_https)
    filters.register(service)
    service.context_processor(lambda: _page_context(service))


def _page_context(service: Flask) -> dict[str, Any]:
    """What every page knows: who is signed in, where they can go, whether the data are made up."""
    me = whoami.account_or_none()
    return {"me": me, "menu": menu.menu(me), "demo": _is_demo(service)}


def _is_demo(service: Flask) -> bool:
    """Asked once it is true: a database never stops being a demonstration."""
    if settings_of(service).is_production:
        return False
    if not service.extensions.get(installation.DEMO):
        service.extensions[installation.DEMO] = installation.is_demo(database.engine())
    return bool(service.extensions[installation.DEMO])


def _register_pages(service: Flask, settings: Settings) -> None:
    for module in _modules(app.web):
        name = module.__name__.rpartition(".")[2]
        if not (settings.is_production and name in DEMO_ONLY):
            service.register_blueprint(module.blueprint)
    api = api_base.make(service)
    for module in _modules(app.api):
        api.register_blueprint(module.blueprint)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    """The modules of pages or resources, by name; each has a `blueprint`."""
    for found in sorted(iter_modules(package.__path__), key=lambda each: each.name):
        if found.name not in NOT_PAGES:
            yield import_module(f"{package.__name__}.{found.name}")
