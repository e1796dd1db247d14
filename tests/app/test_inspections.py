"""下乡检查: the list a vet takes along, and what the platform says when two vets act at once."""

from typing import Any

import pytest

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from tests.app.programs import ProgramOf
from tests.logins import LoginAs
from tests.world import ALL_WELL, World
from traceability.checks import INSPECTION_CHECKS
from traceability.parties import PartyKind
from traceability.quarantine import declarations, inspections
from traceability.quarantine.declarations import Declaration


def result(declaration: Declaration, world: World, **changes: Any) -> dict[str, Any]:
    animal = declarations.animals_of(world.session, declaration)[0]
    return {"animal": animal.ref, "passed": list(INSPECTION_CHECKS), **changes}


def test_a_vet_takes_along_what_was_accepted_in_the_area(login_as: LoginAs, world: World) -> None:
    herd = world.declared(world.animal(), world.animal())
    vet = login_as(Role.OFFICIAL_VET)

    packet = vet.get("/inspections/packet").json

    assert packet is not None
    assert [row["declaration"]["ref"] for row in packet["rows"]] == [herd.ref]
    assert len(packet["rows"][0]["animals"]) == 2
    assert [name for name, _ in packet["checks"]] == list(INSPECTION_CHECKS)


def test_a_vet_of_elsewhere_takes_nothing_along(login_as: LoginAs, world: World) -> None:
    world.declared(world.animal())

    vet = login_as(Role.OFFICIAL_VET, grants=(Grant(ScopeKind.REGION, "522300"),))

    packet = vet.get("/inspections/packet").json
    assert packet is not None
    assert packet["rows"] == []


def test_what_is_done_is_not_taken_along(program_of: ProgramOf, world: World) -> None:
    world.certified(world.animal())
    vet = program_of(Role.OFFICIAL_VET)

    answer = vet.get("/api/inspections/")

    assert answer.json == {"rows": []}


@pytest.mark.parametrize(("by_other", "status"), [(True, 409), (False, 201)])
def test_only_another_vet_s_inspection_is_a_conflict(
    program_of: ProgramOf, world: World, by_other: bool, status: int
) -> None:
    herd = world.declared(world.animal())
    other = world.party("马兽医", kind=PartyKind.PERSON)
    animal = declarations.animals_of(world.session, herd)[0]
    inspections.record(
        world.session,
        herd,
        animal,
        checks={**ALL_WELL, "healthy": False},
        at=world.at,
        by=other if by_other else world.vet,
    )
    vet = program_of(Role.OFFICIAL_VET)

    answer = vet.post(f"/api/declarations/{herd.ref}/inspections", result(herd, world, seen=""))

    assert answer.status_code == status
    if by_other:
        assert answer.json is not None
        assert answer.json["code"] == "inspection.changed_meanwhile"
        assert "马兽医 已在 11月22日 06:12 检查过这头牛，结果不合格" in answer.json["detail"]


def test_whoever_has_seen_the_other_result_may_record_another(
    program_of: ProgramOf, world: World
) -> None:
    herd = world.declared(world.animal())
    other = world.party("马兽医", kind=PartyKind.PERSON)
    animal = declarations.animals_of(world.session, herd)[0]
    theirs = inspections.record(world.session, herd, animal, checks=ALL_WELL, at=world.at, by=other)
    vet = program_of(Role.OFFICIAL_VET)

    answer = vet.post(
        f"/api/declarations/{herd.ref}/inspections", result(herd, world, seen=theirs.ref)
    )

    assert answer.status_code == 201


def test_a_result_for_what_is_over_says_how_it_ended(program_of: ProgramOf, world: World) -> None:
    herd = world.declared(world.animal())
    declarations.refuse(world.session, herd, reason="改期", at=world.at, by=world.vet)
    vet = program_of(Role.OFFICIAL_VET)

    answer = vet.post(f"/api/declarations/{herd.ref}/inspections", result(herd, world))

    assert answer.status_code == 409
    assert answer.json is not None
    assert answer.json["code"] == "inspection.not_accepted"
    assert answer.json["detail"] == "这份申报已是“不予受理”，检查结果不能再登记"
