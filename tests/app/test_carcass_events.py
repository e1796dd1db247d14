"""The private line of a carcass is told to the county it hangs in, and to no other."""

from sqlalchemy import select

from app.auth.roles import Role
from tests.app.programs import Program, ProgramOf, code
from tests.slaughtering import abattoir_of, weighed
from tests.world import World
from traceability.holdings import HoldingKind
from traceability.treatments import Immunisation


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


def test_what_has_no_page_of_its_own_is_told_where_its_animal_lies(
    program_of: ProgramOf, world: World
) -> None:
    away = world.holding(HoldingKind.HOUSEHOLD, "邻县农户", region="520527")
    here, there = world.animal(), world.animal(holding=away)
    doses = select(Immunisation).order_by(Immunisation.id)
    near, far = [each.ref for each in world.session.scalars(doses)]
    world.session.commit()
    regulator, administrator = program_of(Role.REGULATOR), program_of(Role.ADMINISTRATOR)

    def status(program: Program, ref: str) -> int:
        return program.get("/api/chain/events", subject=ref).status_code

    assert (here.ref, there.ref) != (near, far)
    assert [status(regulator, ref) for ref in (near, far)] == [200, 404]
    assert [status(administrator, ref) for ref in (near, far)] == [200, 200]
