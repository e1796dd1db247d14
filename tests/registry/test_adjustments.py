"""A due date, a target, a task, a use of money: changed only by a collective decision."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from registry import actuals, adjustments, clusters, milestones, projects
from registry.clusters import Cluster
from registry.decisions import Matter
from registry.indicators import Comparator, Figure, FigureRole
from registry.milestones import Milestone
from tests.registry.test_funding import approved, planned
from tests.registry.test_plans import decided, recorded
from tests.world import World
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind

OTHER_USE = "programme.fund_use.联农带农机制创新"
ON_BOTH = True


def told(world: World, cluster: Cluster, matter: Matter, **changes: Any) -> dict[str, Any]:
    return {
        "reason": "设备交货推迟",
        "decision": decided(world, cluster, matter),
        "at": world.at,
        "by": world.office,
        **changes,
    }


@pytest.fixture
def milestone(world: World, registry: list[Cluster]) -> Milestone:
    project = projects.of_cluster(world.session, registry[1])[0]
    return milestones.plan(
        world.session,
        project,
        name="主体封顶",
        due_on=world.today + timedelta(days=30),
        at=world.at,
        by=world.office,
    )


@pytest.fixture
def target(world: World) -> Figure:
    """A printed target that has a value, an indicator and a comparison."""
    wanted = select(Figure).where(
        Figure.role == FigureRole.TARGET,
        Figure.cluster_id.is_not(None),
        Figure.indicator_id.is_not(None),
        Figure.value.is_not(None),
        Figure.comparator == Comparator.AT_LEAST,
    )
    return world.session.scalars(wanted.order_by(Figure.id)).first() or pytest.fail("no target")


def test_a_due_date_moves_and_the_old_one_stays(
    world: World,
    registry: list[Cluster],
    milestone: Milestone,
    rows_follow_from_their_events: Callable[[], int],
) -> None:
    old, new = milestone.due_on, milestone.due_on + timedelta(days=60)

    row = adjustments.reschedule(
        world.session, milestone, due_on=new, **told(world, registry[1], Matter.DUE)
    )

    newest = events.history(world.session, milestone.project.ref)[-1]
    assert milestone.due_on == new
    assert (row.old, row.new) == (old.isoformat(), new.isoformat())
    assert newest.kind is Kind.MILESTONE_RESCHEDULED
    assert newest.public["due_on"] == new.isoformat()
    assert "reason" not in newest.public
    assert adjustments.newest(world.session, [milestone.ref]) == {milestone.ref: row}
    assert adjustments.of_decision(world.session, row.decision) == [row]
    assert rows_follow_from_their_events()


def test_nothing_changes_without_a_decision(
    world: World, registry: list[Cluster], milestone: Milestone, target: Figure
) -> None:
    fund, task = approved(world, registry[1]), clusters.tasks(world.session, registry[1])[0]
    late: dict[str, Any] = {"due_on": world.today + timedelta(days=90)}
    bare: dict[str, Any] = {
        "reason": "推迟",
        "decision": None,
        "at": world.at,
        "by": world.office,
    }
    attempts: list[Callable[[], object]] = [
        lambda: adjustments.reschedule(world.session, milestone, **late, **bare),
        lambda: adjustments.retarget(world.session, target, value="9", **bare),
        lambda: adjustments.reword(world.session, task, text="改为", **bare),
        lambda: adjustments.redirect(
            world.session, fund, use_key=OTHER_USE, purpose="分红", **bare
        ),
    ]
    before = milestone.due_on, target.value, task.name, fund.use_key

    for attempt in attempts:
        with pytest.raises(RuleViolation) as refusal:
            attempt()
        assert refusal.value.code == "decision.missing"
        assert refusal.value.source is not None

    assert (milestone.due_on, target.value, task.name, fund.use_key) == before


@pytest.mark.parametrize("matter", [Matter.PLAN, Matter.FUND_USE, Matter.OTHER])
def test_a_decision_about_something_else_moves_no_due_date(
    world: World, registry: list[Cluster], milestone: Milestone, matter: Matter
) -> None:
    ground = told(world, registry[1], matter)

    with pytest.raises(RuleViolation) as refusal:
        adjustments.reschedule(
            world.session, milestone, due_on=world.today + timedelta(days=90), **ground
        )

    assert refusal.value.code == "decision.other_matter"


def test_a_due_date_moves_forward_with_a_reason_and_while_it_is_open(
    world: World, registry: list[Cluster], milestone: Milestone
) -> None:
    ground = told(world, registry[1], Matter.DUE)
    unchecked = {**ground, "decision": recorded(world, registry[1], Matter.DUE)}
    later = world.today + timedelta(days=90)
    attempts: list[tuple[dict[str, Any], str]] = [
        ({**ground, "due_on": world.today - timedelta(days=1)}, "adjustment.due_in_the_past"),
        ({**ground, "due_on": milestone.due_on}, "adjustment.nothing_new"),
        ({**ground, "due_on": later, "reason": " "}, "adjustment.no_reason"),
        ({**unchecked, "due_on": later}, "decision.not_confirmed"),
    ]
    for given, code in attempts:
        with pytest.raises(RuleViolation) as refusal:
            adjustments.reschedule(world.session, milestone, **given)
        assert refusal.value.code == code
    milestones.reach(world.session, milestone, reached_on=world.today, at=world.at, by=world.office)
    with pytest.raises(Conflict) as reached:
        adjustments.reschedule(world.session, milestone, due_on=later, **ground)

    assert reached.value.code == "milestone.already_reached"


def test_a_new_target_stands_beside_the_printed_one(
    world: World,
    target: Figure,
    rows_follow_from_their_events: Callable[[], int],
) -> None:
    cluster, printed = target.cluster, (target.value, target.printed)
    assert cluster is not None
    assert target.indicator is not None
    actual = actuals.report(
        world.session,
        target.indicator,
        period="2026",
        value="0.5",
        unit=target.unit,
        at=world.at,
        by=world.office,
    )

    ground = told(world, cluster, Matter.TARGET)
    first = adjustments.retarget(world.session, target, value="0.7", **ground)
    second = adjustments.retarget(world.session, target, value="0.4", **ground)

    assert (target.value, target.printed) == printed
    assert (first.old, first.new, second.old, second.new) == (target.value, "0.7", "0.7", "0.4")
    assert actuals.reaches(actual, target) is False
    assert adjustments.reaches(actual, target, first) is False
    assert adjustments.reaches(actual, target, second) is True
    assert adjustments.reaches(actual, target, None) is False
    assert adjustments.of_thing(world.session, target.ref) == [second, first]
    assert adjustments.figure(world.session, target.ref) is target
    assert rows_follow_from_their_events()


def test_only_a_clusters_own_target_with_a_value_is_changed(world: World) -> None:
    common = world.session.scalars(select(Figure).where(Figure.cluster_id.is_(None))).first()
    base = world.session.scalars(
        select(Figure).where(Figure.role != FigureRole.TARGET, Figure.cluster_id.is_not(None))
    ).first()
    assert common is not None
    assert base is not None
    assert base.cluster is not None
    ground = told(world, base.cluster, Matter.TARGET)

    with pytest.raises(RuleViolation) as programme:
        adjustments.retarget(world.session, common, value="1", **ground)
    with pytest.raises(RuleViolation) as baseline:
        adjustments.retarget(world.session, base, value="1", **ground)
    with pytest.raises(NotFound) as nowhere:
        adjustments.figure(world.session, "figure:" + "0" * 32)

    assert programme.value.code == "adjustment.of_the_programme"
    assert baseline.value.code == "adjustment.not_a_target"
    assert nowhere.value.code == "figure.not_found"


def test_a_task_is_reworded_beside_the_print(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Callable[[], int]
) -> None:
    task = clusters.tasks(world.session, registry[0])[0]
    printed = task.name, task.quote

    row = adjustments.reword(
        world.session, task, text="先建交易市场", **told(world, registry[0], Matter.TASK)
    )

    assert (task.name, task.quote) == printed
    assert (row.old, row.new) == (task.name, "先建交易市场")
    assert rows_follow_from_their_events()


def test_money_is_redirected_within_the_uses_the_document_allows(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Callable[[], int]
) -> None:
    fund = approved(world, registry[0])
    ground = told(world, registry[0], Matter.FUND_USE)
    with pytest.raises(RuleViolation) as outside:
        adjustments.redirect(
            world.session, fund, use_key="programme.fund_use.公务接待", purpose="接待", **ground
        )
    with pytest.raises(Conflict) as unapproved:
        adjustments.redirect(
            world.session,
            planned(world, registry[0]),
            use_key=OTHER_USE,
            purpose="分红",
            **ground,
        )

    row = adjustments.redirect(world.session, fund, use_key=OTHER_USE, purpose="分红", **ground)

    assert (outside.value.code, unapproved.value.code) == (
        "fund.use_not_allowed",
        "fund.not_approved",
    )
    assert (fund.use_key, fund.purpose) == (OTHER_USE, "分红")
    assert "威宁黄牛区域公用品牌" in row.old
    assert rows_follow_from_their_events()
