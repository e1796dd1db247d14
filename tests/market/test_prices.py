"""行情: what was really paid on a market's newest day, and nothing where too few were sold."""

from datetime import timedelta

from market import prices
from market.sales import agreeing
from market.sales.records import Sale
from tests import selling
from tests.world import World
from traceability.base.clock import legal_day

COUNTY = "520526"


def sell(world: World, weight_g: int) -> Sale:
    scale = world.scale(f"s-{weight_g}-{world.animal().id}")
    weight = world.weighed(world.at_market(world.animal()), scale, weight_g)
    return selling.sold(world, weight)


def test_a_class_is_shown_from_five_animals_on(world: World) -> None:
    for _ in range(5):
        sell(world, 425_500)
    for _ in range(4):
        sell(world, 310_000)

    (day,) = prices.newest_days(world.session, county=COUNTY, at=world.at)

    assert (day.market, day.on, day.n) == (world.market, world.today, 9)
    assert [(each.label, each.n, each.band and each.band.median) for each in day.classes] == [
        ("300–400 公斤", 4, None),
        ("400–500 公斤", 5, 26_80),
    ]


def test_what_was_cancelled_was_not_paid(world: World) -> None:
    weight = world.weighed(world.at_market(world.animal()), world.scale())
    sale = selling.sold(world, weight)
    agreeing.cancel(world.session, sale, reason="反悔", at=world.at, by=world.operator)

    assert prices.newest_days(world.session, county=COUNTY, at=world.at) == []


def test_without_a_market_today_the_newest_day_is_told_with_its_date(world: World) -> None:
    sell(world, 425_500)
    sold_on = world.today

    at = world.at + timedelta(days=3)

    (day,) = prices.newest_days(world.session, county=COUNTY, at=at)
    assert day.on == sold_on != legal_day(at)
    assert prices.newest_days(world.session, county=COUNTY, at=world.at + timedelta(days=31)) == []
    assert prices.newest_days(world.session, county="522300", at=world.at) == []
