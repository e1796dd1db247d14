"""The private line of a carcass is told to the county it hangs in, and to no other."""

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.slaughtering import abattoir_of, weighed
from tests.world import World
from traceability.holdings import HoldingKind


def test_a_regulator_reads_the_lines_of_the_abattoirs_of_the_county_only(
    program_of: ProgramOf, world: World
) -> None:
    away = world.holding(HoldingKind.ABATTOIR, "邻县屠宰场", keeper=world.buyer, region="520527")
    here, there = weighed(world, abattoir_of(world)), weighed(world, away)
    world.session.commit()
    regulator = program_of(Role.REGULATOR)

    def line(ref: str) -> tuple[int, str]:
        answer = regulator.get("/api/chain/events", subject=ref)
        return code(answer) if answer.status_code != 200 else (200, "")

    assert line(here.ref) == line(here.declaration.ref) == (200, "")
    assert line(there.ref) == (404, "carcass.not_found")
    assert line(there.declaration.ref) == (404, "slaughter.not_found")
