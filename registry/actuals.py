"""完成值 · what an indicator reached in a period: one person reports it, another confirms it.

draft → submitted → confirmed, or returned with a reason, mended and submitted again. The value is
decimal text in the unit in which it was reported; it converts to the indicator's unit exactly.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry import quantities
from registry.indicators import UNIT_CHARS_MAX, Comparator, Figure, Indicator
from registry.projects import proof
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

PERIOD = re.compile(r"20\d\d(Q[1-4]|-(0[1-9]|1[0-2]))?")
REACHED = {Comparator.EXACT, Comparator.AT_LEAST, Comparator.LEVEL}
PASSED = {Comparator.EXCEEDS}


class ActualSource(StrEnum):
    """完成值来源."""

    REPORTED = "reported"
    COMPUTED = "computed"


ACTUAL_SOURCE_LABELS = {
    ActualSource.REPORTED: "填报",
    ActualSource.COMPUTED: "平台统计",
}


class ActualStatus(StrEnum):
    """完成值状态."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    CONFIRMED = "confirmed"


ACTUAL_STATUS_LABELS = {
    ActualStatus.DRAFT: "草稿",
    ActualStatus.SUBMITTED: "待确认",
    ActualStatus.RETURNED: "已退回",
    ActualStatus.CONFIRMED: "已确认",
}
NEXT_STATUSES: dict[ActualStatus, set[ActualStatus]] = {
    ActualStatus.DRAFT: {ActualStatus.SUBMITTED},
    ActualStatus.SUBMITTED: {ActualStatus.CONFIRMED, ActualStatus.RETURNED},
    ActualStatus.RETURNED: {ActualStatus.SUBMITTED},
    ActualStatus.CONFIRMED: set(),
}
assert NEXT_STATUSES.keys() == set(ActualStatus)


class Actual(Subject, Base):
    """完成值 · what was reached in a year, a quarter or a month."""

    __tablename__ = "actual"
    __table_args__ = (UniqueConstraint("indicator_id", "period"),)
    __ref_prefix__ = "actual"

    id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[int] = mapped_column(ForeignKey("indicator.id"), index=True)
    period: Mapped[str] = mapped_column(String(7))
    value: Mapped[str] = mapped_column(String(quantities.VALUE_CHARS_MAX))
    unit: Mapped[str | None] = mapped_column(String(UNIT_CHARS_MAX))
    source: Mapped[ActualSource]
    status: Mapped[ActualStatus]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    return_reason: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    indicator: Mapped[Indicator] = relationship()
    by: Mapped[Party] = relationship(foreign_keys=[by_id])
    confirmed_by: Mapped[Party | None] = relationship(foreign_keys=[confirmed_by_id])
    evidence: Mapped[Evidence | None] = relationship()


def parse_period(text: str) -> str:
    """A year, a quarter or a month, as indicators count time.

    >>> parse_period(" 2026q3 "), parse_period("2026-07")
    ('2026Q3', '2026-07')

    Raises:
        RuleViolation: `actual.bad_period`.
    """
    plain = text.strip().upper()
    if PERIOD.fullmatch(plain) is None:
        raise RuleViolation(
            "actual.bad_period", "期间请写年（2026）、季度（2026Q3）或月（2026-07）"
        )
    return plain


