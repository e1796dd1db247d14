"""养殖户首页: the keeper's animals, today's price, and where the money stands."""

import re

import pytest

from app.auth.roles import Role
from market.sales import closing
from market.sales.records import SaleState
from tests import selling
from tests.app.programs import ProgramOf
from tests.logins import LoginAs
from tests.world import World

STEP = re.compile(r'<li class="(done|todo)">')


def test_a_farmer_finds_the_animals_and_prints_the_record(login_as: LoginAs, world: World) -> None:
    animal, farmer = world.animal(), login_as(Role.FARMER)

    page = farmer.get("/").text

    assert f"/animals/{animal.ref}/alert" in page
    assert f"/holdings/{world.home.ref}/record" in page
    assert "还没有过磅成交，没有价格可看" in page
    assert "我的钱到哪一步" not in page


def test_others_do_not_have_the_farmers_page(login_as: LoginAs, world: World) -> None:
    world.animal()

    assert "我的牛" not in login_as(Role.OFFICIAL_VET).get("/").text


@pytest.mark.parametrize(
    ("state", "done", "words"),
    [
        (SaleState.WEIGHED, 2, "等买主付款"),
        (SaleState.FUNDED, 3, "钱由小海牲畜交易市场收银台保管，等交牛"),
    ],
)
def test_a_farmer_sees_where_the_money_stands(
    login_as: LoginAs, world: World, state: SaleState, done: int, words: str
) -> None:
    sale = selling.sold(world, world.weighed(world.at_market(world.animal()), world.scale()))
    if state is SaleState.FUNDED:
        closing.receive_cash(world.session, sale, at=world.at, by=world.office)

    page = login_as(Role.FARMER).get("/").text

    told = page.partition("我的钱到哪一步")[2].partition("</section>")[0]
    assert STEP.findall(told) == ["done"] * done + ["todo"] * (5 - done)
    assert words in told
    assert "¥11,403.40" in told


def test_the_price_names_its_day_its_place_and_its_number(
    login_as: LoginAs, program_of: ProgramOf, world: World
) -> None:
    scale = world.scale()
    for _ in range(5):
        selling.sold(world, world.weighed(world.at_market(world.animal()), scale))

    page = login_as(Role.FARMER).get("/").text
    answer = program_of(Role.FARMER).get("/api/prices/")

    told = page.partition("<h2>行情")[2].partition("</section>")[0]
    assert "小海牲畜交易市场" in told
    assert "2026年11月22日" in told
    assert "26.80 元/公斤 (13.40 元/斤)" in told
    assert "5 头" in told
    assert answer.json is not None
    assert answer.json["rows"][0]["classes"] == [
        {"label": "400–500 公斤", "n": 5, "band": {"low": 2680, "median": 2680, "high": 2680}}
    ]


def test_four_sales_of_a_class_show_no_price(login_as: LoginAs, world: World) -> None:
    scale = world.scale()
    for _ in range(4):
        selling.sold(world, world.weighed(world.at_market(world.animal()), scale))

    page = login_as(Role.BUYER).get("/prices/").text

    assert "只成交 4 头，不足 5 头不显示价格" in page
    assert "26.80" not in page
