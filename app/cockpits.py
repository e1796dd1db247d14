"""产业大脑 · the cockpit of one cluster or of all one may see, for page, API and workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import attention, deciding, funds, programme, workbooks
from app.funds import YearOfCluster
from market import turnover
from market.turnover import DayTurnover
from registry import cockpits, plans
from registry.clusters import Cluster, Task
from registry.cockpits import Overdue, Point, Standing
from registry.indicators import Indicator
from registry.projects import STAGE_LABELS, Stage

TRADE_DAYS = 30
CATTLE_COUNTY = "520526"
"""The county whose markets the platform itself registers sales in: the cattle cluster's."""
PREFECTURE_CHARS = 4


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many projects stand at a stage."""

    stage: Stage
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class ClusterCockpit:
    """One cluster's line: projects by stage, what is late, the six ones, targets, money."""

    ref: str
    key: str
    order_no: int
    name: str
    place: str
    partner: str | None
    prefecture_code: str
    stages: Sequence[StageCount]
    projects: int
    overdue: Overdue
    tasks_overdue: int
    plans: int
    targets: int
    measured: int
    reached: int


@dataclass(frozen=True, slots=True)
class Series:
    """The confirmed actuals of one indicator."""

    ref: str
    name: str
    unit: str | None
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class MoneyOfYear:
    """What was arranged, paid out and spent in a year, in fen."""

    year: int
    arranged_fen: int
    paid_out_fen: int
    spent_fen: int


@dataclass(frozen=True, slots=True)
class Cockpit:
    """Everything a cockpit shows, as of a day."""

    on: date
    clusters: Sequence[ClusterCockpit]
    targets: Sequence[Standing]
    money: Sequence[MoneyOfYear]
    trade: Sequence[DayTurnover]
    series: Series | None


def cockpit(session: Session, found: Sequence[Cluster], *, indicator: str = "") -> Cockpit:
    """How some clusters stand today; `indicator` chooses the series, else the longest one's."""
    ids = [row.id for row in found]
    today = deciding.today()
    targets = cockpits.standings(session, ids, year=today.year)
    return Cockpit(
        on=today,
        clusters=_lines(session, found, targets, today),
        targets=targets,
        money=_money(session, found),
        trade=_trade(session, found, today),
        series=_series(session, ids, indicator),
    )


def seen(session: Session) -> Sequence[Cluster]:
    """The clusters one may see, as printed in order."""
    wanted = select(Cluster).where(programme.within()).order_by(Cluster.order_no)
    return session.scalars(wanted).all()


def _lines(
    session: Session, found: Sequence[Cluster], targets: Sequence[Standing], today: date
) -> Sequence[ClusterCockpit]:
    ids = [row.id for row in found]
    by_stage = cockpits.stages(session, ids)
    late = cockpits.overdue(session, ids, day=today)
    tasks = _tasks_overdue(session, ids, today)
    complete = {row.cluster.id: row.complete for row in plans.board(session, found, day=today)}
    return [
        ClusterCockpit(
            ref=row.ref,
            key=row.key,
            order_no=row.order_no,
            name=row.name,
            place=row.host_place,
            partner=row.partner,
            prefecture_code=row.region_code[:PREFECTURE_CHARS],
            stages=[
                StageCount(stage, label, by_stage[row.id][stage])
                for stage, label in STAGE_LABELS.items()
            ],
            projects=by_stage[row.id].total(),
            overdue=late[row.id],
            tasks_overdue=tasks.get(row.id, 0),
            plans=complete[row.id],
            **_told([each for each in targets if each.cluster_id == row.id]),
        )
        for row in found
    ]


def _told(mine: Sequence[Standing]) -> Mapping[str, int]:
    measured = [each.permille for each in mine if each.permille is not None]
    full = 1000
    return {
        "targets": len(mine),
        "measured": len(measured),
        "reached": sum(permille >= full for permille in measured),
    }


def _tasks_overdue(session: Session, ids: Sequence[int], today: date) -> Mapping[int, int]:
    wanted = select(Task.cluster_id, func.count()).where(
        Task.cluster_id.in_(ids), attention.tasks_overdue(today)
    )
    return {row[0]: row[1] for row in session.execute(wanted.group_by(Task.cluster_id))}


def _money(session: Session, found: Sequence[Cluster]) -> Sequence[MoneyOfYear]:
    only = found[0] if len(found) == 1 else None
    years = funds.years(session, funds.rows(session, cluster=only))
    return [_of_year(each.year, each.total) for each in reversed(years)]


def _of_year(year: int, total: YearOfCluster) -> MoneyOfYear:
    return MoneyOfYear(year, total.arranged_fen, total.paid_out_fen, total.spent_fen)


def _trade(session: Session, found: Sequence[Cluster], today: date) -> Sequence[DayTurnover]:
    if not any(row.region_code == CATTLE_COUNTY for row in found):
        return ()
    return turnover.daily(session, county=CATTLE_COUNTY, until=today, days=TRADE_DAYS)


def _series(session: Session, ids: Sequence[int], ref: str) -> Series | None:
    wanted = select(Indicator).where(Indicator.cluster_id.in_(ids))
    if ref:
        found = session.scalars(wanted.where(Indicator.ref == ref)).one_or_none()
    else:
        longest = cockpits.longest(ids)
        found = session.scalars(wanted.where(Indicator.id == longest)).one_or_none()
    if found is None:
        return None
    return Series(found.ref, found.name, found.unit, cockpits.series(session, found))


def targets_book(shown: Cockpit) -> bytes:
    """Targets beside actuals, as a workbook."""
    names = {line.ref: line.name for line in shown.clusters}
    columns = {
        "集群": 26, "指标": 30, "目标年": 8, "目标": 14, "单位": 10, "完成值": 14, "期间": 10,
        "完成目标 %": 10,
    }  # fmt: skip
    return workbooks.written(
        "目标与完成",
        columns,
        (
            (
                names.get(each.cluster_ref, ""),
                each.name,
                str(each.year or ""),
                f"{each.target}{each.comparator_text}",
                each.unit or "",
                each.actual or "",
                each.period or "",
                "" if each.permille is None else f"{each.permille / 10:.1f}",
            )
            for each in shown.targets
        ),
    )
