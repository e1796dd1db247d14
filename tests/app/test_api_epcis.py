"""EPCIS over HTTP: who is told what, in pages, and in documents others can read."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from app.auth.roles import Role
from tests.app.programs import Program, ProgramOf, code
from tests.logins import LoginAs
from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.chain import log
from traceability.epcis import hashing, validation
from traceability.epcis.identifiers import event_uri, tag_uri, uri_of


def travelled(world: World) -> Animal:
    """Born at home, sold to nobody yet, standing at the market; all of it in the log."""
    animal = world.at_market(world.animal())
    log.integrate(world.session)
    return animal


def listed(program: Program, **query: Any) -> list[dict[str, Any]]:
    answer = program.get("/api/epcis/events", **query)
    assert answer.status_code == 200, answer.text
    told = json.loads(answer.data)
    assert validation.faults(told) == []
    found: list[dict[str, Any]] = told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


def kinds(found: list[dict[str, Any]]) -> list[str]:
    return [each["weining:kind"] for each in found]


def test_a_regulator_asks_for_an_animal_by_its_tag(program_of: ProgramOf, world: World) -> None:
    animal = travelled(world)
    regulator = program_of(Role.REGULATOR)

    found = listed(
        regulator, MATCH_epc=tag_uri(animal.ear_tag), orderBy="eventTime", orderDirection="ASC"
    )

    assert kinds(found)[0] == "animal.registered"
    assert kinds(found)[-2:] == ["movement.departed", "movement.arrived"]
    assert all(each["eventID"].startswith("ni:///sha-256;") for each in found)


def test_an_id_is_what_anybody_computes_and_leads_to_its_event(
    program_of: ProgramOf, world: World
) -> None:
    travelled(world)
    regulator = program_of(Role.REGULATOR)
    (born,) = listed(regulator, EQ_bizStep="commissioning")

    again = regulator.get(f"/api/epcis/events/{quote(born['eventID'], safe='')}")
    by_digest = regulator.get(
        f"/api/epcis/events/{event_uri(bytes.fromhex(born['weining:digest']))}"
    )

    told = json.loads(again.data)
    context = told.pop("@context")
    assert hashing.event_hash(born, context) == born["eventID"]
    assert told == born
    assert json.loads(by_digest.data)["eventID"] == born["eventID"]
    assert again.headers["GS1-EPCIS-Version"] == "2.0.0"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"eventType": "TransactionEvent"}, {"declaration.filed", "certificate.issued"}),
        ({"EQ_action": "ADD", "eventType": "ObjectEvent"}, {"animal.registered"}),
        (
            {"EQ_bizStep": "departing|https://ref.gs1.org/cbv/BizStep-arriving"},
            {"movement.departed", "movement.arrived"},
        ),
        ({"EQ_disposition": "in_transit"}, {"movement.departed"}),
        ({"EXISTS_errorDeclaration": "true"}, set()),
        ({"LT_eventTime": "2026-11-01T00:00:00Z"}, set()),
        ({"GE_recordTime": "2026-11-01T00:00:00Z", "EQ_action": "DELETE"}, set()),
    ],
)
def test_parameters_choose_events(
    program_of: ProgramOf, world: World, query: dict[str, str], expected: set[str]
) -> None:
    travelled(world)

    assert {*kinds(listed(program_of(Role.REGULATOR), **query))} == expected


def test_pages_follow_each_other_without_gap_or_repeat(program_of: ProgramOf, world: World) -> None:
    animal = travelled(world)
    regulator = program_of(Role.REGULATOR)
    for query in ({}, {"MATCH_epc": uri_of(animal.ref), "orderBy": "eventTime"}):
        whole = [each["eventID"] for each in listed(regulator, **query)]

        paged, address = [], "/api/epcis/events"
        answer = regulator.get(address, perPage=2, **query)
        while True:
            told = json.loads(answer.data)["epcisBody"]["queryResults"]["resultsBody"]
            paged += [each["eventID"] for each in told["eventList"]]
            if "Link" not in answer.headers:
                break
            answer = regulator.ask("GET", answer.headers["Link"].split(">")[0][1:])

        assert paged == whole
        assert len(whole) >= 6


def test_a_keeper_is_told_of_the_time_an_animal_was_theirs(
    program_of: ProgramOf, world: World
) -> None:
    animal = travelled(world)
    stranger = world.party("邻居")

    mine = listed(program_of(Role.FARMER), MATCH_epc=uri_of(animal.ref))
    theirs = listed(program_of(Role.FARMER, party=stranger), MATCH_epc=uri_of(animal.ref))

    assert "movement.departed" in kinds(mine)
    assert theirs == []


def test_a_place_is_told_of_an_animal_only_from_its_arrival(
    program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()
    world.later(minutes=5)
    world.at_market(animal)
    log.integrate(world.session)

    found = kinds(listed(program_of(Role.MARKET_OPERATOR), MATCH_epc=uri_of(animal.ref)))

    assert "movement.arrived" in found
    assert "immunisation.given" not in found


def test_the_public_is_told_nothing(world: World, program_of: ProgramOf) -> None:
    travelled(world)
    client = program_of(Role.FARMER).login_as.app.test_client()

    assert client.get("/api/epcis/events").status_code == 401


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({"perPage": "0"}, "epcis.bad_parameter"),
        ({"GE_eventTime": "gestern"}, "epcis.bad_parameter"),
        ({"orderBy": "colour"}, "epcis.bad_parameter"),
        ({"orderBy": "eventTime"}, "epcis.bad_parameter"),
        ({"nextPageToken": "x"}, "epcis.bad_parameter"),
        (
            {"MATCH_epc": "urn:a:b", "orderBy": "eventTime", "nextPageToken": "7"},
            "epcis.bad_parameter",
        ),
        ({"EQ_colour": "red"}, "request.invalid"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    program_of: ProgramOf, query: dict[str, str], refusal: str
) -> None:
    assert code(program_of(Role.REGULATOR).get("/api/epcis/events", **query)) == (422, refusal)


def test_an_event_nobody_knows_is_not_found(program_of: ProgramOf) -> None:
    regulator = program_of(Role.REGULATOR)

    assert code(regulator.get("/api/epcis/events/urn:uuid:1")) == (404, "epcis.event_not_found")
    assert code(regulator.get(f"/api/epcis/export/animal:{'0' * 32}")) == (
        404,
        "epcis.nothing_to_export",
    )


def test_another_version_is_not_spoken(program_of: ProgramOf) -> None:
    answer = program_of(Role.REGULATOR).ask(
        "GET", "/api/epcis/events", **{"GS1-EPCIS-Version": "1.2"}
    )

    assert code(answer) == (406, "epcis.version")
    told = program_of(Role.REGULATOR).get("/api/epcis/").get_json()
    assert told["GS1-EPCIS-Capture-Limit"] == "5000"


def test_a_query_is_kept_under_a_name_run_and_forgotten(
    program_of: ProgramOf, world: World
) -> None:
    travelled(world)
    regulator, other = program_of(Role.REGULATOR), program_of(Role.REGULATOR)
    body = {"name": "启运", "query": {"EQ_bizStep": ["departing"], "perPage": 10}}

    made = regulator.post("/api/epcis/queries", body)
    twice = regulator.post("/api/epcis/queries", body)
    run = regulator.get("/api/epcis/queries/启运/events")

    assert made.status_code == 201
    assert code(twice) == (409, "epcis.query_exists")
    assert "movement.departed" in run.text
    assert "movement.arrived" not in run.text
    assert [each["name"] for each in regulator.get("/api/epcis/queries").get_json()["queries"]] == [
        "启运"
    ]
    assert code(other.get("/api/epcis/queries/启运")) == (404, "epcis.query_not_found")
    assert regulator.ask("DELETE", "/api/epcis/queries/启运").status_code == 204
    assert code(regulator.get("/api/epcis/queries/启运")) == (404, "epcis.query_not_found")


def test_a_query_that_makes_no_sense_is_not_kept(program_of: ProgramOf) -> None:
    answer = program_of(Role.REGULATOR).post(
        "/api/epcis/queries", {"name": "x", "query": {"EQ_colour": "red"}}
    )

    assert code(answer) == (422, "epcis.unknown_parameter")


def test_a_certificate_is_exported_with_its_animals(program_of: ProgramOf, world: World) -> None:
    animal = travelled(world)
    paper = movements.of_animal(world.session, animal)[0].certificate
    assert paper is not None

    answer = program_of(Role.REGULATOR).get(f"/api/epcis/export/{paper.ref}")

    told = json.loads(answer.data)
    assert validation.faults(told) == []
    assert "animal.registered" in kinds(told["epcisBody"]["eventList"])
    assert "attachment" in answer.headers["Content-Disposition"]


def test_the_page_of_an_animal_leads_to_its_export(login_as: LoginAs, world: World) -> None:
    animal = travelled(world)
    browser = login_as(Role.REGULATOR)

    page = browser.get(f"/animals/{animal.ref}")

    assert f"/api/epcis/export/{animal.ref}" in page.text
    assert browser.get(f"/api/epcis/export/{animal.ref}").status_code == 200
