"""成交记录 · what a sale is: its table, its states, its look-ups."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from traceability.animals import Animal, Breed
from traceability.base import clock
from traceability.base.clock import legal_day, start_of
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound
from traceability.base.units import G_PER_KG, PriceUnit
from traceability.chain import folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.quarantine.declarations import Purpose
from traceability.weighings import Weighing

CLIENT_KEY_CHARS_MAX = 64
REFERENCE_SALES_MAX = 300


class SaleState(StrEnum):
    """成交状态."""

    AGREED = "agreed"
    WEIGHED = "weighed"
    FUNDED = "funded"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    CANCELLED = "cancelled"
    DISPUTED = "disputed"


SALE_STATE_LABELS = {
    SaleState.AGREED: "已议价",
    SaleState.WEIGHED: "待付款",
    SaleState.FUNDED: "已付款",
    SaleState.HANDED_OVER: "已交割",
    SaleState.ACCEPTED: "已验收",
    SaleState.SETTLED: "已结算",
    SaleState.CANCELLED: "已撤销",
    SaleState.DISPUTED: "有争议",
}

NEXT_STATES: dict[SaleState, set[SaleState]] = {
    SaleState.AGREED: {SaleState.WEIGHED, SaleState.CANCELLED},
    SaleState.WEIGHED: {SaleState.FUNDED, SaleState.CANCELLED},
    SaleState.FUNDED: {SaleState.HANDED_OVER, SaleState.DISPUTED},
    SaleState.HANDED_OVER: {SaleState.ACCEPTED, SaleState.DISPUTED},
    SaleState.ACCEPTED: {SaleState.SETTLED},
    SaleState.SETTLED: set(),
    SaleState.CANCELLED: set(),
    SaleState.DISPUTED: {SaleState.ACCEPTED},
}
assert NEXT_STATES.keys() == set(SaleState)


class Sale(Subject, Base):
    """成交 · one animal, one seller, one buyer, one price."""

    __tablename__ = "sale"
    __ref_prefix__ = "sale"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_key: Mapped[str] = mapped_column(String(CLIENT_KEY_CHARS_MAX), unique=True)
    receipt_code: Mapped[str] = mapped_column(String(20), unique=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("holding.id"))
    seller_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    buyer_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    purpose: Mapped[Purpose]
    price_unit: Mapped[PriceUnit]
    price_fen: Mapped[int]
    weighing_id: Mapped[int | None] = mapped_column(ForeignKey("weighing.id"), unique=True)
    weight_g: Mapped[int | None]
    amount_fen: Mapped[int | None]
    agreed_at: Mapped[datetime]
    state: Mapped[SaleState]

    animal: Mapped[Animal] = relationship()
    market: Mapped[Holding] = relationship()
    seller: Mapped[Party] = relationship(foreign_keys=[seller_id])
    buyer: Mapped[Party] = relationship(foreign_keys=[buyer_id])
    operator: Mapped[Party] = relationship(foreign_keys=[operator_id])
    weighing: Mapped[Weighing | None] = relationship()

    __table_args__ = (
        Index("ix_sale_market_id_agreed_at", "market_id", "agreed_at"),
        Index("ix_sale_agreed_at_id", "agreed_at", "id"),  # the order of lists
        Index(
            "uq_sale_open_animal",
            "animal_id",
            unique=True,
            sqlite_where=text("state NOT IN ('settled', 'cancelled')"),
            postgresql_where=text("state NOT IN ('settled', 'cancelled')"),
        ),
    )


def require_next(sale: Sale, state: SaleState) -> None:
    """Refuse a step that does not follow from where the sale stands.

    Raises:
        Conflict: `sale.wrong_state`.
    """
    if state not in NEXT_STATES[sale.state]:
        label = SALE_STATE_LABELS[sale.state]
        raise Conflict("sale.wrong_state", f"这笔成交的状态是“{label}”，不能办理这一步")


def get(session: Session, ref: str) -> Sale:
    """The sale of that reference.

    Raises:
        NotFound: `sale.not_found`.
    """
    found = session.scalars(select(Sale).where(Sale.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("sale.not_found", "没有找到这笔成交")
    return found


def by_client_key(session: Session, client_key: str) -> Sale | None:
    """The sale a desk has already sent under that key."""
    return session.scalars(select(Sale).where(Sale.client_key == client_key)).one_or_none()


def open_sale(session: Session, animal: Animal) -> Sale | None:
    """The sale of an animal that is neither settled nor cancelled."""
    over = [SaleState.SETTLED, SaleState.CANCELLED]
    mine = select(Sale).where(Sale.animal_id == animal.id, Sale.state.not_in(over))
    return session.scalars(mine).one_or_none()


def of_day(session: Session, market: Holding, at: datetime) -> Sequence[Sale]:
    """The sales of a market on the legal day of an instant, newest first."""
    begin = start_of(legal_day(at))
    today = select(Sale).where(Sale.market_id == market.id, Sale.agreed_at >= begin)
    return session.scalars(today.order_by(Sale.agreed_at.desc(), Sale.id.desc())).all()


def count_of_day(session: Session, market: Holding, at: datetime) -> int:
    """How many animals a market has sold today."""
    begin = start_of(legal_day(at))
    counted = select(func.count()).where(
        Sale.market_id == market.id, Sale.agreed_at >= begin, Sale.state != SaleState.CANCELLED
    )
    return session.scalar(counted) or 0


def waiting_for_cash(session: Session, market: Holding) -> Sequence[Sale]:
    """The sales whose buyer has yet to pay, oldest first."""
    mine = select(Sale).where(Sale.market_id == market.id, Sale.state == SaleState.WEIGHED)
    return session.scalars(mine.order_by(Sale.agreed_at)).all()


def in_states(
    session: Session, market: Holding, states: Sequence[SaleState], *, limit: int = 200
) -> Sequence[Sale]:
    """The sales of a market that stand in one of these states, oldest first, with their parties."""
    mine = select(Sale).where(Sale.market_id == market.id, Sale.state.in_(states))
    whole = (
        selectinload(Sale.animal),
        selectinload(Sale.seller),
        selectinload(Sale.buyer),
        selectinload(Sale.market),
    )
    return session.scalars(mine.order_by(Sale.agreed_at).limit(limit).options(*whole)).all()


def of_weighing(session: Session, weighing: Weighing) -> Sale | None:
    """The sale that a weight was used for."""
    return session.scalars(select(Sale).where(Sale.weighing_id == weighing.id)).one_or_none()


def newest_of(session: Session, market: Holding) -> Sale | None:
    """The last sale of a market that was not cancelled."""
    mine = select(Sale).where(Sale.market_id == market.id, Sale.state != SaleState.CANCELLED)
    newest = mine.order_by(Sale.agreed_at.desc(), Sale.id.desc()).limit(1)
    return session.scalars(newest).one_or_none()


def newest_id_of(session: Session, market_id: int) -> tuple[int, str]:
    """The number and state of a market's newest sale, cancelled or not: a mark that moves on."""
    newest = (
        select(Sale.id, Sale.state)
        .where(Sale.market_id == market_id)
        .order_by(Sale.agreed_at.desc(), Sale.id.desc())
        .limit(1)
    )
    row = session.execute(newest).one_or_none()
    return (0, "") if row is None else (row.id, row.state.value)


