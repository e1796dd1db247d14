"""产业大脑 · how the clusters stand: targets against actuals, projects, what is late, a series.

Nothing is stored here and nothing is estimated: every number is read from a record that can be
opened. A target that only says how much faster something is to grow has no share reached.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry import adjustments, issues, procedures, quantities
from registry.actuals import Actual, ActualStatus
from registry.adjustments import Adjustment
from registry.clusters import Cluster
from registry.indicators import Comparator, Figure, FigureRole, Indicator
from registry.issues import Issue, IssueState
from registry.meetings import ActionItem, Meeting
from registry.milestones import Milestone
from registry.procedures import Procedure, ProcedureState
from registry.projects import Project, Stage
from traceability.base.db import Base
from traceability.base.errors import RuleViolation

SERIES_MAX = 600
MEASURABLE = {
    Comparator.EXACT,
    Comparator.AT_LEAST,
    Comparator.EXCEEDS,
    Comparator.ABOUT,
    Comparator.NEARLY,
    Comparator.LEVEL,
}
ENDED = (Stage.OPERATING, Stage.STOPPED)


@dataclass(frozen=True, slots=True)
class Standing:
    """An indicator's next target beside its newest confirmed actual, in the target's unit."""

    ref: str
    cluster_id: int
    cluster_ref: str
    name: str
    unit: str | None
    year: int | None
    comparator_text: str
    target: str
    is_adjusted: bool
    actual_ref: str | None
    actual: str | None
    period: str | None
    permille: int | None


@dataclass(frozen=True, slots=True)
class Overdue:
    """What of a cluster is past its day, counted as the lists behind the numbers show it."""

    projects: int = 0
    procedures: int = 0
    issues: int = 0
    meetings: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """What an indicator reached in a period, in the indicator's unit, and where it is written."""

    ref: str
    period: str
    value: str


def standings(session: Session, cluster_ids: Collection[int], *, year: int) -> Sequence[Standing]:
    """The clusters' indicators with targets, as printed in order, in four questions."""
    indicators = (
        select(
            Indicator.id,
            Indicator.ref,
            Indicator.name,
            Cluster.id.label("cluster_id"),
            Cluster.ref.label("cluster_ref"),
        )
        .join(Cluster)
        .where(Indicator.cluster_id.in_(cluster_ids))
        .order_by(Cluster.order_no, Indicator.order_no, Indicator.id)
    )
    rows = session.execute(indicators).all()
    targets = _targets(session, cluster_ids, year)
    adjusted = adjustments.newest(session, [each.ref for each in targets.values()])
    reached = _newest(session, cluster_ids)
    return [
        _standing(row, target, adjusted.get(target.ref), reached.get(row.id))
        for row in rows
        if (target := targets.get(row.id)) is not None
    ]


def _standing(
    row: Any, target: Figure, change: Adjustment | None, actual: "_Newest | None"
) -> Standing:
    wanted = change.new if change else target.value or ""
    have = _in_unit(actual, target.unit) if actual else None
    return Standing(
        ref=row.ref,
        cluster_id=row.cluster_id,
        cluster_ref=row.cluster_ref,
        name=row.name,
        unit=target.unit,
        year=target.year,
        comparator_text=target.comparator_text,
        target=wanted,
        is_adjusted=change is not None,
        actual_ref=actual.ref if actual else None,
        actual=have,
        period=actual.period if actual else None,
        permille=_permille(have, wanted, target.comparator),
    )


def _targets(session: Session, cluster_ids: Collection[int], year: int) -> Mapping[int, Figure]:
    """Each indicator's next target: of this year or later the first, else the last one."""
    wanted = select(Figure).where(
        Figure.cluster_id.in_(cluster_ids),
        Figure.role == FigureRole.TARGET,
        Figure.indicator_id.is_not(None),
        Figure.value.is_not(None),
    )
    found: dict[int, Figure] = {}
    for row in session.scalars(wanted.order_by(Figure.year.desc(), Figure.order_no.desc())):
        known = found.get(row.indicator_id or 0)
        if known is None or (row.year is not None and row.year >= year):
            found[row.indicator_id or 0] = row
    return found


@dataclass(frozen=True, slots=True)
class _Newest:
    ref: str
    period: str
    value: str
    unit: str | None


