"""付款交割 · the counter's and the gate's part: money in, animal out, money on.

Counter cash is the first way to pay: the market's counter holds the buyer's money for the seller;
the platform only writes down what the counter did.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from market import accounts
from market.accounts import AccountKind, LedgerAccount
from market.sales.records import Sale, SaleState, require_next
from traceability import rules, standing
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.parties import Party


def receive_cash(session: Session, sale: Sale, *, at: datetime, by: Party) -> None:
    """The buyer paid the whole amount at the market's counter, which holds it for the seller.

    Raises:
        RuleViolation: every failed outcome of the stage `sale.proceed`.
        Conflict: `sale.wrong_state`, `ledger.key_used`.
    """
    events.hold(session, sale.ref)
    _require_free(session, sale, at=at)
    _move_money(session, sale, SaleState.FUNDED, Kind.SALE_FUNDED, at=at, by=by)


def pay_seller(session: Session, sale: Sale, *, at: datetime, by: Party) -> None:
    """The counter paid the seller in cash; the sale's account is empty and the sale settled.

    Raises:
        Conflict: `sale.wrong_state`, `ledger.key_used`.
    """
    _move_money(session, sale, SaleState.SETTLED, Kind.SALE_SETTLED, at=at, by=by)


def _move_money(
    session: Session, sale: Sale, state: SaleState, kind: Kind, *, at: datetime, by: Party
) -> None:
    events.hold(session, sale.ref)
    session.refresh(sale, ["state"])
    require_next(sale, state)
    counter, held = money_of(session, sale, at=at, by=by)
    coming = state is SaleState.FUNDED
    row = accounts.transfer(
        session,
        debit=counter if coming else held,
        credit=held if coming else counter,
        amount_fen=sale.amount_fen or 0,
        key=f"{sale.ref}:{state.value}",
        at=at,
    )
    sale.state = state
    events.append(session, kind, sale.ref, row.ref, at=at, by=by.ref, **accounts.told(row))


def money_of(
    session: Session, sale: Sale, *, at: datetime, by: Party
) -> tuple[LedgerAccount, LedgerAccount]:
    """The counter's cash account of the market, and the account of the sale."""
    keeper = sale.market.keeper
    cash, held = AccountKind.COUNTER_CASH, AccountKind.SALE
    counter = accounts.account(session, cash, keeper, f"cash:{sale.market.ref}", at=at, by=by)
    return counter, accounts.account(session, held, keeper, f"sale:{sale.ref}", at=at, by=by)


def hand_over(session: Session, sale: Sale, *, at: datetime, by: Party) -> None:
    """The animal is the buyer's; what it owes (an open withdrawal period) goes with it.

    Raises:
        RuleViolation: every failed outcome of the stage `sale.proceed`.
        Conflict: `sale.wrong_state`.
    """
    events.hold(session, sale.ref, sale.animal.ref)
    session.refresh(sale, ["state"])
    require_next(sale, SaleState.HANDED_OVER)
    _require_free(session, sale, at=at)
    sale.state, sale.animal.owner = SaleState.HANDED_OVER, sale.buyer
    events.append(
        session,
        Kind.SALE_HANDED_OVER,
        sale.ref,
        sale.animal.ref,
        at=at,
        by=by.ref,
        place_kind=sale.market.kind.value,
        township=sale.market.township,
        seller=sale.seller.ref,
        buyer=sale.buyer.ref,
    )


def _require_free(session: Session, sale: Sale, *, at: datetime) -> None:
    """An order given since the handshake, or a death, freezes the sale where it stands."""
    facts = standing.facts_of(
        session, sale.animal, at=at, purpose=sale.purpose.value, places=[sale.market]
    )
    rules.require(session, "sale.proceed", facts, at=at)


def accept(session: Session, sale: Sale, *, at: datetime, by: Party) -> None:
    """The buyer has looked at the animal and takes it.

    Raises:
        Conflict: `sale.wrong_state`.
    """
    events.hold(session, sale.ref)
    session.refresh(sale, ["state"])
    require_next(sale, SaleState.ACCEPTED)
    sale.state = SaleState.ACCEPTED
    events.append(session, Kind.SALE_ACCEPTED, sale.ref, at=at, by=by.ref)
