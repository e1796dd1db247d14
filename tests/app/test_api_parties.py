"""People and organisations as JSON: what is a person's own stays with the person."""

import pytest

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import World

BUYER = {"kind": "person", "name": "赵六", "phone": "138 0013 8000"}
NUMBER = "52242719800101001X"


def test_a_party_is_registered_and_found_with_its_telephone_masked(
    program_of: ProgramOf,
) -> None:
    operator = program_of(Role.MARKET_OPERATOR)

    made = operator.post("/api/parties/", BUYER)
    found = operator.get("/api/parties/", q="赵六").get_json()["rows"]

    assert made.status_code == 201
    assert found == [made.get_json()]
    assert found[0]["phone"] == "138****8000"
    assert operator.get(f"/api/parties/{found[0]['ref']}").get_json() == found[0]


def test_one_sees_oneself_in_full_and_no_other(program_of: ProgramOf, world: World) -> None:
    farmer = program_of(Role.FARMER)

    mine = farmer.get(f"/api/parties/{world.farmer.ref}")
    other = farmer.get(f"/api/parties/{world.buyer.ref}")

    assert mine.get_json()["name"] == "王大明"
    assert code(other) == (404, "party.not_found")


@pytest.mark.parametrize(
    "change", [{"phone": "12"}, {"number": "123"}, {"kind": "company", "number": NUMBER}]
)
def test_a_number_that_cannot_be_is_refused(program_of: ProgramOf, change: dict[str, str]) -> None:
    answer = program_of(Role.MARKET_OPERATOR).post("/api/parties/", {**BUYER, **change})

    assert answer.status_code == 422
    assert not answer.get_json()["detail"].isascii()


def test_a_number_registered_twice_is_a_conflict(program_of: ProgramOf) -> None:
    operator = program_of(Role.MARKET_OPERATOR)
    told = {"kind": "company", "name": "威宁牛业", "number": "91350100M000100Y43"}

    first = operator.post("/api/parties/", told)
    again = operator.post("/api/parties/", {**told, "name": "另一家"})

    assert first.get_json()["uscc"] == "91350100M000100Y43"
    assert code(again) == (409, "party.number_in_use")


def test_a_search_for_everything_is_refused(program_of: ProgramOf) -> None:
    operator = program_of(Role.MARKET_OPERATOR)

    assert code(operator.get("/api/parties/")) == (422, "request.invalid")
    assert code(operator.get("/api/parties/", q=" ")) == (422, "request.invalid")
