"""入场记录 · what an entry is: its table, its states, its look-ups and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from traceability.animals import Animal
from traceability.base import clock
from traceability.base.clock import end_of, start_of
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound
from traceability.chain import folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.movements import Movement
from traceability.parties import Party

HEAD_MAX = 500  # as many as one group operation may take
REASON_CHARS_MAX = 400
PLATE_CHARS_MAX = 12


class EntryState(StrEnum):
    """入场状态."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"


ENTRY_STATE_LABELS = {
    EntryState.BOOKED: "已预约",
    EntryState.ARRIVED: "已到场",
    EntryState.CANCELLED: "已取消",
}


class CattleClass(StrEnum):
    """牛的类别 · what kind of animals a seller brings."""

    BULL = "bull"
    STEER = "steer"
    COW = "cow"
    IN_CALF = "in_calf"
    WITH_CALF = "with_calf"
    CALF = "calf"
    MIXED = "mixed"


CATTLE_CLASS_LABELS = {
    CattleClass.BULL: "公牛",
    CattleClass.STEER: "阉牛",
    CattleClass.COW: "母牛",
    CattleClass.IN_CALF: "怀孕母牛",
    CattleClass.WITH_CALF: "带犊母牛",
    CattleClass.CALF: "犊牛",
    CattleClass.MIXED: "几类都有",
}


class Entry(Subject, Base):
    """入场 · the animals one seller brings to one market on one day."""

    __tablename__ = "entry"
    __ref_prefix__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    market_id: Mapped[int] = mapped_column(ForeignKey("holding.id"))
    seller_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    origin_id: Mapped[int | None] = mapped_column(ForeignKey("holding.id"))  # None: walked in
    comes_on: Mapped[date]
    expected_at: Mapped[datetime | None]  # None: walked in
    cattle_class: Mapped[CattleClass]
    booked_head: Mapped[int | None]  # None: walked in
    state: Mapped[EntryState]
    arrived_at: Mapped[datetime | None]
    arrived_head: Mapped[int | None]
    unpapered_head: Mapped[int | None]  # without a certificate: to supplementary quarantine
    disinfected: Mapped[bool | None]
    plate: Mapped[str | None] = mapped_column(String(PLATE_CHARS_MAX))
    gate_no: Mapped[int | None]  # of its market and day
    cancel_reason: Mapped[str | None] = mapped_column(String(REASON_CHARS_MAX))

    market: Mapped[Holding] = relationship(foreign_keys=[market_id])
    seller: Mapped[Party] = relationship()
    origin: Mapped[Holding | None] = relationship(foreign_keys=[origin_id])

    __table_args__ = (
        Index("ix_entry_market_id_comes_on", "market_id", "comes_on"),
        UniqueConstraint("market_id", "comes_on", "gate_no"),
        CheckConstraint("(gate_no IS NULL) = (state != 'arrived')", name="numbered_at_gate"),
        CheckConstraint("unpapered_head BETWEEN 0 AND arrived_head", name="unpapered_among_all"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """到场点数 · what the gate sees when a vehicle stands before it."""

    head: int
    unpapered: int
    disinfected: bool
    plate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """一天的合计 · of a market's entries; cancelled ones count nowhere."""

    booked: int = 0  # bookings made, come or not
    booked_head: int = 0
    arrived: int = 0
    arrived_head: int = 0
    walked_in: int = 0
    unpapered_head: int = 0
    undisinfected: int = 0


def get(session: Session, ref: str) -> Entry:
    """The entry of that reference.

    Raises:
        NotFound: `entry.not_found`.
    """
    found = session.scalars(select(Entry).where(Entry.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("entry.not_found", "没有找到这次入场")
    return found


WHOLE = (selectinload(Entry.market), selectinload(Entry.seller), selectinload(Entry.origin))
"""What a list of entries shows, loaded with it."""


def totals(session: Session, market: Holding, on: date) -> DayTotals:
    """How many vehicles and animals a market expects on a day, and how many have come."""
    day = select(Entry).where(Entry.market_id == market.id, Entry.comes_on == on)
    rows = session.scalars(day.where(Entry.state != EntryState.CANCELLED)).all()
    come = [row for row in rows if row.state is EntryState.ARRIVED]
    return DayTotals(
        booked=sum(row.booked_head is not None for row in rows),
        booked_head=sum(row.booked_head or 0 for row in rows),
        arrived=len(come),
        arrived_head=sum(row.arrived_head or 0 for row in come),
        walked_in=sum(row.booked_head is None for row in come),
        unpapered_head=sum(row.unpapered_head or 0 for row in come),
        undisinfected=sum(not row.disinfected for row in come),
    )


def scanned(session: Session, market: Holding, on: date, sellers: Sequence[int]) -> dict[int, int]:
    """How many animals of each seller the gate let in on a day, one by one."""
    counted = (
        select(Animal.owner_id, func.count())
        .join(Movement, Movement.animal_id == Animal.id)
        .where(
            Movement.destination_id == market.id,
            Movement.arrived_at >= start_of(on),
            Movement.arrived_at < end_of(on),
            Animal.owner_id.in_(sellers),
        )
        .group_by(Animal.owner_id)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


ARRIVAL = ("arrived_head", "unpapered_head", "disinfected", "plate", "gate_no")
COME = {"arrived_at": None, **dict.fromkeys(ARRIVAL), "cancel_reason": None}


def _told(event: EventView, *names: str) -> State:
    return {name: folding.private(event, name) for name in names}


def fold(state: State | None, event: EventView) -> State | None:
    """An entry as its events tell it."""
    come = {"arrived_at": clock.stamp(event.at), "state": EntryState.ARRIVED.value}
    match event.kind:
        case Kind.ENTRY_BOOKED:
            return {
                **COME,
                **{f"{name}_id": folding.private(event, name) for name in BOOKED_REFS},
                **_told(event, "comes_on", "expected_at", "cattle_class", "booked_head"),
                "state": EntryState.BOOKED.value,
            }
        case Kind.ENTRY_WALKED_IN:
            return {
                **COME,
                **{f"{name}_id": folding.private(event, name) for name in BOOKED_REFS[:2]},
                **dict.fromkeys(("origin_id", "expected_at", "booked_head")),
                **_told(event, "comes_on", "cattle_class", *ARRIVAL),
                **come,
            }
        case Kind.ENTRY_ADMITTED:
            return {**(state or {}), **_told(event, *ARRIVAL), **come}
        case Kind.ENTRY_CANCELLED:
            reason = folding.private(event, "reason")
            return {
                **(state or {}),
                "state": EntryState.CANCELLED.value,
                "cancel_reason": reason,
            }
        case _:
            return state


BOOKED_REFS = ("market", "seller", "origin")
folding.register(Entry, fold)
