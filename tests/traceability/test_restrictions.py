"""An order reaches what it names: nothing there is sold, certified or moved until it ends."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import true

from market.sales import closing
from tests import selling
from tests.world import World
from traceability import holdings, movements, restrictions, verdict
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.holdings import Holding, HoldingKind
from traceability.restrictions import Reach, Restriction, RestrictionKind, distance_m
from traceability.verdict import Level

ON_BOTH = True
TOWNSHIP, ANOTHER = "520526104", "520526105"
XIAOHAI = (26_980_000, 104_280_000)


def ordered(world: World, *places: str, **changes: object) -> Restriction:
    told: dict[str, object] = {
        "kind": RestrictionKind.OUTBREAK,
        "name": "小海镇封锁区",
        "disease": "口蹄疫",
        "order_no": "威府封〔2026〕1 号",
        "reach": Reach.REGIONS,
        "places": places or (TOWNSHIP,),
        **changes,
    }
    drafted = restrictions.draft(world.session, **told, at=world.at, by=world.office)  # type: ignore[arg-type]  # told by name
    return restrictions.order(world.session, drafted, at=world.at)


def located(world: World, place: Holding, *, north_m: int = 0) -> Holding:
    """A place so many metres north of Xiaohai."""
    holdings.locate(
        world.session,
        place,
        latitude_udeg=XIAOHAI[0] + round(north_m * 8.9932),
        longitude_udeg=XIAOHAI[1],
        at=world.at,
        by=world.office,
    )
    return place


def may_be_sold(world: World, animal: object) -> Level:
    found = verdict.of_sale(
        world.session,
        animal,  # type: ignore[arg-type]  # an animal
        market=world.market,
        purpose="keeping",
        scale=None,
        at=world.at,
    )
    return found.level


def test_an_animal_in_a_closed_township_is_not_certified_and_the_refusal_names_the_order(
    world: World,
) -> None:
    animal = world.animal()
    world.vaccinate(animal)
    ordered(world)

    with pytest.raises(RuleViolation) as refusal:
        world.certified(animal)

    (outcome,) = [each for each in refusal.value.outcomes if each.code == "restriction.none"]
    assert "小海镇封锁区，威府封〔2026〕1 号" in outcome.sentence
    assert "动物防疫法" in (outcome.citation or "")


def test_nothing_leaves_for_a_closed_place(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    ordered(world, world.market.ref, reach=Reach.HOLDINGS)

    with pytest.raises(RuleViolation, match="受管控影响"):
        movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)


def test_another_township_is_not_touched(world: World) -> None:
    animal = world.at_market(world.animal())
    ordered(world, ANOTHER)

    assert may_be_sold(world, animal) is not Level.RED


def test_an_order_holds_from_its_begin_to_its_end_and_a_lifted_one_no_more(world: World) -> None:
    animal = world.at_market(world.animal())
    order = ordered(
        world, begins_at=world.at + timedelta(hours=1), ends_at=world.at + timedelta(hours=3)
    )
    levels = [may_be_sold(world, animal)]
    world.later(hours=1)
    levels.append(may_be_sold(world, animal))
    restrictions.lift(world.session, order, reason="解封令 1 号", at=world.at, by=world.office)
    levels.append(may_be_sold(world, animal))

    assert [level is Level.RED for level in levels] == [False, True, False]
    with pytest.raises(Conflict) as twice:
        restrictions.lift(world.session, order, reason="再解", at=world.at, by=world.office)
    assert twice.value.code == "restriction.ended"


def test_a_pending_sale_is_frozen_where_it_stands_and_goes_on_afterwards(world: World) -> None:
    sale = selling.sold(world, world.weighed(world.at_market(world.animal()), world.scale()))
    closing.receive_cash(world.session, sale, at=world.at, by=world.operator)
    order = ordered(world)

    with pytest.raises(RuleViolation, match="受管控影响"):
        closing.hand_over(world.session, sale, at=world.at, by=world.operator)
    restrictions.lift(world.session, order, reason="解封令 1 号", at=world.at, by=world.office)
    closing.hand_over(world.session, sale, at=world.at, by=world.operator)

    assert sale.animal.owner is sale.buyer


def test_money_is_not_taken_for_a_frozen_sale(world: World) -> None:
    sale = selling.sold(world, world.weighed(world.at_market(world.animal()), world.scale()))
    ordered(world)

    with pytest.raises(RuleViolation, match="受管控影响"):
        closing.receive_cash(world.session, sale, at=world.at, by=world.operator)


def test_a_circle_reaches_recorded_positions_only(world: World) -> None:
    centre = located(world, world.home)
    near = located(world, world.holding(HoldingKind.FARM, "近处养殖场"), north_m=2_900)
    far = located(world, world.holding(HoldingKind.FARM, "远处养殖场"), north_m=3_100)
    unknown = world.holding(HoldingKind.FARM, "没有位置的养殖场")

    order = ordered(world, centre.ref, reach=Reach.RADIUS, radius_m=3_000)

    assert [order.reaches(place) for place in (centre, near, far, unknown)] == [
        True,
        True,
        False,
        False,
    ]


def test_what_an_order_lacks_is_refused(world: World) -> None:
    refused = []
    for changes in (
        {"name": " "},
        {"places": ()},
        {"ends_at": world.at},
        {"begins_at": world.at - timedelta(days=31)},
        {"reach": Reach.RADIUS, "places": [world.home.ref]},
        {"reach": Reach.RADIUS, "places": [world.home.ref], "radius_m": 50_001},
        {"reach": Reach.RADIUS, "places": [world.home.ref], "radius_m": 3_000},
        {"reach": Reach.HOLDINGS, "places": [f"holding:{'0' * 32}"]},
        {"places": ["520526999"]},
    ):
        with pytest.raises((RuleViolation, NotFound)) as refusal:
            ordered(world, **{"places": [TOWNSHIP], **changes})
        refused.append(refusal.value.code)

    assert refused == [
        "restriction.no_name",
        "restriction.no_places",
        "restriction.bad_period",
        "restriction.bad_period",
        "restriction.bad_radius",
        "restriction.bad_radius",
        "restriction.no_position",
        "holding.not_found",
        "region.unknown",
    ]
    assert not restrictions.listed(world.session)


def test_an_order_is_not_lifted_without_a_ground(world: World) -> None:
    order = ordered(world)

    with pytest.raises(RuleViolation) as refusal:
        restrictions.lift(world.session, order, reason=" ", at=world.at, by=world.office)

    assert refusal.value.code == "restriction.lift_without_reason"
    assert order.in_force(world.at)


def test_a_position_outside_the_country_is_refused(world: World) -> None:
    with pytest.raises(RuleViolation) as refusal:  # the two numbers in the wrong order
        holdings.locate(
            world.session,
            world.home,
            latitude_udeg=104_280_000,
            longitude_udeg=26_980_000,
            at=world.at,
            by=world.office,
        )

    assert refusal.value.code == "holding.bad_position"
    assert restrictions.get(world.session, ordered(world).ref).lift_reason is None
    with pytest.raises(NotFound) as missing:
        restrictions.get(world.session, f"restriction:{'0' * 32}")
    assert missing.value.code == "restriction.not_found"


POSITIONS = st.tuples(st.integers(3_000_000, 54_000_000), st.integers(73_000_000, 136_000_000))


@given(one=POSITIONS, other=POSITIONS)
def test_a_distance_is_the_same_both_ways_and_nought_only_at_home(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    assert distance_m(one, other) == distance_m(other, one)
    assert distance_m(one, one) == 0
    assert 0 <= distance_m(one, other) < 8_000_000


@pytest.mark.parametrize("text", ["", "北纬 26 度", "26,98", "26.1234567", "1e2", "2698000000"])
def test_what_is_no_coordinate_is_refused(text: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        holdings.parse_degrees(text)

    assert refusal.value.code == "holding.bad_degrees"


def test_places_are_written_by_name_or_farm_code(world: World) -> None:
    for _ in range(2):
        world.holding(HoldingKind.FARM, "同名养殖场")
    named = {}
    for text in ("没有的养殖场", "同名养殖场"):
        with pytest.raises(RuleViolation) as refusal:
            restrictions.places_named(world.session, text, within=true())
        named[text] = refusal.value.code

    found = restrictions.places_named(world.session, " 王大明家\n\n王大明家\n", within=true())

    assert found == [world.home.ref]
    assert named == {
        "没有的养殖场": "restriction.unknown_place",
        "同名养殖场": "restriction.many_places",
    }
