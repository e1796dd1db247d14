"""Journeys as JSON: departure, arrival, late entries."""

from datetime import timedelta

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import World


def test_an_animal_leaves_and_arrives(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    farmer, operator = program_of(Role.FARMER), program_of(Role.MARKET_OPERATOR)

    gone = farmer.post(
        "/api/movements/departures", {"animal": animal.ref, "destination": world.market.ref}
    )
    there = operator.post("/api/movements/arrivals", {"animal": animal.ref})
    shown = farmer.get(f"/api/movements/{gone.get_json()['ref']}").get_json()

    assert gone.status_code == 201
    assert gone.get_json()["arrived_at"] is None
    assert there.get_json() == shown
    assert shown["arrived_at"].endswith("Z")
    assert farmer.get(f"/api/animals/{animal.ref}/movements").get_json() == [shown]


def test_without_papers_nothing_leaves_and_every_reason_is_told(
    program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()

    answer = program_of(Role.FARMER).post(
        "/api/movements/departures", {"animal": animal.ref, "destination": world.market.ref}
    )

    assert answer.status_code == 422
    assert "第五十一条" in str(answer.get_json()["outcomes"])


def test_what_did_not_leave_cannot_arrive_nor_go_where_it_is(
    program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()
    farmer = program_of(Role.FARMER)
    home = {"animal": animal.ref, "destination": world.home.ref}

    arrived = farmer.post("/api/movements/arrivals", {"animal": animal.ref})
    nowhere = farmer.post("/api/movements/departures", home)

    assert code(arrived) == (409, "movement.not_on_the_road")
    assert code(nowhere) == (422, "movement.same_holding")


def test_a_late_entry_needs_its_reason(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    then = world.at
    world.later(hours=2)
    told = {"animal": animal.ref, "destination": world.market.ref, "at": then.isoformat()}
    farmer = program_of(Role.FARMER)

    silent = farmer.post("/api/movements/departures", told)
    late = farmer.post("/api/movements/departures", {**told, "late_reason": "山里没有信号"})

    assert code(silent) == (422, "chain.late_without_reason")
    assert late.status_code == 201
    assert late.get_json()["departed_at"] == "2026-11-21T22:12:03Z"


def test_nothing_happens_in_the_future_nor_before_it_left(
    program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()
    world.certified(animal)
    farmer, path = program_of(Role.FARMER), "/api/movements/departures"
    told = {"animal": animal.ref, "destination": world.market.ref}
    tomorrow = (world.at + timedelta(days=1)).isoformat()
    farmer_at = {"animal": animal.ref, "at": (world.at - timedelta(minutes=9)).isoformat()}

    early = farmer.post(path, {**told, "at": tomorrow})
    naive = farmer.post(path, {**told, "at": "2026-11-22T06:12:03"})
    endless = farmer.post(path, {**told, "at": "9999-12-31T23:59:59-12:00"})
    gone = farmer.post(path, told)
    before = farmer.post("/api/movements/arrivals", farmer_at)

    assert early.status_code == endless.status_code == 422
    assert "时间须注明时区" in str(naive.get_json()["errors"])
    assert gone.status_code == 201
    assert code(before) == (422, "movement.before_departure")


def test_a_journey_of_others_looks_like_none(program_of: ProgramOf, world: World) -> None:
    animal = world.at_market(world.animal())
    path = program_of(Role.FARMER).get(f"/api/animals/{animal.ref}/movements").get_json()[0]["ref"]
    stranger = program_of(Role.FARMER, party=world.party("李四"))

    foreign = stranger.get(f"/api/movements/{path}")
    missing = stranger.get("/api/movements/movement:" + "0" * 32)

    assert code(foreign) == code(missing) == (404, "movement.not_found")