def _newest(session: Session, cluster_ids: Collection[int]) -> Mapping[int, _Newest]:
    """The newest confirmed actual of each indicator: one row each, whatever the history."""
    confirmed = Actual.status == ActualStatus.CONFIRMED
    mine = select(Indicator.id).where(Indicator.cluster_id.in_(cluster_ids))
    last = (
        select(Actual.indicator_id, func.max(Actual.period).label("period"))
        .where(confirmed, Actual.indicator_id.in_(mine))
        .group_by(Actual.indicator_id)
        .subquery()
    )
    wanted = select(Actual.indicator_id, Actual.ref, Actual.period, Actual.value, Actual.unit).join(
        last,
        (Actual.indicator_id == last.c.indicator_id) & (Actual.period == last.c.period),
    )
    return {row[0]: _Newest(*row[1:]) for row in session.execute(wanted)}


def _in_unit(actual: _Newest, unit: str | None) -> str | None:
    try:
        return quantities.convert(actual.value, actual.unit, unit)
    except RuleViolation:
        return None


def _permille(have: str | None, wanted: str, comparator: Comparator) -> int | None:
    """How much of a target is reached, in thousandths; None where that says nothing.

    >>> _permille("45", "60", Comparator.AT_LEAST), _permille("45", "0", Comparator.AT_LEAST)
    (750, None)
    >>> _permille("8", "12", Comparator.ANNUAL_GROWTH) is None
    True
    """
    if have is None or comparator not in MEASURABLE or Fraction(wanted) <= 0:
        return None
    return int(Fraction(have) * 1000 / Fraction(wanted))


def series(session: Session, indicator: Indicator) -> Sequence[Point]:
    """An indicator's confirmed actuals in its own unit, the oldest first, the last of many."""
    wanted = (
        select(Actual.ref, Actual.period, Actual.value, Actual.unit)
        .where(Actual.indicator_id == indicator.id, Actual.status == ActualStatus.CONFIRMED)
        .order_by(Actual.period.desc())
        .limit(SERIES_MAX)
    )
    rows = session.execute(wanted).all()
    return [
        Point(row.ref, row.period, quantities.convert(row.value, row.unit, indicator.unit))
        for row in reversed(rows)
    ]


def longest(cluster_ids: Collection[int]) -> ScalarSelect[int]:
    """The indicator of the clusters with the most confirmed actuals; the first of equals."""
    wanted = (
        select(Actual.indicator_id)
        .join(Indicator)
        .where(Indicator.cluster_id.in_(cluster_ids), Actual.status == ActualStatus.CONFIRMED)
        .group_by(Actual.indicator_id)
        .order_by(func.count().desc(), Actual.indicator_id)
    )
    return wanted.limit(1).scalar_subquery()


def stages(session: Session, cluster_ids: Collection[int]) -> Mapping[int, Counter[Stage]]:
    """How many projects of each cluster stand at each stage."""
    wanted = (
        select(Project.cluster_id, Project.stage, func.count())
        .where(Project.cluster_id.in_(cluster_ids))
        .group_by(Project.cluster_id, Project.stage)
    )
    found: dict[int, Counter[Stage]] = {each: Counter() for each in cluster_ids}
    for cluster_id, stage, count in session.execute(wanted):
        found[cluster_id][stage] = count
    return found


def overdue(session: Session, cluster_ids: Collection[int], *, day: date) -> Mapping[int, Overdue]:
    """What of each cluster is past its day, in four questions."""
    by_project = Project.cluster_id.in_(cluster_ids)
    late = {
        "projects": _counted(Milestone, Project.id)
        .join(Milestone.project)
        .where(
            by_project,
            Project.stage.not_in(ENDED),
            Milestone.reached_on.is_(None),
            Milestone.due_on < day,
        ),
        "procedures": _counted(Procedure, Procedure.id)
        .join(Procedure.project)
        .where(by_project, procedures.standing(ProcedureState.LATE, day)),
        "issues": _counted(Issue, Issue.id)
        .join(Issue.project)
        .where(by_project, issues.standing(IssueState.LATE, day)),
        "meetings": select(Meeting.cluster_id, func.count(Meeting.id.distinct()))
        .join(ActionItem)
        .where(
            Meeting.cluster_id.in_(cluster_ids),
            ActionItem.done_at.is_(None),
            ActionItem.due_on < day,
        )
        .group_by(Meeting.cluster_id),
    }
    found: dict[int, dict[str, int]] = {each: {} for each in cluster_ids}
    for name, wanted in late.items():
        for cluster_id, count in session.execute(wanted):
            found[cluster_id][name] = count
    return {each: Overdue(**counts) for each, counts in found.items()}


def _counted(noun: type[Base], what: InstrumentedAttribute[int]) -> Select[int, int]:
    counted = select(Project.cluster_id, func.count(what.distinct())).select_from(noun)
    return counted.group_by(Project.cluster_id)
