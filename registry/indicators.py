"""指标 · what a cluster measures, with its baselines and targets as printed.

A figure keeps the printed words beside the number; nothing is rounded or mended.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry import quantities
from registry.clusters import KEY_CHARS_MAX, NAME_CHARS_MAX, Cluster, differs
from registry.projects import Project
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

UNIT_CHARS_MAX = 12
SCOPE_CHARS_MAX = 120


class FigureRole(StrEnum):
    """数值用途."""

    BASELINE = "baseline"
    TARGET = "target"
    PROJECT = "project"
    FUNDING = "funding"
    CONTEXT = "context"


FIGURE_ROLE_LABELS = {
    FigureRole.BASELINE: "基期值",
    FigureRole.TARGET: "目标值",
    FigureRole.PROJECT: "项目规模",
    FigureRole.FUNDING: "资金安排",
    FigureRole.CONTEXT: "背景数值",
}


class Comparator(StrEnum):
    """比较方式 · how the printed number is meant."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    EXCEEDS = "exceeds"
    ABOUT = "about"
    NEARLY = "nearly"
    LEVEL = "level"
    RANGE = "range"
    ANNUAL_GROWTH = "annual_growth"
    HIGHER_THAN = "higher_than"


COMPARATOR_LABELS = {
    Comparator.EXACT: "达到",
    Comparator.AT_LEAST: "以上",
    Comparator.EXCEEDS: "突破",
    Comparator.ABOUT: "左右",
    Comparator.NEARLY: "近",
    Comparator.LEVEL: "级",
    Comparator.RANGE: "区间",
    Comparator.ANNUAL_GROWTH: "年均增长",
    Comparator.HIGHER_THAN: "高于",
}


@dataclass(frozen=True, slots=True)
class IndicatorCard:
    """What is measured, in which unit, over what."""

    name: str
    unit: str | None
    scope: str
    order_no: int = 0
    key: str | None = None


@dataclass(frozen=True, slots=True)
class FigureCard:
    """A number of the founding document with the words around it."""

    key: str
    order_no: int
    name: str | None
    role: FigureRole
    year_from: int | None
    year: int | None
    period: str | None
    comparator: Comparator
    comparator_text: str
    value: str | None
    value_max: str | None
    unit: str | None
    printed: str
    scope: str
    quote: str
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Owners:
    """What a figure or an indicator belongs to; none of them: the programme as a whole."""

    cluster: Cluster | None = None
    indicator: "Indicator | None" = None
    project: Project | None = None

    def refs(self) -> dict[str, str | None]:
        """The owners' references, as events name them."""
        named = {"cluster": self.cluster, "indicator": self.indicator, "project": self.project}
        return {name: None if row is None else row.ref for name, row in named.items()}


class Indicator(Subject, Base):
    """指标 · one quantity that is planned and measured."""

    __tablename__ = "indicator"
    __ref_prefix__ = "indicator"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    key: Mapped[str | None] = mapped_column(String(KEY_CHARS_MAX), unique=True)
    order_no: Mapped[int]
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    unit: Mapped[str | None] = mapped_column(String(UNIT_CHARS_MAX))
    scope: Mapped[str] = mapped_column(String(SCOPE_CHARS_MAX))

    cluster: Mapped[Cluster | None] = relationship()
    project: Mapped[Project | None] = relationship()


class Figure(Subject, Base):
    """数值 · a baseline, target or other number as printed."""

    __tablename__ = "figure"
    __ref_prefix__ = "figure"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id"), index=True)
    indicator_id: Mapped[int | None] = mapped_column(ForeignKey("indicator.id"), index=True)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), index=True)
    key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX), unique=True)
    order_no: Mapped[int]
    name: Mapped[str | None] = mapped_column(String(NAME_CHARS_MAX))
    role: Mapped[FigureRole]
    year_from: Mapped[int | None]
    year: Mapped[int | None]
    period: Mapped[str | None] = mapped_column(String(60))
    comparator: Mapped[Comparator]
    comparator_text: Mapped[str] = mapped_column(String(30))
    value: Mapped[str | None] = mapped_column(String(quantities.VALUE_CHARS_MAX))
    value_max: Mapped[str | None] = mapped_column(String(quantities.VALUE_CHARS_MAX))
    unit: Mapped[str | None] = mapped_column(String(UNIT_CHARS_MAX))
    printed: Mapped[str] = mapped_column(String(60))
    scope: Mapped[str] = mapped_column(String(SCOPE_CHARS_MAX))
    quote: Mapped[str] = mapped_column(Text)
    first_line: Mapped[int]
    last_line: Mapped[int]

    cluster: Mapped[Cluster | None] = relationship()
    indicator: Mapped[Indicator | None] = relationship()
    project: Mapped[Project | None] = relationship()


