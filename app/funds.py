"""资金台账 · the arrangements of the clusters one may see, year by year, against the floor."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app import programme, whoami
from registry import funding, quantities, spending
from registry.clusters import Cluster
from registry.funding import Fund, FundSource, FundState, amount_fen_of
from registry.indicators import Figure
from registry.spending import Payment, Sums
from traceability.base.errors import NotFound
from traceability.evidence import Evidence


@dataclass(frozen=True, slots=True)
class FundRow:
    """An arrangement with what was paid out and spent of it."""

    fund: Fund
    sums: Sums


@dataclass(frozen=True, slots=True)
class YearOfCluster:
    """一个集群一年 · what was approved, paid out and spent; how much of it came from Guangdong."""

    cluster: str
    arranged_fen: int
    paid_out_fen: int
    spent_fen: int
    guangdong_fen: int


@dataclass(frozen=True, slots=True)
class Year:
    """一年 · each cluster, all together, and the floor, which the document does not divide."""

    year: int
    clusters: Sequence[YearOfCluster]
    total: YearOfCluster
    floor_fen: int | None


def rows(session: Session, *, cluster: Cluster | None = None) -> Sequence[FundRow]:
    """The arrangements of the clusters one may see, the newest year first."""
    wanted = select(Fund).join(Cluster, Cluster.id == Fund.cluster_id).where(programme.within())
    if cluster is not None:
        wanted = wanted.where(Fund.cluster_id == cluster.id)
    found = session.scalars(
        wanted.order_by(Fund.year.desc(), Cluster.order_no, Fund.id).options(
            joinedload(Fund.cluster), joinedload(Fund.project)
        )
    ).all()
    sums = spending.totals(session, [row.id for row in found])
    return [FundRow(row, sums[row.id]) for row in found]


def years(session: Session, listed: Sequence[FundRow]) -> Sequence[Year]:
    """The approved arrangements by year and cluster, beside the yearly floor."""
    by_year: dict[int, dict[str, list[FundRow]]] = defaultdict(lambda: defaultdict(list))
    for row in listed:
        if row.fund.state is FundState.APPROVED:
            by_year[row.fund.year][row.fund.cluster.name].append(row)
    figure = funding.floor(session)
    return [
        Year(
            year,
            [_summed(name, found) for name, found in by_year[year].items()],
            _summed("合计", [row for found in by_year[year].values() for row in found]),
            _floor_fen(figure, year),
        )
        for year in sorted(by_year, reverse=True)
    ]


def _summed(name: str, found: Sequence[FundRow]) -> YearOfCluster:
    return YearOfCluster(
        name,
        sum(row.fund.amount_fen for row in found),
        sum(row.sums.paid_out_fen for row in found),
        sum(row.sums.spent_fen for row in found),
        sum(row.fund.amount_fen for row in found if row.fund.source is FundSource.GUANGDONG),
    )


def _floor_fen(figure: Figure | None, year: int) -> int | None:
    if figure is None or figure.value is None or figure.unit is None:
        return None
    first, last = figure.year_from or year, figure.year or year
    return amount_fen_of(figure.value, figure.unit) if first <= year <= last else None


def get(session: Session, ref: str) -> Fund:
    """The arrangement, if one may see its cluster.

    Raises:
        NotFound: `fund.not_found`, as for one that does not exist.
    """
    found = funding.get(session, ref)
    if not programme.covers(found.cluster):
        raise NotFound("fund.not_found", "没有找到这笔资金安排")
    return found


def payment(session: Session, ref: str) -> Payment:
    """The payment, if one may see its cluster.

    Raises:
        NotFound: `fund.payment_not_found`, as for one that does not exist.
    """
    found = spending.get(session, ref)
    if not programme.covers(found.fund.cluster):
        raise NotFound("fund.payment_not_found", "没有找到这笔拨付或支出")
    return found


def plan(
    session: Session, cluster: Cluster, given: Mapping[str, Any], *, evidence: Evidence | None
) -> Fund:
    """Arrange money as a form or a program tells it.

    Raises:
        RuleViolation: what `funding.plan` and `amount_fen_of` refuse.
    """
    told = dict(given)
    ref = told.pop("project")
    return funding.plan(
        session,
        cluster,
        amount_fen=amount_fen_of(told.pop("amount"), told.pop("unit")),
        project=programme.project(session, ref) if ref else None,
        evidence=evidence,
        **told,
        **whoami.acted(),
    )


def pay(
    session: Session, fund: Fund, given: Mapping[str, Any], *, evidence: Evidence | None
) -> Payment:
    """Record a payment as a form or a program tells it."""
    told = dict(given)
    return spending.pay(
        session,
        fund,
        told.pop("kind"),
        amount_fen=amount_fen_of(told.pop("amount"), told.pop("unit")),
        evidence=evidence,
        **told,
        **whoami.acted(),
    )


MONEY_UNITS = tuple(unit for unit, (kind, _) in quantities.UNITS.items() if kind == "money")
