"""市场待办 · what waits at gate, crate and counter, and for the two parties of a sale."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Select, exists, or_, select

from app.today.waiting import Asked, Waiting
from devices.pairing import Pairing, PairingState
from market.entries.records import Entry, EntryState
from market.sales.records import Sale, SaleState
from traceability.animals import Animal
from traceability.base.clock import start_of
from traceability.holdings import Holding
from traceability.instruments import Instrument
from traceability.movements import Movement, under_way

VERIFY_SOON = timedelta(days=30)
OWED = [SaleState.WEIGHED, SaleState.FUNDED, SaleState.HANDED_OVER, SaleState.ACCEPTED]


def gate(asked: Asked) -> Iterator[Waiting]:
    """Animals on their way to the market, and those inside that nobody has bought."""
    coming = select(Movement.id).where(Movement.destination_id.in_(asked.markets), under_way())
    sold = exists().where(
        Sale.animal_id == Animal.id,
        Sale.agreed_at >= Movement.arrived_at,
        Sale.state != SaleState.CANCELLED,
    )
    unsold = (
        select(Movement.id)
        .join(Animal, Animal.id == Movement.animal_id)
        .where(
            Movement.destination_id.in_(asked.markets),
            Movement.arrived_at >= start_of(asked.today),
            Animal.holding_id == Movement.destination_id,
            ~sold,
        )
    )
    yield Waiting("路上的牛，等入场查验", "gate.show", coming)
    yield Waiting("今天入场、还没成交的牛", "gate.show", unsold)


def booked(asked: Asked) -> Iterator[Waiting]:
    """Vehicles that said they would come today, and have not."""
    coming = select(Entry.id).where(
        Entry.market_id.in_(asked.markets),
        Entry.comes_on == asked.today,
        Entry.state == EntryState.BOOKED,
    )
    yield Waiting("今天预约、还没到场的", "entries.index", coming, unit="车")


def unpapered(asked: Asked) -> Iterator[Waiting]:
    """Vehicles that came today with animals without papers: the vet decides about them."""
    come = select(Entry.id).where(
        Entry.market_id.in_(asked.here), Entry.comes_on == asked.today, Entry.unpapered_head > 0
    )
    yield Waiting(
        "今天有牛没有证明、等补检的",
        "entries.index",
        come,
        hint="在市场的补检区",
        tone="warn",
        unit="车",
    )


def crate(asked: Asked) -> Iterator[Waiting]:
    """Weights that only a person can give to an animal."""
    refs = select(Holding.ref).where(Holding.ref.in_(asked.scope.markets))
    waiting = select(Pairing.id).where(
        Pairing.state == PairingState.AMBIGUOUS, Pairing.holding.in_(refs)
    )
    yield Waiting(
        "分不清是哪头牛的称重",
        "devices.cases",
        waiting,
        hint="在成交台照耳标记给牛，或关闭",
        tone="warn",
        unit="次",
    )


def scales(asked: Asked) -> Iterator[Waiting]:
    """Scales whose verification has ended or soon will, and those not yet checked today."""
    soon = asked.today + VERIFY_SOON
    mine = select(Instrument.id).where(Instrument.holding_id.in_(asked.markets))
    due = mine.where(or_(Instrument.valid_until.is_(None), Instrument.valid_until <= soon))
    unseen = or_(Instrument.checked_on.is_(None), Instrument.checked_on != asked.today)
    yield Waiting(
        "今天要核查的秤",
        "instruments.index",
        mine.where(Instrument.seal_no.is_not(None), unseen),
        hint="开市前放上标准砝码，看封印和标定计数",
        unit="台",
    )
    yield Waiting(
        "要检定的秤",
        "instruments.index",
        due,
        hint="过期的秤不能用于贸易结算",
        tone="warn",
        unit="台",
    )


def _of_market(asked: Asked, state: SaleState) -> Select[int]:
    return select(Sale.id).where(Sale.market_id.in_(asked.markets), Sale.state == state)


def unpaid(asked: Asked) -> Iterator[Waiting]:
    """Sales made at the desk that the buyer has yet to pay."""
    yield Waiting(
        "成交了、买主还没付款", "sales.index", _of_market(asked, SaleState.WEIGHED), unit="笔"
    )


def counter(asked: Asked) -> Iterator[Waiting]:
    """The cashier's four steps."""
    steps = (
        ("等买主付款", SaleState.WEIGHED, "info"),
        ("钱已到，等交割", SaleState.FUNDED, "warn"),
        ("牛已交，等买主验收", SaleState.HANDED_OVER, "info"),
        ("已验收，等付给卖主", SaleState.ACCEPTED, "warn"),
    )
    for label, state, tone in steps:
        rows = _of_market(asked, state)
        yield Waiting(label, "counter.show", rows, tone=tone, unit="笔")


def selling(asked: Asked) -> Iterator[Waiting]:
    """A seller's money on its way."""
    owed = select(Sale.id).where(Sale.seller_id.in_(asked.keepers), Sale.state.in_(OWED))
    yield Waiting(
        "卖出的牛，钱还在路上",
        "sales.index",
        owed,
        hint="看每一笔走到哪一步",
        unit="笔",
    )


def buying(asked: Asked) -> Iterator[Waiting]:
    """What a buyer has yet to pay and to take."""
    mine = select(Sale.id).where(Sale.buyer_id.in_(asked.keepers))
    yield Waiting(
        "成交了，等您付款",
        "sales.index",
        mine.where(Sale.state == SaleState.WEIGHED),
        hint="到收银台付款，钱由市场保管到交割",
        tone="warn",
        unit="笔",
    )
    yield Waiting(
        "已付款，等您提牛",
        "sales.index",
        mine.where(Sale.state == SaleState.FUNDED),
        unit="笔",
    )
    yield Waiting(
        "牛已交，等您验收",
        "sales.index",
        mine.where(Sale.state == SaleState.HANDED_OVER),
        hint="有异议当场提出",
        unit="笔",
    )
