"""The official vet inspects where there is no signal: nothing is lost, nothing is recorded twice.

Real Chromium, 390 pixels wide, with its network cut; the real service with its forgery check.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from werkzeug.serving import BaseWSGIServer, make_server

from app import config, database
from app.auth.roles import Role
from app.factory import Platform, create_app
from tests.app.test_platform import ROOT, free_port, wait_for
from tests.journeys.county import CHROMIUM, PHONE
from tests.logins import PASSWORD, LoginAs
from tests.world import World
from traceability.base.clock import to_ms
from traceability.base.db import reading
from traceability.checks import INSPECTION_CHECKS
from traceability.parties import PartyKind
from traceability.quarantine import declarations, inspections
from traceability.quarantine.inspections import Inspection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Locator, Page
    from sqlalchemy import Engine

    from traceability.parties import Party
    from traceability.quarantine.declarations import Declaration

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
expect = playwright.expect

ALL_WELL = dict.fromkeys(INSPECTION_CHECKS, True)
START_S = 30
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
class Village:
    """The service on a port; it can fall silent, and lose answers after it has committed."""

    world: World
    app: Platform
    vet: str
    other: Party
    herd: Declaration
    port: int = field(default_factory=free_port)
    answers_lost: int = 0
    server: BaseWSGIServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.server = make_server("127.0.0.1", self.port, self.answer, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()

    def answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """The service's answer; a lost one was committed, and the line is cut."""
        answered = self.app(environ, start)
        if self.answers_lost and environ["PATH_INFO"].endswith("/inspections"):
            self.answers_lost -= 1
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answered

    def stored(self) -> list[Inspection]:
        """What the platform has recorded of the herd, the oldest first."""
        mine = select(Inspection).where(Inspection.declaration_id == self.herd.id)
        with reading(self.world.engine) as session:
            found = session.scalars(mine.options(selectinload(Inspection.vet)))
            return sorted(found, key=lambda each: each.id)

    def others_inspect(self, place: int, *, well: bool) -> None:
        """Another vet inspects one animal meanwhile."""
        animal = declarations.animals_of(self.world.session, self.herd)[place]
        checks = {**ALL_WELL, "healthy": well}
        inspections.record(
            self.world.session,
            self.herd,
            animal,
            checks=checks,
            at=self.world.at,
            by=self.other,
        )
        self.world.session.commit()


@pytest.fixture
def village(world: World, app: Platform, login_as: LoginAs) -> Iterator[Village]:
    app.config["WTF_CSRF_ENABLED"] = True
    herd = world.declared(*[world.animal() for _ in range(3)])
    vet = login_as.account(Role.OFFICIAL_VET, login="vet.one").login
    other = world.party("马兽医", kind=PartyKind.PERSON)
    world.session.commit()
    made = Village(world, app, vet, other, herd)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    contexts: list[BrowserContext] = []

    def make() -> BrowserContext:
        contexts.append(browser.new_context(viewport=PHONE, locale="zh-CN"))
        contexts[-1].set_default_timeout(15_000)
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


