"""Who is in charge, which approvals are on their way, what is in the way, and what it costs."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from registry import (
    charges,
    clusters,
    issues,
    milestones,
    procedures,
    projects,
    scales,
    task_progress,
)
from registry.clusters import Cluster
from registry.decisions import Matter
from registry.issues import Issue, IssueKind, IssueState
from registry.procedures import (
    DayKind,
    Outcome,
    Procedure,
    ProcedureCard,
    ProcedureKind,
    ProcedureState,
    due_day,
)
from registry.projects import Project, Stage
from tests.registry.test_plans import decided
from tests.world import World
from traceability.base.errors import Conflict, NotFound, RuleViolation

ON_BOTH = True
Compare = Callable[[], int]


def card(**changes: Any) -> ProcedureCard:
    told: dict[str, Any] = {
        "kind": ProcedureKind.ENVIRONMENT,
        "agency": "生态环境局",
        "assignee": "农业农村局 李明",
        "legal_days": 30,
        "day_kind": DayKind.WORKING,
        "basis": "办事指南第三条",
        **changes,
    }
    return ProcedureCard(**told)


def project_of(world: World, cluster: Cluster) -> Project:
    return projects.of_cluster(world.session, cluster)[0]


def planned(world: World, project: Project, **changes: Any) -> Procedure:
    return procedures.plan(world.session, project, card(**changes), at=world.at, by=world.office)


def reported(world: World, project: Project, **changes: Any) -> Issue:
    told: dict[str, Any] = {
        "kind": IssueKind.ELECTRICITY,
        "text": "变压器容量不够",
        "assignee": "供电局 王强",
        "due_on": world.today + timedelta(days=30),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return issues.report(world.session, project, **told)


def assigned(world: World, thing: charges.Thing, **changes: Any) -> charges.Charge:
    told: dict[str, Any] = {
        "leader": "张华",
        "office": "产业处",
        "assignee": "李明",
        "due_on": world.today + timedelta(days=200),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return charges.assign(world.session, thing, **told)


def test_an_approval_is_accepted_runs_its_legal_days_and_gets_its_number(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Compare
) -> None:
    project = project_of(world, registry[7])
    row = planned(world, project, is_green=True)
    waiting = row.state_on(world.today)
    procedures.accept(world.session, row, accepted_on=world.today, at=world.at, by=world.office)
    due_on = row.due_on
    assert due_on is not None
    running, late = row.state_on(due_on), row.state_on(due_on + timedelta(days=1))
    listed = [
        len(world.session.scalars(select(Procedure).where(procedures.standing(state, day))).all())
        for state, day in (
            (ProcedureState.RUNNING, due_on),
            (ProcedureState.LATE, due_on),
            (ProcedureState.LATE, due_on + timedelta(days=1)),
        )
    ]
    world.later(days=10)
    procedures.end(
        world.session,
        row,
        outcome=Outcome.GRANTED,
        ended_on=world.today,
        document_no="威环审〔2026〕8 号",
        evidence=world.paper("批复"),
        at=world.at,
        by=world.office,
    )

    assert (waiting, running, late) == (
        ProcedureState.WAITING,
        ProcedureState.RUNNING,
        ProcedureState.LATE,
    )
    assert listed == [1, 0, 1]
    assert row.state_on(world.today) is ProcedureState.ENDED
    assert procedures.of_project(world.session, project) == [row]
    assert rows_follow_from_their_events() > 0


def test_a_refused_approval_may_be_asked_for_again_but_not_twice_at_once(
    world: World, registry: list[Cluster]
) -> None:
    project = project_of(world, registry[7])
    first = planned(world, project)
    with pytest.raises(Conflict) as twice:
        planned(world, project)
    with pytest.raises(Conflict) as too_soon:
        ended(world, first)
    procedures.accept(world.session, first, accepted_on=world.today, at=world.at, by=world.office)
    with pytest.raises(Conflict) as again:
        procedures.accept(
            world.session, first, accepted_on=world.today, at=world.at, by=world.office
        )
    ended(world, first, outcome=Outcome.REFUSED)
    with pytest.raises(Conflict) as over:
        ended(world, first)
    second = planned(world, project)

    assert twice.value.code == "procedure.open_already"
    assert too_soon.value.code == "procedure.not_accepted"
    assert again.value.code == "procedure.accepted_already"
    assert over.value.code == "procedure.ended_already"
    assert second.id != first.id


def ended(world: World, row: Procedure, **changes: Any) -> None:
    told: dict[str, Any] = {
        "outcome": Outcome.GRANTED,
        "ended_on": world.today,
        "document_no": "1 号",
        "at": world.at,
        "by": world.office,
        **changes,
    }
    procedures.end(world.session, row, **told)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"agency": " "}, "procedure.no_agency"),
        ({"assignee": ""}, "procedure.no_assignee"),
        ({"basis": " "}, "procedure.no_basis"),
        ({"legal_days": 0}, "procedure.bad_days"),
        ({"legal_days": 401}, "procedure.bad_days"),
    ],
)
def test_an_approval_says_whose_by_whom_and_by_which_law(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refused:
        planned(world, project_of(world, registry[7]), **changes)
    assert refused.value.code == code


def test_days_of_an_approval_are_neither_in_the_future_nor_before_its_acceptance(
    world: World, registry: list[Cluster]
) -> None:
    row = planned(world, project_of(world, registry[7]))
    tomorrow = world.today + timedelta(days=1)
    with pytest.raises(RuleViolation) as future:
        procedures.accept(world.session, row, accepted_on=tomorrow, at=world.at, by=world.office)
    procedures.accept(world.session, row, accepted_on=world.today, at=world.at, by=world.office)
    refused = [future.value.code]
    for changes in (
        {"ended_on": tomorrow},
        {"ended_on": world.today - timedelta(days=1)},
        {"document_no": " "},
    ):
        with pytest.raises(RuleViolation) as wrong:
            ended(world, row, **changes)
        refused.append(wrong.value.code)

    assert refused == [
        "procedure.in_future",
        "procedure.in_future",
        "procedure.before_acceptance",
        "procedure.no_document",
    ]


@given(accepted_on=st.dates(date(2020, 1, 1), date(2040, 1, 1)), days=st.integers(1, 400))
def test_working_days_are_counted_one_by_one(accepted_on: date, days: int) -> None:
    due_on = due_day(accepted_on, days, DayKind.WORKING)
    span = (accepted_on + timedelta(days=n) for n in range(1, (due_on - accepted_on).days + 1))

    assert sum(day.isoweekday() <= 5 for day in span) == days
    assert due_on.isoweekday() <= 5
    assert due_day(accepted_on, days, DayKind.CALENDAR) == accepted_on + timedelta(days=days)


def test_an_issue_has_an_owner_a_day_and_an_end(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Compare
) -> None:
    project = project_of(world, registry[7])
    row = reported(world, project)
    tomorrow = row.due_on + timedelta(days=1)
    before = row.state_on(row.due_on), row.state_on(tomorrow)
    late = select(Issue).where(issues.standing(IssueState.LATE, tomorrow))
    found = world.session.scalars(late).all()
    issues.solve(world.session, row, outcome="已增容", at=world.at, by=world.office)
    with pytest.raises(Conflict) as again:
        issues.solve(world.session, row, outcome="已增容", at=world.at, by=world.office)
    with pytest.raises(RuleViolation) as silent:
        issues.solve(
            world.session, reported(world, project), outcome=" ", at=world.at, by=world.office
        )

    assert before == (IssueState.OPEN, IssueState.LATE)
    assert found == [row]
    assert row.state_on(tomorrow) is IssueState.SOLVED
    assert again.value.code == "issue.solved_already"
    assert silent.value.code == "issue.no_outcome"
    assert [each.outcome for each in issues.of_project(world.session, project)] == [None, "已增容"]
    assert rows_follow_from_their_events() > 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": " "}, "issue.no_text"),
        ({"assignee": " "}, "issue.no_assignee"),
        ({"due_on": date(2020, 1, 1)}, "issue.due_in_the_past"),
    ],
)
def test_an_issue_says_what_whose_and_by_when(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refused:
        reported(world, project_of(world, registry[7]), **changes)
    assert refused.value.code == code


def test_a_stopped_project_gets_no_approvals_issues_or_statements(
    world: World, registry: list[Cluster]
) -> None:
    project = project_of(world, registry[7])
    projects.advance(
        world.session, project, to=Stage.STOPPED, reason="撤销", at=world.at, by=world.office
    )
    for act in (planned, reported, stated):
        with pytest.raises(Conflict) as refused:
            act(world, project)
        assert refused.value.code == "project.stopped"


def test_the_day_of_a_task_moves_only_by_a_collective_decision(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Compare
) -> None:
    cluster = registry[7]
    task = clusters.tasks(world.session, cluster)[0]
    first = assigned(world, task)
    same = assigned(world, task, leader="陈文")
    later = world.today + timedelta(days=300)
    with pytest.raises(RuleViolation) as groundless:
        assigned(world, task, due_on=later)
    ground = decided(world, cluster, Matter.DUE)
    moved = assigned(world, task, due_on=later, decision=ground)

    assert groundless.value.code == "decision.missing"
    assert [row.id for row in charges.of_thing(world.session, task.ref)] == [
        moved.id,
        same.id,
        first.id,
    ]
    assert charges.newest(world.session, [task.ref])[task.ref].decision == ground
    assert rows_follow_from_their_events() > 0


def test_a_charge_names_everybody_and_a_day_but_a_milestone_has_its_own(
    world: World, registry: list[Cluster]
) -> None:
    project = project_of(world, registry[7])
    step = milestones.plan(
        world.session, project, name="投产", due_on=world.today, at=world.at, by=world.office
    )
    mine = assigned(world, step, due_on=None)
    refused = []
    for thing, changes in (
        (project, {"leader": " "}),
        (project, {"due_on": None}),
        (project, {"due_on": date(2020, 1, 1)}),
        (step, {}),
    ):
        with pytest.raises(RuleViolation) as wrong:
            assigned(world, thing, **changes)
        refused.append(wrong.value.code)

    assert charges.newest(world.session, [step.ref]) == {step.ref: mine}
    assert refused == [
        "charge.no_name",
        "charge.no_day",
        "charge.due_in_the_past",
        "charge.milestone_has_its_day",
    ]


def test_a_main_task_comes_forward_in_words_and_percent(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Compare
) -> None:
    task = clusters.tasks(world.session, registry[7])[0]
    for percent in (20, 45):
        task_progress.record(
            world.session, task, percent=percent, text="推进", at=world.at, by=world.office
        )
        world.later(days=1)
    refused = []
    for percent, text in ((101, "推进"), (1, " ")):
        with pytest.raises(RuleViolation) as wrong:
            task_progress.record(
                world.session,
                task,
                percent=percent,
                text=text,
                at=world.at,
                by=world.office,
            )
        refused.append(wrong.value.code)

    told_of = task_progress.of_task(world.session, task)
    assert [row.percent for row in told_of] == [45, 20]
    assert task_progress.newest(world.session, [task.id])[task.id].percent == 45
    assert refused == ["progress.bad_percent", "progress.no_text"]
    assert rows_follow_from_their_events() > 0


def stated(world: World, project: Project, **changes: Any) -> scales.Scale:
    told: dict[str, Any] = {
        "as_of": world.today,
        "planned_fen": scales.fen_of("3000", "万元"),
        "invested_fen": 0,
        "jobs_planned": 60,
        "jobs": 0,
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return scales.record(world.session, project, **told)


def test_what_a_project_costs_and_employs_is_stated_day_by_day(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Compare
) -> None:
    project = project_of(world, registry[7])
    first = stated(world, project)
    world.later(days=90)
    second = stated(world, project, invested_fen=scales.fen_of("0.08", "亿元"), jobs=12)

    assert scales.of_project(world.session, project) == [second, first]
    assert (second.planned_fen, second.invested_fen) == (3_000_000_000, 800_000_000)
    assert rows_follow_from_their_events() > 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"planned_fen": -1}, "scale.bad_amount"),
        ({"jobs": -1}, "scale.bad_jobs"),
        ({"as_of": date(2090, 1, 1)}, "scale.in_future"),
    ],
)
def test_a_statement_out_of_all_bounds_is_refused(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refused:
        stated(world, project_of(world, registry[7]), **changes)
    with pytest.raises(RuleViolation) as split:
        scales.fen_of("0.001", "元")
    assert refused.value.code == code
    assert split.value.code == "scale.bad_amount"


def test_what_does_not_exist_is_not_found(world: World) -> None:
    nobody = "0" * 32
    with pytest.raises(NotFound) as procedure:
        procedures.get(world.session, f"procedure:{nobody}")
    with pytest.raises(NotFound) as issue:
        issues.get(world.session, f"issue:{nobody}")

    assert procedure.value.code == "procedure.not_found"
    assert issue.value.code == "issue.not_found"
