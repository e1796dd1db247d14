"""议价成交 · the desk's part: seller and buyer agree, the scale settles the amount.

What may not be sold cannot be, by any door: `agree` asks the same rules that the verdict shows.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from market.sales.records import Sale, SaleState, open_sale, require_next
from traceability import holdings, rules, verdict
from traceability.animals import Animal
from traceability.base import clock
from traceability.base.errors import Conflict, RuleViolation
from traceability.base.units import PriceUnit, agreed_amount_fen
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.holdings import Holding, HoldingKind
from traceability.identifiers import short_codes
from traceability.instruments import Instrument
from traceability.parties import Party
from traceability.quarantine.declarations import Purpose
from traceability.weighings import Weighing

PRICE_FEN_MAX = {
    PriceUnit.PER_KG: 200_00,  # 200 元/公斤
    PriceUnit.PER_JIN: 100_00,
    PriceUnit.PER_HEAD: 200_000_00,
}


def purpose_for(session: Session, buyer: Party) -> Purpose:
    """What a buyer takes animals for: who runs an abattoir slaughters, who does not keeps."""
    kinds = {place.kind for place in holdings.of_keeper(session, buyer)}
    return Purpose.SLAUGHTER if HoldingKind.ABATTOIR in kinds else Purpose.KEEPING


def agree(
    session: Session,
    animal: Animal,
    *,
    market: Holding,
    buyer: Party,
    price_unit: PriceUnit,
    price_fen: int,
    scale: Instrument | None,
    client_key: str,
    at: datetime,
    by: Party,
    purpose: Purpose | None = None,
) -> Sale:
    """Record that seller and buyer shook hands; `client_key` makes a repeated request harmless.

    Raises:
        RuleViolation: `sale.bad_price`, `sale.own_animal`, `sale.not_here`; every failed outcome
            of the stage `sale.agree`.
        Conflict: `sale.already_sold`.
    """
    if not 0 < price_fen <= PRICE_FEN_MAX[price_unit]:
        raise RuleViolation("sale.bad_price", "单价超出合理范围，请核对单价和单位")
    sale = Sale(
        client_key=client_key,
        receipt_code=short_codes.new_public_code(),
        animal=animal,
        market=market,
        seller=animal.owner,
        buyer=buyer,
        operator=by,
        purpose=purpose or purpose_for(session, buyer),
        price_unit=price_unit,
        price_fen=price_fen,
        agreed_at=clock.to_ms(at),
        state=SaleState.AGREED,
    )
    with session.no_autoflush:
        events.hold(session, animal.ref, sale.ref)
        session.refresh(animal)
        warnings = _require_sellable(session, sale, scale, at=at)
    session.add(sale)
    session.flush()
    events.append(
        session,
        Kind.SALE_AGREED,
        sale.ref,
        animal.ref,
        at=at,
        by=by.ref,
        place_kind=market.kind.value,
        township=market.township,
        warnings=rules.noted(warnings),
        **_terms(sale),
    )
    return sale


def _terms(sale: Sale) -> dict[str, Any]:
    return {
        "client_key": sale.client_key,
        "receipt_code": sale.receipt_code,
        "market": sale.market.ref,
        "seller": sale.seller.ref,
        "buyer": sale.buyer.ref,
        "purpose": sale.purpose.value,
        "price_unit": sale.price_unit.value,
        "price_fen": sale.price_fen,
    }


def _require_sellable(
    session: Session, sale: Sale, scale: Instrument | None, *, at: datetime
) -> list[rules.Outcome]:
    animal = sale.animal
    sale.seller = animal.owner
    if sale.buyer is sale.seller:
        raise RuleViolation("sale.own_animal", "买主就是货主本人，请重选买主")
    if animal.holding_id != sale.market.id:
        raise RuleViolation("sale.not_here", f"{animal.ear_tag} 没有入场记录，先办入场登记")
    if open_sale(session, animal) is not None:
        raise Conflict("sale.already_sold", f"{animal.ear_tag} 已经成交，不能再卖")
    facts = verdict.facts_of_sale(
        session, animal, market=sale.market, purpose=sale.purpose.value, scale=scale, at=at
    )
    return rules.require(session, "sale.agree", facts, at=at)


def weigh(session: Session, sale: Sale, weighing: Weighing, *, at: datetime, by: Party) -> None:
    """Settle the amount by a weight that was taken for trade and still stands.

    Raises:
        RuleViolation: `sale.other_animal`, `sale.weight_not_for_trade`, `sale.weighed_elsewhere`,
            `sale.old_weight`.
        Conflict: `sale.wrong_state`, `sale.weight_used`.
    """
    events.hold(session, sale.ref)
    require_next(sale, SaleState.WEIGHED)
    if weighing.animal_id != sale.animal_id:
        raise RuleViolation("sale.other_animal", "这次过磅是另一头牛的，请核对耳标")
    if not weighing.for_trade or weighing.annulled_at is not None:
        raise RuleViolation("sale.weight_not_for_trade", "这次过磅不能用于贸易结算，请重新过磅")
    if weighing.instrument.holding_id != sale.market_id:
        raise RuleViolation("sale.weighed_elsewhere", "这次过磅不在本市场，请在这里重新过磅")
    if clock.legal_day(weighing.weighed_at) != clock.legal_day(at):
        raise RuleViolation("sale.old_weight", "这次过磅不是今天的，请重新过磅")
    if session.scalar(select(Sale.id).where(Sale.weighing_id == weighing.id)) is not None:
        raise Conflict("sale.weight_used", "这次过磅已用于另一笔成交，请重新过磅")
    sale.weighing, sale.weight_g = weighing, weighing.weight_g
    sale.amount_fen = agreed_amount_fen(
        sale.price_unit, price_fen=sale.price_fen, weight_g=weighing.weight_g
    )
    sale.state = SaleState.WEIGHED
    events.append(
        session,
        Kind.SALE_WEIGHED,
        sale.ref,
        at=at,
        by=by.ref,
        weighing=weighing.ref,
        weight_g=sale.weight_g,
        amount_fen=sale.amount_fen,
    )


def cancel(session: Session, sale: Sale, *, reason: str, at: datetime, by: Party) -> None:
    """Undo a sale before any money moved; the weight stands and can be used again.

    Raises:
        RuleViolation: `sale.cancel_without_reason`.
        Conflict: `sale.wrong_state`.
    """
    events.hold(session, sale.ref, sale.animal.ref)
    session.refresh(sale, ["state"])
    require_next(sale, SaleState.CANCELLED)
    if not reason.strip():
        raise RuleViolation("sale.cancel_without_reason", "请写明撤销的原因")
    sale.state, sale.weighing = SaleState.CANCELLED, None
    events.append(
        session,
        Kind.SALE_CANCELLED,
        sale.ref,
        sale.animal.ref,
        at=at,
        by=by.ref,
        reason=reason.strip(),
    )