def enter(page: Page, url: str, login: str) -> None:
    page.goto(f"{url}/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.locator("main button").last.click()
    page.locator("h1", has_text="您好").wait_for()


def prepared(context: BrowserContext, url: str, login: str) -> Page:
    """Signed in at home, the list opened where there is a signal."""
    page = context.new_page()
    enter(page, url, login)
    page.goto(f"{url}/inspections/")
    expect(page.get_by_text("断网可用", exact=True)).to_be_visible()
    return page


def waiting(page: Page) -> Locator:
    """How many wait, as the page itself says it."""
    return page.locator("#inspections .outbox-line .badge").nth(1)


def inspect(page: Page, place: int, *, failing: str | None = None) -> None:
    """One animal: open it, tap what fails, record."""
    page.locator(".pick").nth(place).click()
    if failing is not None:
        page.get_by_label(failing).uncheck()
    page.get_by_role("button", name="登记检查结果").click()
    page.get_by_text("已记在本机").last.wait_for()


def test_a_village_is_inspected_without_a_signal(
    village: Village, phone: Callable[[], BrowserContext]
) -> None:
    context = phone()
    page = prepared(context, village.url, village.vet)

    context.set_offline(True)
    page.reload()  # the phone slept, the page is opened anew
    expect(page.locator(".pick")).to_have_count(3)
    inspect(page, 0)
    inspect(page, 1, failing=INSPECTION_CHECKS["healthy"])

    expect(waiting(page)).to_have_text("待上传 2 条")
    expect(page.get_by_text("不合格，待上传")).to_be_visible()
    expect(page.get_by_text("现在没有连上平台")).to_be_visible()
    assert village.stored() == []

    village.world.later(hours=3)
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(waiting(page)).to_have_text("待上传 0 条")
    first, second = village.stored()
    assert (first.passed, second.passed) == (True, False)
    assert [name for name, well in second.checks.items() if not well] == ["healthy"]
    assert timedelta(hours=2) < village.world.at - first.inspected_at < timedelta(hours=4)
    expect(page.get_by_text("最近七天已办完 2 条")).to_be_visible()


def test_the_queue_is_seen_on_every_page_and_belongs_to_one_login(
    village: Village, phone: Callable[[], BrowserContext], login_as: LoginAs
) -> None:
    login_as.account(Role.OFFICIAL_VET, login="vet.two", party=village.other)
    village.world.session.commit()
    context = phone()
    page = prepared(context, village.url, village.vet)
    village.stop()
    inspect(page, 0)
    expect(waiting(page)).to_have_text("待上传 1 条")
    village.start()

    context.route("**/inspections/packet", lambda route: route.abort())
    page.goto(village.url)
    expect(page.locator("[data-outbox]")).to_have_text("待上传 1 条")
    page.get_by_role("button", name="退出").click()
    enter(page, village.url, "vet.two")
    context.unroute("**/inspections/packet")
    page.goto(f"{village.url}/inspections/")

    expect(waiting(page)).to_have_text("待上传 0 条")
    expect(page.locator("[data-outbox]")).to_be_hidden()
    expect(page.get_by_text("断网可用", exact=True)).to_be_visible()
    assert village.stored() == []

    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/login*")
    enter(page, village.url, village.vet)
    page.goto(f"{village.url}/inspections/")

    expect(page.get_by_text("最近七天已办完 1 条")).to_be_visible()
    assert [row.vet.name for row in village.stored()] == [village.world.vet.name]


def test_an_answer_lost_after_the_commit_is_not_a_second_inspection(
    village: Village, phone: Callable[[], BrowserContext]
) -> None:
    context = phone()
    page = prepared(context, village.url, village.vet)
    village.answers_lost = 1

    inspect(page, 0)
    assert wait_for(lambda: len(village.stored()) == 1, START_S)
    expect(waiting(page)).to_have_text("待上传 1 条")
    page.get_by_role("button", name="立即上传").click()

    expect(waiting(page)).to_have_text("待上传 0 条")
    assert len(village.stored()) == 1


def test_two_tabs_that_send_at_once_send_once(
    village: Village, phone: Callable[[], BrowserContext]
) -> None:
    context = phone()
    page = prepared(context, village.url, village.vet)
    context.set_offline(True)
    for place in range(3):
        inspect(page, place)
    context.set_offline(False)
    second = context.new_page()
    second.goto(f"{village.url}/inspections/", wait_until="commit")
    page.evaluate("dispatchEvent(new Event('online'))")

    for tab in (page, second):
        tab.evaluate("dispatchEvent(new Event('online'))")
        expect(waiting(tab)).to_have_text("待上传 0 条")
    assert len(village.stored()) == 3


def test_what_another_vet_found_meanwhile_is_shown_and_the_vet_decides(
    village: Village, phone: Callable[[], BrowserContext]
) -> None:
    context = phone()
    page = prepared(context, village.url, village.vet)
    context.set_offline(True)
    inspect(page, 0)
    inspect(page, 1)
    village.others_inspect(0, well=False)
    village.others_inspect(1, well=False)
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.get_by_text("要您核对 2 条")).to_be_visible()
    first = page.locator("[data-refused]").first
    expect(first).to_contain_text("马兽医 已在 11月22日 06:12 检查过这头牛，结果不合格")
    expect(first).to_contain_text("的结果：合格。仍在本机，没有丢")
    assert len(village.stored()) == 2

    first.get_by_role("button", name="以我的为准，再登记").click()
    assert wait_for(lambda: len(village.stored()) == 3, START_S)
    left = page.locator("[data-refused]")
    left.get_by_role("button", name="不登记了").click()
    left.get_by_role("button", name="确定不登记？再按一次").click()

    expect(left).to_have_count(0)
    assert [(row.vet.name, row.passed) for row in village.stored()] == [
        ("马兽医", False),
        ("马兽医", False),
        (village.world.vet.name, True),
    ]


