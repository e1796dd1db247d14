"""An animal crosses the crate through a real broker and is sold with the keyboard alone."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from app import config
from app.auth.roles import Role
from app.desk import feed
from app.factory import Platform, create_app
from app.limits import limiter
from devices import credentials, devices
from devices.gateway import Gateway, PairingLoop
from devices.simulator.morning import Place, Yard
from devices.weighing import record
from market.sales import records
from tests import selling
from tests.devices.yard import SERVER, broker, gateway_settings
from tests.journeys.county import CHROMIUM, DESK
from tests.logins import PASSWORD, LoginAs
from tests.world import World
from traceability import weighings
from traceability.base.clock import to_ms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from sqlalchemy import Engine

    from devices.simulator.crate import Crate
    from traceability.animals import Animal

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
expect = playwright.expect

KEYS_MAX = 6
SEEN_S = 1.0
PLACE = Place("1号称", selling.SCALE.code, selling.READER.code)
pytestmark = [
    pytest.mark.slow,  # the whole platform runs for it
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (set CHROMIUM)"),
    # a browser that leaves in the middle of an answer lets the test's server drop an open file
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"
    ),
]


def now() -> datetime:
    """These devices, this browser and this service live in real time."""
    return datetime.now(tz=UTC)  # noqa: TID251 - the test's own clock


@dataclass
class Morning:
    """A market whose crate, broker, gateway and service run."""

    world: World
    url: str
    crate: Crate
    operator: str
    waiting: list[Animal]


@pytest.fixture
def morning(engine: Engine, tmp_path: Path) -> Iterator[Morning]:
    with Session(engine, expire_on_commit=False) as session, ExitStack() as running:
        world = World(engine, session, at=to_ms(now()))
        passwords = _prepare(world)
        port = running.enter_context(broker(engine, clock=now)).port
        running.enter_context(_taking(engine, port))
        app = _service(world, tmp_path, port)
        account = LoginAs(app, world).account(Role.MARKET_OPERATOR)
        waiting = [world.at_market(world.tagged(world.animal())) for _ in range(2)]
        session.commit()
        url = running.enter_context(_served(app))
        yard = Yard(
            [PLACE],
            broker=f"mqtt://127.0.0.1:{port}",
            outbox=tmp_path / "outbox.db",
            passwords=passwords,
            speed=2,
        )
        yard.open()
        running.callback(yard.close)
        yield Morning(world, url, yard.crates[PLACE.crate], account.login, waiting)


def _prepare(world: World) -> dict[str, str]:
    """The crate's devices with their passwords, and two buyers who have bought before."""
    selling.install(world)
    for buyer in (world.party("粤鲜公司"), world.buyer):
        weight = world.weighed(
            world.at_market(world.animal()), world.scale(f"old-{buyer.id}"), 400_000
        )
        selling.sold(world, weight, buyer=buyer)
    issued = {}
    for facts in (selling.SCALE, selling.READER):
        device = devices.by_code(world.session, facts.code)
        issued[facts.code] = credentials.issue(
            world.session, device, at=world.at, by=world.office.ref
        )
    world.session.commit()
    return issued


@contextmanager
def _taking(engine: Engine, port: int) -> Iterator[None]:
    """The gateway and the pairing beside it, as the ingest process runs them."""
    gateway = Gateway(gateway_settings(port), engine, now)
    pairs = PairingLoop(engine, now, record)
    gateway.on_stored = pairs.wake
    thread = threading.Thread(target=gateway.run)
    thread.start()
    pairs.start()
    try:
        assert gateway.subscribed.wait(15)
        yield
    finally:
        gateway.stop()
        thread.join(20)
        pairs.stop()


def _service(world: World, folder: Path, port: int) -> Platform:
    account = f"{SERVER.name}:{quote(SERVER.password)}"
    settings = config.load(
        {
            "DATA_DIR": str(folder),
            "DATABASE_URL": str(world.engine.url),
            "MQTT_URL": f"mqtt://{account}@127.0.0.1:{port}",
        }
    )
    limiter.enabled = False
    return create_app(settings)


@contextmanager
def _served(app: Platform) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        if feed.LIVE in app.extensions:
            app.extensions[feed.LIVE].stop()
        server.shutdown()
        thread.join(20)
        server.server_close()


