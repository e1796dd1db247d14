"""拨付与支出 · money paid out of an arrangement and spent of what was paid out, with vouchers.

Never more paid out than arranged, never more spent than paid out. A payment is not edited; it is
annulled with its reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry import quantities
from registry.funding import (
    AMOUNT_FEN_MAX,
    PAPER_CHARS_MAX,
    TEXT_CHARS_MAX,
    Fund,
    FundState,
    refuse_first,
)
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party


class PaymentKind(StrEnum):
    """收支环节."""

    PAID_OUT = "paid_out"
    SPENT = "spent"


PAYMENT_KIND_LABELS = {PaymentKind.PAID_OUT: "拨付", PaymentKind.SPENT: "支出"}
assert PAYMENT_KIND_LABELS.keys() == set(PaymentKind)


class Payment(Subject, Base):
    """收支 · money paid out of an arrangement, or spent of what was paid out."""

    __tablename__ = "fund_payment"
    __ref_prefix__ = "fund_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"), index=True)
    kind: Mapped[PaymentKind]
    amount_fen: Mapped[int]
    paid_on: Mapped[date]
    voucher_no: Mapped[str] = mapped_column(String(PAPER_CHARS_MAX))
    payee: Mapped[str] = mapped_column(String(PAPER_CHARS_MAX))
    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    annulled_at: Mapped[datetime | None]
    annul_reason: Mapped[str | None] = mapped_column(Text)

    fund: Mapped[Fund] = relationship()
    evidence: Mapped[Evidence] = relationship()
    by: Mapped[Party] = relationship()

    __table_args__ = (CheckConstraint("amount_fen > 0", name="positive"),)


SENTENCES = {
    "fund.bad_amount": "金额应大于 0，最多到分，请核对数字和单位",
    "fund.no_voucher": "请填写凭证号，并附凭证照片或 PDF",
    "fund.no_payee": "请填写收款单位，不超过 80 字",
    "fund.paid_in_future": "日期在将来，请核对",
}


def pay(
    session: Session,
    fund: Fund,
    kind: PaymentKind,
    *,
    amount_fen: int,
    paid_on: date,
    voucher_no: str,
    payee: str,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
) -> Payment:
    """Record money paid out of an approved arrangement, or spent of what was paid out.

    Raises:
        RuleViolation: `fund.bad_amount`, `fund.no_voucher`, `fund.no_payee`, `fund.paid_in_future`,
            `fund.more_than_arranged`, `fund.more_than_paid_out`.
        Conflict: `fund.not_approved`.
    """
    wanted = {
        "fund.bad_amount": 0 < amount_fen <= AMOUNT_FEN_MAX,
        "fund.no_voucher": 0 < len(voucher_no.strip()) <= PAPER_CHARS_MAX and evidence,
        "fund.no_payee": 0 < len(payee.strip()) <= PAPER_CHARS_MAX,
        "fund.paid_in_future": paid_on <= legal_day(at),
    }
    refuse_first(wanted, SENTENCES)
    assert evidence is not None
    _require_room(session, fund, kind, amount_fen)
    row = Payment(
        fund=fund,
        kind=kind,
        amount_fen=amount_fen,
        paid_on=paid_on,
        voucher_no=voucher_no.strip(),
        payee=payee.strip(),
        evidence=evidence,
        by=by,
    )
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.FUND_PAID,
        row.ref,
        fund.ref,
        at=at,
        by=by.ref,
        payment_kind=kind.value,
        amount_fen=amount_fen,
        paid_on=paid_on.isoformat(),
        voucher_no=row.voucher_no,
        payee=row.payee,
        evidence=evidence.ref,
    )
    return row


def _require_room(session: Session, fund: Fund, kind: PaymentKind, amount_fen: int) -> None:
    """Hold the arrangement; refuse more than was arranged, and more than was paid out."""
    events.hold(session, fund.ref)
    session.refresh(fund)
    if fund.state is not FundState.APPROVED:
        raise Conflict("fund.not_approved", "这笔安排还没有批准，不能拨付和支出")
    sums = totals(session, [fund.id])[fund.id]
    if kind is PaymentKind.PAID_OUT and sums.paid_out_fen + amount_fen > fund.amount_fen:
        left = _yuan(fund.amount_fen - sums.paid_out_fen)
        raise RuleViolation("fund.more_than_arranged", f"拨付超过安排：还可拨付 {left} 元")
    if kind is PaymentKind.SPENT and sums.spent_fen + amount_fen > sums.paid_out_fen:
        left = _yuan(sums.paid_out_fen - sums.spent_fen)
        raise RuleViolation("fund.more_than_paid_out", f"支出超过拨付：还可支出 {left} 元")


def _yuan(fen: int) -> str:
    return quantities.decimal_text(Fraction(fen, 100))


def annul(session: Session, payment: Payment, *, reason: str, at: datetime, by: Party) -> None:
    """Annul a payment that was recorded wrongly; what was spent of it must be annulled first.

    Raises:
        RuleViolation: `fund.annul_without_reason`, `fund.spent_already`.
        Conflict: `fund.annulled`.
    """
    events.hold(session, payment.fund.ref, payment.ref)
    session.refresh(payment)
    if payment.annulled_at is not None:
        raise Conflict("fund.annulled", "这笔记录已经撤销")
    if not reason.strip():
        raise RuleViolation("fund.annul_without_reason", "请写明撤销的原因")
    sums = totals(session, [payment.fund_id])[payment.fund_id]
    out = payment.amount_fen if payment.kind is PaymentKind.PAID_OUT else 0
    if sums.paid_out_fen - out < sums.spent_fen:
        raise RuleViolation("fund.spent_already", "这笔拨付已经支出，先撤销支出")
    payment.annulled_at = clock.to_ms(at)
    payment.annul_reason = reason.strip()[:TEXT_CHARS_MAX]
    both = payment.ref, payment.fund.ref
    events.append(session, Kind.FUND_ANNULLED, *both, at=at, by=by.ref, reason=payment.annul_reason)


@dataclass(frozen=True, slots=True)
class Sums:
    """收支合计 · of an arrangement, in fen; annulled payments left out."""

    paid_out_fen: int = 0
    spent_fen: int = 0


def totals(session: Session, fund_ids: Sequence[int]) -> Mapping[int, Sums]:
    """What was paid out and spent of many arrangements, in one question."""
    rows = session.execute(
        select(Payment.fund_id, Payment.kind, func.sum(Payment.amount_fen))
        .where(Payment.fund_id.in_(fund_ids), Payment.annulled_at.is_(None))
        .group_by(Payment.fund_id, Payment.kind)
    )
    found = {(fund, kind): int(total) for fund, kind, total in rows}
    return {
        each: Sums(
            found.get((each, PaymentKind.PAID_OUT), 0), found.get((each, PaymentKind.SPENT), 0)
        )
        for each in fund_ids
    }


def of_fund(session: Session, fund: Fund) -> Sequence[Payment]:
    """The payments of an arrangement, the newest first."""
    mine = select(Payment).where(Payment.fund_id == fund.id)
    return session.scalars(mine.order_by(Payment.paid_on.desc(), Payment.id.desc())).all()


def get(session: Session, ref: str) -> Payment:
    """The payment of that reference.

    Raises:
        NotFound: `fund.payment_not_found`.
    """
    found = session.scalars(select(Payment).where(Payment.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("fund.payment_not_found", "没有找到这笔拨付或支出")
    return found


def fold_payment(state: State | None, event: EventView) -> State | None:
    """A payment as its events tell it."""
    match event.kind:
        case Kind.FUND_PAID:
            told = ("amount_fen", "paid_on", "voucher_no", "payee")
            return {
                "fund_id": event.links[1].ref,
                "kind": folding.private(event, "payment_kind"),
                **{name: folding.private(event, name) for name in told},
                **{f"{name}_id": folding.private(event, name) for name in ("evidence", "by")},
                "annulled_at": None,
                "annul_reason": None,
            }
        case Kind.FUND_ANNULLED:
            reason = folding.private(event, "reason")
            gone = {"annulled_at": clock.stamp(event.at), "annul_reason": reason}
            return {**(state or {}), **gone}
        case _:
            return state


folding.register(Payment, fold_payment)
