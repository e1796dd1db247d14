"""账户 · double entry in whole fen: every transfer debits one account and credits another.

The ledger mirrors money that others hold (the market's counter, later a bank); the platform holds
none. A transfer is never changed; it is undone by a transfer the other way. Because one amount is
written on both sides at once, debits equal credits at every instant anybody can read.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.chain.tables import guard_table
from traceability.parties import Party

AMOUNT_FEN_MAX = 10**12  # ten billion yuan: beyond it somebody's finger slipped
KEY_CHARS_MAX = 80


class AccountKind(StrEnum):
    """账户类别 · whose money it tells of."""

    COUNTER_CASH = "counter_cash"
    SALE = "sale"


ACCOUNT_KIND_LABELS = {
    AccountKind.COUNTER_CASH: "市场收银台现金",
    AccountKind.SALE: "成交款（由市场收银台保管）",
}
MAY_OWE = {AccountKind.SALE}  # its balance is what is still owed, so it is credited first


class LedgerAccount(Subject, Base):
    """账户 · one owner's account of one kind; that of a sale is named by the sale."""

    __tablename__ = "ledger_account"
    __ref_prefix__ = "ledger_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AccountKind]
    owner_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    name: Mapped[str] = mapped_column(String(KEY_CHARS_MAX), unique=True)

    owner: Mapped[Party] = relationship()


class Transfer(Subject, Base):
    """转账 · one amount from the credited account to the debited one."""

    __tablename__ = "transfer"
    __ref_prefix__ = "transfer"

    id: Mapped[int] = mapped_column(primary_key=True)
    debit_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"), index=True)
    credit_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"), index=True)
    amount_fen: Mapped[int]
    key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX), unique=True)
    made_at: Mapped[datetime]

    debit: Mapped[LedgerAccount] = relationship(foreign_keys=[debit_id])
    credit: Mapped[LedgerAccount] = relationship(foreign_keys=[credit_id])

    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
    )


guard_table("transfer")


def account(
    session: Session, kind: AccountKind, owner: Party, name: str, *, at: datetime, by: Party
) -> LedgerAccount:
    """The account of that name, opened at its first use."""
    found = by_name(session, name)
    if found is not None:
        return found
    opened = LedgerAccount(kind=kind, owner=owner, name=name)
    events.hold(session, opened.ref)
    session.add(opened)
    session.flush()
    events.append(
        session,
        Kind.ACCOUNT_OPENED,
        opened.ref,
        at=at,
        by=by.ref,
        kind_of_account=kind.value,
        owner=owner.ref,
        name=name,
    )
    return opened


def by_name(session: Session, name: str) -> LedgerAccount | None:
    """The account of that name, if it has been used."""
    return session.scalars(select(LedgerAccount).where(LedgerAccount.name == name)).one_or_none()


def transfer(
    session: Session,
    *,
    debit: LedgerAccount,
    credit: LedgerAccount,
    amount_fen: int,
    key: str,
    at: datetime,
) -> Transfer:
    """Write one transfer; the caller appends the event it belongs to, with `told` in it.

    Raises:
        RuleViolation: `ledger.bad_amount`, `ledger.overdrawn`.
        Conflict: `ledger.key_used`.
    """
    if not 0 < amount_fen <= AMOUNT_FEN_MAX:
        raise RuleViolation("ledger.bad_amount", "金额应大于 0，请核对")
    if session.scalar(select(Transfer.id).where(Transfer.key == key)) is not None:
        raise Conflict("ledger.key_used", "这笔款已经记过账，不会重复记")
    if credit.kind not in MAY_OWE and balance_fen(session, credit) < amount_fen:
        raise RuleViolation("ledger.overdrawn", f"{ACCOUNT_KIND_LABELS[credit.kind]}余额不足")
    if debit.kind in MAY_OWE and -balance_fen(session, debit) < amount_fen:
        raise RuleViolation("ledger.overdrawn", "付出的款多于收到的款，请核对")
    row = Transfer(
        debit=debit, credit=credit, amount_fen=amount_fen, key=key, made_at=clock.to_ms(at)
    )
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    return row


def told(row: Transfer) -> dict[str, Any]:
    """A transfer as its event keeps it."""
    return {
        "debit": row.debit.ref,
        "credit": row.credit.ref,
        "transfer_fen": row.amount_fen,
        "transfer_key": row.key,
    }


def balance_fen(session: Session, account: LedgerAccount) -> int:
    """Debits less credits of an account."""
    debits = select(func.coalesce(func.sum(Transfer.amount_fen), 0)).where(
        Transfer.debit_id == account.id
    )
    credits_ = select(func.coalesce(func.sum(Transfer.amount_fen), 0)).where(
        Transfer.credit_id == account.id
    )
    return (session.scalar(debits) or 0) - (session.scalar(credits_) or 0)


def turnover(session: Session, account: LedgerAccount, *, since: datetime) -> tuple[int, int]:
    """What came into an account and what went out of it since an instant, in fen."""
    total = func.coalesce(func.sum(Transfer.amount_fen), 0)
    fresh = Transfer.made_at >= since
    came = session.scalar(select(total).where(Transfer.debit_id == account.id, fresh))
    went = session.scalar(select(total).where(Transfer.credit_id == account.id, fresh))
    return came or 0, went or 0


def fold(state: State | None, event: EventView) -> State | None:
    """An account as its event tells it."""
    if event.kind is not Kind.ACCOUNT_OPENED:
        return state
    return {
        "kind": folding.private(event, "kind_of_account"),
        "owner_id": folding.private(event, "owner"),
        "name": folding.private(event, "name"),
    }


def fold_transfer(state: State | None, event: EventView) -> State | None:
    """A transfer as the event it belongs to tells it."""
    if event.kind not in {Kind.SALE_FUNDED, Kind.SALE_SETTLED}:
        return state
    return {
        "debit_id": folding.private(event, "debit"),
        "credit_id": folding.private(event, "credit"),
        "amount_fen": folding.private(event, "transfer_fen"),
        "key": folding.private(event, "transfer_key"),
        "made_at": clock.stamp(event.at),
    }


folding.register(LedgerAccount, fold)
folding.register(Transfer, fold_transfer)
