"""产犊疑点: a calf its registered dam cannot have borne is named, honest calves are not."""

from datetime import timedelta

from sqlalchemy import event, true

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from tests.logins import LoginAs
from tests.world import World
from traceability import animals, calvings
from traceability.animals import Animal, Sex

ON_BOTH = True


def cow(world: World, *, days: int) -> Animal:
    return world.animal(sex=Sex.FEMALE, born_on=world.today - timedelta(days=days))


def calf(world: World, dam: Animal, *, days: int) -> Animal:
    born = world.today - timedelta(days=days)
    return world.animal(dam=dam, born_on=born, vaccinated_days_ago=None)


def seeded(world: World) -> set[tuple[str, str]]:
    """Honest calves beside each kind of impossible one; the impossible by kind and tag."""
    honest, heifer, old, gone, busy = (cow(world, days=d) for d in (2000, 460, 7330, 2000, 2000))
    calf(world, honest, days=700)
    calf(world, honest, days=460)  # 240 days after the one before
    calf(world, honest, days=20)
    calf(world, honest, days=20)  # a twin
    calf(world, cow(world, days=460 + 20), days=20)  # of fifteen months
    calf(world, cow(world, days=7000), days=20)
    young = calf(world, heifer, days=20)
    late = calf(world, old, days=10)
    animals.report_death(
        world.session, gone, cause="难产", disposal="深埋", at=world.at, by=world.farmer
    )
    gone.ended_on = world.today - timedelta(days=30)  # as a paper found later would have it
    orphan = calf(world, gone, days=10)
    calf(world, busy, days=300)
    close = calf(world, busy, days=61)
    world.session.flush()
    kinds = ("dam_young", "dam_old", "dam_gone", "gap_short")
    return set(zip(kinds, (each.ear_tag for each in (young, late, orphan, close)), strict=True))


def test_every_impossible_calf_is_found_and_no_honest_one(world: World) -> None:
    impossible = seeded(world)

    rows = calvings.doubts(world.session, true())

    found = {(each.kind.value, each.ear_tag) for each in rows}
    right = len(found & impossible)
    print(f"precision {right}/{len(found)}, recall {right}/{len(impossible)}")
    assert found == impossible
    assert len(rows) == len(found)
    (close,) = calvings.doubts(world.session, true(), kind=calvings.CalvingDoubt.GAP_SHORT)
    assert "239 天" in close.reason


def test_the_regulator_reads_the_reasons_in_two_queries(login_as: LoginAs, world: World) -> None:
    impossible = seeded(world)
    regulator = login_as(Role.REGULATOR)

    page = regulator.get("/calvings/").text
    answer = regulator.get("/api/calvings/?kind=dam_young").get_json()

    assert "239 天" in page
    assert "不是我国的规定" in page
    assert [("dam_young", each["ear_tag"]) for each in answer] == [
        each for each in impossible if each[0] == "dam_young"
    ]
    sent: list[str] = []
    engine = world.session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    calvings.doubts(world.session, true())
    assert sum(each.startswith("SELECT") for each in sent) == len(("of dams", "of gaps"))


def test_a_regulator_of_elsewhere_sees_nothing(login_as: LoginAs, world: World) -> None:
    seeded(world)

    elsewhere = login_as(Role.REGULATOR, grants=(Grant(ScopeKind.REGION, "522300"),))

    assert "没有产犊疑点" in elsewhere.get("/calvings/").text
    assert elsewhere.get("/api/calvings/").get_json() == []
