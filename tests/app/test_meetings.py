"""The officer's quarter: the scheduler opens it, the agenda is drafted, what is late is told."""

import io
import zipfile
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from app.notices import due
from app.notices.notices import Notice, NoticeKind
from registry import milestones, projects
from registry.clusters import Cluster
from registry.meetings import Duty, Meeting
from tests import photos
from tests.app.test_clusters import engine, registry  # noqa: F401 - the registry's fixtures
from tests.logins import LoginAs
from tests.world import World
from traceability.base.db import transaction

CHINA = ZoneInfo("Asia/Shanghai")


def scanned(world: World, day: date) -> int:
    """What the scheduler does on a day, just after six in the morning."""
    at = datetime(day.year, day.month, day.day, 6, 5, tzinfo=CHINA)
    world.session.commit()
    with transaction(world.engine, recorded_at=at) as session:
        return due.scan_if_due(session, at=at)


def opened(world: World, cluster: Cluster, duty: Duty = Duty.CONSULTATION) -> str:
    """The address of this quarter's duty, which the scheduler has opened."""
    scanned(world, world.today)
    wanted = select(Meeting).where(Meeting.cluster_id == cluster.id, Meeting.duty == duty)
    return f"/meetings/{world.session.scalars(wanted).one().ref}"


def form(**changes: Any) -> dict[str, Any]:
    return {
        "held_on": "2026-11-20",
        "level": "county",
        "participants": "县政府、广东工作组",
        "agenda": "节点逾期\n资金未支出",
        "minutes": "议定加快设备招标。",
        "photo": photos.upload("签到表.jpg"),
        **changes,
    }


def task(**changes: Any) -> dict[str, Any]:
    return {
        "text": "完成设备招标",
        "assignee": "农业农村局 李明",
        "due_on": "2026-11-30",
        **changes,
    }


def test_a_quarter_goes_from_opening_to_a_finished_task(
    officer: FlaskClient, cluster: Cluster, world: World
) -> None:
    project = projects.of_cluster(world.session, cluster)[0]
    milestones.plan(
        world.session, project, name="主体封顶", due_on=world.today, at=world.at, by=world.office
    )
    empty = officer.get("/meetings/").text
    meeting = opened(world, cluster)
    world.later(days=1)
    drafted = officer.get(meeting).text
    early = officer.post(f"{meeting}/actions", data=task())
    blank = officer.post(f"{meeting}/minutes", data=form(minutes=""))
    held = officer.post(f"{meeting}/minutes", data=form(photo=photos.upload("签到表.jpg")))
    twice = officer.post(f"{meeting}/minutes", data=form(photo=photos.upload("签到表.jpg")))
    given = officer.post(f"{meeting}/actions", data=task())
    told = officer.get(f"/api{meeting}").json
    assert told is not None
    done = officer.post(
        f"/meetings/actions/{told['items'][0]['ref']}/done", data={"outcome": "已开标"}
    )

    shown = officer.get(meeting).text
    assert "没有这样的会商和调度" in empty
    assert "节点逾期" in drafted
    assert "主体封顶" in drafted
    assert [each.status_code for each in (early, blank, held, twice, given, done)] == [
        409,
        422,
        303,
        409,
        303,
        303,
    ]
    assert "议定加快设备招标" in shown
    assert "已开标" in shown
    assert "会议纪要" in shown
    assert "已开" in officer.get("/meetings/?need=held").text
    assert "2026Q4 会商" not in officer.get("/meetings/?need=open").text


def test_the_scheduler_opens_a_quarter_once_and_tells_two_weeks_before_its_end(
    officer: FlaskClient,
    registry: list[Cluster],  # noqa: F811 - a fixture
    world: World,
) -> None:
    def told() -> list[Notice]:
        kind = NoticeKind.MEETING_DUE
        return list(world.session.scalars(select(Notice).where(Notice.kind == kind)))

    scanned(world, world.today)
    scanned(world, world.today + timedelta(days=1))
    rows, quiet = world.session.scalars(select(Meeting)).all(), told()
    scanned(world, date(2026, 12, 17))
    soon = told()
    scanned(world, date(2027, 1, 4))

    late = [row.words for row in told() if "逾期" in row.words]
    assert len(rows) == len(registry) * len(Duty)
    assert (quiet, len(soon)) == ([], 2)
    assert "2026Q4" in soon[0].words
    assert len(late) == 2
    assert "2026Q4 会商，已逾期" in "".join(late)
    assert officer.get("/notices/").status_code == 200


