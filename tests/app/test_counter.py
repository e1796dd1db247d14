"""The market's counter, the receipts and the API of sales and weighings."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from market.sales.records import Sale, SaleState
from tests import selling
from tests.logins import PASSWORD, LoginAs
from tests.world import World
from traceability import weighings
from traceability.weighings import Weighing

STEPS = ("cash", "hand_over", "accept", "pay")


@pytest.fixture
def sale(world: World) -> Sale:
    selling.install(world)
    animal = selling.on_crate(world)
    return selling.sold(world, weighings.of_animal(world.session, animal)[0])


@pytest.fixture
def counter(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.CASHIER)


def step(counter: FlaskClient, sale: Sale, name: str) -> int:
    return counter.post(f"/counter/{sale.ref}", data={"step": name}).status_code


def test_money_comes_in_the_animal_goes_out_money_goes_on(
    counter: FlaskClient, world: World, sale: Sale
) -> None:
    pages = [counter.get("/counter/").text]
    states = []
    for name in STEPS:
        assert step(counter, sale, name) == 303
        states.append(sale.state)
        pages.append(counter.get("/counter/").text)

    assert states == [
        SaleState.FUNDED,
        SaleState.HANDED_OVER,
        SaleState.ACCEPTED,
        SaleState.SETTLED,
    ]
    assert "由市场收银台保管" in pages[0]
    assert "已收现金 ¥11,403.40" in pages[0]
    assert "把牛交给买主" in pages[1]
    assert "付给卖主 ¥11,403.40" in pages[3]
    assert sale.animal.owner is world.buyer
    assert "没有要办的" in pages[4]


def test_the_days_money_stands_on_top(counter: FlaskClient, sale: Sale) -> None:
    step(counter, sale, "cash")

    page = counter.get("/counter/").text

    assert page.count("¥11,403.40") >= 3  # come in, held now, and the task itself


def test_a_step_out_of_turn_is_refused_and_moves_no_money(counter: FlaskClient, sale: Sale) -> None:
    assert step(counter, sale, "pay") == 409
    assert step(counter, sale, "cash") == 303
    assert step(counter, sale, "cash") == 409
    assert sale.state is SaleState.FUNDED


def test_a_step_nobody_knows_is_refused(counter: FlaskClient, sale: Sale) -> None:
    assert step(counter, sale, "steal") == 422


@pytest.mark.parametrize("role", [Role.MARKET_OPERATOR, Role.FARMER, Role.BUYER])
def test_only_the_cashier_touches_money(login_as: LoginAs, sale: Sale, role: Role) -> None:
    other = login_as(role)

    assert other.get("/counter/").status_code == 403
    assert step(other, sale, "cash") == 403


@pytest.mark.parametrize("role", [Role.MARKET_OPERATOR, Role.FARMER, Role.BUYER, Role.CASHIER])
def test_both_parties_and_the_market_have_the_receipt(
    login_as: LoginAs, sale: Sale, role: Role
) -> None:
    reader = login_as(role)

    page = reader.get(f"/sales/{sale.ref}/receipt")
    listed = reader.get("/sales/")
    printed = {
        size: reader.get(f"/sales/{sale.ref}/receipt.pdf?size={size}")
        for size in ("a5", "a4", "80mm")
    }

    assert "壹万壹仟肆佰零叁元肆角" in page.text
    assert sale.animal.ear_tag[7:] in listed.text
    assert {answer.mimetype for answer in printed.values()} == {"application/pdf"}
    assert all(answer.data.startswith(b"%PDF") for answer in printed.values())


def test_a_stranger_has_no_receipt(login_as: LoginAs, world: World, sale: Sale) -> None:
    stranger = login_as(Role.FARMER, party=world.party("邻居"))

    assert stranger.get(f"/sales/{sale.ref}/receipt").status_code == 404
    assert sale.animal.ear_tag[7:] not in stranger.get("/sales/").text


def test_a_paper_size_nobody_has_is_refused(counter: FlaskClient, sale: Sale) -> None:
    assert counter.get(f"/sales/{sale.ref}/receipt.pdf?size=a0").status_code == 422


@pytest.fixture
def weight(world: World) -> Weighing:
    selling.install(world)
    return weighings.of_animal(world.session, selling.on_crate(world))[0]


def offer(world: World, weight: Weighing, **changes: Any) -> dict[str, Any]:
    return {
        "client_key": "program-1",
        "weighing": weight.ref,
        "buyer": world.buyer.ref,
        "price_fen": 26_80,
        "price_unit": "per_kg",
        **changes,
    }


def test_a_program_sells_and_reads_and_cancels(
    login_as: LoginAs, world: World, weight: Weighing
) -> None:
    program = login_as(Role.MARKET_OPERATOR)

    made = program.post("/api/sales/", json=offer(world, weight))
    again = program.post("/api/sales/", json=offer(world, weight))
    ref = made.get_json()["ref"]
    read = program.get(f"/api/sales/{ref}").get_json()
    listed = program.get("/api/sales/").get_json()
    gone = program.post(f"/api/sales/{ref}/cancel", json={"reason": "双方反悔"})

    assert made.status_code == 201, made.text
    assert made.get_json()["amount_fen"] == 1_140_340
    assert again.get_json()["ref"] == ref
    assert read["state"] == "weighed"
    assert [each["ref"] for each in listed] == [ref]
    assert gone.get_json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price_fen": 0}, "price_fen"),
        ({"price_fen": 26.5}, "price_fen"),
        ({"price_fen": 10**30}, "price_fen"),
        ({"price_unit": "per_lot"}, "price_unit"),
        ({"colour": "yellow"}, "colour"),
        ({"client_key": ""}, "client_key"),
    ],
)
def test_a_program_is_told_which_field_is_wrong(
    login_as: LoginAs, world: World, weight: Weighing, change: dict[str, Any], field: str
) -> None:
    program = login_as(Role.MARKET_OPERATOR)

    answer = program.post("/api/sales/", json=offer(world, weight, **change))

    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_a_price_beyond_reason_is_refused(
    login_as: LoginAs, world: World, weight: Weighing
) -> None:
    program = login_as(Role.MARKET_OPERATOR)

    answer = program.post("/api/sales/", json=offer(world, weight, price_fen=10**9))

    assert answer.status_code == 422
    assert answer.get_json()["code"] == "sale.bad_price"


def test_a_program_takes_a_sale_through_the_counter(login_as: LoginAs, sale: Sale) -> None:
    program = login_as(Role.CASHIER)

    states = [
        program.post(f"/api/sales/{sale.ref}/steps", json={"step": name}).get_json()["state"]
        for name in STEPS
    ]
    late = program.post(f"/api/sales/{sale.ref}/steps", json={"step": "pay"})

    assert states == ["funded", "handed_over", "accepted", "settled"]
    assert late.status_code == 409


def test_weights_are_read_by_tag_and_by_reference(login_as: LoginAs, weight: Weighing) -> None:
    program = login_as(Role.MARKET_OPERATOR)

    (listed,) = program.get(f"/api/weighings/?ear_tag={weight.animal.ear_tag}").get_json()
    read = program.get(f"/api/weighings/{weight.ref}").get_json()

    assert listed == read
    assert read["weight_g"] == 425_500
    assert read["for_trade"] is True


def test_a_weight_is_annulled_by_two_people(
    login_as: LoginAs, world: World, weight: Weighing
) -> None:
    manager = login_as(Role.MARKET_MANAGER)
    second = login_as.account(Role.MARKET_OPERATOR)
    farmer = login_as.account(Role.FARMER)
    told = {"reason": "牛没有站稳", "second_login": second.login, "second_password": PASSWORD}
    path = f"/api/weighings/{weight.ref}/annul"

    wrong = manager.post(path, json={**told, "second_password": "不是这个"})
    outsider = manager.post(path, json={**told, "second_login": farmer.login})
    annulled = manager.post(path, json=told)

    assert wrong.status_code == outsider.status_code == 422
    assert wrong.get_json()["code"] == "second_person.refused"
    assert annulled.get_json()["annulled_at"] is not None
    assert weighings.of_animal(world.session, weight.animal) == []
