"""Statistics on the page and by program: the same numbers, each with its records, within reach."""

import io
import re
import zipfile
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import event

from app import database
from app.auth.roles import Role
from app.factory import Platform
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from tests.world import World
from traceability.holdings import HoldingKind

OTHER = "520526105"
PERIOD = "first=2026-01-01&last=2026-11-22"


def a_county(world: World) -> None:
    """Two townships: calves tagged in time and too late, one herd protected and one not."""
    far = world.holding(HoldingKind.FARM, "草海养殖场", region=f"{OTHER}001")
    for days, place in ((40, world.home), (20, far), (35, far)):
        world.animal(
            born_on=world.today - timedelta(days=days), holding=place, vaccinated_days_ago=None
        )
    world.animal()


def words_of(client: FlaskClient, address: str) -> str:
    with zipfile.ZipFile(io.BytesIO(client.get(address).data)) as book:
        return book.read("xl/sharedStrings.xml").decode()


def test_a_regulator_sees_every_number_with_its_definition_and_its_records(
    login_as: LoginAs,
) -> None:
    a_county(login_as.world)
    regulator = login_as(Role.REGULATOR)

    page = regulator.get(f"/statistics/?{PERIOD}&measure=tagged").text
    told = regulator.get(f"/api/statistics/?{PERIOD}").json
    links = re.findall(r'href="(/statistics/records\?[^"]+)">([\d,]+) / ([\d,]+)<', page)

    assert told is not None
    tagged, density = told["measures"][:2]
    assert tagged["whole"] == {"region_code": "", "whole": 2, "met": 0, "permille": 0}
    assert "30 天内" in tagged["basis"]
    assert density["whole"]["met"] == 1
    assert density["whole"]["whole"] == 4
    assert "90%" in density["basis"]
    (county,) = density["counties"]
    assert [row["region_code"] for row in county["townships"]] == ["520526104", OTHER]
    assert all(each["defined"]["left_out"] in page for each in told["measures"])
    assert len(links) == 6  # a county and two townships, two measures
    for address, met, whole in links:
        behind = address.replace("&amp;", "&")
        assert f"共 {whole} 条" in regulator.get(behind).text
        kept = regulator.get(f"{behind}&met=true").text
        assert f"共 {met} 条" in kept or (met == "0" and "没有这样的记录" in kept)


def test_workbooks_and_the_interface_tell_the_same(login_as: LoginAs) -> None:
    a_county(login_as.world)
    regulator = login_as(Role.REGULATOR)

    book = words_of(regulator, f"/statistics/sheet.xlsx?{PERIOD}")
    listed = words_of(regulator, f"/statistics/records.xlsx?{PERIOD}&measure=tagged&met=false")
    behind = regulator.get(f"/api/statistics/records?{PERIOD}&measure=tagged&met=false").json

    assert behind is not None
    assert behind["total"] == 2
    assert all(row["label"] in listed and not row["met"] for row in behind["rows"])
    assert "25%" in book
    assert "购入的牛" in book


def test_a_vet_of_a_township_sees_that_township_alone(login_as: LoginAs) -> None:
    a_county(login_as.world)
    vet = login_as(Role.VILLAGE_VET)

    told = vet.get(f"/api/statistics/?{PERIOD}").json
    page = vet.get(f"/statistics/?{PERIOD}").text
    foreign = vet.get(f"/api/statistics/records?{PERIOD}&region={OTHER}").json

    assert told is not None
    assert {
        row["region_code"]
        for each in told["measures"]
        for county in each["counties"]
        for row in county["townships"]
    } == {"520526104"}
    assert OTHER not in page
    assert foreign is not None
    assert foreign["total"] == 0


def test_an_empty_period_and_a_wrong_one_say_so(login_as: LoginAs, program_of: ProgramOf) -> None:
    regulator = login_as(Role.REGULATOR)
    wrong = "first=2026-11-22&last=2026-01-01"

    assert (
        "还没有可统计的记录" in regulator.get("/statistics/?first=2020-01-01&last=2020-12-31").text
    )
    for address in ("", "records", "sheet.xlsx", "records.xlsx"):
        answer = regulator.get(f"/statistics/{address}?{wrong}")
        assert answer.status_code == 422
        assert "结束日期早于开始日期" in answer.text
    assert regulator.get(f"/api/statistics/?{wrong}").status_code == 422
    assert regulator.get("/statistics/records?measure=gossip").status_code == 422
    refused = program_of(Role.FARMER).get("/api/statistics/")
    assert refused.status_code == 403
    assert code(refused)


def test_more_townships_take_no_more_questions(app: Platform, login_as: LoginAs) -> None:
    a_county(login_as.world)
    with app.app_context():
        engine_here = database.engine()
    counts = []
    for role in (Role.VILLAGE_VET, Role.REGULATOR):
        asked = login_as(role)
        seen: list[object] = []

        def note(*told: object, seen: list[object] = seen) -> None:
            seen.append(told[2])

        assert asked.get(f"/statistics/?{PERIOD}").status_code == 200
        event.listen(engine_here, "before_cursor_execute", note)
        asked.get(f"/statistics/?{PERIOD}")
        event.remove(engine_here, "before_cursor_execute", note)
        counts.append(len(seen))

    assert counts[1] <= counts[0]
