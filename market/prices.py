"""行情 · what a kilogram really fetched: the market's own sales of one day, never an estimate.

A class of which fewer than five animals were sold is not shown: it would tell one farmer's price,
and say nothing. Every figure is a price that was paid, so none is rounded twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.sales.records import Sale, SaleState
from traceability.base.clock import end_of, legal_day, start_of
from traceability.base.units import G_PER_KG
from traceability.holdings import Holding, HoldingKind

SHOWN_FROM = 5  # animals of a class
LOOK_BACK = timedelta(days=30)
CLASS_STEPS_KG = (200, 300, 400, 500)


@dataclass(frozen=True, slots=True)
class Band:
    """价格区间 · the middle half of what was paid, in fen a kilogram, and for how many animals."""

    low: int
    median: int
    high: int
    n: int


@dataclass(frozen=True, slots=True)
class ClassPrice:
    """一类牛的行情 · `band` is None where too few were sold to tell."""

    label: str
    n: int
    band: Band | None


@dataclass(frozen=True, slots=True)
class DayPrices:
    """一个市场一天的行情."""

    market: Holding
    on: date
    n: int
    classes: Sequence[ClassPrice]


def fen_per_kg(*, amount_fen: int, weight_g: int) -> int:
    """What a kilogram fetched, rounded half up.

    >>> fen_per_kg(amount_fen=1140340, weight_g=425_500)
    2680
    """
    return (amount_fen * G_PER_KG + weight_g // 2) // weight_g


def band(prices: Iterable[int]) -> Band | None:
    """Lower quartile, median and upper quartile by nearest rank; None below five prices.

    >>> band([2600, 2550, 2700, 2650, 2620])
    Band(low=2600, median=2620, high=2650, n=5)
    >>> band([2600, 2550, 2700, 2650]) is None
    True
    """
    ranked = sorted(prices)
    n = len(ranked)
    if n < SHOWN_FROM:
        return None
    quarter = -(-n // 4)
    return Band(ranked[quarter - 1], ranked[(n - 1) // 2], ranked[n - quarter], n)


def class_of(weight_g: int) -> str:
    """The class of a live weight.

    >>> class_of(425_500), class_of(199_900), class_of(500_000)
    ('400–500 公斤', '200 公斤以下', '500 公斤以上')
    """
    above = [step for step in CLASS_STEPS_KG if weight_g >= step * G_PER_KG]
    if not above:
        return f"{CLASS_STEPS_KG[0]} 公斤以下"
    if len(above) == len(CLASS_STEPS_KG):
        return f"{CLASS_STEPS_KG[-1]} 公斤以上"
    return f"{above[-1]}–{CLASS_STEPS_KG[len(above)]} 公斤"


def classed(sold: Iterable[tuple[int, int]]) -> list[ClassPrice]:
    """The classes of (amount in fen, weight in g), the lightest first.

    >>> [(each.label, each.n, each.band) for each in classed([(1140340, 425_500)])]
    [('400–500 公斤', 1, None)]
    """
    by_class: dict[str, list[int]] = defaultdict(list)
    for amount, weight in sorted(sold, key=lambda each: each[1]):
        by_class[class_of(weight)].append(fen_per_kg(amount_fen=amount, weight_g=weight))
    return [ClassPrice(label, len(prices), band(prices)) for label, prices in by_class.items()]


def newest_days(session: Session, *, county: str, at: datetime) -> list[DayPrices]:
    """The newest trading day of each market of a county within a month, the newest first."""
    markets = select(Holding).where(
        Holding.kind == HoldingKind.MARKET, Holding.region_code.startswith(county)
    )
    found = [
        _of_day(session, market, legal_day(last))
        for market in session.scalars(markets)
        if (last := _newest(session, market, at)) is not None
    ]
    return sorted(found, key=lambda each: (each.on, each.n), reverse=True)


def _newest(session: Session, market: Holding, at: datetime) -> datetime | None:
    """When a market last sold an animal over its scale: one step in the index."""
    sold = select(Sale.agreed_at).where(
        Sale.market_id == market.id,
        Sale.agreed_at >= start_of(legal_day(at) - LOOK_BACK),
        Sale.agreed_at <= at,
        Sale.state != SaleState.CANCELLED,
        Sale.weight_g > 0,
    )
    return session.scalar(sold.order_by(Sale.agreed_at.desc()).limit(1))


def _of_day(session: Session, market: Holding, on: date) -> DayPrices:
    rows = session.execute(
        select(Sale.amount_fen, Sale.weight_g).where(
            Sale.market_id == market.id,
            Sale.agreed_at >= start_of(on),
            Sale.agreed_at < end_of(on),
            Sale.state != SaleState.CANCELLED,
            Sale.weight_g > 0,
        )
    )
    sold = [(amount, weight) for amount, weight in rows if amount and weight]
    return DayPrices(market, on, len(sold), classed(sold))
