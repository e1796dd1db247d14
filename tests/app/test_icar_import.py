"""ICAR ADE taken in: what others say becomes an operation, or stays what they said."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import config
from app.auth.roles import Role
from app.factory import create_app
from tests.app.programs import Program, ProgramOf, code
from tests.app.test_api_icar import address, listed, treated
from tests.databases import furnish
from tests.logins import LoginAs
from tests.world import World
from traceability import animals
from traceability.animals import Animal, AnimalState
from traceability.base.db import make_engine
from traceability.chain import events, log
from traceability.icar.vocabulary import RESOURCES, Collection

TAG = "252052600012345"
IN_ORDER = ("births", "treatments", "departures", "arrivals", "deaths", "weights")
BATCHES = "/api/icar/batches/locations"


def resource(world: World, collection: str, tag: str = TAG, **changes: Any) -> dict[str, Any]:
    number = f"{collection}-{tag}"
    return {
        "resourceType": RESOURCES[Collection(collection)],
        "meta": {
            "source": "cn.example.herd",
            "sourceId": number,
            "modified": world.at.isoformat(),
        },
        "eventDateTime": world.at.isoformat(),
        "animal": {"id": tag, "scheme": "urn:weining:ear-tag"},
        **changes,
    }


def birth(world: World, **changes: Any) -> dict[str, Any]:
    detail = {
        "resourceType": "icarAnimalCoreResource",
        "identifier": {"id": TAG, "scheme": "urn:weining:ear-tag"},
        "alternativeIdentifiers": [{"id": "156000000012345", "scheme": "urn:iso:std:iso:11784"}],
        "specie": "Cattle",
        "gender": "Female",
        "birthDate": (world.at - timedelta(days=3)).isoformat(),
        "primaryBreed": {"id": "angus", "scheme": "urn:weining:breed"},
    }
    return resource(world, "births", animalDetail=detail, **changes)


def weight(world: World, tag: str, **measured: Any) -> dict[str, Any]:
    return resource(world, "weights", tag, weight={"measurement": 385.5, **measured})


def send(program: Program, world: World, collection: str, told: Any) -> Any:
    return program.post(address(world.home, collection), told)


def test_a_birth_registers_the_animal_and_its_electronic_tag(
    program_of: ProgramOf, world: World
) -> None:
    farmer = program_of(Role.FARMER)

    made = send(farmer, world, "births", birth(world))
    again = send(farmer, world, "births", birth(world))

    animal = animals.by_tag(world.session, TAG)
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.get_json()["id"] == again.get_json()["id"]
    assert (animal.breed.value, animal.sex.value, animal.eid) == (
        "angus",
        "female",
        "156000000012345",
    )
    assert animal.owner is world.farmer


def test_a_death_and_a_course_of_a_drug_are_done(program_of: ProgramOf, world: World) -> None:
    animal, farmer = world.animal(), program_of(Role.FARMER)
    vet = program_of(Role.VILLAGE_VET)
    course = resource(
        world,
        "treatments",
        animal.ear_tag,
        medicine={"family": "Veterinary Supplies", "name": "土霉素片"},
        dose={"doseQuantity": 10, "doseUnits": "MLT"},
        withdrawals=[
            {"productType": "Meat", "endDate": (world.at + timedelta(days=11)).isoformat()}
        ],
    )
    death = resource(world, "deaths", animal.ear_tag, deathReason="Disease", explanation="难产")

    treated_it = send(vet, world, "treatments", course)
    died = send(farmer, world, "deaths", death)

    assert treated_it.get_json()["messages"][0]["title"] == "已办理", treated_it.text
    assert died.get_json()["messages"][0]["title"] == "已办理"
    told = events.history(world.session, animal.ref)
    (given,) = [each for each in told if each.kind.value == "treatment.given"]
    assert (given["dose"], given["withdrawal_days"]) == ("10 毫升", 10)
    world.session.refresh(animal)
    assert animal.state is AnimalState.DEAD


def test_a_weight_is_kept_as_it_came_and_changes_nothing(
    program_of: ProgramOf, world: World
) -> None:
    animal, farmer = world.animal(), program_of(Role.FARMER)
    told = weight(world, animal.ear_tag, units="GRM") | {"weight": {"measurement": 385_500.0}}
    told["weight"]["units"] = "GRM"

    answer = send(farmer, world, "weights", told)

    assert answer.status_code == 201
    assert answer.get_json()["messages"][0]["type"] == "icar.not_a_scale"
    (back,) = listed(farmer, world.home, "weights")
    assert {key: value for key, value in back.items() if key != "id"} == told
    newest = events.history(world.session, animal.ref)[-1]
    assert (newest.kind.value, newest["evidence_level"]) == ("epcis.observed", "external")


def test_the_animal_of_another_keeper_is_only_observed(program_of: ProgramOf, world: World) -> None:
    neighbour = world.party("邻居")
    away = world.holding(world.home.kind, "邻居家", keeper=neighbour)
    animal = world.animal(holding=away, owner=neighbour)
    farmer = program_of(Role.FARMER)

    answer = send(farmer, world, "deaths", resource(world, "deaths", animal.ear_tag))

    assert answer.get_json()["messages"][0]["type"] == "icar.not_yours"
    world.session.refresh(animal)
    assert animal.state is AnimalState.ALIVE
    foreign = farmer.post(address(away, "deaths"), resource(world, "deaths", animal.ear_tag))
    assert code(foreign) == (404, "icar.location_not_found")


def test_what_the_register_contradicts_has_its_own_answer(
    program_of: ProgramOf, world: World
) -> None:
    farmer, told = program_of(Role.FARMER), weight(world, world.animal().ear_tag)
    nobody = {"id": "252052600099999", "scheme": "urn:weining:ear-tag"}
    faults: list[tuple[dict[str, Any], str]] = [
        ({"eventDateTime": "2099-01-01T00:00:00Z"}, "chain.in_future"),
        ({"eventDateTime": "0001-01-01T00:00:00+08:00"}, "icar.bad_resource"),
        ({"animal": nobody}, "icar.unknown_animal"),
        ({"animal": {"id": "1", "scheme": "nl.somebody"}}, "icar.unknown_animal"),
        ({"weight": {"measurement": 850, "units": "LBR"}}, "icar.unknown_unit"),
    ]

    for changes, expected in faults:
        assert code(send(farmer, world, "weights", {**told, **changes})) == (422, expected)


def test_what_cannot_be_done_is_kept_with_the_reason(program_of: ProgramOf, world: World) -> None:
    animal, farmer = world.animal(), program_of(Role.FARMER)
    broker = program_of(Role.BROKER, party=world.farmer)
    cases: list[tuple[Program, str, dict[str, Any], str]] = [
        (farmer, "deaths", {"deathMethod": "Theft"}, "icar.not_a_death"),
        (farmer, "arrivals", {}, "movement.not_on_the_road"),
        (farmer, "departures", {}, "icar.incomplete"),
        (farmer, "births", {}, "icar.already_registered"),
        (broker, "treatments", {}, "icar.not_yours"),
    ]

    for program, collection, changes, expected in cases:
        told = resource(world, collection, animal.ear_tag, **changes)
        answer = send(program, world, collection, told)
        assert (answer.status_code, answer.get_json()["messages"][0]["type"]) == (201, expected)

    gone = resource(world, "deaths", animal.ear_tag)
    gone["meta"] |= {"isDeleted": True, "sourceId": "gone"}
    answer = send(farmer, world, "deaths", gone)
    assert answer.get_json()["messages"][0]["type"] == "icar.deleted"


def test_a_vehicle_whose_plate_cannot_be_read_sends_nothing_on_the_road(
    program_of: ProgramOf, world: World
) -> None:
    animal, farmer = world.animal(), program_of(Role.FARMER)
    world.certified(animal)
    world.session.commit()
    there = {"id": world.market.ref, "scheme": "urn:weining:holding"}
    way = {"destinationLocation": there, "vehicle": "一辆没有牌照的三轮车，红色，车厢破了"}

    told = resource(world, "departures", animal.ear_tag, consignment=way)
    answer = send(farmer, world, "departures", told)

    assert answer.get_json()["messages"][0]["type"] == "plate.form"
    world.session.expire_all()
    assert animal.holding is world.home


def test_an_animal_that_stands_elsewhere_is_not_declared_dead_here(
    program_of: ProgramOf, world: World
) -> None:
    other = world.holding(world.home.kind, "王大明二号圈")
    animal, farmer = world.animal(holding=other), program_of(Role.FARMER)
    told = resource(world, "deaths", animal.ear_tag)
    place = {"id": other.ref, "scheme": "urn:weining:holding"}

    answer = send(farmer, world, "deaths", told)

    assert answer.get_json()["messages"][0]["type"] == "icar.not_here"
    refused = send(farmer, world, "deaths", {**told, "location": place})
    assert code(refused) == (409, "icar.source_id_reused")
    fresh = told | {"location": place, "meta": told["meta"] | {"sourceId": "9"}}
    assert code(send(farmer, world, "deaths", fresh)) == (422, "icar.other_location")


def test_a_batch_has_a_result_for_each_resource(program_of: ProgramOf, world: World) -> None:
    farmer, animal = program_of(Role.FARMER), world.animal()
    listed_ = [
        birth(world),
        {"resourceType": "x"},
        birth(world),
        3,
        birth(world, meta={**birth(world)["meta"], "modified": "now"}),
    ]

    answer = farmer.post(address(world.home, "births", BATCHES), listed_)
    told = [each["messages"][0] for each in answer.get_json()]

    assert [each["title"] for each in told] == [
        "已办理",
        "退回",
        "以前送过，没有重复办理",
        "退回",
        "退回",
    ]
    assert [each.get("type") for each in told][1] == "icar.wrong_resource"
    assert code(farmer.post(address(world.home, "births", BATCHES), birth(world))) == (
        422,
        "icar.bad_batch",
    )
    many = farmer.post(address(world.home, "deaths", BATCHES), [{}] * 6_000)
    assert code(many) == (422, "icar.too_many")
    assert "6000" in many.get_json()["detail"].replace(",", "")
    assert animal.state is AnimalState.ALIVE


@pytest.mark.parametrize(
    ("data", "media_type", "expected"),
    [
        (b"{}", "text/xml", (415, "icar.media_type")),
        (b'{"a": NaN}', "application/json", (422, "icar.not_json")),
        (b"[" * 100_000, "application/json", (422, "icar.not_json")),
        (b" " * (2 * 1024 * 1024 + 1), "application/json", (413, "icar.too_large")),
    ],
    ids=["xml", "nan", "deep", "2 MB"],
)
def test_a_body_that_is_no_resource_is_refused(
    program_of: ProgramOf, world: World, data: bytes, media_type: str, expected: tuple[int, str]
) -> None:
    farmer = program_of(Role.FARMER)
    client = farmer.login_as.app.test_client()

    headers = {**farmer.headers, "Content-Type": media_type}
    answer = client.post(address(world.home, "deaths"), data=data, headers=headers)

    assert code(answer) == expected


def test_what_a_chain_told_comes_home_as_known(program_of: ProgramOf, world: World) -> None:
    treated(world)
    farmer = program_of(Role.FARMER)

    told = listed(farmer, world.home, "treatments")
    answer = farmer.post(address(world.home, "treatments", BATCHES), told)

    assert {each["messages"][0]["title"] for each in answer.get_json()} == {
        "以前送过，没有重复办理"
    }
    assert len(json.dumps(told)) > 0


def test_a_herd_moves_to_another_installation_and_tells_the_same(
    program_of: ProgramOf, world: World, tmp_path: Path
) -> None:
    world.weighed(world.at_market(world.animal()), world.scale())
    animal = treated(world)
    animals.report_death(
        world.session, animal, cause="难产", disposal="深埋", at=world.at, by=world.farmer
    )
    here = program_of(Role.ADMINISTRATOR)
    exported = {each: listed(here, world.home, each) for each in IN_ORDER}

    engine = make_engine(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    furnish(engine)
    with Session(engine, expire_on_commit=False) as session:
        elsewhere = World(engine, session)
        told = {"DATA_DIR": str(tmp_path / "elsewhere"), "DATABASE_URL": str(engine.url)}
        app = create_app(config.load(told), clock=lambda: elsewhere.at, TESTING=True)
        program_there = ProgramOf(LoginAs(app, elsewhere))
        farmer, vet = program_there(Role.FARMER), program_there(Role.VILLAGE_VET)
        session.commit()
        results = [
            result["messages"][0]["severity"]
            for each in IN_ORDER
            for result in (vet if each == "treatments" else farmer)
            .post(address(elsewhere.home, each, BATCHES), exported[each])
            .get_json()
        ]
        log.integrate(session)
        session.commit()
        back = {each: listed(vet, elsewhere.home, each) for each in IN_ORDER}
        states = {each.state for each in session.scalars(select(Animal))}
        tags = session.scalars(select(Animal.ear_tag)).all()

    assert results.count("Error") == 0
    assert states == {AnimalState.ALIVE, AnimalState.DEAD}
    assert back == exported
    assert sorted(tags) == sorted(each["animal"]["id"] for each in exported["births"])
    engine.dispose()
