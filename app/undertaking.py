"""推进 · procedures, issues, main tasks and those in charge, of the clusters one may see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from app import attention, deciding, programme, schedules, whoami, workbooks
from app.lists import PAGE_ROWS, Listed, paged
from registry import charges, issues, procedures, scales, task_progress
from registry.charges import Charge, Thing
from registry.clusters import Cluster, Task
from registry.issues import ISSUE_KIND_LABELS, ISSUE_STATE_LABELS, Issue, IssueState
from registry.milestones import Milestone
from registry.overview import ProjectPage
from registry.procedures import (
    DAY_KIND_LABELS,
    OUTCOME_LABELS,
    PROCEDURE_KIND_LABELS,
    PROCEDURE_STATE_LABELS,
    Procedure,
    ProcedureState,
)
from registry.projects import PERCENT_MAX, Project
from registry.scales import Scale
from registry.task_progress import TaskProgress
from traceability.base.errors import NotFound
from traceability.evidence import Evidence

ROWS_MAX = 5_000


class DutyKind(StrEnum):
    """责任清单按什么看."""

    TASK = "task"
    PROJECT = "project"
    MILESTONE = "milestone"


DUTY_KIND_LABELS = {
    DutyKind.TASK: "重点任务",
    DutyKind.PROJECT: "项目",
    DutyKind.MILESTONE: "节点",
}
assert DUTY_KIND_LABELS.keys() == set(DutyKind)


class DutyNeed(StrEnum):
    """责任清单筛选."""

    MISSING = "missing"
    LATE = "late"


DUTY_NEED_LABELS = {DutyNeed.MISSING: "没有责任人", DutyNeed.LATE: "逾期"}
assert DUTY_NEED_LABELS.keys() == set(DutyNeed)


@dataclass(frozen=True, slots=True)
class DutyRow:
    """A main task, a project or a milestone with who is in charge of it and how it stands."""

    kind: DutyKind
    ref: str
    name: str
    cluster: Cluster
    charge: Charge | None
    due_on: date | None
    percent: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A main task with its charges and its progress, the newest first, and its projects."""

    task: Task
    charges: Sequence[Charge]
    progress: Sequence[TaskProgress]
    projects: Sequence[Project]


def procedure(session: Session, ref: str) -> Procedure:
    """The procedure, if one may see its cluster.

    Raises:
        NotFound: `procedure.not_found`, as for one that does not exist.
    """
    found = procedures.get(session, ref)
    if not programme.covers(found.project.cluster):
        raise NotFound("procedure.not_found", "没有找到这项手续")
    return found


def issue(session: Session, ref: str) -> Issue:
    """The issue, if one may see its cluster.

    Raises:
        NotFound: `issue.not_found`, as for one that does not exist.
    """
    found = issues.get(session, ref)
    if not programme.covers(found.project.cluster):
        raise NotFound("issue.not_found", "没有找到这个问题")
    return found


def of_project(session: Session, page: ProjectPage) -> Mapping[str, Any]:
    """What a project's page shows beside its card: who, how much, approvals, issues, a picture."""
    project, today = page.project, deciding.today()
    held = charges.newest(session, [project.ref, *(row.ref for row in page.milestones)])
    needed = procedures.of_project(session, project)
    stated = scales.of_project(session, project)
    return {
        "today": today,
        "charge": held.get(project.ref),
        "charges": held,
        "scale": stated[0] if stated else None,
        "procedures": needed,
        "procedure_kinds": PROCEDURE_KIND_LABELS,
        "procedure_outcomes": OUTCOME_LABELS,
        "procedure_states": PROCEDURE_STATE_LABELS,
        "issues": issues.of_project(session, project),
        "issue_states": ISSUE_STATE_LABELS,
        "schedule": schedules.of_project(page.milestones, needed, today=today),
    }


def procedures_listed(
    session: Session, state: ProcedureState | None, *, page: int, cluster_key: str = ""
) -> Listed[Procedure]:
    """The procedures of the clusters one may see, the next due first."""
    wanted = select(Procedure).join(Project).join(Cluster).where(programme.chosen(cluster_key))
    if state is not None:
        wanted = wanted.where(procedures.standing(state, deciding.today()))
    first = Procedure.ended_on.is_not(None), Procedure.due_on.is_(None)
    ordered = wanted.order_by(*first, Procedure.due_on, Procedure.id)
    loaded = selectinload(Procedure.project).selectinload(Project.cluster)
    return paged(session, ordered, loaded, page=page)