def test_a_late_task_is_told_once_and_waits_on_the_first_page(
    officer: FlaskClient, cluster: Cluster, world: World, login_as: LoginAs
) -> None:
    meeting = opened(world, cluster)
    officer.post(f"{meeting}/minutes", data=form())
    officer.post(f"{meeting}/actions", data=task())

    scanned(world, date(2026, 12, 1))
    scanned(world, date(2026, 12, 2))
    world.later(days=12)

    kind = Notice.kind == NoticeKind.ACTION_OVERDUE
    [row] = world.session.scalars(select(Notice).where(kind)).all()
    assert "完成设备招标（农业农村局 李明）" in row.words
    grants = (Grant(ScopeKind.CLUSTER, cluster.key),)
    later = login_as(Role.CLUSTER_OFFICER, party=world.party("专员李"), grants=grants)
    first = later.get("/").text
    assert "交办事项逾期" in first
    assert "本季度还没开的会商、调度" in first
    assert "2026Q4 会商" in later.get("/meetings/?need=late").text
    assert "逾期" in later.get(meeting).text


def test_an_overseer_reads_and_records_nothing_and_others_see_nothing(
    officer: FlaskClient,
    regulator: FlaskClient,
    cluster: Cluster,
    registry: list[Cluster],  # noqa: F811 - a fixture
    world: World,
) -> None:
    mine, other = opened(world, cluster), None
    wanted = select(Meeting).where(Meeting.cluster_id == registry[0].id)
    other = world.session.scalars(wanted).first()
    assert other is not None

    assert regulator.get(mine).status_code == 200
    assert regulator.post(f"{mine}/minutes", data=form()).status_code == 403
    assert officer.get(f"/meetings/{other.ref}").status_code == 404
    assert registry[0].name not in officer.get("/meetings/").text


def test_a_program_records_the_minutes_and_the_tasks_go_out_as_a_workbook(
    officer: FlaskClient, cluster: Cluster, world: World
) -> None:
    meeting = opened(world, cluster, Duty.DISPATCH)
    given = {name: value for name, value in form().items() if name != "photo"}

    held = officer.post(f"/api{meeting}/minutes", json=given).json
    item = officer.post(f"/api{meeting}/actions", json=task()).json
    assert held is not None
    assert item is not None
    done = officer.post(f"/api/meetings/actions/{item['ref']}/done", json={"outcome": "已开标"})
    listed = officer.get("/api/meetings/?need=held").json
    with zipfile.ZipFile(io.BytesIO(officer.get("/meetings/actions.xlsx").data)) as book:
        text = book.read("xl/sharedStrings.xml").decode()

    assert held["agenda"] == ["节点逾期", "资金未支出"]
    assert (held["meeting"]["duty"], held["meeting"]["quarter"]) == ("dispatch", "2026Q4")
    assert done.json["outcome"] == "已开标"  # type: ignore[index]  # an object
    assert listed["total"] == 1  # type: ignore[index]  # an object
    assert "完成设备招标" in text
    assert "调度" in text


def test_the_list_asks_the_same_few_questions_however_long_it_is(
    regulator: FlaskClient, world: World, cluster: Cluster
) -> None:
    def questions() -> int:
        asked: list[int] = []
        event.listen(world.engine, "after_cursor_execute", hook := lambda *_: asked.append(1))
        regulator.get("/meetings/")
        event.remove(world.engine, "after_cursor_execute", hook)
        return len(asked)

    opened(world, cluster)
    before = questions()
    scanned(world, date(2027, 1, 4))

    assert questions() == before
