"""兽药标签 · the withdrawal days that the label of an approved drug prints, by route.

One officer enters a label with its photograph, another confirms it; from then on it overrides the
withdrawal table for doses from `effective_from` on, until a later label of the same approval
number and route takes over. Doses recorded earlier keep the day they were given.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.identifiers.ear_tags import Species
from traceability.parties import Party
from traceability.treatments.giving import named
from traceability.treatments.withdrawal import WITHDRAWAL_DAYS_MAX, LabelDays, Route

NAME_CHARS_MAX = 60
APPROVAL_CHARS_MAX = 40
REASON_CHARS_MAX = 500
LISTED_MAX = 200
CARD = ("approval_no", "drug", "manufacturer", "withdrawal_days")


class DrugLabelState(StrEnum):
    """兽药标签状态."""

    ENTERED = "entered"
    CONFIRMED = "confirmed"
    RETURNED = "returned"


DRUG_LABEL_STATE_LABELS = {
    DrugLabelState.ENTERED: "待复核",
    DrugLabelState.CONFIRMED: "已复核",
    DrugLabelState.RETURNED: "已退回",
}


class DrugLabel(Subject, Base):
    """兽药标签 · what one label says for one route; counts only when confirmed."""

    __tablename__ = "drug_label"
    __ref_prefix__ = "drug_label"

    id: Mapped[int] = mapped_column(primary_key=True)
    approval_no: Mapped[str] = mapped_column(String(APPROVAL_CHARS_MAX), index=True)
    drug: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    manufacturer: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    route: Mapped[Route]
    species: Mapped[Species]
    withdrawal_days: Mapped[int]
    effective_from: Mapped[date]
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    state: Mapped[DrugLabelState]
    made_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    return_reason: Mapped[str | None] = mapped_column(Text)

    evidence: Mapped[Evidence] = relationship()
    by: Mapped[Party] = relationship(foreign_keys=[by_id])
    decided_by: Mapped[Party | None] = relationship(foreign_keys=[decided_by_id])


@dataclass(frozen=True, slots=True)
class LabelCard:
    """标签内容 · what somebody reads off a label."""

    approval_no: str
    drug: str
    manufacturer: str
    route: Route
    withdrawal_days: int
    effective_from: date


def normal(approval_no: str) -> str:
    """An approval number as it is compared: half-width, without spaces.

    >>> normal("兽药字 ２０１９０１２３４")
    '兽药字201901234'
    """
    return "".join(unicodedata.normalize("NFKC", approval_no).split())


def enter(
    session: Session, card: LabelCard, *, evidence: Evidence, at: datetime, by: Party
) -> DrugLabel:
    """Enter what a label says, with its photograph; it counts when another person confirms it.

    Raises:
        RuleViolation: `drug_label.no_approval_no`, `drug_label.bad_days`, `treatment.no_name`.
        Conflict: `drug_label.known`.
    """
    approval_no = normal(card.approval_no)
    if not approval_no:
        raise RuleViolation("drug_label.no_approval_no", "请填写兽药批准文号")
    if not 0 <= card.withdrawal_days <= WITHDRAWAL_DAYS_MAX:
        raise RuleViolation("drug_label.bad_days", "休药期应为 0 到 365 天")
    row = DrugLabel(
        approval_no=approval_no,
        drug=named(card.drug, "药名"),
        manufacturer=named(card.manufacturer, "生产企业"),
        route=card.route,
        species=Species.CATTLE,
        withdrawal_days=card.withdrawal_days,
        effective_from=card.effective_from,
        evidence=evidence,
        state=DrugLabelState.ENTERED,
        made_at=clock.to_ms(at),
        by=by,
    )
    events.hold(session, row.ref)
    _require_new(session, row)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.DRUG_LABEL_ENTERED,
        row.ref,
        at=at,
        by=by.ref,
        route=row.route.value,
        species=row.species.value,
        effective_from=row.effective_from.isoformat(),
        evidence=evidence.ref,
        **{field: getattr(row, field) for field in CARD},
    )
    return row


def _require_new(session: Session, row: DrugLabel) -> None:
    with session.no_autoflush:
        for other in of_approval(session, row.approval_no):
            alike = (other.route, other.effective_from) == (row.route, row.effective_from)
            if alike and other.state is not DrugLabelState.RETURNED:
                state = DRUG_LABEL_STATE_LABELS[other.state]
                raise Conflict(
                    "drug_label.known", f"这个批准文号、途径和日期的标签已登记（{state}）"
                )


def confirm(session: Session, label: DrugLabel, *, at: datetime, by: Party) -> None:
    """Confirm a label against its photograph; never by the person who entered it.

    Raises:
        RuleViolation: `drug_label.same_person`.
        Conflict: `drug_label.closed`.
    """
    _open(session, label)
    if by.id == label.by_id:
        raise RuleViolation("drug_label.same_person", "登记人不能复核自己登记的标签，请另一位复核")
    label.state, label.decided_by = DrugLabelState.CONFIRMED, by
    label.decided_at = clock.to_ms(at)
    events.append(session, Kind.DRUG_LABEL_CONFIRMED, label.ref, at=at, by=by.ref)


def send_back(session: Session, label: DrugLabel, *, reason: str, at: datetime, by: Party) -> None:
    """Return a label with the reason; also one's own, to take it back.

    Raises:
        RuleViolation: `drug_label.return_without_reason`.
        Conflict: `drug_label.closed`.
    """
    if not reason.strip():
        raise RuleViolation("drug_label.return_without_reason", "请写明退回原因")
    _open(session, label)
    label.state, label.decided_by = DrugLabelState.RETURNED, by
    label.decided_at, label.return_reason = clock.to_ms(at), reason.strip()
    events.append(
        session, Kind.DRUG_LABEL_RETURNED, label.ref, at=at, by=by.ref, reason=label.return_reason
    )


def _open(session: Session, label: DrugLabel) -> None:
    events.hold(session, label.ref)
    session.refresh(label)
    if label.state is not DrugLabelState.ENTERED:
        now = DRUG_LABEL_STATE_LABELS[label.state]
        raise Conflict("drug_label.closed", f"这份标签{now}，请刷新后再看")


def get(session: Session, ref: str) -> DrugLabel:
    """The label of that reference.

    Raises:
        NotFound: `drug_label.not_found`.
    """
    found = session.scalars(select(DrugLabel).where(DrugLabel.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("drug_label.not_found", "没有找到这份兽药标签")
    return found


def listed(
    session: Session,
    *,
    state: DrugLabelState | None = None,
    approval_no: str = "",
    limit: int = LISTED_MAX,
) -> Sequence[DrugLabel]:
    """The labels, those that wait first, then the newest; of numbers that hold the words."""
    waits = DrugLabel.state == DrugLabelState.ENTERED
    wanted = select(DrugLabel).order_by(waits.desc(), DrugLabel.id.desc()).limit(limit)
    if state is not None:
        wanted = wanted.where(DrugLabel.state == state)
    if approval_no:
        wanted = wanted.where(DrugLabel.approval_no.contains(normal(approval_no), autoescape=True))
    return session.scalars(wanted).all()


def of_approval(session: Session, approval_no: str) -> Sequence[DrugLabel]:
    """The labels of an approval number, those that hold from later first."""
    mine = select(DrugLabel).where(DrugLabel.approval_no == normal(approval_no))
    return session.scalars(mine.order_by(DrugLabel.effective_from.desc(), DrugLabel.id)).all()


def days_on(
    session: Session, approval_no: str | None, *, route: Route | None, on: date
) -> LabelDays:
    """What the confirmed labels of an approval number say for a dose of a day.

    Where the route is not told, no label can be said to allow it: the longest stands beside the
    table and overrides nothing.
    """
    if not approval_no:
        return LabelDays()
    days: dict[Route, int] = {}
    for label in of_approval(session, approval_no):
        if label.state is DrugLabelState.CONFIRMED and label.effective_from <= on:
            days.setdefault(label.route, label.withdrawal_days)
    others = [found for known, found in days.items() if known is not route]
    return LabelDays(
        here=None if route is None else days.get(route), elsewhere=max(others, default=None)
    )


def fold(state: State | None, event: EventView) -> State | None:
    """A label as its events tell it."""
    known = {**(state or {})}
    decided = {
        "decided_at": clock.stamp(event.at),
        "decided_by_id": folding.private(event, "by"),
    }
    match event.kind:
        case Kind.DRUG_LABEL_ENTERED:
            private = (*CARD, "route", "species", "effective_from")
            return {
                **{name: folding.private(event, name) for name in private},
                **{f"{name}_id": folding.private(event, name) for name in ("evidence", "by")},
                "state": DrugLabelState.ENTERED.value,
                "made_at": clock.stamp(event.at),
                **dict.fromkeys(("decided_at", "decided_by_id", "return_reason")),
            }
        case Kind.DRUG_LABEL_CONFIRMED:
            return {**known, **decided, "state": DrugLabelState.CONFIRMED.value}
        case Kind.DRUG_LABEL_RETURNED:
            reason = folding.private(event, "reason")
            state_now = DrugLabelState.RETURNED.value
            return {**known, **decided, "state": state_now, "return_reason": reason}
        case _:
            return state


folding.register(DrugLabel, fold)
