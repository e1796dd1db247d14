"""What the markets of a county turned over, day by day."""

from datetime import timedelta

from market import turnover
from market.sales import agreeing
from tests.market.test_prices import COUNTY, sell
from tests.world import World


def test_a_day_shows_its_head_and_from_five_sales_on_its_money(world: World) -> None:
    for _ in range(4):
        sell(world, 400_000)
    world.later(days=1)
    for _ in range(5):
        sell(world, 400_000)

    days = turnover.daily(world.session, county=COUNTY, until=world.today, days=3)

    assert [(day.on, day.head) for day in days] == [
        (world.today - timedelta(days=2), 0),
        (world.today - timedelta(days=1), 4),
        (world.today, 5),
    ]
    assert [day.amount_fen for day in days] == [None, None, 5 * 400 * 26_80]


def test_another_county_and_a_cancelled_sale_count_nothing(world: World) -> None:
    sale = sell(world, 400_000)
    agreeing.cancel(world.session, sale, reason="反悔", at=world.at, by=world.operator)
    sell(world, 400_000)

    (here,) = turnover.daily(world.session, county=COUNTY, until=world.today, days=1)
    (there,) = turnover.daily(world.session, county="520502", until=world.today, days=1)
    assert (here.head, there.head) == (1, 0)