def report(
    session: Session,
    indicator: Indicator,
    *,
    period: str,
    value: str,
    unit: str | None,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> Actual:
    """Report what an indicator reached in a period, as a draft.

    Raises:
        RuleViolation: `actual.bad_period`, `quantity.not_a_number`, `quantity.unit_mismatch`.
        Conflict: `actual.period_taken`.
    """
    told = {"period": parse_period(period), "value": quantities.parse_value(value), "unit": unit}
    quantities.convert(quantities.parse_value(value), unit, indicator.unit)
    events.hold(session, indicator.ref)
    taken = select(Actual.id).where(
        Actual.indicator_id == indicator.id, Actual.period == told["period"]
    )
    if session.scalar(taken) is not None:
        raise Conflict("actual.period_taken", f"{told['period']} 的完成值已填报，请打开原记录")
    row = Actual(indicator=indicator, source=ActualSource.REPORTED, by=by, **told)
    row.at = clock.to_ms(at)
    row.status, row.evidence = ActualStatus.DRAFT, evidence
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {
        **told,
        **proof(evidence),
        "indicator": indicator.ref,
        "source": row.source.value,
    }
    events.append(session, Kind.ACTUAL_REPORTED, row.ref, at=at, by=by.ref, **said)
    return row


def revise(
    session: Session,
    actual: Actual,
    *,
    value: str,
    unit: str | None,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> None:
    """Mend a figure that was not handed over yet, or that was returned.

    Raises:
        RuleViolation: `quantity.not_a_number`, `quantity.unit_mismatch`, `actual.not_the_reporter`.
        Conflict: `actual.wrong_status`.
    """
    told = {"value": quantities.parse_value(value), "unit": unit}
    quantities.convert(told["value"] or "", unit, actual.indicator.unit)
    events.hold(session, actual.ref)
    session.refresh(actual)
    if by.id != actual.by_id:
        raise RuleViolation("actual.not_the_reporter", "这条完成值由他人填报，请原填报人修改")
    _require(actual, ActualStatus.SUBMITTED)
    actual.value, actual.unit = quantities.parse_value(value), unit
    actual.evidence = evidence or actual.evidence
    said: dict[str, Any] = {**told, **proof(actual.evidence)}
    events.append(session, Kind.ACTUAL_REVISED, actual.ref, at=at, by=by.ref, **said)


def submit(session: Session, actual: Actual, *, at: datetime, by: Party) -> None:
    """Hand a draft or a returned figure to the second person.

    Raises:
        Conflict: `actual.wrong_status`.
    """
    _step(session, actual, ActualStatus.SUBMITTED)
    actual.return_reason = None
    events.append(session, Kind.ACTUAL_SUBMITTED, actual.ref, at=at, by=by.ref)


def send_back(session: Session, actual: Actual, *, reason: str, at: datetime, by: Party) -> None:
    """Return a submitted figure with the reason.

    Raises:
        RuleViolation: `actual.return_without_reason`.
        Conflict: `actual.wrong_status`.
    """
    if not reason.strip():
        raise RuleViolation("actual.return_without_reason", "请写明退回原因")
    _step(session, actual, ActualStatus.RETURNED)
    actual.return_reason = reason.strip()
    events.append(
        session, Kind.ACTUAL_RETURNED, actual.ref, at=at, by=by.ref, reason=actual.return_reason
    )


def confirm(session: Session, actual: Actual, *, at: datetime, by: Party) -> None:
    """Confirm a submitted figure; never by the person who reported it.

    Raises:
        RuleViolation: `actual.same_person`.
        Conflict: `actual.wrong_status`.
    """
    if by.id == actual.by_id:
        raise RuleViolation("actual.same_person", "填报人不能确认自己填的数，请另一位人员确认")
    _step(session, actual, ActualStatus.CONFIRMED)
    actual.confirmed_by = by
    said: dict[str, Any] = {"value": actual.value, "unit": actual.unit}
    events.append(session, Kind.ACTUAL_CONFIRMED, actual.ref, at=at, by=by.ref, **said)


def _step(session: Session, actual: Actual, to: ActualStatus) -> None:
    events.hold(session, actual.ref)
    session.refresh(actual)
    _require(actual, to)
    actual.status = to


def _require(actual: Actual, to: ActualStatus) -> None:
    """Refuse what the figure's status does not lead to."""
    if to not in NEXT_STATUSES[actual.status]:
        now = ACTUAL_STATUS_LABELS[actual.status]
        raise Conflict("actual.wrong_status", f"这条完成值{now}，请刷新后再看")


def reaches(actual: Actual, target: Figure, *, value: str | None = None) -> bool | None:
    """Whether an actual reaches a target; None where the print does not say how to compare.

    `value` is what a collective decision set instead of the printed one, in the same unit.
    """
    if target.value is None or target.comparator not in REACHED | PASSED:
        return None
    have = Fraction(quantities.convert(actual.value, actual.unit, target.unit))
    wanted = Fraction(value or target.value)
    return have > wanted if target.comparator in PASSED else have >= wanted


def get(session: Session, ref: str) -> Actual:
    """The actual of that reference.

    Raises:
        NotFound: `actual.not_found`.
    """
    found = session.scalars(select(Actual).where(Actual.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("actual.not_found", "没有找到这条完成值")
    return found


def of_indicator(session: Session, indicator: Indicator) -> Sequence[Actual]:
    """An indicator's actuals, the newest period first."""
    wanted = select(Actual).where(Actual.indicator_id == indicator.id)
    return session.scalars(wanted.order_by(Actual.period.desc())).all()


def fold(state: State | None, event: EventView) -> State | None:
    """An actual as its events tell it."""
    known = {**(state or {})}
    match event.kind:
        case Kind.ACTUAL_REPORTED:
            return _reported(event)
        case Kind.ACTUAL_REVISED:
            told = {name: folding.private(event, name) for name in ("value", "unit")}
            return {**known, **told, "evidence_id": folding.private(event, "evidence")}
        case Kind.ACTUAL_SUBMITTED:
            return {**known, "status": ActualStatus.SUBMITTED.value, "return_reason": None}
        case Kind.ACTUAL_RETURNED:
            reason = folding.private(event, "reason")
            return {**known, "status": ActualStatus.RETURNED.value, "return_reason": reason}
        case Kind.ACTUAL_CONFIRMED:
            second = folding.private(event, "by")
            return {**known, "status": ActualStatus.CONFIRMED.value, "confirmed_by_id": second}
        case _:
            return state


def _reported(event: EventView) -> State:
    return {
        "indicator_id": event["indicator"],
        "period": event["period"],
        **{field: folding.private(event, field) for field in ("value", "unit", "source")},
        "status": ActualStatus.DRAFT.value,
        "at": folding.plain(event.at),
        "by_id": folding.private(event, "by"),
        "confirmed_by_id": None,
        "return_reason": None,
        "evidence_id": folding.private(event, "evidence"),
    }


folding.register(Actual, fold)
