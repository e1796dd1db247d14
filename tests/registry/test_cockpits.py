"""How the clusters stand: the next target beside the newest confirmed actual, what is late."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from registry import actuals, adjustments, cockpits, indicators, issues, milestones, projects
from registry.actuals import Actual
from registry.clusters import Cluster
from registry.cockpits import Overdue, Standing
from registry.decisions import Matter
from registry.indicators import Figure, FigureRole, Indicator
from registry.issues import IssueKind
from registry.projects import Stage
from tests.registry.test_plans import decided
from tests.world import World

ON_BOTH = True


@pytest.fixture
def herd(world: World, registry: list[Cluster]) -> Indicator:
    """An indicator of the cattle cluster with a printed target that can be measured."""
    owner = registry[7].id
    wanted = (
        select(Figure)
        .join(Indicator, Figure.indicator_id == Indicator.id)
        .where(
            Indicator.cluster_id == owner,
            Figure.role == FigureRole.TARGET,
            Figure.comparator.in_(cockpits.MEASURABLE),
            Figure.unit.is_not(None),
        )
        .order_by(Figure.order_no)
    )
    found = world.session.scalars(wanted).first()
    assert found is not None
    assert found.indicator is not None
    return found.indicator


def confirmed(world: World, indicator: Indicator, period: str, value: str) -> Actual:
    row = actuals.report(
        world.session,
        indicator,
        period=period,
        value=value,
        unit=indicator.unit,
        at=world.at,
        by=world.operator,
    )
    actuals.submit(world.session, row, at=world.at, by=world.operator)
    actuals.confirm(world.session, row, at=world.at, by=world.vet)
    return row


def standing(world: World, cluster: Cluster, indicator: Indicator) -> Standing:
    rows = cockpits.standings(world.session, [cluster.id], year=world.today.year)
    return next(row for row in rows if row.ref == indicator.ref)


def test_the_newest_confirmed_actual_stands_beside_the_next_target(
    world: World, registry: list[Cluster], herd: Indicator
) -> None:
    before = standing(world, registry[7], herd)
    confirmed(world, herd, "2024", "1")
    newest = confirmed(world, herd, "2025", "2")
    draft = actuals.report(
        world.session, herd, period="2026", value="9", unit=herd.unit, at=world.at, by=world.vet
    )

    now = standing(world, registry[7], herd)
    assert (before.actual, before.permille) == (None, None)
    assert now.actual_ref == newest.ref
    assert now.period == "2025"
    assert now.permille is not None
    assert [point.value for point in cockpits.series(world.session, herd)] == ["1", "2"]
    assert draft.ref not in {point.ref for point in cockpits.series(world.session, herd)}


def test_a_target_set_by_a_decision_counts_instead_of_the_printed_one(
    world: World, registry: list[Cluster], herd: Indicator
) -> None:
    confirmed(world, herd, "2025", "50")
    for target in indicators.figures(world.session, herd, FigureRole.TARGET):
        adjustments.retarget(
            world.session,
            target,
            value="200",
            reason="调整",
            decision=decided(world, registry[7], Matter.TARGET),
            at=world.at,
            by=world.office,
        )

    now = standing(world, registry[7], herd)
    assert (now.target, now.is_adjusted) == ("200", True)
    if now.unit == herd.unit:
        assert now.permille == 250


def test_every_target_is_there_once_and_only_of_the_clusters_asked_for(
    world: World, registry: list[Cluster]
) -> None:
    ids = [row.id for row in registry]
    every = cockpits.standings(world.session, ids, year=2026)
    cattle = cockpits.standings(world.session, [registry[7].id], year=2026)

    assert len({row.ref for row in every}) == len(every) > len(cattle) > 0
    assert {row.cluster_id for row in cattle} == {registry[7].id}
    assert {row.ref for row in cattle} < {row.ref for row in every}


def test_projects_are_counted_by_stage_and_what_is_late_by_cluster(
    world: World, registry: list[Cluster]
) -> None:
    mine = registry[7]
    project = projects.of_cluster(world.session, mine)[0]
    before = cockpits.stages(world.session, [mine.id])[mine.id]
    tomorrow = world.today + timedelta(days=1)
    for name in ("立项", "开工"):
        milestones.plan(
            world.session, project, name=name, due_on=world.today, at=world.at, by=world.office
        )
    issues.report(
        world.session,
        project,
        kind=IssueKind.LAND,
        text="用地",
        assignee="自然资源局",
        due_on=world.today,
        at=world.at,
        by=world.office,
    )
    on_time = cockpits.overdue(world.session, [mine.id], day=world.today)
    late = cockpits.overdue(world.session, [row.id for row in registry], day=tomorrow)
    projects.advance(
        world.session, project, to=Stage.STOPPED, reason="撤销", at=world.at, by=world.office
    )
    after = cockpits.stages(world.session, [mine.id])[mine.id]
    stopped = cockpits.overdue(world.session, [mine.id], day=tomorrow)

    assert on_time == {mine.id: Overdue()}
    assert late[mine.id] == Overdue(projects=1, issues=1)
    assert late[registry[0].id] == Overdue()
    assert before.total() == after.total() == len(projects.of_cluster(world.session, mine))
    assert after[Stage.STOPPED] == before[Stage.STOPPED] + 1
    assert stopped[mine.id] == Overdue(issues=1)