def test_what_is_refused_stays_with_its_reason(
    village: Village, phone: Callable[[], BrowserContext]
) -> None:
    context = phone()
    page = prepared(context, village.url, village.vet)
    context.set_offline(True)
    inspect(page, 0)
    declarations.refuse(
        village.world.session,
        village.herd,
        reason="牛主改期",
        at=village.world.at,
        by=village.other,
    )
    village.world.session.commit()
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.get_by_text("这份申报已是“不予受理”，检查结果不能再登记")).to_be_visible()
    page.reload()
    expect(page.get_by_text("要您核对 1 条")).to_be_visible()
    assert village.stored() == []


def test_on_plain_http_the_page_says_that_it_needs_the_network(
    village: Village, phone: Callable[[], BrowserContext]
) -> None:
    context = phone()
    context.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page = context.new_page()
    enter(page, village.url, village.vet)
    page.goto(f"{village.url}/inspections/")

    expect(page.get_by_text("断网不可用", exact=True)).to_be_visible()
    expect(page.get_by_text("这个网址不是加密的")).to_be_visible()
    inspect(page, 0)
    expect(waiting(page)).to_have_text("待上传 0 条")
    assert len(village.stored()) == 1


def test_everybody_can_read_the_checklist(
    village: Village, phone: Callable[[], BrowserContext]
) -> None:
    page = prepared(phone(), village.url, village.vet)

    for here in ("#inspections .pick", "#inspect"):
        page.locator(here).first.wait_for()
        found = axe.Axe().run(page).response["violations"]
        assert not [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        if here != "#inspect":
            page.locator(here).first.click()


def test_a_page_that_is_not_kept_says_so_and_names_those_that_are(
    village: Village, phone: Callable[[], BrowserContext]
) -> None:
    context = phone()
    page = prepared(context, village.url, village.vet)
    context.set_offline(True)

    page.goto(f"{village.url}/certificates/")

    expect(page.get_by_text("这一页断网不能用")).to_be_visible()
    page.get_by_role("link", name="下乡检查（断网可用）").click()
    expect(page.locator(".pick")).to_have_count(3)


@dataclass
class RealServer:
    """The web part as it is started, a process group of its own, by the real clock."""

    folder: Path
    engine: Engine
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": str(self.engine.url),
            "PORT": str(self.port),
        }
        with (self.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.server"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert wait_for(self.listens, START_S)

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def today(engine: Engine, tmp_path: Path) -> Iterator[tuple[Village, RealServer]]:
    """The same village under a server that can really be killed."""
    at = to_ms(datetime.now(tz=UTC))  # noqa: TID251 - the killed server has the real clock
    settings = config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": str(engine.url)})
    app, server = create_app(settings), RealServer(tmp_path, engine)
    with Session(engine, expire_on_commit=False) as session:
        world = World(engine, session, at=at)
        herd = world.declared(*[world.animal() for _ in range(3)])
        vet = LoginAs(app, world).account(Role.OFFICIAL_VET)
        session.commit()
        yield Village(world, app, vet.login, world.vet, herd, port=server.port), server
    server.kill()
    with app.app_context():
        database.engine().dispose()


def test_a_server_killed_while_it_records_loses_nothing(
    today: tuple[Village, RealServer], phone: Callable[[], BrowserContext]
) -> None:
    village, server = today
    server.start()
    context = phone()
    page = prepared(context, village.url, village.vet)
    context.set_offline(True)
    for place in range(3):
        inspect(page, place)

    with server.engine.connect() as lock:
        lock.exec_driver_sql("SELECT 1")  # begins IMMEDIATE: what is being recorded waits behind it
        context.set_offline(False)
        with page.expect_request("**/api/declarations/*/inspections"):
            page.evaluate("dispatchEvent(new Event('online'))")
        server.kill()
        lock.rollback()
    expect(waiting(page)).to_have_text("待上传 3 条")
    assert village.stored() == []
    server.start()
    page.get_by_role("button", name="立即上传").click()

    expect(waiting(page)).to_have_text("待上传 0 条")
    herd = declarations.animals_of(village.world.session, village.herd)
    assert [row.animal_id for row in village.stored()] == [animal.id for animal in herd]
