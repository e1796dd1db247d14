"""成交量 · how many animals and how much money the markets of a county turned over, day by day.

Money of fewer than five sales would tell one farmer's price: such a day shows its head only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.prices import SHOWN_FROM
from market.sales.records import Sale, SaleState
from traceability.base.clock import end_of, legal_day, start_of
from traceability.holdings import Holding, HoldingKind


@dataclass(frozen=True, slots=True)
class DayTurnover:
    """一天的成交 · `amount_fen` is None where too few were sold to tell."""

    on: date
    head: int
    amount_fen: int | None


def daily(session: Session, *, county: str, until: date, days: int) -> Sequence[DayTurnover]:
    """The last so many legal days, the oldest first; days without trade are there with none."""
    first = until - timedelta(days=days - 1)
    markets = select(Holding.id).where(
        Holding.kind == HoldingKind.MARKET, Holding.region_code.startswith(county)
    )
    sold = select(Sale.agreed_at, Sale.amount_fen).where(
        Sale.market_id.in_(markets),
        Sale.agreed_at >= start_of(first),
        Sale.agreed_at < end_of(until),
        Sale.state != SaleState.CANCELLED,
    )
    head = dict.fromkeys((first + timedelta(days=n) for n in range(days)), 0)
    money = dict(head)
    for at, amount in session.execute(sold):
        day = legal_day(at)
        head[day] += 1
        money[day] += amount or 0
    return [
        DayTurnover(day, count, money[day] if count >= SHOWN_FROM else None)
        for day, count in head.items()
    ]
