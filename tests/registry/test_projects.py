"""A project from plan to operation, with milestones and progress in the chain."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from registry import clusters, milestones, projects
from registry.clusters import Cluster
from registry.projects import NEXT_STAGES, Project, ProjectCard, Stage
from tests.world import World
from traceability import evidence
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind

PHOTOGRAPH = b"\xff\xd8\xff\xe0 a photograph of the site"


@pytest.fixture
def project(world: World, registry: list[Cluster]) -> Project:
    """The first printed project of another cluster than the cattle's."""
    return projects.of_cluster(world.session, registry[1])[0]


def test_the_instant_of_progress_is_the_one_its_event_keeps(world: World, project: Project) -> None:
    world.later(microseconds=123_456)

    row = projects.record_progress(
        world.session, project, percent=41, text="封顶", at=world.at, by=world.operator
    )

    assert row.at == events.history(world.session, row.ref)[-1].at


def test_progress_with_evidence_stands_in_the_projects_own_line(
    world: World, project: Project, tmp_path: Path
) -> None:
    photograph = evidence.store(
        world.session, tmp_path, PHOTOGRAPH, title="厂房封顶", at=world.at, by=world.operator
    )

    row = projects.record_progress(
        world.session,
        project,
        percent=40,
        text="标准厂房主体封顶",
        at=world.at,
        by=world.operator,
        evidence=photograph,
    )

    newest = events.history(world.session, project.ref)[-1]
    assert project.percent == 40
    assert newest.kind is Kind.PROJECT_PROGRESS_RECORDED
    assert newest.public["percent"] == 40
    assert "text" not in newest.public
    assert newest["evidence_sha256"] == photograph.sha256.hex()
    assert events.history(world.session, row.ref)[-1].digest == newest.digest


