"""The herd as JSON: the wire, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import World
from traceability import animals, consents
from traceability.consents import ConsentAct
from traceability.holdings import HoldingKind


def calf(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "ear_tag": "２ 520526 00012345",
        "breed": "weining",
        "sex": "female",
        "born_on": (world.today - timedelta(days=10)).isoformat(),
        "holding": world.home.ref,
        **changes,
    }


def test_a_program_registers_a_calf_and_reads_it_back(program_of: ProgramOf, world: World) -> None:
    farmer = program_of(Role.FARMER)

    made = farmer.post("/api/animals/", calf(world, eid="156 000000000077"))
    card = farmer.get(f"/api/animals/{made.get_json()['ref']}").get_json()

    assert made.status_code == 201
    assert made.get_json() == {**card, "warnings": []}
    assert card["ear_tag"] == "252052600012345"
    assert card["eid"] == "156000000000077"
    assert card["holding"]["ref"] == world.home.ref
    assert card["owner"] == {"ref": world.farmer.ref, "name": "王大明"}
    assert card["ended_on"] is None


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"ear_tag": "25205260001234"}, "ear_tag", "15 位"),
        ({"ear_tag": "2.52E+14"}, "ear_tag", "科学计数法"),
        ({"ear_tag": 252052600012345}, "ear_tag", "应为文字"),
        ({"ear_tag": 10**30}, "ear_tag", "应为文字"),
        ({"breed": "yak"}, "breed", "应为以下之一"),
        ({"born_on": "去年"}, "born_on", "2026-11-22"),
        ({"holding": "1 OR 1=1"}, "holding", "引用的形式不对"),
        ({"colour": "黄"}, "colour", "没有这个字段"),
    ],
)
def test_a_field_that_does_not_fit_is_named(
    program_of: ProgramOf, world: World, change: dict[str, Any], field: str, sentence: str
) -> None:
    answer = program_of(Role.FARMER).post("/api/animals/", calf(world, **change))

    assert code(answer) == (422, "request.invalid")
    assert list(answer.get_json()["errors"]) == [field]
    assert sentence in str(answer.get_json()["errors"])


def test_nobody_registers_in_another_mans_stable(program_of: ProgramOf, world: World) -> None:
    neighbour = world.holding(HoldingKind.HOUSEHOLD, "李四家", keeper=world.party("李四"))

    answer = program_of(Role.FARMER).post("/api/animals/", calf(world, holding=neighbour.ref))

    assert code(answer) == (404, "holding.not_found")


def test_a_tag_in_use_is_a_conflict(program_of: ProgramOf, world: World) -> None:
    world.animal(ear_tag="252052600012345")

    answer = program_of(Role.FARMER).post("/api/animals/", calf(world))

    assert code(answer) == (409, "animal.tag_in_use")


def test_the_same_key_registers_one_calf(program_of: ProgramOf, world: World) -> None:
    farmer, key = program_of(Role.FARMER), {"Idempotency-Key": "calf-1"}

    first = farmer.post("/api/animals/", calf(world), **key)
    again = farmer.post("/api/animals/", calf(world), **key)

    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert farmer.get("/api/animals/").get_json()["total"] == 1


def test_the_list_is_paged_and_bounded(program_of: ProgramOf, world: World) -> None:
    for _ in range(26):
        world.animal(vaccinated_days_ago=None)
    farmer = program_of(Role.FARMER)

    first = farmer.get("/api/animals/").get_json()
    last = farmer.get("/api/animals/", page=2).get_json()
    beyond = farmer.get("/api/animals/", page=9999).get_json()

    assert (first["page"], first["pages"], first["total"], len(first["rows"])) == (1, 2, 26, 24)
    assert len(last["rows"]) == 2
    assert beyond == last


@pytest.mark.parametrize("query", [{"page": 0}, {"page": 10**30}, {"page": "x"}, {"seite": 1}])
def test_a_query_that_does_not_fit_is_refused(
    program_of: ProgramOf, query: dict[str, object]
) -> None:
    answer = program_of(Role.FARMER).get("/api/animals/", **query)

    assert code(answer) == (422, "request.invalid")


def test_part_of_a_tag_finds_the_animal(program_of: ProgramOf, world: World) -> None:
    world.animal(ear_tag="252052600012345")
    world.animal(ear_tag="252052600099999")

    found = program_of(Role.FARMER).get("/api/animals/", q="9999").get_json()

    assert [row["ear_tag"] for row in found["rows"]] == ["252052600099999"]


def test_the_history_is_linked_and_holds_nothing_private(
    program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()

    answer = program_of(Role.FARMER).get(f"/api/animals/{animal.ref}/history")

    line = answer.get_json()["events"]
    assert [each["kind"] for each in line] == ["animal.registered", "immunisation.given"]
    assert line[1]["prev"] == line[0]["digest"]
    assert [each["seq"] for each in line] == [1, 2]
    assert "王大明" not in answer.text
    assert world.farmer.ref not in answer.text
    assert world.home.ref not in answer.text


def test_a_lost_tag_is_replaced_and_a_death_reported(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    farmer, at = program_of(Role.FARMER), f"/api/animals/{animal.ref}"

    told = {"ear_tag": "252052600099999", "reason": "脱落"}
    unseen = farmer.post(f"{at}/retag", told)
    paper = farmer.post(f"{at}/retag", {**told, "evidence": world.paper().ref})
    retagged = farmer.post(f"{at}/retag", {**told, "evidence": world.photo().ref})
    dead = farmer.post(f"{at}/death", {"cause": "不明", "disposal": "深埋"})
    twice = farmer.post(f"{at}/death", {"cause": "不明", "disposal": "深埋"})

    assert code(unseen) == code(paper) == (422, "animal.retag_without_evidence")
    assert retagged.get_json()["ear_tag"] == "252052600099999"
    assert dead.get_json()["state"] == "dead"
    assert dead.get_json()["ended_on"] == world.today.isoformat()
    assert code(twice) == (422, "animal.not_alive")


def test_a_program_acts_for_whoever_has_consented_and_for_nobody_else(
    program_of: ProgramOf, world: World
) -> None:
    helper = world.party("合作社理事长")
    program = program_of(Role.FARMER, party=helper)
    without = program.post("/api/animals/", calf(world), **{"On-Behalf-Of": world.farmer.ref})
    consents.grant(
        world.session,
        grantor=world.farmer,
        agent=helper,
        acts=[ConsentAct.HERD],
        until=world.at + timedelta(days=30),
        at=world.at,
        by=world.farmer,
    )

    made = program.post("/api/animals/", calf(world), **{"On-Behalf-Of": world.farmer.ref})

    assert code(without) == (422, "consent.missing")
    assert made.status_code == 201
    assert animals.get(world.session, made.get_json()["ref"]).owner is world.farmer


@pytest.mark.parametrize("grantor", ["party:" + "0" * 32, "王大明".encode().hex(), "x" * 5000])
def test_acting_for_nobody_is_refused(program_of: ProgramOf, world: World, grantor: str) -> None:
    answer = program_of(Role.FARMER).post("/api/animals/", calf(world), **{"On-Behalf-Of": grantor})

    assert answer.status_code in {404, 422}
