"""Certificate, departure, gate, scale and sale compared: per certificate and per market day."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app import database, filters
from app.auth.roles import Role
from app.factory import Platform
from market.sales import agreeing
from tests import selling
from tests.app.programs import ProgramOf
from tests.logins import LoginAs
from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.holdings import HoldingKind
from traceability.quarantine.certificates import Certificate


@pytest.fixture
def manager(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.MARKET_MANAGER)


@pytest.fixture
def asked(program_of: ProgramOf) -> Any:
    """What the API says of an address, to a market's manager."""
    program = program_of(Role.MARKET_MANAGER)

    def ask(address: str, **query: str) -> Any:
        answer = program.get(address, **query)
        assert answer.status_code == 200, answer.text
        return answer.json

    return ask


def serial(animal: Animal) -> str:
    return filters.tag_parts(animal.ear_tag)[2]


def sent(world: World, animal: Animal, *, plate: str | None = None) -> None:
    movements.depart(
        world.session, animal, to=world.market, plate=plate, at=world.at, by=animal.owner
    )


def come(world: World, animal: Animal) -> None:
    movements.arrive(world.session, animal, at=world.at, by=world.operator)


def oddities(told: dict[str, Any]) -> dict[str, str]:
    return {each["ear_tag"]: each["oddity"] for each in told["odd"]}


def heads(told: dict[str, Any]) -> dict[str, int]:
    return {each["count"]: each["head"] for each in told["counts"]}


def three(world: World) -> tuple[Certificate, list[Animal]]:
    herd = [world.animal() for _ in range(3)]
    return world.certified(*herd), herd


def test_a_certificate_all_of_whose_animals_were_sold_agrees(
    manager: FlaskClient, asked: Any, world: World
) -> None:
    paper, herd = three(world)
    scale = world.scale()
    for animal in herd:
        sent(world, animal)
        come(world, animal)
        selling.sold(world, world.weighed(animal, scale))

    told = asked(f"/api/certificates/{paper.ref}/counts")
    page = manager.get(f"/certificates/{paper.ref}/counts").text

    assert told["agrees"]
    assert told["stated"] == 3
    assert heads(told) == {"certificate": 3, "departed": 3, "gate": 3, "scale": 3, "sale": 3}
    assert told["odd"] == told["differences"] == []
    assert "各环节的耳标一头不差" in page


def test_who_left_and_did_not_arrive_with_the_others_is_named(
    manager: FlaskClient, asked: Any, world: World
) -> None:
    paper, (first, second, lost) = three(world)
    for animal in (first, second, lost):
        sent(world, animal)
    come(world, first)
    come(world, second)

    told = asked(f"/api/certificates/{paper.ref}/counts")
    page = manager.get(f"/certificates/{paper.ref}/counts").text

    assert not told["agrees"]
    assert oddities(told)[lost.ear_tag] == "absent"
    assert {oddities(told)[each.ear_tag] for each in (first, second)} == {"waiting"}
    assert "有 1 头对不上" in page
    assert serial(lost) in page


def test_an_animal_that_shared_the_vehicle_is_named(asked: Any, world: World) -> None:
    mine, stranger = world.animal(), world.animal()
    paper = world.certified(mine, plate="贵F12345")
    world.certified(stranger)
    sent(world, mine, plate="贵F12345")
    on_the_way = world.later(hours=1)
    world.later(hours=1)
    come(world, mine)
    world.later(hours=1)
    world.record_at(world.at, late_reason="山路没有信号", confirmed_by=world.vet.ref)
    movements.depart(
        world.session,
        stranger,
        to=world.market,
        plate="贵F12345",
        at=on_the_way,
        by=world.farmer,
    )

    told = asked(f"/api/certificates/{paper.ref}/counts")

    assert not told["agrees"]
    assert oddities(told)[stranger.ear_tag] == "uncovered"


def test_a_second_run_of_the_same_vehicle_is_another_journey(asked: Any, world: World) -> None:
    mine, next_run = world.animal(), world.animal()
    paper = world.certified(mine, plate="贵F12345")
    sent(world, mine, plate="贵F12345")
    world.later(hours=1)
    come(world, mine)
    world.later(hours=1)
    world.certified(next_run, plate="贵F12345")
    sent(world, next_run, plate="贵F12345")

    told = asked(f"/api/certificates/{paper.ref}/counts")

    assert heads(told)["departed"] == 1
    assert next_run.ear_tag not in oddities(told)


def test_what_is_weighed_or_sold_on_a_later_journey_does_not_count(
    asked: Any, world: World
) -> None:
    farm = world.holding(HoldingKind.FARM, "王大明育肥场", keeper=world.farmer)
    animal, scale = world.animal(), world.scale()
    paper = world.certified(animal)
    sent(world, animal)
    come(world, animal)
    world.later(hours=2)
    world.certified(animal, to=farm)
    movements.depart(world.session, animal, to=farm, at=world.at, by=world.farmer)
    come(world, animal)
    world.later(hours=2)
    world.certified(animal)
    sent(world, animal)
    come(world, animal)
    world.weighed(animal, scale)

    assert heads(asked(f"/api/certificates/{paper.ref}/counts"))["scale"] == 0


