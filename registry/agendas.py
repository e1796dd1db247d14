"""议程草稿 · what a cluster's next meeting has to speak of, drafted from what stands recorded.

Reads only: overdue milestones, indicators behind their path, money not spent, open action items.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from registry import adjustments, meetings, overview, quantities, spending
from registry.actuals import PASSED, REACHED, Actual
from registry.clusters import Cluster
from registry.funding import Fund, FundState
from registry.indicators import Figure, FigureRole
from registry.meetings import AGENDA_CHARS_MAX, AGENDA_MAX
from registry.milestones import Milestone
from registry.overview import IndicatorRow
from registry.projects import Project, Stage

COMPARABLE = REACHED | PASSED


def draft(session: Session, cluster: Cluster, *, day: date) -> list[str]:
    """The points of an agenda as the records stand on a day, the most pressing first."""
    parts = (
        *_overdue_milestones(session, cluster, day),
        *_overdue_items(session, cluster, day),
        *_behind(session, cluster),
        *_unspent(session, cluster, day),
    )
    return [each[:AGENDA_CHARS_MAX] for each in parts][:AGENDA_MAX]


def _overdue_milestones(session: Session, cluster: Cluster, day: date) -> Iterator[str]:
    wanted = (
        select(Milestone)
        .join(Project)
        .where(
            Project.cluster_id == cluster.id,
            Project.stage.not_in([Stage.OPERATING, Stage.STOPPED]),
            Milestone.reached_on.is_(None),
            Milestone.due_on < day,
        )
        .order_by(Milestone.due_on, Milestone.id)
    )
    for row in session.scalars(wanted.options(selectinload(Milestone.project))):
        yield f"节点逾期：{row.project.name}“{row.name}”，应于 {row.due_on:%Y-%m-%d} 完成"


def _overdue_items(session: Session, cluster: Cluster, day: date) -> Iterator[str]:
    for row in meetings.open_items(session, cluster):
        late = "已逾期" if row.due_on < day else "未办结"
        yield f"交办事项{late}：{row.text}（{row.assignee}，{row.due_on:%Y-%m-%d}）"


def _behind(session: Session, cluster: Cluster) -> Iterator[str]:
    rows = overview.indicator_rows(session, cluster)
    changed = adjustments.newest(session, [each.ref for row in rows for each in row.targets])
    for row in rows:
        actual = row.actual
        target = None if actual is None else _target_ahead(row, actual)
        if actual is None or target is None:
            continue
        aim = changed[target.ref].new if target.ref in changed else target.value
        wanted = on_path(row.baseline, target, year=int(actual.period[:4]), value=aim)
        have = Fraction(quantities.convert(actual.value, actual.unit, target.unit))
        if wanted is not None and have < wanted:
            reached = f"{actual.value}{actual.unit or ''}（{actual.period}）"
            wished = f"{target.year} 年 {aim}{target.unit or ''}"
            yield f"指标落后：{row.indicator.name}完成 {reached}，目标 {wished}"


def _target_ahead(row: IndicatorRow, actual: Actual) -> Figure | None:
    """The first printed target in or after the year that was reported."""
    year = int(actual.period[:4])
    ahead = [
        each
        for each in row.targets
        if each.role is FigureRole.TARGET
        and each.comparator in COMPARABLE
        and each.unit == row.indicator.unit
        and (each.year or 0) >= year
    ]
    return min(ahead, key=lambda each: each.year or 0, default=None)


def on_path(
    baseline: Figure | None, target: Figure, *, year: int, value: str | None = None
) -> Fraction | None:
    """Where a straight path from base to target stands in a year; None where there is no path.

    `value` is what a collective decision set instead of the printed target.
    """
    aim = value or target.value
    if aim is None or target.year is None:
        return None
    if year >= target.year:
        return Fraction(aim)
    based = baseline is not None and baseline.value and baseline.year and baseline.year < year
    if baseline is None or not based or baseline.unit != target.unit:
        return None
    assert baseline.value is not None
    assert baseline.year is not None
    base, share = Fraction(baseline.value), Fraction(year - baseline.year)
    return base + (Fraction(aim) - base) * share / (target.year - baseline.year)


def _unspent(session: Session, cluster: Cluster, day: date) -> Iterator[str]:
    wanted = select(Fund).where(
        Fund.cluster_id == cluster.id, Fund.state == FundState.APPROVED, Fund.year <= day.year
    )
    rows = session.scalars(wanted.order_by(Fund.year, Fund.id)).all()
    sums = spending.totals(session, [row.id for row in rows])
    for row in rows:
        left = row.amount_fen - sums[row.id].spent_fen
        if left > 0:
            yuan = quantities.decimal_text(Fraction(left, 1_000_000))
            yield f"资金未支出：{row.year} 年“{row.purpose}”还有 {yuan} 万元"
