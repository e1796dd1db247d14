"""EPCIS capture over HTTP: one event, documents, tasks; and a history that moves house."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import config
from app.auth.roles import Role
from app.factory import create_app
from tests.app.programs import Program, ProgramOf, code
from tests.app.test_api_epcis import listed, travelled
from tests.databases import furnish
from tests.logins import LoginAs
from tests.traceability.epcis.test_capturing import birth, document, event
from tests.world import World
from traceability.animals import Animal
from traceability.base.db import make_engine, reading
from traceability.chain import log
from traceability.epcis.identifiers import uri_of
from traceability.epcis.vocabulary import OUR_CONTEXT

GOODS = "urn:epc:id:sgtin:4012345.011111."


def send(
    program: Program,
    path: str,
    data: bytes,
    media_type: str = "application/ld+json",
    **headers: str,
) -> Any:
    client = program.login_as.app.test_client()
    told = {**program.headers, "Content-Type": media_type, **headers}
    return client.post(path, data=data, headers=told)


def alone(told: dict[str, Any]) -> bytes:
    return json.dumps({"@context": OUR_CONTEXT, **told}, indent=3).encode()


def test_one_event_is_taken_in_at_once(program_of: ProgramOf, world: World) -> None:
    farmer = program_of(Role.FARMER)

    made = send(farmer, "/api/epcis/events", alone(birth(world)))
    again = send(farmer, "/api/epcis/events", alone(birth(world)))

    assert (made.status_code, made.get_json()["status"]) == (201, "stored")
    assert again.get_json()["status"] == "duplicate"
    assert farmer.get("/api/animals/", q="252052600012345").get_json()["total"] == 1


def test_captured_bytes_come_back_as_they_were(program_of: ProgramOf, world: World) -> None:
    farmer = program_of(Role.FARMER)
    data = alone(event(world, GOODS + "7", eventID="urn:uuid:7"))
    send(farmer, "/api/epcis/events", data, "application/json")
    log.integrate(world.session)

    back = farmer.get("/api/epcis/events/urn:uuid:7")

    assert back.data == data
    assert [each["eventID"] for each in listed(farmer, MATCH_epc=GOODS + "7")] == ["urn:uuid:7"]


def test_a_document_is_a_task_with_a_result_for_each_event(
    program_of: ProgramOf, world: World
) -> None:
    farmer, other = program_of(Role.FARMER), program_of(Role.FARMER, party=world.party("邻居"))
    bad = event(world, GOODS + "1", action="LOOK")
    data = document(birth(world), bad, event(world, GOODS + "2"))

    answer = send(farmer, "/api/epcis/capture", data, **{"GS1-Capture-Error-Behaviour": "proceed"})
    task = farmer.get(answer.headers["Location"]).get_json()

    assert answer.status_code == 202
    assert [each["status"] for each in task["results"]] == ["stored", "refused", "observed"]
    assert task["errors"][0]["code"] == "epcis.bad_event"
    assert (task["running"], task["success"]) == (False, False)
    assert farmer.get(f"{answer.headers['Location']}/document").data == data
    assert code(other.get(answer.headers["Location"])) == (404, "capture.not_found")
    assert len(farmer.get("/api/epcis/capture").get_json()["captures"]) == 1


def test_without_a_wish_one_bad_event_takes_all_back(program_of: ProgramOf, world: World) -> None:
    farmer = program_of(Role.FARMER)
    data = document(birth(world), event(world, GOODS + "1", action="LOOK"))

    task = send(farmer, "/api/epcis/capture", data).get_json()

    assert [each["status"] for each in task["results"]] == ["rolled_back", "refused"]
    assert farmer.get("/api/animals/", q="252052600012345").get_json()["total"] == 0


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"action": "LOOK"}, "epcis.bad_event"),
        ({"eventTimeZoneOffset": "-05:00"}, "epcis.offset_mismatch"),
        ({"stranger:x": 1}, "epcis.unknown_context"),
        ({"eventID": "urn:" + "x" * 500}, "epcis.bad_event"),
        ({"eventTime": "2099-01-01T00:00:00+08:00"}, "chain.in_future"),
    ],
)
def test_each_fault_has_its_own_answer(
    program_of: ProgramOf, world: World, changes: dict[str, Any], refusal: str
) -> None:
    at = world.at.isoformat().replace("+00:00", "+08:00")
    told = {**event(world, GOODS + "1"), "eventTime": at.replace("2026-11-21", "2026-11-20")}

    answer = send(program_of(Role.FARMER), "/api/epcis/events", alone({**told, **changes}))

    assert code(answer) == (422, refusal)


@pytest.mark.parametrize(
    ("data", "media_type", "headers", "expected"),
    [
        (b"{}", "text/xml", {}, (415, "epcis.media_type")),
        (b"{", "application/json", {}, (422, "epcis.not_json")),
        (b'{"a": NaN}', "application/json", {}, (422, "epcis.not_json")),
        (b"[" * 100_000, "application/json", {}, (422, "epcis.not_json")),
        (b" " * (10 * 1024 * 1024 + 1), "application/json", {}, (413, "epcis.too_large")),
        (b"3", "application/json", {}, (422, "epcis.bad_document")),
        (
            document(),
            "application/json",
            {"GS1-Capture-Error-Behaviour": "hope"},
            (422, "epcis.bad_behaviour"),
        ),
    ],
    ids=["xml", "cut", "nan", "deep", "10 MB", "number", "behaviour"],
)
def test_a_body_that_is_no_document_is_refused(
    program_of: ProgramOf,
    data: bytes,
    media_type: str,
    headers: dict[str, str],
    expected: tuple[int, str],
) -> None:
    answer = send(program_of(Role.FARMER), "/api/epcis/capture", data, media_type, **headers)

    assert code(answer) == expected


def test_one_event_needs_its_context(program_of: ProgramOf, world: World) -> None:
    data = json.dumps(event(world, GOODS + "1")).encode()

    answer = send(program_of(Role.FARMER), "/api/epcis/events", data)

    assert code(answer) == (422, "epcis.no_context")


def test_a_large_document_waits_for_the_worker(program_of: ProgramOf, world: World) -> None:
    from app.epcis import running

    farmer = program_of(Role.FARMER)
    many = [event(world, f"{GOODS}{n}") for n in range(running.AT_ONCE_MAX + 1)]

    answer = send(farmer, "/api/epcis/capture", document(*many))
    before = farmer.get(answer.headers["Location"]).get_json()
    running.run_all(world.engine, world.at)
    after = farmer.get(answer.headers["Location"]).get_json()

    assert (before["running"], before["done"]) == (True, 0)
    assert (after["running"], after["done"], after["success"]) == (False, len(many), True)
    assert running.run_all(world.engine, world.at) == 0


def test_a_history_moves_to_an_empty_installation(
    program_of: ProgramOf, world: World, tmp_path: Path
) -> None:
    animal = travelled(world)
    address = f"/api/epcis/export/{animal.ref}"
    exported = program_of(Role.REGULATOR).get(address).data

    engine = make_engine(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    furnish(engine)
    with Session(engine, expire_on_commit=False) as session:
        elsewhere = World(engine, session)
        told = {"DATA_DIR": str(tmp_path / "elsewhere"), "DATABASE_URL": str(engine.url)}
        app = create_app(config.load(told), clock=lambda: elsewhere.at, TESTING=True)
        regulator = ProgramOf(LoginAs(app, elsewhere))(Role.ADMINISTRATOR)
        session.commit()
        task = send(regulator, "/api/epcis/capture", exported).get_json()
        back = regulator.get(address).data

    first, second = (json.loads(each)["epcisBody"]["eventList"] for each in (exported, back))
    assert task["success"], task
    assert first == second
    assert len(first) >= 6
    assert uri_of(animal.ref) in back.decode()
    with reading(engine) as session:
        assert session.query(Animal).count() == 0
    engine.dispose()