def test_a_cancelled_sale_does_not_count(asked: Any, world: World) -> None:
    paper = world.certified(animal := world.animal())
    sent(world, animal)
    come(world, animal)
    sale = selling.sold(world, world.weighed(animal, world.scale()))
    agreeing.cancel(world.session, sale, reason="买主反悔", at=world.at, by=world.operator)

    told = asked(f"/api/certificates/{paper.ref}/counts")

    assert heads(told)["sale"] == 0
    assert told["agrees"]


def test_a_market_day_names_who_was_due_and_never_came(
    manager: FlaskClient, asked: Any, world: World
) -> None:
    scale = world.scale()
    selling.sold(world, world.weighed(world.at_market(world.animal()), scale))
    due = world.animal()
    world.certified(due)

    told = asked("/api/counts/", market=world.market.ref)
    page = manager.get("/counts/").text

    assert told["day"] == "2026-11-22"
    assert heads(told) == {"certificate": 2, "gate": 1, "scale": 1, "sale": 1}
    assert oddities(told) == {due.ear_tag: "absent"}
    assert serial(due) in page


def test_who_came_the_day_before_and_is_sold_today_is_not_odd(asked: Any, world: World) -> None:
    animal = world.at_market(world.animal())
    world.later(days=1)
    selling.sold(world, world.weighed(animal, world.scale()))

    told = asked("/api/counts/", market=world.market.ref)

    assert heads(told) == {"certificate": 1, "gate": 1, "scale": 1, "sale": 1}
    assert told["agrees"]


def test_the_day_is_beijings(asked: Any, world: World) -> None:
    world.at_market(world.animal())  # 06:12 on the 22nd in China, still the 21st in UTC

    before = asked("/api/counts/", market=world.market.ref, day="2026-11-21")
    that_day = asked("/api/counts/", market=world.market.ref, day="2026-11-22")

    assert heads(before)["gate"] == 0
    assert heads(that_day)["gate"] == 1


def test_a_bad_day_is_said_in_words(manager: FlaskClient) -> None:
    assert "日期应写成" in manager.get("/counts/?day=22.11.").text
    assert "这一天没有入场" in manager.get("/counts/?day=2026-01-01").text


def test_a_market_of_others_is_as_if_it_did_not_exist(
    manager: FlaskClient, program_of: ProgramOf, world: World
) -> None:
    other = world.holding(HoldingKind.MARKET, "别处的市场", keeper=world.buyer)
    program = program_of(Role.MARKET_MANAGER)

    assert manager.get(f"/counts/?market={other.ref}").status_code == 404
    answer = program.get("/api/counts/", market=other.ref)
    assert (answer.status_code, answer.json and answer.json["code"]) == (404, "holding.not_found")


def test_a_place_that_is_no_market_has_no_market_day(login_as: LoginAs, world: World) -> None:
    inspector = login_as(Role.REGULATOR)

    assert inspector.get(f"/counts/?market={world.home.ref}").status_code == 404


def test_sixty_animals_take_no_more_queries_than_two(
    app: Platform, asked: Any, world: World
) -> None:
    few = world.certified(*[world.animal() for _ in range(2)])
    many = world.certified(*[world.animal() for _ in range(60)])
    world.session.commit()

    assert queries(app, asked, few) == queries(app, asked, many)


def queries(app: Platform, asked: Any, paper: Certificate) -> int:
    """How many statements the answer took."""
    with app.app_context():
        engine = database.engine()
    seen: list[str] = []

    def note(*told: Any) -> None:
        seen.append(told[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        asked(f"/api/certificates/{paper.ref}/counts")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_what_the_readers_heard_is_compared_with_what_was_registered(
    manager: FlaskClient, asked: Any, world: World
) -> None:
    selling.install(world)
    here, typed, loose = (world.tagged(world.animal()) for _ in range(3))
    scale = world.scale("xh-scale-02")
    for animal in (here, typed):
        world.at_market(animal)
        world.weighed(animal, scale)
    for animal in (here, loose):
        selling.hear_tag(world, animal.eid or "")
        selling.hear_tag(world, animal.eid or "")
    selling.hear_tag(world, "156000000777777")
    world.session.commit()

    told = asked("/api/counts/", market=world.market.ref)["reads"]
    page = manager.get(f"/counts/?market={world.market.ref}").text

    assert told["heard"] == 3
    assert [each["ear_tag"] for each in told["not_here"]] == [loose.ear_tag]
    assert [each["ear_tag"] for each in told["unread"]] == [typed.ear_tag]
    assert told["unworn"] == ["156000000777777"]
    assert "读到了、没有登记到达 1 头" in page
    assert "过磅了、没有读到电子耳标 1 头" in page


def test_the_official_vet_counts_a_market_day_where_no_reader_stands(
    login_as: LoginAs, world: World
) -> None:
    world.at_market(world.animal())
    world.session.commit()

    page = login_as(Role.OFFICIAL_VET).get("/counts/")

    assert page.status_code == 200
    assert "阅读器读到的耳标" not in page.text
