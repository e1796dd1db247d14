"""决策与变更 · plans, decisions, policies and what they change, of the clusters one may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app import programme, whoami, workbooks
from app.lists import Listed, paged
from registry import adjustments, clusters, decisions, plans, policies
from registry.clusters import Cluster, Task
from registry.decisions import DECISION_STATE_LABELS, MATTER_LABELS, Decision, Matter
from registry.indicators import Figure
from registry.plans import PLAN_KIND_LABELS, PLAN_STATE_LABELS, BoardRow, Plan, PlanKind
from registry.policies import POLICY_STATE_LABELS, Policy, PolicyState
from traceability.base.clock import legal_day
from traceability.base.errors import NotFound, RuleViolation
from traceability.evidence import Evidence

ROWS_MAX = 5_000


def today() -> date:
    """The legal day of the running request."""
    return legal_day(whoami.now())


def decision(session: Session, ref: str) -> Decision:
    """The decision, if one may see its cluster.

    Raises:
        NotFound: `decision.not_found`, as for one that does not exist.
    """
    found = decisions.get(session, ref)
    if not programme.covers(found.cluster):
        raise NotFound("decision.not_found", "没有找到这项集体决策")
    return found


def named(session: Session, ref: str | None) -> Decision | None:
    """The decision that a form names; one that is not there is refused as a bad choice.

    Raises:
        RuleViolation: `decision.unknown`.
    """
    if not ref:
        return None
    try:
        return decision(session, ref)
    except NotFound as missing:
        raise RuleViolation("decision.unknown", "没有找到所选的集体决策，请重选") from missing


def plan(session: Session, ref: str) -> Plan:
    """The version, if one may see its cluster.

    Raises:
        NotFound: `plan.not_found`, as for one that does not exist.
    """
    found = plans.get(session, ref)
    if not programme.covers(found.cluster):
        raise NotFound("plan.not_found", "没有找到这个版本")
    return found


def policy(session: Session, ref: str) -> Policy:
    """The policy, if one may see its cluster.

    Raises:
        NotFound: `policy.not_found`, as for one that does not exist.
    """
    found = policies.get(session, ref)
    if not programme.covers(found.cluster):
        raise NotFound("policy.not_found", "没有找到这项政策")
    return found


def figure(session: Session, ref: str) -> Figure:
    """The printed figure, if one may see its cluster.

    Raises:
        NotFound: `figure.not_found`, as for one that does not exist.
    """
    found = adjustments.figure(session, ref)
    if found.cluster is not None and not programme.covers(found.cluster):
        raise NotFound("figure.not_found", "没有找到这个数值")
    return found


def task(session: Session, ref: str) -> Task:
    """The main task, if one may see its cluster.

    Raises:
        NotFound: `task.not_found`, as for one that does not exist.
    """
    found = clusters.task(session, ref)
    if not programme.covers(found.cluster):
        raise NotFound("task.not_found", "没有找到这项重点任务")
    return found


def options(session: Session, cluster: Cluster | None, matter: Matter) -> list[tuple[str, str]]:
    """The decisions that allow such a change, for a form to choose from."""
    found = decisions.usable(session, cluster, matter) if cluster else ()
    return [(row.ref, f"{row.met_on:%Y-%m-%d} {row.body}（{row.filing_no}）") for row in found]


def board(session: Session) -> Sequence[BoardRow]:
    """The clusters one may see, each with its six."""
    wanted = select(Cluster).where(programme.within()).order_by(Cluster.order_no)
    return plans.board(session, session.scalars(wanted).all(), day=today())


def board_book(rows: Sequence[BoardRow]) -> bytes:
    """The board as a workbook, a line for each cluster and each of its six."""
    columns = {"集群": 26, "六个一": 12, "状态": 10, "现行版次": 10, "名称": 40, "生效日期": 12}
    return workbooks.written(
        "六个一",
        columns,
        (
            (
                row.cluster.name,
                PLAN_KIND_LABELS[cell.kind],
                PLAN_STATE_LABELS[cell.state],
                f"第 {cell.plan.version} 版" if cell.plan else "",
                cell.plan.title if cell.plan else "",
                cell.plan.effective_from.isoformat() if cell.plan else "",
            )
            for row in rows
            for cell in row.cells
        ),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One of the six of a cluster: its versions, the newest first, and how each stands."""

    kind: PlanKind
    versions: Sequence[Plan]
    states: Mapping[int, str]


