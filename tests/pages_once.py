"""The pages of the service, registered once for all the services that the tests make.

Registering some two hundred addresses takes a quarter of a second: more than most tests.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask

from app.config import Settings

Register = Callable[[Flask, Settings], None]

BY_BLUEPRINT = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "template_context_processors",
    "url_value_preprocessors",
    "url_default_functions",
)


class PagesOnce:
    """Stands where `factory` registers its pages: the first service registers, the rest share."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._first: dict[bool, Flask] = {}

    def __call__(self, service: Flask, settings: Settings) -> None:
        """What `register` does; afterwards nobody adds an address to a shared map unnoticed."""
        first = self._first.get(settings.is_production)
        if first is None:
            self._register(service, settings)
            self._first[settings.is_production] = service
        else:
            _share(first, service)
        service.add_url_rule = _refuse  # type: ignore[method-assign]  # for tests only


def _share(first: Flask, service: Flask) -> None:
    service.url_map = first.url_map
    service.blueprints = first.blueprints
    service.error_handler_spec = first.error_handler_spec
    service.view_functions = {**first.view_functions, **service.view_functions}
    for name in BY_BLUEPRINT:
        own: dict[str | None, Any] = getattr(service, name)
        own.update({key: value for key, value in getattr(first, name).items() if key})
    service.extensions["flask-smorest"] = first.extensions["flask-smorest"]
    for key, value in first.config.items():
        if key.startswith(("API_", "OPENAPI_")):
            service.config[key] = value


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("a test that adds addresses says OWN_PAGES = True in its module")
