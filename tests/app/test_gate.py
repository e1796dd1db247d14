"""The market's gate: who comes in, who does not and why, what the lists say."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.holdings import HoldingKind
from traceability.quarantine import certificates


@pytest.fixture
def gate(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.MARKET_OPERATOR)


def on_the_road(world: World) -> Animal:
    animal = world.tagged(world.animal())
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    return animal


def test_the_gate_lists_who_is_expected(gate: FlaskClient, world: World) -> None:
    animal = on_the_road(world)

    page = gate.get("/gate/")

    assert animal.ear_tag[7:] in page.text
    assert "路上还有 1 头" in page.text
    assert "今天还没有牛入场" in page.text


@pytest.mark.parametrize("scanned", ["ear_tag", "eid"])
def test_an_expected_animal_with_its_paper_comes_in(
    gate: FlaskClient, world: World, scanned: str
) -> None:
    animal = on_the_road(world)

    check = gate.get("/gate/", query_string={"q": getattr(animal, scanned)})
    let_in = gate.post("/gate/arrivals", data={"animal": animal.ref})
    after = gate.get("/gate/")

    assert "可以入场" in check.text
    assert "登记入场" in check.text
    assert let_in.status_code == 303
    assert animal.holding is world.market
    assert "今日已入场 1 头" in after.text


def test_an_animal_whose_certificate_was_revoked_stays_outside_with_the_article(
    gate: FlaskClient, world: World
) -> None:
    animal = on_the_road(world)
    paper = certificates.newest_of(world.session, animal)
    assert paper is not None
    certificates.revoke(world.session, paper, reason="出证有误", at=world.at, by=world.vet)

    check = gate.get("/gate/", query_string={"q": animal.ear_tag})
    refused = gate.post("/gate/arrivals", data={"animal": animal.ref})

    assert "不得入场" in check.text
    assert "动物防疫法" in check.text
    assert 'id="arrive"' not in check.text
    assert refused.status_code == 422
    assert "已作废" in refused.text
    assert animal.holding is None


def test_an_expired_certificate_opens_no_gate(gate: FlaskClient, world: World) -> None:
    animal = on_the_road(world)
    world.at += timedelta(days=1)
    world.record_at(world.at)

    refused = gate.post("/gate/arrivals", data={"animal": animal.ref})

    assert refused.status_code == 422
    assert "有效" in refused.text


def test_who_never_departed_is_sent_to_the_window(gate: FlaskClient, world: World) -> None:
    """Refused as `gate.not_on_the_road` where the gate may see the animal at all."""
    world.market.region_code = world.home.region_code
    animal = world.animal(holding=world.market)
    world.certified(animal, to=world.holding(HoldingKind.MARKET, "别处市场"))

    answer = gate.get("/gate/", query_string={"q": animal.ear_tag})

    assert answer.status_code == 409
    assert "已经入场" in answer.text


def test_an_animal_is_let_in_once(gate: FlaskClient, world: World) -> None:
    animal = on_the_road(world)

    gate.post("/gate/arrivals", data={"animal": animal.ref})
    again = gate.post("/gate/arrivals", data={"animal": animal.ref})

    assert again.status_code == 409
    assert "已经入场" in again.text


def test_who_travels_elsewhere_is_told_where(gate: FlaskClient, world: World) -> None:
    animal = world.animal()
    away = world.holding(HoldingKind.MARKET, "别处市场")
    world.certified(animal, to=away)
    movements.depart(world.session, animal, to=away, at=world.at, by=world.farmer)

    answer = gate.post("/gate/arrivals", data={"animal": animal.ref})

    assert answer.status_code == 409
    assert "到达地是别处市场" in answer.text


def test_who_stays_at_home_has_no_journey(gate: FlaskClient, world: World) -> None:
    animal = world.animal()

    answer = gate.post("/gate/arrivals", data={"animal": animal.ref})

    assert answer.status_code == 409
    assert "没有启运登记" in answer.text


@pytest.mark.parametrize(
    ("typed", "status"), [("25205260000001", 422), ("2.52E+14", 422), ("252052699999999", 404)]
)
def test_a_bad_tag_is_answered_beside_the_box(gate: FlaskClient, typed: str, status: int) -> None:
    answer = gate.get("/gate/", query_string={"q": typed})

    assert answer.status_code == status
    assert typed in answer.text


@pytest.mark.parametrize("role", [Role.FARMER, Role.CASHIER, Role.BUYER])
def test_the_gate_is_the_operators(login_as: LoginAs, role: Role) -> None:
    assert login_as(role).get("/gate/").status_code == 403


CODES = ("gate.already_in", "gate.not_on_the_road", "gate.other_destination")
"""Provoked above, where a person reads their sentences."""