def prices_per_kg(session: Session, market: Holding, breed: Breed, *, since: datetime) -> list[int]:
    """What a kilogram of such animals has fetched at a market, in fen, dearest last."""
    wanted = (
        select(Sale.amount_fen, Sale.weight_g)
        .join(Sale.animal)
        .where(
            Sale.market_id == market.id,
            Sale.agreed_at >= since,
            Sale.state != SaleState.CANCELLED,
            Sale.weight_g > 0,
            Animal.breed == breed,
        )
        .order_by(Sale.agreed_at.desc())
        .limit(REFERENCE_SALES_MAX)
    )
    return sorted(
        (amount * G_PER_KG + weight // 2) // weight
        for amount, weight in session.execute(wanted)
        if amount and weight
    )


def last_buyers(session: Session, market: Holding, *, limit: int = 2) -> Sequence[Party]:
    """The buyers of the newest sales, each once."""
    newest = (
        select(Sale.buyer_id, func.max(Sale.id).label("newest"))
        .where(Sale.market_id == market.id)
        .group_by(Sale.buyer_id)
        .order_by(func.max(Sale.id).desc())
        .limit(limit)
    ).subquery()
    wanted = select(Party).join(newest, newest.c.buyer_id == Party.id)
    return session.scalars(wanted.order_by(newest.c.newest.desc())).all()


def _agreed(event: EventView) -> State:
    return {
        "animal_id": event.links[1].ref,
        "operator_id": folding.private(event, "by"),
        **{f"{name}_id": folding.private(event, name) for name in ("market", "seller", "buyer")},
        **{name: folding.private(event, name) for name in AGREED},
        **dict.fromkeys(("weighing_id", "weight_g", "amount_fen")),
        "agreed_at": clock.stamp(event.at),
        "state": SaleState.AGREED.value,
    }


AGREED = ("client_key", "receipt_code", "purpose", "price_unit", "price_fen")
STATE_AFTER = {
    Kind.SALE_FUNDED: SaleState.FUNDED,
    Kind.SALE_HANDED_OVER: SaleState.HANDED_OVER,
    Kind.SALE_ACCEPTED: SaleState.ACCEPTED,
    Kind.SALE_SETTLED: SaleState.SETTLED,
}


def fold(state: State | None, event: EventView) -> State | None:
    """A sale as its events tell it."""
    match event.kind:
        case Kind.SALE_AGREED:
            return _agreed(event)
        case Kind.SALE_WEIGHED:
            return {
                **(state or {}),
                "weighing_id": folding.private(event, "weighing"),
                "weight_g": folding.private(event, "weight_g"),
                "amount_fen": folding.private(event, "amount_fen"),
                "state": SaleState.WEIGHED.value,
            }
        case Kind.SALE_CANCELLED:
            return {**(state or {}), "weighing_id": None, "state": SaleState.CANCELLED.value}
        case _ if event.kind in STATE_AFTER:
            return {**(state or {}), "state": STATE_AFTER[event.kind].value}
        case _:
            return state


folding.register(Sale, fold)
