"""集群 · one industry cluster of the programme, and the main tasks (重点任务) its plan sets.

Clusters are rows loaded from reviewed data; no code names one. What the founding document says is
stored as printed, with the quotation and its lines.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

KEY_CHARS_MAX = 120
NAME_CHARS_MAX = 120


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """What the reviewed data says of a cluster."""

    key: str
    order_no: int
    name: str
    heading: str
    host_place: str
    prefecture: str
    county: str
    region_code: str
    partner: str | None
    data_sha256: bytes


@dataclass(frozen=True, slots=True)
class TaskCard:
    """What the founding document says of a main task."""

    key: str
    order_no: int
    number: str
    name: str
    quote: str
    first_line: int
    last_line: int


class Cluster(Subject, Base):
    """集群 · where it lies, which city helps, and the digest of the data it was loaded from."""

    __tablename__ = "cluster"
    __ref_prefix__ = "cluster"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    order_no: Mapped[int]
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    heading: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    host_place: Mapped[str] = mapped_column(String(60))
    prefecture: Mapped[str] = mapped_column(String(60))
    county: Mapped[str] = mapped_column(String(60))
    region_code: Mapped[str] = mapped_column(String(12))
    partner: Mapped[str | None] = mapped_column(String(60))
    data_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))


class Task(Subject, Base):
    """重点任务 · one main task of a cluster, numbered as printed."""

    __tablename__ = "cluster_task"
    __ref_prefix__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX), unique=True)
    order_no: Mapped[int]
    number: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    quote: Mapped[str] = mapped_column(Text)
    first_line: Mapped[int]
    last_line: Mapped[int]

    cluster: Mapped[Cluster] = relationship()


def differs(row: Base, card: dict[str, Any]) -> bool:
    """Whether a row says anything else than the reviewed data."""
    return any(getattr(row, field) != value for field, value in card.items())


def load(session: Session, card: ClusterCard, *, at: datetime, by: Party) -> Cluster:
    """Register a cluster, or revise it where the reviewed data has changed; else do nothing."""
    told = asdict(card)
    row = session.scalars(select(Cluster).where(Cluster.key == card.key)).one_or_none()
    if row is not None and not differs(row, told):
        return row
    kind = Kind.CLUSTER_LOADED if row is None else Kind.CLUSTER_REVISED
    row = row or Cluster(**told)
    events.hold(session, row.ref)
    for field, value in told.items():
        setattr(row, field, value)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, "data_sha256": card.data_sha256.hex()}
    events.append(session, kind, row.ref, at=at, by=by.ref, **said)
    return row


def declare_task(
    session: Session, cluster: Cluster, card: TaskCard, *, at: datetime, by: Party
) -> Task:
    """Declare a main task of a cluster, or revise it; an unchanged card does nothing."""
    told = asdict(card)
    row = session.scalars(select(Task).where(Task.key == card.key)).one_or_none()
    if row is not None and not differs(row, told):
        return row
    kind = Kind.TASK_DECLARED if row is None else Kind.TASK_REVISED
    row = row or Task(cluster=cluster, **told)
    events.hold(session, row.ref)
    for field, value in told.items():
        setattr(row, field, value)
    session.add(row)
    session.flush()
    events.append(session, kind, row.ref, at=at, by=by.ref, cluster=cluster.ref, **told)
    return row


def every(session: Session) -> Sequence[Cluster]:
    """All clusters in the order of the founding document."""
    return session.scalars(select(Cluster).order_by(Cluster.order_no)).all()


def get(session: Session, ref: str) -> Cluster:
    """The cluster of that reference.

    Raises:
        NotFound: `cluster.not_found`.
    """
    found = session.scalars(select(Cluster).where(Cluster.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("cluster.not_found", "没有找到这个集群")
    return found


def by_key(session: Session, key: str) -> Cluster:
    """The cluster of that key in the reviewed data.

    Raises:
        NotFound: `cluster.not_found`.
    """
    found = session.scalars(select(Cluster).where(Cluster.key == key)).one_or_none()
    if found is None:
        raise NotFound("cluster.not_found", "没有找到这个集群")
    return found


def tasks(session: Session, cluster: Cluster) -> Sequence[Task]:
    """A cluster's tasks in printed order."""
    wanted = select(Task).where(Task.cluster_id == cluster.id)
    return session.scalars(wanted.order_by(Task.order_no)).all()


def task(session: Session, ref: str) -> Task:
    """The task of that reference.

    Raises:
        NotFound: `task.not_found`.
    """
    found = session.scalars(select(Task).where(Task.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("task.not_found", "没有找到这项重点任务")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """A cluster as its events tell it."""
    if event.kind not in {Kind.CLUSTER_LOADED, Kind.CLUSTER_REVISED}:
        return state
    return {field: event[field] for field in ClusterCard.__dataclass_fields__}


def fold_task(state: State | None, event: EventView) -> State | None:
    """A main task as its events tell it."""
    if event.kind not in {Kind.TASK_DECLARED, Kind.TASK_REVISED}:
        return state
    told = {field: event[field] for field in TaskCard.__dataclass_fields__}
    return {"cluster_id": event["cluster"], **told}


folding.register(Cluster, fold)
folding.register(Task, fold_task)
