"""扫一扫 at a gate: read at arm's length, the next tag at once, a verdict without a network."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.serving import BaseWSGIServer, make_server

from app.auth.roles import Role
from tests.app.test_platform import free_port
from tests.journeys.county import CHROMIUM, PHONE
from tests.logins import PASSWORD, LoginAs
from traceability import movements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from app.factory import Platform
    from tests.world import World
    from traceability.animals import Animal

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
expect = playwright.expect

CONTRAST_MIN = 7
OF_WORD = """(box) => { const s = getComputedStyle(box); return [s.color, s.backgroundColor]; }"""
MINUTES_LATER = (
    """(minutes) => { const now = Date.now; Date.now = () => now() + minutes * 60000; }"""
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (set CHROMIUM)"),
    # a browser that leaves in the middle of an answer lets the test's server drop an open file
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"
    ),
]


@dataclass
class Gate:
    """A market's gate in the morning: one animal on its way, one without a paper at home."""

    world: World
    app: Platform
    login: str
    coming: Animal
    at_home: Animal
    port: int = field(default_factory=free_port)
    server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def gate(world: World, app: Platform, login_as: LoginAs) -> Iterator[Gate]:
    coming, at_home = world.tagged(world.animal()), world.animal()
    world.certified(coming)
    movements.depart(world.session, coming, to=world.market, at=world.at, by=world.farmer)
    login = login_as.account(Role.MARKET_OPERATOR, login="gate.one").login
    world.session.commit()
    made = Gate(world, app, login, coming, at_home)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    contexts: list[BrowserContext] = []

    def make(**more: Any) -> BrowserContext:
        contexts.append(browser.new_context(**{"viewport": PHONE, "locale": "zh-CN", **more}))
        contexts[-1].set_default_timeout(15_000)
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


def enter(page: Page, gate: Gate) -> None:
    page.goto(f"{gate.url}/login")
    page.fill("[name=login]", gate.login)
    page.fill("[name=password]", PASSWORD)
    page.locator("main button").last.click()
    page.locator("h1", has_text="您好").wait_for()


def prepared(context: BrowserContext, gate: Gate) -> Page:
    """Signed in, the page opened where there is a network."""
    page = context.new_page()
    enter(page, gate)
    page.goto(f"{gate.url}/v/")
    expect(page.get_by_text("断网可用", exact=True)).to_be_visible()
    return page


def scan(page: Page, tag: str) -> None:
    page.locator("[data-scan-target]").fill(tag)
    page.locator("[data-scan-target]").press("Enter")


def contrast(colours: list[str]) -> float:
    """Of two `rgb(…)` colours, as WCAG 2 has it."""
    lights: list[float] = []
    for colour in colours:
        parts = [int(each) / 255 for each in colour[4:-1].split(",")]
        red, green, blue = (float(((each + 0.055) / 1.055) ** 2.4) for each in parts)
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_the_verdict_fills_one_screen_and_stands_out_in_sunlight(
    gate: Gate, phone: Callable[..., BrowserContext]
) -> None:
    for colours in ("light", "dark"):
        page = phone(color_scheme=colours).new_page()
        enter(page, gate)
        for animal, tone in ((gate.coming, "ok"), (gate.at_home, "stop")):
            page.goto(f"{gate.url}/v/{animal.ear_tag}")
            word = page.locator(f".verdict.{tone} > .word")
            last = page.locator("[data-scan-target]").bounding_box()

            assert contrast(word.evaluate(OF_WORD)) >= CONTRAST_MIN
            assert word.locator("svg").is_visible()
            assert last is not None
            assert last["y"] + last["height"] <= PHONE["height"]
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
            expect(page.locator("[data-scan-target]")).to_be_focused()
            found = axe.Axe().run(page).response["violations"]
            assert not [each["id"] for each in found if each["impact"] in {"serious", "critical"}]


def test_the_next_tag_is_read_at_once_by_a_reader_that_types(
    gate: Gate, phone: Callable[..., BrowserContext]
) -> None:
    page = phone().new_page()
    enter(page, gate)
    page.goto(f"{gate.url}/v/{gate.at_home.ear_tag}")
    expect(page.locator(".verdict.stop")).to_contain_text("不可调运")
    expect(page.locator("[data-scan-target]")).to_be_focused()

    page.keyboard.type(str(gate.coming.eid))
    page.keyboard.press("Enter")

    expect(page.locator(".verdict.ok")).to_contain_text("可通行")
    expect(page.locator("[data-scan-target]")).to_be_focused()
    page.keyboard.type("215052299999999")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict.stop")).to_contain_text("没有找到这头牛")
    expect(page.locator("[data-scan-target]")).to_be_focused()


def test_the_network_is_cut_and_the_gate_goes_on(
    gate: Gate, phone: Callable[..., BrowserContext]
) -> None:
    context = phone()
    page = prepared(context, gate)
    context.set_offline(True)

    scan(page, str(gate.coming.eid))
    expect(page.locator(".verdict.ok")).to_contain_text("可通行")
    expect(page.locator("[data-age]")).to_contain_text("没有连上平台：这是不到 1 分钟前")
    scan(page, gate.at_home.ear_tag)
    expect(page.locator(".verdict.unknown")).to_contain_text("这头牛不在本机名单里")
    page.goto(f"{gate.url}/v/{gate.coming.ear_tag}")
    expect(page.locator(".verdict.ok")).to_be_visible()

    context.set_offline(False)
    expect(page.get_by_text("判定时间")).to_be_visible()  # the platform's own page again
    scan(page, gate.at_home.ear_tag)
    expect(page.locator(".verdict.stop .todo").first).to_contain_text("请先向官方兽医申报检疫")


@pytest.mark.parametrize(("minutes", "tone"), [(59, "ok"), (61, "warn"), (24 * 60, "unknown")])
def test_an_old_list_is_amber_at_best_and_yesterdays_says_nothing(
    gate: Gate, phone: Callable[..., BrowserContext], minutes: int, tone: str
) -> None:
    context = phone()
    prepared(context, gate)
    context.set_offline(True)
    page = context.new_page()
    page.add_init_script(f"({MINUTES_LATER})({minutes})")

    page.goto(f"{gate.url}/v/{gate.coming.ear_tag}")

    expect(page.locator(f".verdict.{tone}")).to_be_visible()
    told = {"ok": "这是 59 分钟前", "warn": "这是 1 小时 1 分钟前", "unknown": "已经隔日"}
    expect(page.locator(".verdict")).to_contain_text(told[tone])


def test_the_list_belongs_to_one_login_and_goes_with_it(
    gate: Gate, phone: Callable[..., BrowserContext]
) -> None:
    context = phone()
    page = prepared(context, gate)
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/login*")

    left = page.evaluate("indexedDB.databases().then((all) => all.map((each) => each.name))")
    assert "kept" not in left
    context.set_offline(True)
    page.goto(f"{gate.url}/v/{gate.coming.ear_tag}")

    expect(page.get_by_text("这一页断网不能用")).to_be_visible()
    expect(page.locator(".verdict")).to_have_count(0)


def test_on_plain_http_the_page_says_that_it_needs_the_network(
    gate: Gate, phone: Callable[..., BrowserContext]
) -> None:
    context = phone()
    context.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page = context.new_page()
    enter(page, gate)
    page.goto(f"{gate.url}/v/")

    expect(page.get_by_text("断网不可用", exact=True)).to_be_visible()
    expect(page.get_by_text("这个网址不是加密的")).to_be_visible()