@pytest.fixture
def page(browser: Browser, morning: Morning) -> Iterator[Page]:
    """The operator's browser at the desk."""
    context = browser.new_context(viewport=DESK, locale="zh-CN")
    context.set_default_timeout(15_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{morning.url}/login")
    page.fill("[name=login]", morning.operator)
    page.fill("[name=password]", PASSWORD)
    page.click("main button.primary")
    page.wait_for_url(f"{morning.url}/")
    page.goto(f"{morning.url}/desk/")
    expect(page.locator("[data-link]")).to_contain_text("实时")
    yield page
    context.close()
    assert not faults


def press(page: Page, *keys: str) -> int:
    """Press keys one by one; how many there were."""
    for key in keys:
        page.keyboard.press(key)
    return len(keys)


def test_an_animal_is_sold_with_six_keys_and_no_mouse(page: Page, morning: Morning) -> None:
    animal = morning.waiting[0]

    morning.crate.step_on(animal.eid or "", 425_500)
    expect(page.locator("[data-card]")).to_contain_text(animal.ear_tag[7:])
    expect(page.locator("[data-scale-facts]")).to_contain_text("425.5 公斤")
    expect(page.locator("[data-steady]")).to_have_text("稳定")
    expect(page.locator("[data-weight]")).to_contain_text("425.5")
    expect(page.locator("[data-stops]")).to_be_empty()
    expect(page.locator("[data-go]")).to_have_attribute("aria-disabled", "false")
    keys = press(page, "F1", "2", "6", ".", "8")
    expect(page.locator("[data-amount]")).to_have_text("¥11,403.40")
    keys += press(page, "Enter")
    expect(page.locator(".toast")).to_contain_text("已登记成交")
    expect(page.locator("[data-sold]")).to_have_text("3")

    assert keys <= KEYS_MAX
    sale = records.newest_of(morning.world.session, morning.world.market)
    assert sale is not None
    assert (sale.animal.ear_tag, sale.amount_fen) == (animal.ear_tag, 1_140_340)
    assert sale.buyer is morning.world.buyer


def test_what_the_crate_stored_is_on_the_page_within_a_second(page: Page, morning: Morning) -> None:
    animal = morning.waiting[0]
    stored: list[float] = []

    def watch() -> None:
        with Session(morning.world.engine) as session:
            while not weighings.of_animal(session, session.merge(animal)):
                session.rollback()
                time.sleep(0.01)
            stored.append(time.monotonic())

    watcher = threading.Thread(target=watch)
    watcher.start()
    morning.crate.step_on(animal.eid or "", 425_500)
    page.locator(".desk .scale[data-tone=ok]").wait_for()  # no words as code: the page's CSP
    seen = time.monotonic()
    watcher.join(20)

    assert seen - stored[0] < SEEN_S


def test_the_wrong_key_at_the_wrong_time_sells_nothing(page: Page, morning: Morning) -> None:
    press(page, "Enter")
    expect(page.locator(".toast")).to_contain_text("称上还没有牛")
    animal = morning.waiting[0]
    morning.crate.step_on(animal.eid or "", 425_500)
    expect(page.locator("[data-scale-facts]")).to_contain_text("425.5 公斤")
    expect(page.locator("[data-go]")).to_have_attribute("aria-disabled", "false")
    press(page, "F1", "1", "2", ".", "3", "4", "5", "Enter")

    expect(page.locator('[data-error="price"]')).to_contain_text("最多到分")
    expect(page.locator("[data-sold]")).to_have_text("2")


def test_a_buyer_is_found_by_name_and_the_sale_undone_by_key(page: Page, morning: Morning) -> None:
    morning.crate.step_on(morning.waiting[0].eid or "", 425_500)
    expect(page.locator("[data-scale-facts]")).to_contain_text("425.5 公斤")
    page.keyboard.press("F3")
    page.keyboard.insert_text("粤鲜")
    expect(page.locator("#buyer-list li")).to_contain_text("粤鲜公司")
    expect(page.locator("[data-go]")).to_have_attribute("aria-disabled", "false")
    press(page, "Enter", "F7")
    page.keyboard.insert_text("１３．４")
    press(page, "Enter")
    expect(page.locator("[data-last]")).to_contain_text("粤鲜公司")
    expect(page.locator("[data-sold]")).to_have_text("3")
    press(page, "F8", "1", "Enter")

    expect(page.locator(".toast")).to_contain_text("已撤销")
    expect(page.locator("[data-sold]")).to_have_text("2")


def test_the_desk_fits_its_screen_and_axe_finds_nothing_serious(
    page: Page, morning: Morning
) -> None:
    morning.crate.step_on(morning.waiting[0].eid or "", 425_500)
    expect(page.locator("[data-scale-facts]")).to_contain_text("425.5 公斤")

    height, width = page.evaluate(
        "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    )
    found = axe.Axe().run(page).response["violations"]
    grave = [each["id"] for each in found if each["impact"] in {"serious", "critical"}]

    assert (height, width) == (768, 1366)
    assert not grave
