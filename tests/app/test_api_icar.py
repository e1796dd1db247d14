"""ICAR ADE over HTTP: a herd told in the words of herd software, each place by itself."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from app.auth.roles import Role
from tests.app.programs import Program, ProgramOf, code
from tests.world import World
from traceability import animals, treatments, weighings
from traceability.animals import Animal
from traceability.chain import log
from traceability.holdings import Holding
from traceability.icar import validation
from traceability.icar.vocabulary import RESOURCES, Collection


def address(place: Holding, collection: str, start: str = "/api/icar/locations") -> str:
    return f"{start}/urn:weining:holding/{place.ref}/{collection}"


def listed(program: Program, place: Holding, collection: str, **query: Any) -> list[dict[str, Any]]:
    log.integrate(program.login_as.world.session)
    answer = program.get(address(place, collection), **query)
    assert answer.status_code == 200, answer.text
    members: list[dict[str, Any]] = answer.get_json()["member"]
    for each in members:
        assert validation.faults(each, RESOURCES[Collection(collection)]) == []
    return members


def treated(world: World) -> Animal:
    animal = world.animal()
    treatments.treat(
        world.session,
        animal,
        drug="土霉素片",
        dose="10 毫升",
        batch_no="B7",
        given_on=world.today,
        at=world.at,
        by=world.village_vet,
    )
    return animal


def test_a_farm_tells_its_births_and_treatments(program_of: ProgramOf, world: World) -> None:
    animal, farmer = treated(world), program_of(Role.FARMER)

    (birth,) = listed(farmer, world.home, "births")
    shot, course = listed(farmer, world.home, "treatments")

    detail = birth["animalDetail"]
    assert birth["animal"] == {"id": animal.ear_tag, "scheme": "urn:weining:ear-tag"}
    assert (detail["gender"], detail["primaryBreed"]["id"]) == ("Male", animal.breed.value)
    assert shot["traitLabel"] == {"id": "fmd", "scheme": "urn:weining:disease"}
    assert course["medicine"]["name"] == "土霉素片"
    assert course["dose"] == {"doseQuantity": 10.0, "doseUnits": "MLT"}
    assert course["batches"] == [{"identifier": "B7"}]
    assert course["meta"]["source"] == "urn:weining:event"


def test_a_journey_is_a_departure_here_and_an_arrival_there(
    program_of: ProgramOf, world: World
) -> None:
    world.at_market(world.animal())
    regulator = program_of(Role.REGULATOR)

    (left,) = listed(regulator, world.home, "departures")
    (came,) = listed(regulator, world.market, "arrivals")

    assert left["consignment"] == came["consignment"]
    assert left["consignment"]["destinationLocation"] == came["location"]
    assert listed(regulator, world.home, "arrivals") == []
    assert listed(regulator, world.market, "departures") == []


def test_a_weight_is_told_in_kilograms_where_it_was_taken(
    program_of: ProgramOf, world: World
) -> None:
    world.weighed(world.at_market(world.animal()), world.scale(), 425_500)
    manager, farmer = program_of(Role.MARKET_MANAGER), program_of(Role.FARMER)

    (weight,) = listed(manager, world.market, "weights")

    assert weight["weight"] == {"measurement": 425.5, "units": "KGM", "method": "LoadCell"}
    assert listed(farmer, world.home, "weights") == []


def test_an_annulled_weight_is_told_as_deleted(program_of: ProgramOf, world: World) -> None:
    weighing = world.weighed(world.at_market(world.animal()), world.scale())
    weighings.annul(
        world.session,
        weighing,
        reason="牛没有站稳",
        second=world.farmer,
        at=world.at,
        by=world.office,
    )

    (weight,) = listed(program_of(Role.MARKET_MANAGER), world.market, "weights")

    assert weight["meta"]["isDeleted"] is True


def test_a_death_is_told_with_its_cause(program_of: ProgramOf, world: World) -> None:
    animals.report_death(
        world.session, world.animal(), cause="难产", disposal="深埋", at=world.at, by=world.farmer
    )

    (death,) = listed(program_of(Role.FARMER), world.home, "deaths")

    assert (death["explanation"], death["disposalMethod"]) == ("难产", "OnPremise")
    assert death["remark"] == "深埋"


def test_a_collection_comes_in_pages_and_between_instants(
    program_of: ProgramOf, world: World
) -> None:
    for _ in range(3):
        world.animal()
    farmer = program_of(Role.FARMER)
    log.integrate(world.session)

    first = farmer.get(address(world.home, "births"), **{"page-size": 2}).get_json()
    onward = first["view"]["next"].partition("?")[2]
    rest = farmer.get(address(world.home, "births"), **dict(parse_qsl(onward))).get_json()

    told = [each["animal"]["id"] for each in (*first["member"], *rest["member"])]
    assert (len(first["member"]), len(set(told))) == (2, 3)
    assert "next" not in rest["view"]
    tomorrow = (world.at + timedelta(days=1)).isoformat()
    assert listed(farmer, world.home, "births", **{"meta-modified-from": tomorrow}) == []
    assert len(listed(farmer, world.home, "births", **{"end-date-time": tomorrow})) == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"meta-modified-from": "2026-11-22T06:12:03"}, "meta-modified-from"),
        ({"page-size": "201"}, "page-size"),
        ({"colour": "red"}, "colour"),
    ],
    ids=["no zone", "too many", "unknown"],
)
def test_a_parameter_that_cannot_be_read_is_refused(
    program_of: ProgramOf, world: World, query: dict[str, str], field: str
) -> None:
    answer = program_of(Role.FARMER).get(address(world.home, "births"), **query)

    assert answer.status_code == 422
    assert field in answer.text


def test_the_place_of_somebody_else_is_not_found(program_of: ProgramOf, world: World) -> None:
    stranger = program_of(Role.FARMER, party=world.party("邻居"))
    unknown = address(world.home, "births").replace("holding:", "holding:0")

    assert code(stranger.get(address(world.home, "births"))) == (404, "icar.location_not_found")
    assert code(stranger.get(unknown)) == (404, "icar.location_not_found")
    assert program_of(Role.CLUSTER_OFFICER).get(address(world.home, "births")).status_code == 403
