"""Certificates as JSON: issued, refused with every reason, revoked."""

import pytest

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import ALL_WELL, World


def test_an_inspected_declaration_gets_its_certificate(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    declaration = world.inspected(world.declared(animal))

    made = program_of(Role.OFFICIAL_VET).post(
        f"/api/declarations/{declaration.ref}/certificate", {"valid_days": 1}
    )
    assert made.status_code == 201, made.text
    shown = program_of(Role.FARMER).get(f"/api/certificates/{made.get_json()['ref']}").get_json()

    assert made.get_json()["form"] == "DB"
    assert shown["certificate"] == made.get_json()
    assert [each["ear_tag"] for each in shown["animals"]] == [animal.ear_tag]


def test_a_refusal_names_every_rule_and_its_source(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    unwell = {**ALL_WELL, next(iter(ALL_WELL)): False}
    declaration = world.inspected(world.declared(animal), unwell)
    world.vaccinate(animal, days_ago=1)

    answer = program_of(Role.OFFICIAL_VET).post(
        f"/api/declarations/{declaration.ref}/certificate", {}
    )

    problem = answer.get_json()
    assert answer.status_code == 422
    assert problem["outcomes"]
    assert all(each["sentence"] and each["source"] for each in problem["outcomes"])


@pytest.mark.parametrize("days", [0, 6, 10**30, "一天", None])
def test_a_validity_beyond_bounds_is_refused(
    program_of: ProgramOf, world: World, days: object
) -> None:
    declaration = world.inspected(world.declared(world.animal()))

    answer = program_of(Role.OFFICIAL_VET).post(
        f"/api/declarations/{declaration.ref}/certificate", {"valid_days": days}
    )

    assert code(answer) == (422, "request.invalid")


def test_a_dead_animal_gets_no_certificate(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    declaration = world.inspected(world.declared(animal))
    farmer, vet = program_of(Role.FARMER), program_of(Role.OFFICIAL_VET)
    farmer.post(f"/api/animals/{animal.ref}/death", {"cause": "不明", "disposal": "深埋"})

    answer = vet.post(f"/api/declarations/{declaration.ref}/certificate", {})

    assert answer.status_code == 422
    assert answer.get_json()["outcomes"]


def test_a_certificate_is_revoked_once(program_of: ProgramOf, world: World) -> None:
    certificate = world.certified(world.animal())
    vet, path = program_of(Role.OFFICIAL_VET), f"/api/certificates/{certificate.ref}/revoke"

    first = vet.post(path, {"reason": "货主取消"})
    again = vet.post(path, {"reason": "货主取消"})
    revoked = vet.get("/api/certificates/", state="revoked", q=certificate.number).get_json()

    assert first.get_json()["state"] == "revoked"
    assert code(again) == (409, "certificate.revoked")
    assert [row["ref"] for row in revoked["rows"]] == [certificate.ref]