def lines(session: Session, cluster: Cluster) -> Sequence[Line]:
    """A cluster's six documents with all their versions."""
    found = [(kind, plans.versions(session, cluster, kind)) for kind in PlanKind]
    return [Line(kind, rows, plans.states(rows, day=today())) for kind, rows in found]


def issue(
    session: Session, cluster: Cluster, given: Mapping[str, Any], *, evidence: Evidence | None
) -> Plan:
    """Issue a version as a form or a program tells it."""
    told = dict(given)
    ground = named(session, told.pop("decision"))
    return plans.issue(
        session,
        cluster,
        told.pop("kind"),
        evidence=evidence,
        decision=ground,
        **told,
        **whoami.acted(),
    )


def decisions_listed(session: Session, *, page: int) -> Listed[Decision]:
    """The decisions of the clusters one may see: those to check first, then the newest."""
    wanted = select(Decision).join(Cluster).where(programme.within())
    ordered = wanted.order_by(Decision.decided_at.is_not(None), Decision.id.desc())
    loaded = (selectinload(Decision.cluster), selectinload(Decision.by))
    return paged(session, ordered, *loaded, page=page)


def decisions_book(session: Session) -> bytes:
    """Every decision one may see, as a workbook."""
    wanted = select(Decision).join(Cluster).where(programme.within()).order_by(Decision.met_on)
    columns = {
        "集群": 26, "开会日期": 12, "决策组织": 24, "决定事项": 24, "内容": 40, "参加人数": 10,
        "主要负责人": 14, "备案文号": 22, "三重一大": 10, "状态": 10,
    }  # fmt: skip
    rows = session.scalars(wanted.limit(ROWS_MAX).options(selectinload(Decision.cluster)))
    return workbooks.written(
        "集体决策",
        columns,
        (
            (
                row.cluster.name,
                row.met_on.isoformat(),
                row.body,
                matters_of(row),
                row.text,
                str(row.participant_count),
                row.principal,
                row.filing_no,
                "是" if row.is_major else "否",
                DECISION_STATE_LABELS[row.state],
            )
            for row in rows
        ),
    )


def matters_of(row: Decision) -> str:
    """What a decision allows to be changed, in words."""
    return "、".join(MATTER_LABELS[Matter(each)] for each in row.matters)


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A policy and how it stands today."""

    policy: Policy
    state: PolicyState


def standing(policy: Policy) -> PolicyRow:
    """A policy with how it stands today."""
    return PolicyRow(policy, policies.state_on(policy, today()))


def policies_listed(session: Session, state: PolicyState | None) -> Sequence[PolicyRow]:
    """The policies of the clusters one may see that stand so today, the next to end on top."""
    wanted = select(Policy).join(Cluster).where(programme.within())
    if state is not None:
        wanted = wanted.where(policies.standing(state, today()))
    ordered = wanted.order_by(Policy.valid_until < today(), Policy.valid_until, Policy.id)
    loaded = (selectinload(Policy.cluster), selectinload(Policy.by))
    return [standing(row) for row in session.scalars(ordered.limit(ROWS_MAX).options(*loaded))]


def policies_book(rows: Sequence[PolicyRow]) -> bytes:
    """Policies as a workbook."""
    columns = {
        "集群": 26, "政策": 36, "发文单位": 22, "文号": 22, "谁可享受": 36, "享受什么": 36,
        "开始": 12, "截止": 12, "状态": 10,
    }  # fmt: skip
    return workbooks.written(
        "政策清单",
        columns,
        (
            (
                row.policy.cluster.name,
                row.policy.title,
                row.policy.issuer,
                row.policy.document_no,
                row.policy.eligible,
                row.policy.benefit,
                row.policy.valid_from.isoformat(),
                row.policy.valid_until.isoformat(),
                POLICY_STATE_LABELS[row.state],
            )
            for row in rows
        ),
    )
