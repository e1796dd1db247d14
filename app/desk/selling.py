"""登记成交 · one sale, once: from the desk's Enter or a program's request to the two operations."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session, selectinload

from app import whoami
from app.auth import scopes
from app.auth.roles import Role
from app.desk import standing
from app.desk.crates import Crate
from app.lists import Listed, paged
from devices import pairing, weighing
from devices.pairing import Pairing
from market.sales import agreeing, records
from market.sales.records import Sale
from traceability import parties, weighings
from traceability.animals import Animal
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.base.units import PriceUnit
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.weighings import Weighing

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What was agreed at the desk; `client_key` is made by the client, once for one sale."""

    client_key: str
    weighing: str  # references
    buyer: str
    price_unit: PriceUnit
    price_fen: int


def register(session: Session, offer: Offer, *, market: Holding, at: datetime, by: Party) -> Sale:
    """Record a sale with its weight; the same offer again gives the same sale.

    Raises:
        RuleViolation: what `agree` and `weigh` refuse.
        Conflict: `sale.key_reused`; what `agree` and `weigh` refuse.
        NotFound: `weighing.not_found`, `party.not_found`.
    """
    known = records.by_client_key(session, offer.client_key)
    if known is not None:
        return _same(known, offer, market)
    weight = weighings.get(session, offer.weighing)
    if weight.instrument.holding_id != market.id:
        raise NotFound("weighing.not_found", "没有找到这条过磅记录")
    sale = agreeing.agree(
        session,
        weight.animal,
        market=market,
        buyer=parties.get(session, offer.buyer),
        price_unit=offer.price_unit,
        price_fen=offer.price_fen,
        scale=weight.instrument,
        client_key=offer.client_key,
        at=at,
        by=by,
    )
    agreeing.weigh(session, sale, weight, at=at, by=by)
    return sale


def _same(sale: Sale, offer: Offer, market: Holding) -> Sale:
    """A repeated offer, once it is certain that it is the same one."""
    told = (offer.buyer, offer.price_unit, offer.price_fen, market.id)
    held = (sale.buyer.ref, sale.price_unit, sale.price_fen, sale.market_id)
    weight = sale.weighing
    if told != held or (weight is not None and weight.ref != offer.weighing):
        raise Conflict("sale.key_reused", "这个成交编号已用于另一笔成交，请刷新页面再登记")
    return sale


def require_still_there(
    session: Session, crate: Crate | None, place: Holding, weighing_ref: str, *, at: datetime
) -> None:
    """Refuse to sell what no longer stands at the crate the desk looks at.

    Raises:
        Conflict: `desk.other_animal`.
    """
    seen = standing.at_crate(session, crate, place, buyer=None, at=at)
    if seen.weighing is None or seen.weighing.ref != weighing_ref:
        raise Conflict("desk.other_animal", "称上已经换了牛，请核对；上一头请按 F4 输入耳标再登记")


def assign(
    session: Session, crate: Crate, animal: Animal, case_id: int, *, at: datetime, by: Party
) -> Weighing:
    """Give a weight without a known tag to the animal whose printed tag a person has read.

    Raises:
        Conflict: `pairing.not_open`.
        RuleViolation: `pairing.not_assignable`; what `weighings.record` refuses.
    """
    waiting = _case(session, crate, case_id)
    if waiting.reason not in standing.ASSIGNABLE:
        raise RuleViolation("pairing.not_assignable", "这次称重不能指定给一头牛，请重新过磅")
    scale = standing.scale_of(session, crate)
    sight = pairing.sight(waiting.weight)
    found = weighings.record(
        session,
        animal,
        weight_g=sight.weight_g,
        instrument=scale,
        reading_key=sight.key,
        frames_sha256=sight.frames_sha256,
        at=weighing.moment(sight),
        by=by,
    )
    pairing.settle(session, waiting, at=at, by=by.ref)
    return found


def _case(session: Session, crate: Crate, case_id: int) -> Pairing:
    found = session.get(Pairing, case_id)
    if found is None or found.weight.device_id != crate.scale_id:
        raise NotFound("pairing.not_found", "没有找到这次称重，请刷新页面")
    return found


def visible() -> ColumnElement[bool]:
    """The condition on `Sale` that keeps what the signed-in person may see.

    Parties see their own; a market's people its sales; a regulator those of the region.
    """
    scope, me = whoami.scope(), whoami.account()
    if scope.everywhere:
        return true()
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    markets = select(Holding.id).where(Holding.ref.in_(scope.markets))
    seen = [Sale.seller_id.in_(keepers), Sale.buyer_id.in_(keepers), Sale.market_id.in_(markets)]
    if me.role is Role.REGULATOR:
        seen.append(Sale.market_id.in_(select(Holding.id).where(scopes.within(scope))))
    return or_(*seen, false())


def get(session: Session, ref: str) -> Sale:
    """The sale of that reference, if the person may see it.

    Raises:
        NotFound: `sale.not_found`, as for one that does not exist.
    """
    found = session.scalars(select(Sale).where(Sale.ref == ref, visible())).one_or_none()
    if found is None:
        raise NotFound("sale.not_found", "没有找到这笔成交")
    return found


def at_my_market(session: Session, ref: str) -> Sale:
    """The sale of that reference, if it was made at a market one works at.

    Raises:
        NotFound: `sale.not_found`.
    """
    found = get(session, ref)
    if found.market.ref not in whoami.scope().markets:
        raise NotFound("sale.not_found", "没有找到这笔成交")
    return found


def listed(session: Session, *, words: str = "", page: int = 1) -> Listed[Sale]:
    """The sales one may see, newest first; of the animals whose tag holds the words."""
    wanted = select(Sale).where(visible())
    digits = "".join(filter(str.isdigit, words))
    if digits:
        tagged = select(Animal.id).where(Animal.ear_tag.contains(digits))
        wanted = wanted.where(Sale.animal_id.in_(tagged))
    whole = (
        selectinload(Sale.animal),
        selectinload(Sale.seller),
        selectinload(Sale.buyer),
        selectinload(Sale.market),
        selectinload(Sale.weighing),
    )
    ordered = wanted.order_by(Sale.agreed_at.desc(), Sale.id.desc())
    return paged(session, ordered, *whole, page=page, page_rows=PAGE_ROWS)