@pytest.mark.parametrize(
    ("percent", "text", "code"),
    [
        (101, "超额完成", "progress.bad_percent"),
        (-1, "倒退", "progress.bad_percent"),
        (50, "  ", "progress.no_text"),
    ],
)
def test_progress_without_words_or_beyond_a_hundred_percent_is_refused(
    *, world: World, project: Project, percent: int, text: str, code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        projects.record_progress(
            world.session, project, percent=percent, text=text, at=world.at, by=world.operator
        )

    assert refusal.value.code == code


@pytest.mark.parametrize("start", Stage)
@pytest.mark.parametrize("to", Stage)
def test_a_project_moves_only_to_the_next_stage(
    world: World, registry: list[Cluster], start: Stage, to: Stage
) -> None:
    project = projects.register(
        world.session,
        registry[0],
        ProjectCard(name="冷链项目"),
        at=world.at,
        by=world.operator,
        stage=start,
    )

    def advance() -> None:
        projects.advance(
            world.session, project, to=to, reason="核准文件", at=world.at, by=world.operator
        )

    if to in NEXT_STAGES[start]:
        advance()
        assert project.stage is to
    else:
        with pytest.raises(Conflict) as refusal:
            advance()
        assert refusal.value.code == "project.wrong_stage"


def test_a_stage_is_not_changed_without_a_ground(world: World, project: Project) -> None:
    with pytest.raises(RuleViolation) as refusal:
        projects.advance(
            world.session, project, to=Stage.APPROVED, reason=" ", at=world.at, by=world.operator
        )

    assert refusal.value.code == "project.no_reason"
    assert project.stage is Stage.PLANNED


def test_a_stopped_project_takes_no_progress_and_no_milestone(
    world: World, project: Project
) -> None:
    projects.advance(
        world.session, project, to=Stage.STOPPED, reason="业主退出", at=world.at, by=world.operator
    )

    with pytest.raises(Conflict) as progress:
        projects.record_progress(
            world.session, project, percent=50, text="照旧", at=world.at, by=world.operator
        )
    with pytest.raises(Conflict) as milestone:
        milestones.plan(
            world.session, project, name="投产", due_on=world.today, at=world.at, by=world.operator
        )

    assert progress.value.code == milestone.value.code == "project.stopped"


def test_a_project_needs_a_name_of_its_own(world: World, registry: list[Cluster]) -> None:
    card = ProjectCard(name="冷链项目")
    projects.register(world.session, registry[0], card, at=world.at, by=world.operator)
    elsewhere = projects.register(world.session, registry[1], card, at=world.at, by=world.operator)

    with pytest.raises(Conflict) as twice:
        projects.register(world.session, registry[0], card, at=world.at, by=world.operator)
    with pytest.raises(RuleViolation) as nameless:
        projects.register(
            world.session, registry[0], ProjectCard(name=" "), at=world.at, by=world.operator
        )

    assert elsewhere.stage is Stage.INTENDED
    assert twice.value.code == "project.name_in_use"
    assert nameless.value.code == "project.no_name"


def test_a_project_does_not_serve_another_clusters_task(
    world: World, registry: list[Cluster], project: Project
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        projects.register(
            world.session,
            registry[0],
            ProjectCard(name="冷链项目"),
            at=world.at,
            by=world.operator,
            task=project.task,
        )

    assert refusal.value.code == "project.strange_task"


def test_a_milestone_is_planned_and_reached_once(world: World, project: Project) -> None:
    row = milestones.plan(
        world.session,
        project,
        name="主体封顶",
        due_on=world.today + timedelta(days=30),
        at=world.at,
        by=world.operator,
    )
    world.later(days=20)
    milestones.reach(world.session, row, reached_on=world.today, at=world.at, by=world.operator)

    with pytest.raises(Conflict) as again:
        milestones.reach(world.session, row, reached_on=world.today, at=world.at, by=world.operator)

    assert row.reached_on == world.today
    assert milestones.of_project(world.session, project) == [row]
    assert milestones.get(world.session, row.ref) is row
    assert again.value.code == "milestone.already_reached"


def test_a_milestone_has_a_name_and_days_that_can_be(world: World, project: Project) -> None:
    told: Any = {"at": world.at, "by": world.operator}
    with pytest.raises(RuleViolation) as nameless:
        milestones.plan(world.session, project, name="", due_on=world.today, **told)
    with pytest.raises(RuleViolation) as past:
        milestones.plan(
            world.session, project, name="封顶", due_on=world.today - timedelta(days=1), **told
        )
    row = milestones.plan(world.session, project, name="封顶", due_on=world.today, **told)
    with pytest.raises(RuleViolation) as future:
        milestones.reach(world.session, row, reached_on=world.today + timedelta(days=1), **told)

    assert nameless.value.code == "milestone.no_name"
    assert past.value.code == "milestone.due_before_plan"
    assert future.value.code == "milestone.in_future"


def test_what_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as project:
        projects.get(world.session, "project:" + "0" * 32)
    with pytest.raises(NotFound) as milestone:
        milestones.get(world.session, "milestone:" + "0" * 32)
    with pytest.raises(NotFound) as cluster:
        clusters.get(world.session, "cluster:" + "0" * 32)
    with pytest.raises(NotFound):
        clusters.by_key(world.session, "nowhere")

    assert project.value.code == "project.not_found"
    assert milestone.value.code == "milestone.not_found"
    assert cluster.value.code == "cluster.not_found"


def test_a_worked_on_project_follows_from_its_events(
    world: World, project: Project, rows_follow_from_their_events: Callable[[], int]
) -> None:
    told: Any = {"at": world.at, "by": world.operator}
    row = milestones.plan(world.session, project, name="封顶", due_on=world.today, **told)
    milestones.reach(world.session, row, reached_on=world.today, **told)
    projects.advance(world.session, project, to=Stage.APPROVED, reason="备案", **told)
    projects.record_progress(world.session, project, percent=30, text="开工", **told)

    assert rows_follow_from_their_events()


def test_progress_recorded_late_does_not_take_a_project_back(
    world: World, project: Project
) -> None:
    yesterday = world.at - timedelta(days=1)
    world.later(days=1)
    projects.record_progress(
        world.session, project, percent=60, text="安装设备", at=world.at, by=world.operator
    )
    world.record_at(world.at, late_reason="现场无网络")
    projects.record_progress(
        world.session, project, percent=50, text="封顶", at=yesterday, by=world.operator
    )
    world.session.commit()

    assert project.percent == 60
