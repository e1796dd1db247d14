"""A farm prints its record of the year: who is here, came, went, was treated, and how it ended."""

from datetime import timedelta

from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability import movements, treatments
from traceability.holdings import HoldingKind
from traceability.quarantine import isolations


def test_a_farmer_prints_the_record_of_the_year(login_as: LoginAs, world: World) -> None:
    stays, leaves = world.animal(), world.animal()
    world.certified(leaves)
    movements.depart(world.session, leaves, to=world.market, at=world.at, by=world.farmer)
    treatments.treat(
        world.session,
        stays,
        drug="土霉素注射液",
        dose="20 毫升",
        given_on=world.today,
        at=world.at,
        by=world.vet,
    )
    isolations.open_case(world.session, stays, reason="高热", at=world.at, by=world.vet)
    client = login_as(Role.FARMER)

    page = client.get(f"/holdings/{world.home.ref}/record").text

    told = ("现在场内的牛", "小海牲畜交易市场", "土霉素注射液", "20 毫升", "高热", "粪污处理")
    assert all(words in page for words in told)
    assert page.count("DB-520526-2026-") >= 1
    assert "养殖档案" in client.get(f"/holdings/{world.home.ref}").text


def test_another_year_holds_nothing_of_this_one(login_as: LoginAs, world: World) -> None:
    world.certified(world.animal())
    client = login_as(Role.FARMER)

    page = client.get(f"/holdings/{world.home.ref}/record?year=2025").text
    strange = client.get(f"/holdings/{world.home.ref}/record?year=99999999999").text

    assert "DB-520526-2026-" not in page
    assert "养殖档案 2026 年" in strange


def test_the_last_hour_of_a_year_belongs_to_it_by_beijing_time(
    login_as: LoginAs, world: World
) -> None:
    days = (world.today.replace(month=12, day=31) - world.today).days
    world.later(days=days, hours=17)  # 23:12 on the last day of the year in China
    world.certified(world.animal())
    world.later(hours=2)
    client = login_as(Role.FARMER)

    new = client.get(f"/holdings/{world.home.ref}/record?year=2027").text
    old = client.get(f"/holdings/{world.home.ref}/record?year=2026").text

    assert "DB-520526-2026-" in old
    assert "DB-520526-2026-" not in new
    assert world.today - timedelta(days=1) == world.today.replace(year=2026, month=12, day=31)


def test_nobody_reads_the_record_of_a_place_outside_the_own_scope(
    login_as: LoginAs, world: World
) -> None:
    stranger = world.party("邻居")
    theirs = world.holding(HoldingKind.HOUSEHOLD, "邻居家", keeper=stranger)
    client = login_as(Role.FARMER)

    assert client.get(f"/holdings/{theirs.ref}/record").status_code == 404
    assert client.get(f"/holdings/{world.market.ref}/record").status_code == 404
