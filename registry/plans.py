"""六个一 · the six documents each cluster works by, every one a line of versions that all stay.

一个产业集群实施方案、一个集群规划、一份招商清单、一份项目清单、一份政策清单、一个产业大脑. A first
version is issued with its document; every later one rests on a collective decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from registry import decisions
from registry.clusters import NAME_CHARS_MAX, Cluster
from registry.decisions import Decision, Matter
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party


class PlanKind(StrEnum):
    """六个一."""

    IMPLEMENTATION = "implementation"
    CLUSTER = "cluster"
    INVESTMENT = "investment"
    PROJECTS = "projects"
    POLICIES = "policies"
    BRAIN = "brain"


PLAN_KIND_LABELS = {
    PlanKind.IMPLEMENTATION: "实施方案",
    PlanKind.CLUSTER: "集群规划",
    PlanKind.INVESTMENT: "招商清单",
    PlanKind.PROJECTS: "项目清单",
    PlanKind.POLICIES: "政策清单",
    PlanKind.BRAIN: "产业大脑",
}
assert PLAN_KIND_LABELS.keys() == set(PlanKind)


class PlanState(StrEnum):
    """齐备状态 · of one of the six, on a day; computed, never stored."""

    MISSING = "missing"
    COMING = "coming"
    IN_FORCE = "in_force"


PLAN_STATE_LABELS = {
    PlanState.MISSING: "缺",
    PlanState.COMING: "未生效",
    PlanState.IN_FORCE: "现行",
}
assert PLAN_STATE_LABELS.keys() == set(PlanState)


class Plan(Subject, Base):
    """方案版本 · one version of one of a cluster's six documents."""

    __tablename__ = "plan"
    __table_args__ = (UniqueConstraint("cluster_id", "kind", "version"),)
    __ref_prefix__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    kind: Mapped[PlanKind]
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    effective_from: Mapped[date]
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    cluster: Mapped[Cluster] = relationship()
    evidence: Mapped[Evidence] = relationship()
    decision: Mapped[Decision | None] = relationship()
    by: Mapped[Party] = relationship()


def issue(
    session: Session,
    cluster: Cluster,
    kind: PlanKind,
    *,
    title: str,
    effective_from: date,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
    decision: Decision | None = None,
) -> Plan:
    """Issue the next version of one of a cluster's six documents; the earlier ones stay.

    Raises:
        RuleViolation: `plan.no_title`, `plan.no_document`, `plan.before_the_earlier`,
            what `decisions.require` refuses, from the second version on.
    """
    if not 0 < len(title.strip()) <= NAME_CHARS_MAX:
        raise RuleViolation("plan.no_title", f"请填写文件名称，不超过 {NAME_CHARS_MAX} 个字")
    if evidence is None:
        raise RuleViolation("plan.no_document", "请附文件的照片或 PDF")
    events.hold(session, cluster.ref)
    earlier = next(iter(versions(session, cluster, kind)), None)
    _require_ground(earlier, cluster, decision, effective_from)
    told: dict[str, Any] = {
        "kind": kind,
        "version": 1 if earlier is None else earlier.version + 1,
        "title": title.strip(),
        "effective_from": effective_from,
    }
    row = Plan(cluster=cluster, evidence=evidence, decision=decision, by=by, **told)
    row.supersedes_id = None if earlier is None else earlier.id
    row.at = clock.to_ms(at)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {name: folding.plain(value) for name, value in told.items()}
    said["plan_kind"] = said.pop("kind")
    said |= {"cluster": cluster.ref, "evidence": evidence.ref}
    said |= {"evidence_sha256": evidence.sha256.hex()}
    said |= {"supersedes": earlier and earlier.ref, "decision": decision and decision.ref}
    events.append(session, Kind.PLAN_ISSUED, row.ref, at=at, by=by.ref, **said)
    return row


