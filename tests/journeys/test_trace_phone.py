"""A stranger scans a label: the phone itself checks the proof, and never says more than it checked.

Real Chromium, 390 pixels wide, the real service with its real security headers.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from werkzeug.serving import make_server

from app.factory import Platform, settings_of
from app.labels import printing
from tests.journeys.county import CHROMIUM, PHONE
from traceability import animals
from traceability.animals import Breed
from traceability.checkpoints import keys, stamps
from traceability.checkpoints.witness import Witness
from traceability.holdings import HoldingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Route

    from tests.world import World
    from traceability.animals import Animal
    from traceability.checkpoints.keys import Signer

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
expect = playwright.expect

PAGE_BYTES_MAX = 60_000
TICK = '[data-seal] use[href="#check-circle-fill"]'
NO_WEBCRYPTO = "Object.defineProperty(Crypto.prototype, 'subtle', {get: () => undefined})"
OWN_WITHOUT_ED25519 = """
const whole = SubtleCrypto.prototype.importKey;
SubtleCrypto.prototype.importKey = function (format, data, algorithm, ...rest) {
    if (algorithm.name === "Ed25519") throw new DOMException("", "NotSupportedError");
    return whole.call(this, format, data, algorithm, ...rest);
};
"""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (set CHROMIUM)"),
    # a browser that leaves in the middle of an answer lets the test's server drop an open file
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"
    ),
]


@dataclass
class Road:
    """The service on a port, and the sequencer that stamps what happens in the world."""

    world: World
    app: Platform
    url: str
    signer: Signer = field(default_factory=lambda: keys.new_signer("demo-test/chain"))

    def __post_init__(self) -> None:
        witness = Witness(settings_of(self.app).witness_file)
        keys.make_known(witness.keys_path, [self.signer.verifier])

    def stamp(self) -> None:
        self.world.later(minutes=1)
        stamps.sequence(self.world.session, self.signer, at=self.world.at)
        self.world.session.commit()

    def label(self, animal: Animal) -> str:
        """The address in the printed code, on this machine."""
        with self.app.app_context():
            link = printing.animal_link(self.world.session, animal)
        self.world.session.commit()
        return self.url + urlsplit(link).path


@pytest.fixture
def road(world: World, app: Platform) -> Iterator[Road]:
    world.session.commit()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Road(world, app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Phones of all kinds; each is thrown away afterwards."""
    contexts: list[BrowserContext] = []

    def make(*, script: str = "", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": PHONE, "locale": "zh-CN", **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def sold_at_market(road: Road) -> str:
    world = road.world
    animal = world.at_market(world.animal())
    world.weighed(animal, world.scale())
    for _ in range(9):
        world.animal()
    road.stamp()
    return road.label(animal)


def errors_of(page: Page) -> list[str]:
    """What the browser complains of, from now on."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda line: heard.append(line.text) if line.type == "error" else None)
    return heard


def test_a_phone_checks_the_proof_by_itself(road: Road, phone: Callable[..., Page]) -> None:
    address, page = sold_at_market(road), phone()
    heard = errors_of(page)

    page.goto(address)

    expect(page.locator("[data-phone]")).to_have_text("已核对，前 7 条与盖章的目录相符")
    expect(page.locator(TICK)).to_have_count(1)
    page.get_by_text("核对了什么").click()
    told = page.locator("[data-details]")
    expect(told).to_contain_text("逐条重算指纹")
    expect(told).to_contain_text("11月22日 06:13 盖章的目录里")
    expect(told).to_contain_text("标签打印时的那条记录仍在其中")
    assert not heard


@pytest.mark.parametrize("script", [NO_WEBCRYPTO, OWN_WITHOUT_ED25519], ids=["http", "old"])
def test_a_phone_without_its_own_means_borrows_the_libraries(
    road: Road, phone: Callable[..., Page], script: str
) -> None:
    address, page = sold_at_market(road), phone(script=script)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))

    page.goto(address)

    expect(page.locator(TICK)).to_have_count(1)
    assert any("noble-ed25519" in path for path in asked)


def test_a_phone_that_can_check_nothing_shows_no_tick(
    road: Road, phone: Callable[..., Page]
) -> None:
    address, page = sold_at_market(road), phone(script=NO_WEBCRYPTO)
    page.route("**/vendor/**", lambda route: route.abort())

    page.goto(address)

    expect(page.locator("[data-phone]")).to_contain_text("本机无法验证")
    expect(page.locator(TICK)).to_have_count(0)
    expect(page.get_by_text("第1–7条连续无缺")).to_be_visible()


def test_without_a_proof_there_is_no_tick(road: Road, phone: Callable[..., Page]) -> None:
    address, page = sold_at_market(road), phone()
    page.route("**/proof.json", lambda route: route.abort())

    page.goto(address)

    expect(page.locator("[data-phone]")).to_contain_text("本机无法验证")
    expect(page.locator(TICK)).to_have_count(0)


def event_changed(proof: dict[str, Any]) -> None:
    entry = proof["events"][2]
    entry["event"] = entry["event"].replace('"passed":true', '"passed":null')


def event_withheld(proof: dict[str, Any]) -> None:
    del proof["events"][3]


def last_event_withheld(proof: dict[str, Any]) -> None:
    del proof["events"][-1]


def events_swapped(proof: dict[str, Any]) -> None:
    first, second, *rest = proof["events"]
    proof["events"] = [second, first, *rest]


def path_changed(proof: dict[str, Any]) -> None:
    path = proof["events"][0]["path"]
    path[0] = f"{int(path[0][0], 16) ^ 1:x}{path[0][1:]}"


def path_shortened(proof: dict[str, Any]) -> None:
    proof["events"][0]["path"].pop()


def size_changed(proof: dict[str, Any]) -> None:
    origin, size, *rest = proof["checkpoint"].split("\n")
    proof["checkpoint"] = "\n".join([origin, str(int(size) + 1), *rest])


def signed_by_another(proof: dict[str, Any]) -> None:
    proof["vkeys"] = [keys.new_signer("demo-test/chain").verifier.vkey]


def no_key_at_all(proof: dict[str, Any]) -> None:
    proof["vkeys"] = []


def another_subject(proof: dict[str, Any]) -> None:
    proof["events"] = [
        {**entry, "event": entry["event"].replace(proof["subject"], "animal:" + "0" * 32)}
        for entry in proof["events"]
    ]


ATTACKS = [
    event_changed,
    event_withheld,
    last_event_withheld,
    events_swapped,
    path_changed,
    path_shortened,
    size_changed,
    signed_by_another,
    no_key_at_all,
    another_subject,
]


def tampering(attack: Callable[[dict[str, Any]], None]) -> Callable[[Route], None]:
    """Somebody between the site and the phone who changes the proof on its way."""

    def answer(route: Route) -> None:
        proof = json.loads(route.fetch().body())
        attack(proof)
        route.fulfill(json=proof)

    return answer


@pytest.mark.slow
@pytest.mark.parametrize("script", ["", NO_WEBCRYPTO], ids=["own", "borrowed"])
def test_a_proof_that_was_tampered_with_is_never_believed(
    road: Road, phone: Callable[..., Page], script: str
) -> None:
    address, page = sold_at_market(road), phone(script=script)
    believed = []
    for attack in ATTACKS:
        page.route("**/proof.json", tampering(attack))
        page.goto(address)
        page.wait_for_selector('#trace[data-checked="stop"], #trace[data-checked="ok"]')
        if "核对不通过" not in page.locator("[data-phone]").inner_text() or page.query_selector(
            TICK
        ):
            believed.append(attack.__name__)
        page.unroute("**/proof.json")

    assert not believed


def test_a_page_that_shows_what_is_not_in_the_proof_is_not_believed(
    road: Road, phone: Callable[..., Page]
) -> None:
    address, page = sold_at_market(road), phone()

    def answer(route: Route) -> None:
        told = route.fetch()
        first = told.text().partition('<li data-digest="')[2][:16]
        route.fulfill(response=told, body=told.text().replace(first, "0" * 16))

    page.route(
        "**/t/*/*",
        lambda route: answer(route) if "proof" not in route.request.url else route.continue_(),
    )

    page.goto(address)

    expect(page.locator("[data-phone]")).to_contain_text("核对不通过：本页有一条记录不在证明里")


def test_the_page_is_whole_without_scripts(road: Road, phone: Callable[..., Page]) -> None:
    address, page = sold_at_market(road), phone(java_script_enabled=False)

    page.goto(address)

    expect(page.locator(".timeline > li[data-digest]")).to_have_count(7)
    expect(page.locator("[data-verdict]")).to_contain_text("没有运行核对程序")
    expect(page.locator(TICK)).to_have_count(0)
    expect(page.get_by_role("button", name="念给我听")).to_be_hidden()


def test_a_page_that_awaits_its_stamp_looks_again_by_itself(
    road: Road, phone: Callable[..., Page]
) -> None:
    animal, page = road.world.animal(), phone()
    page.goto(road.label(animal))
    expect(page.locator("[data-phone]")).to_contain_text("还没有盖章")

    road.stamp()

    expect(page.locator("[data-phone]")).to_have_text("已核对，前 2 条与盖章的目录相符")
    expect(page.locator(TICK)).to_have_count(1)
    expect(page.get_by_text("待盖章")).to_have_count(0)


@pytest.mark.parametrize("script", ["", NO_WEBCRYPTO], ids=["own", "borrowed"])
def test_a_long_life_weighs_less_than_sixty_kilobytes(
    road: Road, phone: Callable[..., Page], script: str
) -> None:
    world = road.world
    animal = world.at_market(world.animal())
    for _ in range(54):
        world.later(days=5)
        world.vaccinate(animal, days_ago=0)
    road.stamp()
    page = phone(script=script)
    spent: dict[str, int] = {}
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    addresses: dict[str, str] = {}
    wire.on(
        "Network.responseReceived",
        lambda told: addresses.update({told["requestId"]: told["response"]["url"]}),
    )
    wire.on(
        "Network.loadingFinished",
        lambda told: spent.update(
            {addresses.get(told["requestId"], ""): told["encodedDataLength"]}
        ),
    )

    page.goto(road.label(animal))
    expect(page.locator(TICK)).to_have_count(1)
    page.wait_for_load_state("networkidle")

    loaded = {url: length for url, length in spent.items() if not url.endswith("proof.json")}
    assert any("/t/" in url for url in loaded)
    assert any(url.endswith("trace-verify.js") for url in loaded)
    assert sum(loaded.values()) < PAGE_BYTES_MAX, loaded


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "large", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["usual", "large"]
)
def test_nothing_overflows_and_everybody_can_read_it(
    road: Road, phone: Callable[..., Page], scheme: str, large: bool
) -> None:
    world = road.world
    far = world.holding(HoldingKind.FARM, "远处", region="522300")
    animal = world.animal(breed=Breed.SIMMENTAL_CROSS)
    world.certified(animal, to=far)
    animals.report_death(
        world.session, animal, cause="病", disposal="深埋", at=world.at, by=world.farmer
    )
    road.stamp()
    script = "localStorage.setItem('elder', '1')" if large else ""
    page = phone(script=script, color_scheme=scheme)

    page.goto(road.label(animal))
    expect(page.locator(TICK)).to_have_count(1)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = axe.Axe().run(page).response["violations"]
    assert not [each["id"] for each in found if each["impact"] in {"serious", "critical"}]


def test_a_code_that_opens_nothing_and_the_form_can_be_read_by_everybody(
    road: Road, phone: Callable[..., Page]
) -> None:
    page = phone()

    for path in ("/t/0123456789ABCDEF", "/t", "/t?tag=123&check=4"):
        page.goto(road.url + path)
        found = axe.Axe().run(page).response["violations"]
        assert not [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_farmer_who_cannot_read_has_it_read_aloud(road: Road, phone: Callable[..., Page]) -> None:
    heard = """
    window.said = [];
    speechSynthesis.speak = (speech) => window.said.push(speech.text);
    """
    address, page = sold_at_market(road), phone(script=heard)
    page.goto(address)

    page.get_by_role("button", name="念给我听").click()

    said = "".join(page.evaluate("window.said"))
    assert "西门塔尔杂交牛" in said
    assert "第1–7条连续无缺" in said
    assert "过磅" in said
    expect(page.get_by_role("button", name="停止朗读")).to_be_visible()
