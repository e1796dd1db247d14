"""The verdict as JSON: may it be sold, may it leave, and if not, which rules say so."""

import pytest

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import World
from traceability.holdings import HoldingKind


def test_at_home_the_question_is_leaving(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()

    told = program_of(Role.FARMER).get(f"/api/verdict/{animal.ear_tag}").get_json()

    assert (told["question"], told["level"]) == ("departure", "red")
    assert "第五十一条" in told["reasons"][0]["source"]
    assert told["certificate"] is None


def test_at_the_market_the_question_is_selling(program_of: ProgramOf, world: World) -> None:
    animal = world.tagged(world.at_market(world.animal()))

    told = program_of(Role.MARKET_OPERATOR).get(f"/api/verdict/{animal.eid}").get_json()

    assert told["question"] == "sale"
    assert told["ear_tag"] == animal.ear_tag
    assert told["certificate"] is not None


def test_who_stands_at_a_gate_is_told_of_every_animal_and_nobody_else(
    program_of: ProgramOf, world: World
) -> None:
    stranger = world.party("赫章县养牛户")
    far = world.holding(HoldingKind.HOUSEHOLD, "远处", keeper=stranger, region="520527")
    animal = world.animal(holding=far, owner=stranger, by=stranger)

    at_gate = program_of(Role.MARKET_OPERATOR).get(f"/api/verdict/{animal.ear_tag}")
    elsewhere = program_of(Role.FARMER).get(f"/api/verdict/{animal.ear_tag}")

    assert at_gate.get_json()["level"] == "red"
    assert code(elsewhere) == (404, "animal.not_found")


@pytest.mark.parametrize("tag", ["12", "2.52E+14", "９" * 15, "%00", "x" * 3000])
def test_a_tag_that_cannot_be_is_refused(program_of: ProgramOf, tag: str) -> None:
    answer = program_of(Role.FARMER).get(f"/api/verdict/{tag}")

    assert answer.status_code in {404, 422}
    assert answer.content_type == "application/problem+json"
