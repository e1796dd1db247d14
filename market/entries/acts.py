"""预约和到场 · a market day is booked ahead by phone, or written down at the gate.

A booking promises nothing about single animals: each is still checked at the gate. Walking in
without one is equally possible, and both get the day's next gate number.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from market.entries.records import (
    ARRIVAL,
    ENTRY_STATE_LABELS,
    HEAD_MAX,
    REASON_CHARS_MAX,
    CattleClass,
    Count,
    Entry,
    EntryState,
)
from traceability.animals import ref_of
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.holdings import Holding, HoldingKind
from traceability.identifiers import plates
from traceability.parties import Party


def book(
    session: Session,
    market: Holding,
    origin: Holding,
    *,
    head: int,
    cattle_class: CattleClass,
    expected_at: datetime,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> Entry:
    """Book a market day for the animals of the keeper of `origin`.

    Raises:
        RuleViolation: `entry.not_market`, `entry.bad_head`, `entry.in_past`,
            `entry.not_your_place`.
        Conflict: `entry.already_booked`.
    """
    seller = on_behalf_of or by
    _require_market(market)
    _require_head(head)
    _require_bookable(origin, seller, expected_at, at=at)
    row = Entry(
        market=market,
        seller=seller,
        origin=origin,
        comes_on=legal_day(expected_at),
        expected_at=clock.to_ms(expected_at),
        cattle_class=cattle_class,
        booked_head=head,
        state=EntryState.BOOKED,
    )
    with session.no_autoflush:
        events.hold(session, row.ref, market.ref)  # the market's: nothing is booked twice
        _require_new(session, row)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.ENTRY_BOOKED,
        row.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        **_place(market),
        seller=seller.ref,
        origin=origin.ref,
        comes_on=row.comes_on.isoformat(),
        expected_at=clock.stamp(row.expected_at or expected_at),
        cattle_class=cattle_class.value,
        booked_head=head,
    )
    return row


def _require_bookable(
    origin: Holding, seller: Party, expected_at: datetime, *, at: datetime
) -> None:
    if expected_at < at:
        raise RuleViolation("entry.in_past", "预计到达的时间已经过去，请核对")
    if origin.keeper_id != seller.id:
        raise RuleViolation("entry.not_your_place", "只能从自己的场所预约，请重选从哪里来")


def _place(market: Holding) -> dict[str, Any]:
    return {
        "place_kind": market.kind.value,
        "township": market.township,
        "market": market.ref,
    }


def _require_market(market: Holding) -> None:
    if market.kind is not HoldingKind.MARKET:
        raise RuleViolation("entry.not_market", "这个场所不是市场，请重选")


def _require_head(head: int) -> None:
    if not 1 <= head <= HEAD_MAX:
        raise RuleViolation("entry.bad_head", f"头数应为 1 到 {HEAD_MAX}，更多的请分几车")


def _require_new(session: Session, row: Entry) -> None:
    same = select(Entry.id).where(
        Entry.market_id == row.market.id,
        Entry.seller_id == row.seller.id,
        Entry.expected_at == row.expected_at,
        Entry.state == EntryState.BOOKED,
    )
    if session.scalars(same).first() is not None:
        raise Conflict("entry.already_booked", "这个时间已经预约过了；要改头数，先取消再约")


def cancel(
    session: Session,
    row: Entry,
    *,
    reason: str,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> None:
    """Give a booking up; the seller need not say why, the market must.

    Raises:
        RuleViolation: `entry.cancel_without_reason`.
        Conflict: `entry.not_booked`.
    """
    _require_booked(session, row)
    if not reason.strip() and row.seller_id != (on_behalf_of or by).id:
        raise RuleViolation("entry.cancel_without_reason", "请写明取消的原因，卖主会看到")
    row.state = EntryState.CANCELLED
    row.cancel_reason = reason.strip()[:REASON_CHARS_MAX] or None
    events.append(
        session,
        Kind.ENTRY_CANCELLED,
        row.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        reason=row.cancel_reason,
    )


def _require_booked(session: Session, row: Entry) -> None:
    events.hold(session, row.ref)
    session.refresh(row, ["state"])
    if row.state is not EntryState.BOOKED:
        label = ENTRY_STATE_LABELS[row.state]
        raise Conflict("entry.not_booked", f"这份预约的状态已是“{label}”，请刷新后再看")


def admit(session: Session, row: Entry, counted: Count, *, at: datetime, by: Party) -> None:
    """A booked vehicle stands at the gate: count it, give it its number.

    Raises:
        RuleViolation: `entry.other_day`, `entry.bad_head`, `entry.bad_unpapered`; a plate's own.
        Conflict: `entry.not_booked`.
    """
    _require_booked(session, row)
    if legal_day(at) != row.comes_on:
        raise RuleViolation("entry.other_day", "这份预约不是今天的：今天来的按没有预约登记")
    _arrive(session, row, counted, at=at)
    session.flush()
    events.append(session, Kind.ENTRY_ADMITTED, row.ref, at=at, by=by.ref, **_arrival(row))


def walk_in(
    session: Session,
    market: Holding,
    seller: Party,
    counted: Count,
    *,
    cattle_class: CattleClass,
    at: datetime,
    by: Party,
) -> Entry:
    """A vehicle that nobody booked stands at the gate: equally welcome.

    Raises:
        RuleViolation: `entry.not_market`, `entry.bad_head`, `entry.bad_unpapered`; a plate's own.
    """
    _require_market(market)
    row = Entry(market=market, seller=seller, comes_on=legal_day(at), cattle_class=cattle_class)
    with session.no_autoflush:
        events.hold(session, row.ref)
        _arrive(session, row, counted, at=at)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.ENTRY_WALKED_IN,
        row.ref,
        at=at,
        by=by.ref,
        **_place(market),
        seller=seller.ref,
        comes_on=row.comes_on.isoformat(),
        cattle_class=cattle_class.value,
        **_arrival(row),
    )
    return row


def _arrive(session: Session, row: Entry, counted: Count, *, at: datetime) -> None:
    _require_head(counted.head)
    if not 0 <= counted.unpapered <= counted.head:
        raise RuleViolation("entry.bad_unpapered", "没有证明的头数不能多于到场头数")
    plate = plates.parse_plate(counted.plate) if counted.plate.strip() else None
    events.hold(session, row.market.ref)  # gate numbers follow each other
    newest = select(func.max(Entry.gate_no)).where(
        Entry.market_id == row.market.id, Entry.comes_on == row.comes_on
    )
    row.gate_no = (session.scalar(newest) or 0) + 1
    row.state, row.arrived_at = EntryState.ARRIVED, clock.to_ms(at)
    row.arrived_head, row.unpapered_head = counted.head, counted.unpapered
    row.disinfected, row.plate = counted.disinfected, plate


def _arrival(row: Entry) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ARRIVAL}
