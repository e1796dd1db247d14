"""One browser and one running county for all journeys."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.app.test_platform import STOP_S, wait_for
from tests.journeys.county import ARGUMENTS, CHROMIUM, County

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file: while it is open, nothing else in the process may run an event loop."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    playwright.expect.set_options(timeout=20_000)  # a laden machine is slow, not wrong
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """Whoever uses it leaves behind only what people do in a day."""
    platform = County(tmp_path_factory.mktemp("county"))
    try:
        assert wait_for(lambda: platform.is_ready() and bool(platform.passwords()), 60)
        yield platform
        platform.process.send_signal(signal.SIGINT)
        assert wait_for(platform.nothing_left, STOP_S)
    finally:
        platform.process.kill()
        platform.process.wait()