def issues_listed(
    session: Session, state: IssueState | None, *, page: int, cluster_key: str = ""
) -> Listed[Issue]:
    """The issues of the clusters one may see: the open ones first, by their day."""
    wanted = select(Issue).join(Project).join(Cluster).where(programme.chosen(cluster_key))
    if state is not None:
        wanted = wanted.where(issues.standing(state, deciding.today()))
    ordered = wanted.order_by(Issue.solved_at.is_not(None), Issue.due_on, Issue.id)
    loaded = selectinload(Issue.project).selectinload(Project.cluster)
    return paged(session, ordered, loaded, page=page)


def task_page(session: Session, task: Task) -> TaskPage:
    """A main task as its page and a program see it."""
    mine = select(Project).where(Project.task_id == task.id).order_by(Project.order_no, Project.id)
    return TaskPage(
        task,
        charges.of_thing(session, task.ref),
        task_progress.of_task(session, task),
        session.scalars(mine).all(),
    )


def duties(
    session: Session, kind: DutyKind, need: DutyNeed | None, cluster_key: str = ""
) -> Sequence[DutyRow]:
    """Who is in charge of what, in the clusters one may see; only what is still to be done."""
    rows = {DutyKind.TASK: _tasks, DutyKind.PROJECT: _projects, DutyKind.MILESTONE: _milestones}
    found = rows[kind](session, programme.chosen(cluster_key))
    if need is DutyNeed.MISSING:
        return [row for row in found if row.charge is None]
    if need is DutyNeed.LATE:
        return [row for row in found if row.is_late]
    return list(found)


def duties_listed(
    session: Session,
    kind: DutyKind,
    need: DutyNeed | None,
    *,
    page: int,
    cluster_key: str = "",
) -> Listed[DutyRow]:
    """A page of the duties."""
    rows = duties(session, kind, need, cluster_key)
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    page = min(max(1, page), pages)
    return Listed(rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS], page, pages, len(rows))


def _tasks(session: Session, within: ColumnElement[bool]) -> Iterator[DutyRow]:
    wanted = select(Task).join(Cluster).where(within)
    ordered = wanted.order_by(Cluster.order_no, Task.order_no)
    rows = session.scalars(ordered.options(selectinload(Task.cluster))).all()
    held = charges.newest(session, [row.ref for row in rows])
    come = task_progress.newest(session, [row.id for row in rows])
    for row in rows:
        charge, told = held.get(row.ref), come.get(row.id)
        percent = told.percent if told else 0
        if percent < PERCENT_MAX or charge is None:
            yield _row(DutyKind.TASK, row, charge, percent)


def _projects(session: Session, within: ColumnElement[bool]) -> Iterator[DutyRow]:
    wanted = select(Project).join(Cluster).where(within, attention.going_on())
    ordered = wanted.order_by(Cluster.order_no, Project.order_no, Project.id).limit(ROWS_MAX)
    rows = session.scalars(ordered.options(selectinload(Project.cluster))).all()
    held = charges.newest(session, [row.ref for row in rows])
    for row in rows:
        yield _row(DutyKind.PROJECT, row, held.get(row.ref), row.percent)


def _milestones(session: Session, within: ColumnElement[bool]) -> Iterator[DutyRow]:
    going = within, attention.going_on(), Milestone.reached_on.is_(None)
    wanted = select(Milestone).join(Project).join(Cluster).where(*going)
    ordered = wanted.order_by(Milestone.due_on, Milestone.id).limit(ROWS_MAX)
    loaded = selectinload(Milestone.project).selectinload(Project.cluster)
    rows = session.scalars(ordered.options(loaded)).all()
    held = charges.newest(session, [row.ref for row in rows])
    for row in rows:
        yield _row(DutyKind.MILESTONE, row, held.get(row.ref), 0)


def _row(kind: DutyKind, found: Thing, charge: Charge | None, percent: int) -> DutyRow:
    own = found.due_on if isinstance(found, Milestone) else None
    due_on = own or (charge.due_on if charge else None)
    late = due_on is not None and due_on < deciding.today()
    cluster = charges.cluster_of(found)
    return DutyRow(kind, found.ref, name_of(found), cluster, charge, due_on, percent, late)


def thing(session: Session, kind: DutyKind, ref: str) -> Thing:
    """The task, project or milestone, if one may see its cluster.

    Raises:
        NotFound: the thing's own.
    """
    if kind is DutyKind.TASK:
        return deciding.task(session, ref)
    if kind is DutyKind.PROJECT:
        return programme.project(session, ref)
    return programme.milestone(session, ref)


