"""The page of journeys: who sees which, and arrival at one's own place, late ones too."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app import filters
from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.holdings import Holding, HoldingKind
from traceability.movements import Movement


@pytest.fixture
def farm(world: World) -> Holding:
    """A farm of the buyer's."""
    return world.holding(HoldingKind.FARM, "李记育肥场", keeper=world.buyer)


@pytest.fixture
def buyer(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.BUYER)


def sent(world: World, animal: Animal, to: Holding) -> Movement:
    world.certified(animal, to=to)
    return movements.depart(world.session, animal, to=to, at=world.at, by=animal.owner)


def serial(animal: Animal) -> str:
    return filters.tag_parts(animal.ear_tag)[2]


def test_what_is_on_the_road_stands_apart_from_what_came_today(
    login_as: LoginAs, world: World
) -> None:
    going = sent(world, world.animal(), world.market).animal
    come = world.at_market(world.animal())
    operator = login_as(Role.MARKET_OPERATOR)

    road = operator.get("/movements/?stretch=road").text
    today = operator.get("/movements/?stretch=today").text

    assert serial(going) in road
    assert serial(come) not in road
    assert serial(come) in today
    assert serial(going) not in today


def test_a_journey_is_found_by_part_of_its_tag(login_as: LoginAs, world: World) -> None:
    wanted = sent(world, world.animal(ear_tag="252052600077701"), world.market).animal
    other = sent(world, world.animal(ear_tag="252052600088802"), world.market).animal

    page = login_as(Role.FARMER).get("/movements/?q=77701").text

    assert serial(wanted) in page
    assert serial(other) not in page


def test_nobody_sees_the_journeys_of_strangers(
    buyer: FlaskClient, world: World, farm: Holding
) -> None:
    mine = sent(world, world.animal(), farm)
    theirs = sent(world, world.animal(), world.market)

    page = buyer.get("/movements/").text

    assert mine.ref in page
    assert theirs.ref not in page
    assert buyer.get(f"/movements/{theirs.ref}").status_code == 404


def test_who_keeps_the_place_registers_the_arrival(
    buyer: FlaskClient, world: World, farm: Holding
) -> None:
    journey = sent(world, world.animal(), farm)

    assert 'form="arrive"' in buyer.get(f"/movements/{journey.ref}").text
    answer = buyer.post(f"/movements/{journey.ref}/arrive", follow_redirects=True)

    assert "已到达" in answer.text
    assert journey.arrived_at == world.at.replace(microsecond=0)
    assert journey.animal.holding is not None
    assert journey.animal.holding.ref == farm.ref


def test_the_seller_does_not_register_the_arrival_elsewhere(
    login_as: LoginAs, world: World, farm: Holding
) -> None:
    journey = sent(world, world.animal(), farm)
    farmer = login_as(Role.FARMER)

    assert 'form="arrive"' not in farmer.get(f"/movements/{journey.ref}").text
    answer = farmer.post(f"/movements/{journey.ref}/arrive", headers={"Accept": "application/json"})
    assert answer.get_json()["code"] == "movement.not_your_place"


def test_a_late_arrival_says_why(buyer: FlaskClient, world: World, farm: Holding) -> None:
    journey = sent(world, world.animal(), farm)
    came = world.at + timedelta(minutes=20)
    world.later(hours=3)
    typed = {"came_at": filters.iso(came + timedelta(hours=8))[:16]}

    silent = buyer.post(f"/movements/{journey.ref}/arrive", data=typed)
    told = buyer.post(f"/movements/{journey.ref}/arrive", data={**typed, "late_reason": "没有信号"})

    assert silent.status_code == 422
    assert "补录" in silent.text
    assert told.status_code == 303
    assert journey.arrived_at == came.replace(second=0, microsecond=0)


def test_a_second_arrival_is_refused_in_words(
    buyer: FlaskClient, world: World, farm: Holding
) -> None:
    journey = sent(world, world.animal(), farm)
    buyer.post(f"/movements/{journey.ref}/arrive")

    again = buyer.post(f"/movements/{journey.ref}/arrive")

    assert again.status_code == 409
    assert "没有未到达的调运记录" in again.text


def test_a_late_departure_is_entered_on_the_certificate(login_as: LoginAs, world: World) -> None:
    farmer, animal = login_as(Role.FARMER), world.animal()
    paper = world.certified(animal)
    left = world.at + timedelta(minutes=10)
    world.later(hours=2)
    typed = {"left_at": filters.iso(left + timedelta(hours=8))[:16]}

    silent = farmer.post(f"/certificates/{paper.ref}/depart", data=typed)
    told = farmer.post(
        f"/certificates/{paper.ref}/depart", data={**typed, "late_reason": "山上没有信号"}
    )

    assert silent.status_code == 422
    assert "补录" in silent.text
    assert "作废的原因" not in silent.text
    assert told.status_code == 303
    journey = movements.on_the_road(world.session, animal)
    assert journey is not None
    assert journey.departed_at == left.replace(second=0, microsecond=0)


def test_a_departure_that_is_forbidden_says_every_reason_on_the_certificate(
    login_as: LoginAs, world: World
) -> None:
    farmer = login_as(Role.FARMER)
    paper = world.certified(world.animal())
    world.later(days=2)

    answer = farmer.post(f"/certificates/{paper.ref}/depart")

    assert answer.status_code == 422
    assert "检疫证明" in answer.text.partition('class="note stop')[2]
