"""A reader that types like a keyboard, at the gate and at the desk: every line it may be set to."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from app.auth.roles import Role
from tests import selling
from tests.journeys.county import CHROMIUM, DESK
from tests.logins import PASSWORD, LoginAs
from traceability import movements
from traceability.identifiers.eids import parse_eid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from app.factory import Platform
    from tests.world import World
    from traceability.animals import Animal

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

EID = "156000000088420"
TRIES = 5  # a laden machine may type slower than a reader does
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
class Market:
    """A market whose pages are served, one animal on its way to it and one inside."""

    url: str
    login: str
    coming: Animal
    inside: Animal


@pytest.fixture
def market(world: World, app: Platform, login_as: LoginAs) -> Iterator[Market]:
    selling.install(world)
    coming = world.tagged(world.animal(), EID)
    inside = world.at_market(world.tagged(world.animal()))
    world.certified(coming)
    movements.depart(world.session, coming, to=world.market, at=world.at, by=world.farmer)
    login = login_as.account(Role.MARKET_OPERATOR, login="gate.one").login
    world.session.commit()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Market(f"http://127.0.0.1:{server.port}", login, coming, inside)
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, market: Market) -> Iterator[Page]:
    context = browser.new_context(viewport=DESK, locale="zh-CN")
    context.set_default_timeout(15_000)
    opened = context.new_page()
    opened.goto(f"{market.url}/login")
    opened.fill("[name=login]", market.login)
    opened.fill("[name=password]", PASSWORD)
    opened.locator("main button").last.click()
    opened.locator("h1", has_text="您好").wait_for()
    yield opened
    context.close()


def lines(eid: str) -> list[str]:
    """What readers may type for one tag."""
    known = parse_eid(eid)
    return [
        eid,
        f"0{eid}",
        f"LA {eid[:3]} {eid[3:]}",
        f"LA 00000 0 {eid[:3]} {eid[3:]}",
        f"A{eid}",
        known.dot_hex,
        known.hex64,
        known.reversed_hex,
    ]


def asked(page: Page) -> bool:
    """Whether the page took the whole line for a reader's and answered for its animal."""
    try:
        page.wait_for_url("**/gate/?q=*", timeout=5_000)
        page.locator(".verdict > .word").wait_for(timeout=5_000)
    except playwright.TimeoutError:
        return False
    return True


def test_every_line_of_a_keyboard_reader_finds_the_animal_at_the_gate(
    page: Page, market: Market
) -> None:
    for line in lines(EID):
        for _ in range(TRIES):
            page.goto(f"{market.url}/gate/")
            page.keyboard.type(line)
            page.keyboard.press("Enter")
            if asked(page):
                break

        expect(page.locator(".verdict > .word")).to_contain_text("可以入场")
        expect(page.locator("body")).to_contain_text(market.coming.ear_tag[-8:])


def test_a_keyboard_reader_at_the_desk_shows_the_animal_and_spoils_no_price(
    page: Page, market: Market
) -> None:
    eid = f"156{market.inside.id:012d}"
    for line in (f"LA {eid[:3]} {eid[3:]}", parse_eid(eid).dot_hex):
        for _ in range(TRIES):
            page.goto(f"{market.url}/desk/")
            page.locator("#price").fill("26")
            page.locator("#price").focus()
            page.keyboard.type(line)
            page.keyboard.press("Enter")
            page.wait_for_timeout(500)
            if page.locator("#price").input_value() == "26":
                break

        expect(page.locator("[data-card]")).to_contain_text(market.inside.ear_tag[-8:])
        expect(page.locator("#price")).to_have_value("26")
