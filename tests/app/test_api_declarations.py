"""Declarations as JSON: filed, accepted or refused, inspected."""

from typing import Any

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import World
from traceability.animals import Animal
from traceability.checks import INSPECTION_CHECKS


def asked(world: World, *herd: Animal, **changes: Any) -> dict[str, Any]:
    return {
        "animals": [animal.ref for animal in herd],
        "destination": world.market.ref,
        "leaves_on": world.today.isoformat(),
        "plate": "贵F12345",
        **changes,
    }


def test_a_declaration_goes_from_the_owner_to_the_vet(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    farmer, vet = program_of(Role.FARMER), program_of(Role.OFFICIAL_VET)

    filed = farmer.post("/api/declarations/", asked(world, animal)).get_json()
    waiting = vet.get("/api/declarations/", state="filed").get_json()
    accepted = vet.post(f"/api/declarations/{filed['ref']}/accept")
    inspected = vet.post(
        f"/api/declarations/{filed['ref']}/inspections",
        {"animal": animal.ref, "passed": [*INSPECTION_CHECKS], "remarks": "健康"},
    )
    shown = farmer.get(f"/api/declarations/{filed['ref']}").get_json()

    assert filed["state"] == "filed"
    assert [row["ref"] for row in waiting["rows"]] == [filed["ref"]]
    assert accepted.get_json()["state"] == "accepted"
    assert inspected.get_json()["passed"] is True
    assert [each["ref"] for each in shown["animals"]] == [animal.ref]
    assert shown["inspections"] == [inspected.get_json()]
    assert shown["certificate"] is None


def test_the_owner_is_told_why_it_was_refused(program_of: ProgramOf, world: World) -> None:
    filed = program_of(Role.FARMER).post("/api/declarations/", asked(world, world.animal()))
    ref, vet = filed.get_json()["ref"], program_of(Role.OFFICIAL_VET)

    silent = vet.post(f"/api/declarations/{ref}/refuse", {"reason": "  "})
    refused = vet.post(f"/api/declarations/{ref}/refuse", {"reason": "资料不全"})
    again = vet.post(f"/api/declarations/{ref}/accept")

    assert code(silent) == (422, "request.invalid")
    assert refused.get_json()["refusal"] == "资料不全"
    assert code(again) == (409, "declaration.not_open")


def test_what_cannot_be_declared_says_why(program_of: ProgramOf, world: World) -> None:
    farmer, animal = program_of(Role.FARMER), world.animal()
    nobody = asked(world)
    homeward = asked(world, animal, destination=world.home.ref)
    foreign = world.animal(owner=world.party("李四"))

    assert code(farmer.post("/api/declarations/", nobody)) == (422, "declaration.no_animals")
    assert code(farmer.post("/api/declarations/", homeward)) == (422, "declaration.same_holding")
    assert code(farmer.post("/api/declarations/", asked(world, foreign))) == (
        422,
        "declaration.not_owner",
    )


def test_more_animals_than_one_paper_holds_are_refused(program_of: ProgramOf, world: World) -> None:
    many = asked(world, animals=[f"animal:{number:032x}" for number in range(501)])

    answer = program_of(Role.FARMER).post("/api/declarations/", many)

    assert "最多 500 项" in str(answer.get_json()["errors"])


def test_a_check_nobody_knows_and_an_animal_nobody_declared_are_refused(
    program_of: ProgramOf, world: World
) -> None:
    animal, other = world.animal(), world.animal()
    declaration = world.declared(animal)
    vet, path = program_of(Role.OFFICIAL_VET), f"/api/declarations/{declaration.ref}/inspections"

    unknown = vet.post(path, {"animal": animal.ref, "passed": ["smile"]})
    stray = vet.post(path, {"animal": other.ref, "passed": []})

    assert code(unknown) == (422, "inspection.unknown_check")
    assert code(stray) == (422, "inspection.not_declared")
