"""The demonstration county as `make run` starts it, and the people who sign in to it."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.app.test_platform import Running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1366, "height": 768}
SHOTS = "tests/output"
MARKS = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (set CHROMIUM)"),
]


class County(Running):
    """The platform with its demonstration county."""

    def command(self, module: str, *arguments: str) -> None:
        super().command(module, *(("prepare",) if arguments == ("load",) else arguments))

    def passwords(self) -> dict[str, str]:
        return dict(re.findall(r"^  (\w+) +([a-z]+-[a-z]+) ", self.log(), re.MULTILINE))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def put_on_the_crate(self, eid: str, weight_g: int) -> None:
        """The next animal of the simulated crate."""
        draft = self.data_dir / "run" / "demo-step.draft"
        draft.write_text(json.dumps({"eid": eid, "weight_g": weight_g}), "utf-8")
        draft.replace(draft.with_name("demo-step.json"))


def enter(browser: Browser, county: County, login: str, size: ViewportSize) -> Page:
    """A browser of the right size with that person signed in."""
    page = browser.new_context(viewport=size, locale="zh-CN").new_page()
    page.goto(f"{county.url}/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", county.passwords()[login])
    page.locator("main button").last.click()
    page.locator("h1", has_text="您好").wait_for(timeout=20_000)
    return page