def name_of(found: Thing) -> str:
    """What a task, project or milestone is called."""
    if isinstance(found, Milestone):
        return f"{found.project.name}：{found.name}"
    return f"{found.number}{found.name}" if isinstance(found, Task) else found.name


def scale(
    session: Session, project: Project, given: Mapping[str, Any], *, evidence: Evidence | None
) -> Scale:
    """Record what a project costs and employs as a form or a program tells it.

    Raises:
        RuleViolation: what `scales.fen_of` and `scales.record` refuse.
    """
    told = dict(given)
    unit = told.pop("unit")
    told["planned_fen"] = scales.fen_of(told.pop("planned"), unit)
    told["invested_fen"] = scales.fen_of(told.pop("invested"), unit)
    return scales.record(session, project, evidence=evidence, **told, **whoami.acted())


def procedures_book(session: Session) -> bytes:
    """Every procedure one may see, as a workbook."""
    wanted = select(Procedure).join(Project).join(Cluster).where(programme.within())
    loaded = selectinload(Procedure.project).selectinload(Project.cluster)
    ordered = wanted.order_by(Cluster.order_no, Project.order_no, Procedure.id)
    columns = {
        "集群": 26, "项目": 36, "手续": 10, "办理单位": 24, "承办人": 20, "绿色通道": 8,
        "法定天数": 12, "出处": 36, "受理日期": 12, "应办结": 12, "状态": 12, "结果": 10,
        "结果日期": 12, "文号": 22,
    }  # fmt: skip
    day = deciding.today()
    return workbooks.written(
        "办事手续",
        columns,
        (
            (
                row.project.cluster.name,
                row.project.name,
                PROCEDURE_KIND_LABELS[row.kind],
                row.agency,
                row.assignee,
                "是" if row.is_green else "否",
                f"{row.legal_days} 个{DAY_KIND_LABELS[row.day_kind]}",
                row.basis,
                row.accepted_on.isoformat() if row.accepted_on else "",
                row.due_on.isoformat() if row.due_on else "",
                PROCEDURE_STATE_LABELS[row.state_on(day)],
                OUTCOME_LABELS[row.outcome] if row.outcome else "",
                row.ended_on.isoformat() if row.ended_on else "",
                row.document_no or "",
            )
            for row in session.scalars(ordered.limit(ROWS_MAX).options(loaded))
        ),
    )


def issues_book(session: Session) -> bytes:
    """Every issue one may see, as a workbook."""
    wanted = select(Issue).join(Project).join(Cluster).where(programme.within())
    loaded = selectinload(Issue.project).selectinload(Project.cluster)
    ordered = wanted.order_by(Issue.solved_at.is_not(None), Issue.due_on, Issue.id)
    columns = {
        "集群": 26, "项目": 36, "类别": 10, "问题": 40, "由谁解决": 22, "期限": 12, "状态": 10,
        "怎样解决的": 40,
    }  # fmt: skip
    day = deciding.today()
    return workbooks.written(
        "要素保障问题",
        columns,
        (
            (
                row.project.cluster.name,
                row.project.name,
                ISSUE_KIND_LABELS[row.kind],
                row.text,
                row.assignee,
                row.due_on.isoformat(),
                ISSUE_STATE_LABELS[row.state_on(day)],
                row.outcome or "",
            )
            for row in session.scalars(ordered.limit(ROWS_MAX).options(loaded))
        ),
    )


def duties_book(session: Session) -> bytes:
    """Every main task, project and open milestone with who is in charge, as a workbook."""
    columns = {
        "类别": 10, "集群": 26, "名称": 44, "分管领导": 12, "处室": 22, "承办人": 12, "期限": 12,
        "完成 %": 8, "逾期": 6,
    }  # fmt: skip
    return workbooks.written(
        "责任清单",
        columns,
        (
            (
                DUTY_KIND_LABELS[kind],
                row.cluster.name,
                row.name,
                row.charge.leader if row.charge else "",
                row.charge.office if row.charge else "",
                row.charge.assignee if row.charge else "",
                row.due_on.isoformat() if row.due_on else "",
                "" if kind is DutyKind.MILESTONE else str(row.percent),
                "是" if row.is_late else "",
            )
            for kind in DutyKind
            for row in duties(session, kind, None)
        ),
    )
