"""项目 · one project of a cluster: its stage, and its progress with evidence.

The founding document's box projects (专栏) are registered from reviewed data; officers add others.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry.clusters import KEY_CHARS_MAX, NAME_CHARS_MAX, Cluster, Task, differs
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

PERCENT_MAX = 100
TEXT_CHARS_MAX = 2000


class Stage(StrEnum):
    """项目阶段."""

    INTENDED = "intended"
    FOLLOWED = "followed"
    PLANNED = "planned"
    APPROVED = "approved"
    BUILDING = "building"
    OPERATING = "operating"
    STOPPED = "stopped"


STAGE_LABELS = {
    Stage.INTENDED: "意向",
    Stage.FOLLOWED: "跟进",
    Stage.PLANNED: "列入规划",
    Stage.APPROVED: "已核准备案",
    Stage.BUILDING: "在建",
    Stage.OPERATING: "建成投产",
    Stage.STOPPED: "停止",
}
NEXT_STAGES: dict[Stage, set[Stage]] = {
    Stage.INTENDED: {Stage.FOLLOWED, Stage.STOPPED},
    Stage.FOLLOWED: {Stage.PLANNED, Stage.STOPPED},
    Stage.PLANNED: {Stage.APPROVED, Stage.STOPPED},
    Stage.APPROVED: {Stage.BUILDING, Stage.STOPPED},
    Stage.BUILDING: {Stage.OPERATING, Stage.STOPPED},
    Stage.OPERATING: {Stage.STOPPED},
    Stage.STOPPED: set(),
}
assert NEXT_STAGES.keys() == set(Stage)


@dataclass(frozen=True, slots=True)
class ProjectCard:
    """What is known of a project; `key` and the quotation only if the reviewed data names it."""

    name: str
    order_no: int = 0
    key: str | None = None
    number: str | None = None
    box_key: str | None = None
    quote: str | None = None
    first_line: int | None = None
    last_line: int | None = None


class Project(Subject, Base):
    """项目 · where it stands and how far it has come."""

    __tablename__ = "project"
    __ref_prefix__ = "project"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("cluster_task.id"), index=True)
    key: Mapped[str | None] = mapped_column(String(KEY_CHARS_MAX), unique=True)
    box_key: Mapped[str | None] = mapped_column(String(KEY_CHARS_MAX))
    order_no: Mapped[int]
    number: Mapped[str | None] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    quote: Mapped[str | None] = mapped_column(Text)
    first_line: Mapped[int | None]
    last_line: Mapped[int | None]
    stage: Mapped[Stage]
    percent: Mapped[int]

    cluster: Mapped[Cluster] = relationship()
    task: Mapped[Task | None] = relationship()


class Progress(Subject, Base):
    """进展 · what an officer found on the site, with evidence."""

    __tablename__ = "progress"
    __ref_prefix__ = "progress"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    percent: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    project: Mapped[Project] = relationship()
    by: Mapped[Party] = relationship()
    evidence: Mapped[Evidence | None] = relationship()


def register(
    session: Session,
    cluster: Cluster,
    card: ProjectCard,
    *,
    at: datetime,
    by: Party,
    task: Task | None = None,
    stage: Stage = Stage.INTENDED,
) -> Project:
    """Register a project of a cluster.

    Raises:
        RuleViolation: `project.no_name`, `project.strange_task`.
        Conflict: `project.name_in_use`.
    """
    if not 0 < len(card.name.strip()) <= NAME_CHARS_MAX:
        raise RuleViolation("project.no_name", f"请填写项目名称，不超过 {NAME_CHARS_MAX} 个字")
    if task is not None and task.cluster_id != cluster.id:
        raise RuleViolation("project.strange_task", "所选重点任务属于另一个集群，请重新选择")
    _require_new_name(session, cluster, card.name)
    project = Project(cluster=cluster, task=task, stage=stage, percent=0, **asdict(card))
    events.hold(session, project.ref)
    session.add(project)
    session.flush()
    said: dict[str, Any] = {**_owners(project), **asdict(card), "stage": stage.value}
    events.append(session, Kind.PROJECT_REGISTERED, project.ref, at=at, by=by.ref, **said)
    return project


def _require_new_name(session: Session, cluster: Cluster, name: str) -> None:
    same = select(Project.id).where(Project.cluster_id == cluster.id, Project.name == name)
    if session.scalar(same) is not None:
        raise Conflict("project.name_in_use", f"本集群已登记过“{name}”，请查找原有项目")


def _owners(project: Project) -> dict[str, str | None]:
    task = project.task
    return {"cluster": project.cluster.ref, "task": None if task is None else task.ref}


def revise(
    session: Session,
    project: Project,
    card: ProjectCard,
    *,
    at: datetime,
    by: Party,
    task: Task | None = None,
) -> bool:
    """Bring a project's card up to the reviewed data; whether anything had to change."""
    if project.task is task and not differs(project, asdict(card)):
        return False
    events.hold(session, project.ref)
    project.task = task
    for field, value in asdict(card).items():
        setattr(project, field, value)
    session.flush()
    said: dict[str, Any] = {**_owners(project), **asdict(card)}
    events.append(session, Kind.PROJECT_REVISED, project.ref, at=at, by=by.ref, **said)
    return True


