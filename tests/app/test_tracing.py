"""The regulator's search: from a tag, a paper or a place to everything it met."""

import csv
import io

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from tests.logins import LoginAs
from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.chain import log
from traceability.holdings import Holding, HoldingKind


def sent(world: World, animal: Animal, to: Holding, *, arrived: bool = True) -> Animal:
    world.certified(animal, to=to)
    movements.depart(world.session, animal, to=to, at=world.at, by=world.farmer)
    if arrived:
        movements.arrive(world.session, animal, at=world.at, by=world.operator)
    log.integrate_all(world.session)
    return animal


def test_a_chain_is_traced_from_a_tag_with_the_animals_met(login_as: LoginAs, world: World) -> None:
    neighbour = world.animal()
    sick = sent(world, world.animal(), world.market)

    page = login_as(Role.REGULATOR).get(f"/tracing/?q={sick.ear_tag}")

    assert page.status_code == 200
    assert "小海牲畜交易市场" in page.text
    assert "王大明家" in page.text
    assert "同场同车的牛" in page.text
    assert neighbour.ear_tag[-8:] in page.text
    assert "口蹄疫 14 天" in page.text
    assert "days=28" in page.text


def test_a_program_gets_both_chains_of_a_place(login_as: LoginAs, world: World) -> None:
    sent(world, world.animal(), world.market)
    client = login_as(Role.REGULATOR)

    home = client.get("/api/tracing/?q=王大明家&days=0").get_json()
    market = client.get(f"/api/tracing/?q={world.market.ref}").get_json()
    before = client.get("/api/tracing/?q=王大明家&end=2020-01-01").get_json()

    assert (home["outgoing"]["degree"], home["outgoing"]["size"]) == (1, 1)
    assert home["ingoing"]["size"] == 0
    [contact] = home["outgoing"]["contacts"]
    assert contact["name"] == "小海牲畜交易市场"
    assert (contact["steps"], contact["first_on"]) == (1, world.today.isoformat())
    assert contact["way"] == ["王大明家", f"{world.today:%m-%d} 小海牲畜交易市场"]
    assert contact["head_now"] == 1
    assert [each["name"] for each in market["ingoing"]["contacts"]] == ["王大明家"]
    assert before["outgoing"]["size"] == 0
    counted = client.get("/api/tracing/?q=王大明家&limit=0").get_json()["outgoing"]
    assert (counted["size"], counted["contacts"]) == (1, [])


def test_a_chain_from_a_tag_counts_from_the_day_the_animal_came(
    login_as: LoginAs, world: World
) -> None:
    """What the place sent out before the animal came is no contact; what went after is."""
    elsewhere = world.holding(HoldingKind.FARM, "远处养殖场")
    onward = world.holding(HoldingKind.FARM, "后来去的养殖场")
    sick = world.animal(holding=elsewhere)
    early, late = world.animal(), world.animal()
    sent(world, early, world.market)
    world.later(days=1)
    sent(world, sick, world.home)
    world.later(days=1)
    sent(world, late, onward)

    told = login_as(Role.REGULATOR).get(f"/api/tracing/?q={sick.ear_tag}").get_json()

    found = {each["name"]: each["steps"] for each in told["outgoing"]["contacts"]}
    assert found == {"远处养殖场": 0, "王大明家": 0, "后来去的养殖场": 1}
    assert told["outgoing"]["degree"] == 1


def test_a_journey_nobody_reported_as_arrived_is_named(login_as: LoginAs, world: World) -> None:
    lost = sent(world, world.animal(), world.market, arrived=False)
    client = login_as(Role.REGULATOR)

    page = client.get("/tracing/?q=小海牲畜交易市场")
    told = client.get(f"/api/tracing/?q={lost.ear_tag}").get_json()

    assert "没有报到达的调运" in page.text
    assert told["unarrived"] == [movements.of_animal(world.session, lost)[0].ref]


def test_the_contacts_go_into_a_spreadsheet(login_as: LoginAs, world: World) -> None:
    sent(world, world.animal(), world.market)

    answer = login_as(Role.REGULATOR).get("/tracing/contacts.csv?q=王大明家")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[1][:2] == ["向后追去向", "小海牲畜交易市场"]


def test_an_unknown_start_and_a_name_borne_twice_are_refused(
    login_as: LoginAs, world: World
) -> None:
    for _ in range(2):
        world.holding(HoldingKind.FARM, "同名养殖场")
    client = login_as(Role.REGULATOR)

    unknown = client.get("/tracing/?q=没有的地方")
    twice = client.get("/api/tracing/?q=同名养殖场")
    negative = client.get("/tracing/?q=王大明家&days=-1")

    assert unknown.status_code == 404
    assert "没有找到" in unknown.text
    assert client.get("/api/tracing/?q=x").get_json()["code"] == "tracing.unknown_start"
    assert twice.get_json()["code"] == "tracing.many_starts"
    assert negative.status_code == 422


def test_a_place_outside_the_area_is_told_by_its_township_alone(
    login_as: LoginAs, world: World
) -> None:
    foreign = world.holding(HoldingKind.FARM, "赫章养殖场", region="520527")
    sent(world, world.animal(), foreign)
    client = login_as(Role.REGULATOR, grants=(Grant(ScopeKind.REGION, "520526"),))

    told = client.get("/api/tracing/?q=王大明家").get_json()
    asked = client.get("/api/tracing/?q=赫章养殖场")

    [contact] = told["outgoing"]["contacts"]
    assert (contact["name"], contact["ref"]) == ("辖区外场所", None)
    assert asked.status_code == 404
    assert "赫章养殖场" not in str(told)
