"""The main job once more, by programs alone: JSON with the tokens that each person issued."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.app.test_platform import wait_for
from tests.journeys.county import DESK, MARKS, County, enter
from traceability.base.clock import legal_day
from traceability.checks import INSPECTION_CHECKS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TAG, EID, WEIGHT_G = "252052600077778", "156252052077778", 388_000
pytestmark = MARKS


@dataclass(frozen=True)
class Program:
    """A program that speaks for one person with a token."""

    url: str
    token: str

    def get(self, path: str) -> Any:
        return self._call(urllib.request.Request(f"{self.url}/api{path}"))

    def post(self, path: str, **body: Any) -> Any:
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api{path}", data, method="POST")
        request.add_header("Content-Type", "application/json")
        return self._call(request)

    def _call(self, request: urllib.request.Request) -> Any:
        request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)


def program_of(browser: Browser, county: County, login: str) -> Program:
    """The person issues a token with all that they may do, on their page."""
    page = enter(browser, county, login, DESK)
    page.goto(f"{county.url}/tokens/")
    page.fill("[name=name]", "自家程序")
    for box in page.locator("[name=permissions]").all():
        box.check()
    page.get_by_role("button", name="申请令牌").click()
    token = page.locator("[data-token]").inner_text()
    page.context.close()
    return Program(county.url, token)


def test_the_same_is_possible_by_programs_with_tokens(browser: Browser, county: County) -> None:
    farmer = program_of(browser, county, "nonghu")
    operator = program_of(browser, county, "shichang")
    animal = bring_to_market(farmer, program_of(browser, county, "shouyi"), operator)

    sale = sell(operator, county)

    assert sale["amount_fen"] == 1_039_840
    assert sale["weight_g"] == WEIGHT_G
    newest = operator.get(f"/animals/{animal}/history")["events"][-1]
    assert newest["kind"] == "sale.agreed"
    assert "price_fen" not in newest["public"]
    proof = f"/chain/events/{newest['digest']}/proof"
    assert wait_for(lambda: len(operator.get(proof)["events"]) == 1, 30)
    regulator = program_of(browser, county, "jianguan")
    line = regulator.get(f"/chain/events?subject={quote(sale['ref'])}")["events"]
    assert line[0]["private"]["price_fen"] == 26_80
    record_progress(program_of(browser, county, "jiqun"))


def test_a_program_may_do_no_more_than_its_person(browser: Browser, county: County) -> None:
    farmer = program_of(browser, county, "nonghu")

    with pytest.raises(urllib.error.HTTPError) as refused:
        farmer.post(f"/declarations/declaration:{'0' * 32}/certificate")

    with refused.value as answer:
        assert answer.status == 403
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.load(answer)["detail"] == "养殖户账号没有这项权限"


def bring_to_market(farmer: Program, vet: Program, operator: Program) -> str:
    """Steps 1 to 3: a calf is registered, inspected, certified, sent and received."""
    today = legal_day(datetime.now(tz=UTC))  # noqa: TID251 - the platform runs in real time
    places = farmer.get("/holdings/")["rows"]
    home = next(each["ref"] for each in places if each["kind"] == "household")
    market = next(each["ref"] for each in places if each["kind"] == "market")
    calf = {"born_on": "2025-06-01", "breed": "simmental_cross", "sex": "male"}
    animal: str = farmer.post("/animals/", ear_tag=TAG, eid=EID, holding=home, **calf)["ref"]
    vaccine = {"vaccine": "口蹄疫 O 型、A 型二价灭活疫苗", "given_on": "2026-09-20"}
    farmer.post("/treatments/immunisations", ear_tag=TAG, **vaccine)
    leaves_on = today.isoformat()
    filed = farmer.post("/declarations/", animals=[animal], destination=market, leaves_on=leaves_on)
    declaration = f"/declarations/{filed['ref']}"
    vet.post(f"{declaration}/accept")
    vet.post(f"{declaration}/inspections", animal=animal, passed=list(INSPECTION_CHECKS))
    certificate = vet.post(f"{declaration}/certificate")
    assert re.fullmatch(r"DB-520526-\d{4}-\d{6}", certificate["number"])
    farmer.post("/movements/departures", animal=animal, destination=market)
    operator.post("/movements/arrivals", animal=animal)
    return animal


def weigh(operator: Program, county: County) -> Any:
    """The crate speaks through MQTT; the program waits for the weighing it makes."""
    county.put_on_the_crate(EID, WEIGHT_G)
    path = f"/weighings/?ear_tag={TAG}"
    assert wait_for(lambda: bool(operator.get(path)), 30)
    return operator.get(path)[0]


def sell(operator: Program, county: County) -> Any:
    """Steps 3 and 4: weighed on the crate, sold to the company."""
    return operator.post(
        "/sales/",
        weighing=weigh(operator, county)["ref"],
        buyer=operator.get(f"/parties/?q={quote('粤鲜牛业')}")["rows"][0]["ref"],
        price_fen=26_80,
        price_unit="per_kg",
        client_key="0123456789abcdef0123456789abcdef",
    )


def record_progress(officer: Program) -> None:
    """Step 7: the guitar cluster's project moves on, and stands in the same chain."""
    clusters = officer.get("/clusters/")
    guitar = next(each["ref"] for each in clusters if "吉他" in each["name"])
    project = f"/projects/{officer.get(f'/clusters/{guitar}')['projects'][0]['ref']}"
    before = officer.get(project)["percent"] or 0
    officer.post(f"{project}/progress", percent=before + 1, text="生产线设备进场")
    assert officer.get(project)["percent"] == before + 1
    assert officer.get(f"{project}/progress")[0]["text"] == "生产线设备进场"