def advance(
    session: Session, project: Project, *, to: Stage, reason: str, at: datetime, by: Party
) -> None:
    """Move a project to its next stage, saying on what ground.

    Raises:
        RuleViolation: `project.no_reason`.
        Conflict: `project.wrong_stage`.
    """
    events.hold(session, project.ref)
    session.refresh(project)
    if not reason.strip():
        raise RuleViolation("project.no_reason", "请写明依据，如核准文号、开工令或停止原因")
    if to not in NEXT_STAGES[project.stage]:
        raise Conflict(
            "project.wrong_stage",
            f"项目现为“{STAGE_LABELS[project.stage]}”，不能直接变为“{STAGE_LABELS[to]}”",
        )
    old, project.stage = project.stage, to
    said: dict[str, Any] = {"old_stage": old.value, "stage": to.value, "reason": reason.strip()}
    events.append(session, Kind.PROJECT_ADVANCED, project.ref, at=at, by=by.ref, **said)


def record_progress(
    session: Session,
    project: Project,
    *,
    percent: int,
    text: str,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> Progress:
    """Record how far a project has come, in words and percent, with evidence.

    Raises:
        RuleViolation: `progress.bad_percent`, `progress.no_text`.
        Conflict: `project.stopped`.
    """
    events.hold(session, project.ref)
    require_going(session, project)
    if not 0 <= percent <= PERCENT_MAX:
        raise RuleViolation("progress.bad_percent", "完成比例应在 0 到 100 之间")
    if not 0 < len(text.strip()) <= TEXT_CHARS_MAX:
        raise RuleViolation("progress.no_text", f"请写明进展情况，不超过 {TEXT_CHARS_MAX} 个字")
    told = {"percent": percent, "text": text.strip()}
    row = Progress(project=project, at=clock.to_ms(at), by=by, evidence=evidence, **told)
    events.hold(session, row.ref)
    session.add(row)
    project.percent = percent
    session.flush()
    said: dict[str, Any] = {**told, **proof(evidence), "project": project.ref}
    both = project.ref, row.ref
    events.append(session, Kind.PROJECT_PROGRESS_RECORDED, *both, at=at, by=by.ref, **said)
    return row


def require_going(session: Session, project: Project) -> None:
    """Refuse what only a running project can have.

    Raises:
        Conflict: `project.stopped`.
    """
    session.refresh(project)
    if project.stage is Stage.STOPPED:
        raise Conflict("project.stopped", "项目已停止，不能再登记进展和节点")


def proof(evidence: Evidence | None) -> dict[str, str | None]:
    """How an event names the evidence it rests on."""
    if evidence is None:
        return {"evidence": None, "evidence_sha256": None}
    return {"evidence": evidence.ref, "evidence_sha256": evidence.sha256.hex()}


def get(session: Session, ref: str) -> Project:
    """The project of that reference.

    Raises:
        NotFound: `project.not_found`.
    """
    found = session.scalars(select(Project).where(Project.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("project.not_found", "没有找到这个项目")
    return found


def of_cluster(session: Session, cluster: Cluster) -> Sequence[Project]:
    """A cluster's projects in printed order."""
    wanted = select(Project).where(Project.cluster_id == cluster.id)
    return session.scalars(wanted.order_by(Project.order_no, Project.id)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A project as its events tell it."""
    match event.kind:
        case Kind.PROJECT_REGISTERED:
            # progress made before the registration, recorded late, still counts
            return {**_card_in(event), "stage": event["stage"], "percent": 0, **(state or {})}
        case Kind.PROJECT_REVISED:
            return {**(state or {}), **_card_in(event)}
        case Kind.PROJECT_ADVANCED:
            return {**(state or {}), "stage": event["stage"]}
        case Kind.PROJECT_PROGRESS_RECORDED:
            return {**(state or {}), "percent": event["percent"]}
        case _:
            return state


def _card_in(event: EventView) -> State:
    told = {field: event[field] for field in ProjectCard.__dataclass_fields__}
    return {"cluster_id": event["cluster"], "task_id": event["task"], **told}


def fold_progress(state: State | None, event: EventView) -> State | None:
    """A record of progress as its event tells it."""
    if event.kind is not Kind.PROJECT_PROGRESS_RECORDED:
        return state
    return {
        "project_id": folding.private(event, "project"),
        "at": folding.plain(event.at),
        "by_id": folding.private(event, "by"),
        "percent": event["percent"],
        "text": folding.private(event, "text"),
        "evidence_id": folding.private(event, "evidence"),
    }


folding.register(Project, fold)
folding.register(Progress, fold_progress)