def _require_ground(
    earlier: Plan | None, cluster: Cluster, decision: Decision | None, effective_from: date
) -> None:
    """Refuse a change without a decision, and one that begins before what it changes."""
    if earlier is not None or decision is not None:
        decisions.require(decision, cluster.id, Matter.PLAN)
    if earlier is not None and effective_from < earlier.effective_from:
        begun = f"第 {earlier.version} 版（{earlier.effective_from:%Y-%m-%d}）"
        raise RuleViolation("plan.before_the_earlier", f"生效日期早于{begun}，请核对")


def versions(session: Session, cluster: Cluster, kind: PlanKind) -> Sequence[Plan]:
    """Every version of one of the six, the newest first."""
    wanted = select(Plan).where(Plan.cluster_id == cluster.id, Plan.kind == kind)
    loaded = wanted.options(
        selectinload(Plan.evidence), selectinload(Plan.decision), selectinload(Plan.by)
    )
    return session.scalars(loaded.order_by(Plan.version.desc())).all()


def of_decision(session: Session, decision: Decision) -> Sequence[Plan]:
    """The versions that rest on a decision, the newest first."""
    wanted = select(Plan).where(Plan.decision_id == decision.id)
    return session.scalars(wanted.order_by(Plan.id.desc())).all()


@dataclass(frozen=True, slots=True)
class Cell:
    """一格 · how one of the six stands in one cluster on a day."""

    kind: PlanKind
    state: PlanState
    plan: Plan | None
    versions: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A cluster's line of the board."""

    cluster: Cluster
    cells: Sequence[Cell]

    @property
    def complete(self) -> int:
        """How many of the six are in force."""
        return sum(cell.state is PlanState.IN_FORCE for cell in self.cells)


def board(session: Session, clusters: Sequence[Cluster], *, day: date) -> Sequence[BoardRow]:
    """Clusters × six on a day, in one question however many versions there are."""
    wanted = select(Plan).where(Plan.cluster_id.in_([each.id for each in clusters]))
    found: dict[tuple[int, PlanKind], list[Plan]] = {}
    for row in session.scalars(wanted.order_by(Plan.version)):
        found.setdefault((row.cluster_id, row.kind), []).append(row)
    return [
        BoardRow(each, [_cell(kind, found.get((each.id, kind), ()), day) for kind in PlanKind])
        for each in clusters
    ]


def _cell(kind: PlanKind, rows: Sequence[Plan], day: date) -> Cell:
    """The version in force on a day; else the first one that comes into force; else none."""
    begun = [row for row in rows if row.effective_from <= day]
    if begun:
        return Cell(kind, PlanState.IN_FORCE, begun[-1], len(rows))
    return Cell(
        kind, PlanState.COMING if rows else PlanState.MISSING, next(iter(rows), None), len(rows)
    )


def states(rows: Sequence[Plan], *, day: date) -> Mapping[int, str]:
    """What each version of one line is on a day: 现行, 未生效 or 已由新版代替, by id."""
    now = _cell(rows[0].kind, rows[::-1], day) if rows else None
    return {
        row.id: PLAN_STATE_LABELS[PlanState.COMING]
        if row.effective_from > day
        else (
            PLAN_STATE_LABELS[PlanState.IN_FORCE]
            if now is not None and row is now.plan
            else "已由新版代替"
        )
        for row in rows
    }


def get(session: Session, ref: str) -> Plan:
    """The version of that reference.

    Raises:
        NotFound: `plan.not_found`.
    """
    found = session.scalars(select(Plan).where(Plan.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("plan.not_found", "没有找到这个版本")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """A version as its event tells it."""
    if event.kind is not Kind.PLAN_ISSUED:
        return state
    refs = ("cluster", "evidence", "supersedes", "decision", "by")
    return {
        "kind": event["plan_kind"],
        "version": event["version"],
        "effective_from": event["effective_from"],
        "title": folding.private(event, "title"),
        **{f"{name}_id": folding.private(event, name) for name in refs},
        "at": clock.stamp(event.at),
    }


folding.register(Plan, fold)