Row = TypeVar("Row", Indicator, Figure)


def declare(
    session: Session, card: IndicatorCard, *, owners: Owners, at: datetime, by: Party
) -> Indicator:
    """Declare an indicator, or revise it where the reviewed data has changed; else do nothing."""
    row = None if card.key is None else _by_key(session, Indicator, card.key)
    told = asdict(card)
    if row is not None and row.project is owners.project and not differs(row, told):
        return row
    kind = Kind.INDICATOR_DECLARED if row is None else Kind.INDICATOR_REVISED
    row = row or Indicator(cluster=owners.cluster, **told)
    events.hold(session, row.ref)
    for field, value in told.items():
        setattr(row, field, value)
    row.project = owners.project
    session.add(row)
    session.flush()
    named: dict[str, Any] = {
        name: ref for name, ref in owners.refs().items() if name != "indicator"
    }
    events.append(session, kind, row.ref, at=at, by=by.ref, **named, **told)
    return row


def declare_figure(
    session: Session, card: FigureCard, *, owners: Owners, at: datetime, by: Party
) -> Figure:
    """Declare a printed number, or revise it; an unchanged card does nothing."""
    row = _by_key(session, Figure, card.key)
    told = asdict(card)
    if row is not None and _owned(row) == owners and not differs(row, told):
        return row
    kind = Kind.FIGURE_DECLARED if row is None else Kind.FIGURE_REVISED
    row = row or Figure(**told)
    events.hold(session, row.ref)
    for field, value in told.items():
        setattr(row, field, value)
    row.cluster, row.indicator, row.project = owners.cluster, owners.indicator, owners.project
    session.add(row)
    session.flush()
    said: dict[str, Any] = {
        **owners.refs(),
        **told,
        "role": card.role.value,
        "comparator": card.comparator.value,
    }
    events.append(session, kind, row.ref, at=at, by=by.ref, **said)
    return row


def _owned(row: Figure) -> Owners:
    return Owners(row.cluster, row.indicator, row.project)


def _by_key(session: Session, model: type[Row], key: str) -> Row | None:
    return session.scalars(select(model).where(model.key == key)).one_or_none()


def get(session: Session, ref: str) -> Indicator:
    """The indicator of that reference.

    Raises:
        NotFound: `indicator.not_found`.
    """
    found = session.scalars(select(Indicator).where(Indicator.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("indicator.not_found", "没有找到这个指标")
    return found


def figures(session: Session, indicator: Indicator, *roles: FigureRole) -> Sequence[Figure]:
    """An indicator's printed figures of some roles, the earliest year first."""
    wanted = select(Figure).where(Figure.indicator_id == indicator.id, Figure.role.in_(roles))
    return session.scalars(wanted.order_by(Figure.year, Figure.order_no)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """An indicator as its events tell it."""
    if event.kind not in {Kind.INDICATOR_DECLARED, Kind.INDICATOR_REVISED}:
        return state
    told = {field: event[field] for field in IndicatorCard.__dataclass_fields__}
    return {"cluster_id": event["cluster"], "project_id": event["project"], **told}


def fold_figure(state: State | None, event: EventView) -> State | None:
    """A printed number as its events tell it."""
    if event.kind not in {Kind.FIGURE_DECLARED, Kind.FIGURE_REVISED}:
        return state
    told = {field: event[field] for field in FigureCard.__dataclass_fields__}
    owners = {f"{name}_id": event[name] for name in ("cluster", "indicator", "project")}
    return {**owners, **told}


folding.register(Indicator, fold)
folding.register(Figure, fold_figure)
