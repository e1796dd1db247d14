"""The six ones: every version stays, and nothing changes without a collective decision."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from registry import decisions, plans
from registry.clusters import Cluster
from registry.decisions import Decision, Matter
from registry.plans import Plan, PlanKind, PlanState
from tests.world import World
from traceability.base.errors import NotFound, RuleViolation

ON_BOTH = True


def recorded(world: World, cluster: Cluster, *matters: Matter, **changes: Any) -> Decision:
    told: dict[str, Any] = {
        "matters": matters or (Matter.PLAN,),
        "text": "实施方案修订为第二版",
        "met_on": world.today,
        "body": "产业集群联合工作组",
        "participants": "王主任、李局长等",
        "participant_count": 9,
        "principal": "王主任",
        "filing_no": "联工〔2026〕3 号",
        "is_major": True,
        "evidence": world.paper("签字页"),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return decisions.record(world.session, cluster, **told)


def decided(world: World, cluster: Cluster, *matters: Matter, **changes: Any) -> Decision:
    row = recorded(world, cluster, *matters, **changes)
    decisions.confirm(world.session, row, at=world.at, by=world.vet)
    return row


def issued(world: World, cluster: Cluster, **changes: Any) -> Plan:
    told: dict[str, Any] = {
        "title": "产业集群实施方案",
        "effective_from": world.today,
        "evidence": world.paper("实施方案"),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    kind = told.pop("kind", PlanKind.IMPLEMENTATION)
    return plans.issue(world.session, cluster, kind, **told)


def test_a_first_version_needs_its_document_and_a_second_one_a_decision(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Callable[[], int]
) -> None:
    cluster = registry[0]
    first = issued(world, cluster)
    with pytest.raises(RuleViolation) as alone:
        issued(world, cluster, title="实施方案（修订）")

    second = issued(world, cluster, title="实施方案（修订）", decision=decided(world, cluster))

    kept = plans.versions(world.session, cluster, PlanKind.IMPLEMENTATION)
    assert alone.value.code == "decision.missing"
    assert "集体决策" in alone.value.sentence
    assert [row.version for row in kept] == [2, 1]
    assert second.supersedes_id == first.id
    assert first.title == "产业集群实施方案"
    assert plans.get(world.session, second.ref) is second
    assert plans.of_decision(world.session, decided(world, cluster)) == []
    assert rows_follow_from_their_events()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("unconfirmed", "decision.not_confirmed"),
        ("returned", "decision.not_confirmed"),
        ("elsewhere", "decision.other_cluster"),
        ("another matter", "decision.other_matter"),
    ],
)
def test_a_change_rests_only_on_a_confirmed_decision_about_it(
    world: World, registry: list[Cluster], wrong: str, code: str
) -> None:
    cluster = registry[0]
    issued(world, cluster)
    returned = recorded(world, cluster)
    decisions.send_back(world.session, returned, reason="没有签字", at=world.at, by=world.vet)
    grounds = {
        "unconfirmed": recorded(world, cluster),
        "returned": returned,
        "elsewhere": decided(world, registry[1]),
        "another matter": decided(world, cluster, Matter.TARGET),
    }

    with pytest.raises(RuleViolation) as refusal:
        issued(world, cluster, decision=grounds[wrong])

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " "}, "plan.no_title"),
        ({"evidence": None}, "plan.no_document"),
        ({"effective_from": date(2020, 1, 1)}, "plan.before_the_earlier"),
    ],
)
def test_a_version_has_a_title_a_document_and_a_day_after_the_earlier_one(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    issued(world, registry[0])

    with pytest.raises(RuleViolation) as refusal:
        issued(world, registry[0], decision=decided(world, registry[0]), **changes)

    assert refusal.value.code == code


def test_the_board_shows_eight_times_six_in_one_question(
    world: World, registry: list[Cluster]
) -> None:
    issued(world, registry[0])
    later = world.today + timedelta(days=10)
    issued(world, registry[0], decision=decided(world, registry[0]), effective_from=later)
    issued(world, registry[1], kind=PlanKind.INVESTMENT, effective_from=later)
    asked = []
    event.listen(world.session.bind, "after_cursor_execute", lambda *_: asked.append(1))

    board = plans.board(world.session, registry, day=world.today)
    questions = len(asked)
    then = plans.board(world.session, registry, day=later)

    assert (len(board), {len(row.cells) for row in board}, questions) == (8, {6}, 1)
    first, second = board[0].cells[0], board[1].cells[2]
    assert (first.state, first.versions) == (PlanState.IN_FORCE, 2)
    assert first.plan is not None
    assert first.plan.version == 1
    assert (second.state, board[0].complete, board[2].complete) == (PlanState.COMING, 1, 0)
    assert board[2].cells[0].state is PlanState.MISSING
    assert then[0].cells[0].plan is not None
    assert then[0].cells[0].plan.version == 2


def test_a_superseded_version_says_so(world: World, registry: list[Cluster]) -> None:
    first = issued(world, registry[0])
    second = issued(world, registry[0], decision=decided(world, registry[0]))
    rows = plans.versions(world.session, registry[0], PlanKind.IMPLEMENTATION)

    told = plans.states(rows, day=world.today)

    assert told == {second.id: "现行", first.id: "已由新版代替"}
    assert plans.states(rows, day=world.today - timedelta(days=1))[first.id] == "未生效"
    assert plans.states([], day=world.today) == {}


def test_a_version_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as plan:
        plans.get(world.session, "plan:" + "0" * 32)
    with pytest.raises(NotFound) as decision:
        decisions.get(world.session, "decision:" + "0" * 32)

    assert plan.value.code == "plan.not_found"
    assert decision.value.code == "decision.not_found"
