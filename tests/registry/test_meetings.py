"""The quarter's two duties of every cluster: opened once, held, and what they gave out."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from registry import actuals, agendas, meetings, milestones, projects
from registry.clusters import Cluster
from registry.indicators import Figure, FigureRole
from registry.meetings import ActionItem, Duty, Level, Meeting
from tests.registry.test_funding import approved
from tests.world import World
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind

ON_BOTH = True


def opened(world: World, cluster: Cluster, duty: Duty = Duty.CONSULTATION) -> Meeting:
    meetings.open_quarter(world.session, at=world.at)
    wanted = select(Meeting).where(Meeting.cluster_id == cluster.id, Meeting.duty == duty)
    return world.session.scalars(wanted).one()


def minutes(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "held_on": world.today,
        "level": Level.COUNTY,
        "participants": "县政府、广东工作组",
        "agenda": ["节点逾期", " "],
        "minutes": "议定加快设备招标。",
        "at": world.at,
        "by": world.office,
        **changes,
    }


def assigned(world: World, meeting: Meeting, **changes: Any) -> ActionItem:
    told: dict[str, Any] = {
        "text": "完成设备招标",
        "assignee": "农业农村局 李明",
        "due_on": world.today + timedelta(days=10),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return meetings.assign(world.session, meeting, **told)


def test_a_quarter_opens_two_duties_for_each_cluster_and_only_once(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Callable[[], int]
) -> None:
    first = meetings.open_quarter(world.session, at=world.at)
    again = meetings.open_quarter(world.session, at=world.at + timedelta(days=3))

    rows = world.session.scalars(select(Meeting)).all()
    world.later(days=60)
    following = meetings.open_quarter(world.session, at=world.at)

    assert (first, again, following) == (16, 0, 16)
    assert {(row.cluster_id, row.duty) for row in rows} == {
        (cluster.id, duty) for cluster in registry for duty in Duty
    }
    assert {(row.quarter, row.due_on) for row in rows} == {("2026Q4", date(2026, 12, 31))}
    assert rows_follow_from_their_events()


def test_one_duty_does_not_stand_for_the_other(world: World, registry: list[Cluster]) -> None:
    consultation = opened(world, registry[0])
    dispatch = opened(world, registry[0], Duty.DISPATCH)

    meetings.hold(world.session, consultation, **minutes(world))

    told = events.history(world.session, consultation.ref)
    assert consultation.agenda == ["节点逾期"]
    assert [each.kind for each in told] == [Kind.MEETING_OPENED, Kind.MEETING_HELD]
    assert "minutes" not in told[-1].public
    assert dispatch.held_on is None
    assert meetings.get(world.session, dispatch.ref) is dispatch


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"held_on": date(2026, 9, 30)}, "meeting.before_the_quarter"),
        ({"held_on": date(2027, 1, 1)}, "meeting.in_future"),
        ({"participants": " "}, "meeting.no_participants"),
        ({"minutes": ""}, "meeting.no_minutes"),
        ({"agenda": ["长" * 201]}, "meeting.long_agenda"),
    ],
)
def test_minutes_say_when_who_and_what(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    meeting = opened(world, registry[0])

    with pytest.raises(RuleViolation) as refusal:
        meetings.hold(world.session, meeting, **minutes(world, **changes))

    assert refusal.value.code == code
    assert meeting.held_on is None


def test_minutes_are_recorded_once_and_tasks_only_after_them(
    world: World, registry: list[Cluster]
) -> None:
    meeting = opened(world, registry[0])
    with pytest.raises(Conflict) as early:
        assigned(world, meeting)
    meetings.hold(world.session, meeting, **minutes(world, evidence=world.paper("签到表")))
    with pytest.raises(Conflict) as again:
        meetings.hold(world.session, meeting, **minutes(world))

    assert early.value.code == "meeting.not_held"
    assert again.value.code == "meeting.held_already"


def test_a_task_is_given_out_and_done_once(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Callable[[], int]
) -> None:
    meeting = opened(world, registry[0])
    meetings.hold(world.session, meeting, **minutes(world))
    row = assigned(world, meeting)
    before = meetings.open_items(world.session, registry[0])
    with pytest.raises(RuleViolation) as silent:
        meetings.finish(world.session, row, outcome=" ", at=world.at, by=world.office)
    meetings.finish(world.session, row, outcome="已开标", at=world.at, by=world.office)
    with pytest.raises(Conflict) as again:
        meetings.finish(world.session, row, outcome="已开标", at=world.at, by=world.office)

    assert before == [row]
    assert meetings.open_items(world.session, registry[0]) == []
    assert meetings.items(world.session, meeting) == [row]
    assert meetings.item(world.session, row.ref) is row
    assert silent.value.code == "action_item.no_outcome"
    assert again.value.code == "action_item.done_already"
    assert rows_follow_from_their_events()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": ""}, "action_item.no_text"),
        ({"assignee": " "}, "action_item.no_assignee"),
        ({"due_on": date(2026, 1, 1)}, "action_item.due_in_the_past"),
    ],
)
def test_a_task_says_what_who_and_until_when(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    meeting = opened(world, registry[0])
    meetings.hold(world.session, meeting, **minutes(world))

    with pytest.raises(RuleViolation) as refusal:
        assigned(world, meeting, **changes)

    assert refusal.value.code == code


def test_the_agenda_is_drafted_from_what_is_late(world: World, registry: list[Cluster]) -> None:
    cluster = registry[7]
    told: dict[str, Any] = {"at": world.at, "by": world.office}
    empty = agendas.draft(world.session, cluster, day=world.today)
    project = projects.of_cluster(world.session, cluster)[0]
    milestones.plan(world.session, project, name="主体封顶", due_on=world.today, **told)
    approved(world, cluster)
    target = world.session.scalars(
        select(Figure).where(
            Figure.cluster_id == cluster.id,
            Figure.role == FigureRole.TARGET,
            Figure.unit == "头",
            Figure.year >= 2025,
        )
    ).first()
    assert target is not None
    assert target.indicator is not None
    year = str(target.year)
    row = actuals.report(world.session, target.indicator, period=year, value="1", unit="头", **told)
    actuals.submit(world.session, row, **told)
    actuals.confirm(world.session, row, at=world.at, by=world.vet)
    meeting = opened(world, cluster)
    meetings.hold(world.session, meeting, **minutes(world))
    assigned(world, meeting, due_on=world.today)
    world.later(days=1)

    found = agendas.draft(world.session, cluster, day=world.today)

    assert empty == []
    assert [each.partition("：")[0] for each in found] == [
        "节点逾期",
        "交办事项已逾期",
        "指标落后",
        "资金未支出",
    ]
    assert "还有 300 万元" in found[-1]
    assert "主体封顶" in found[0]


def test_a_straight_path_leads_from_the_base_to_the_target() -> None:
    def figure(year: int, value: str | None, unit: str = "万头") -> Figure:
        return Figure(year=year, value=value, unit=unit)

    base, target = figure(2021, "10"), figure(2025, "30")

    assert agendas.on_path(base, target, year=2023) == 20
    assert agendas.on_path(base, target, year=2025) == 30
    assert agendas.on_path(base, target, year=2023, value="18") == 14
    assert agendas.on_path(None, target, year=2023) is None
    assert agendas.on_path(figure(2021, "10", "头"), target, year=2023) is None
    assert agendas.on_path(base, figure(2025, None), year=2023) is None


def test_a_meeting_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as meeting:
        meetings.get(world.session, "meeting:" + "0" * 32)
    with pytest.raises(NotFound) as task:
        meetings.item(world.session, "action_item:" + "0" * 32)

    assert meeting.value.code == "meeting.not_found"
    assert task.value.code == "action_item.not_found"
