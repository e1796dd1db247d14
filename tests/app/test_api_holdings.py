"""Places as JSON: registered in one's own area, seen within scope."""

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import World


def asked(world: World, region: str = "520526104") -> dict[str, str]:
    return {
        "kind": "household",
        "name": "李四家",
        "region_code": region,
        "keeper": world.party("李四").ref,
    }


def test_a_vet_registers_a_household_in_the_county(program_of: ProgramOf, world: World) -> None:
    vet = program_of(Role.OFFICIAL_VET)

    made = vet.post("/api/holdings/", asked(world))
    shown = vet.get(f"/api/holdings/{made.get_json()['ref']}")

    assert made.status_code == 201
    assert shown.get_json() == made.get_json()
    assert shown.get_json()["keeper"]["name"] == "李四"


def test_nobody_registers_beyond_the_own_area_nor_nowhere(
    program_of: ProgramOf, world: World
) -> None:
    vet = program_of(Role.OFFICIAL_VET)

    beyond = vet.post("/api/holdings/", asked(world, "520527"))
    nowhere = vet.post("/api/holdings/", asked(world, "999999"))

    assert code(beyond) == (422, "holding.beyond_area")
    assert code(nowhere) == (404, "region.unknown")


def test_a_markets_manager_registers_in_its_county(program_of: ProgramOf, world: World) -> None:
    manager = program_of(Role.MARKET_MANAGER)

    assert manager.post("/api/holdings/", asked(world)).status_code == 201
    assert manager.post("/api/holdings/", asked(world, "520527")).status_code == 422


def test_markets_are_everybodys_and_households_ones_own(
    program_of: ProgramOf, world: World
) -> None:
    buyer, farmer = program_of(Role.BUYER), program_of(Role.FARMER)

    names = {row["name"] for row in buyer.get("/api/holdings/").get_json()["rows"]}
    markets = farmer.get("/api/holdings/", kind="market").get_json()["rows"]

    assert world.market.name in names
    assert world.home.name not in names
    assert [row["ref"] for row in markets] == [world.market.ref]
    assert code(buyer.get(f"/api/holdings/{world.home.ref}")) == (404, "holding.not_found")


def test_a_farm_code_is_given_once(program_of: ProgramOf, world: World) -> None:
    vet = program_of(Role.OFFICIAL_VET)
    told = {**asked(world), "farm_code": "5205261234"}

    first, again = vet.post("/api/holdings/", told), vet.post("/api/holdings/", told)

    assert first.status_code == 201, first.text
    assert code(again) == (409, "holding.farm_code_in_use")
