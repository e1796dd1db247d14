"""演示的赶场日 · this morning's animals come through the gate; yesterday's are sold.

Run at the first start, and again on every later day, so that the desk always has animals to sell.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.demo import cast
from devices import inbox, pairing, weighing
from devices.devices import DeviceFacts, DeviceKind
from devices.inbox import Arrived
from devices.messages import Reading, ReadingKind, format_reading
from devices.simulator.equipment import allflex, yaohua_0
from market.sales import agreeing, closing
from traceability import alerts, movements, weighings
from traceability.alerts import AlertKind
from traceability.animals import Animal, AnimalState
from traceability.base.clock import legal_day, start_of
from traceability.base.db import Recording
from traceability.base.units import PriceUnit
from traceability.checks import INSPECTION_CHECKS
from traceability.holdings import Holding, HoldingKind
from traceability.movements import Movement
from traceability.parties import Party
from traceability.quarantine import certificates, declarations, inspections
from traceability.quarantine.certificates import Certificate
from traceability.quarantine.declarations import Purpose

HEAD_A_DAY = 12
HEAD_YESTERDAY = 5
SCALE = DeviceFacts(
    code="xh-scale-01",
    kind=DeviceKind.SCALE,
    format="yaohua-0",
    division_g=500,
    max_g=2_000_000,
    stable_frames=5,
)
READER = DeviceFacts(code="xh-reader-01", kind=DeviceKind.READER, format="allflex")
CRATE = "1号称"


def open_market(
    session: Session,
    *,
    market: Holding,
    vet: Party,
    operator: Party,
    now: datetime,
    head: int = HEAD_A_DAY,
) -> Sequence[Animal]:
    """Bring this morning's animals to the market, unless some have already come today."""
    begin = start_of(legal_day(now))
    come = select(func.count()).where(
        Movement.destination_id == market.id, Movement.arrived_at >= begin
    )
    if session.scalar(come):
        return []
    at = max(begin + timedelta(seconds=1), now - timedelta(minutes=40))
    herd = _ready(session, market, head)
    for animal in herd:
        bring(session, animal, market=market, vet=vet, operator=operator, at=at)
    return herd


def _ready(session: Session, market: Holding, head: int) -> Sequence[Animal]:
    """Grown animals at home, the oldest first."""
    keeping = [HoldingKind.HOUSEHOLD, HoldingKind.FARM]
    homes = select(Holding.id).where(Holding.kind.in_(keeping), Holding.name != cast.FEEDLOT)
    grown = (
        select(Animal)
        .where(
            Animal.state == AnimalState.ALIVE,
            Animal.holding_id.in_(homes),
            Animal.holding_id != market.id,
            Animal.eid.is_not(None),
        )
        .order_by(Animal.born_on)
    )
    return session.scalars(grown.limit(head)).all()


def bring(
    session: Session,
    animal: Animal,
    *,
    market: Holding,
    vet: Party,
    operator: Party,
    at: datetime,
) -> None:
    """Declare, inspect, certify one animal and let it through the market's gate."""
    certify(session, animal, to=market, purpose=Purpose.TRADE, vet=vet, at=at)
    movements.depart(session, animal, to=market, at=at, by=animal.owner)
    movements.arrive(session, animal, at=at, by=operator)


def certify(
    session: Session, *herd: Animal, to: Holding, purpose: Purpose, vet: Party, at: datetime
) -> Certificate:
    """Declare, inspect and certify one owner's animals for one journey."""
    session.info["recording"] = Recording(at)
    owner = herd[0].owner
    paper = declarations.file(
        session,
        herd,
        declarant=owner,
        destination=to,
        purpose=purpose,
        leaves_on=legal_day(at),
        at=at,
        by=owner,
    )
    declarations.accept(session, paper, at=at, by=vet)
    checks = dict.fromkeys(INSPECTION_CHECKS, True)
    for animal in herd:
        inspections.record(session, paper, animal, checks=checks, at=at, by=vet)
    return certificates.issue(session, paper, at=at, by=vet)


def declare_some(session: Session, *, market: Holding, now: datetime, head: int = 2) -> None:
    """A few declarations that wait for the vet, so that the queue is not empty."""
    session.info["recording"] = Recording(now)
    for animal in reversed(_ready(session, market, HEAD_A_DAY + head)[-head:]):
        declarations.file(
            session,
            [animal],
            declarant=animal.owner,
            destination=market,
            purpose=Purpose.TRADE,
            leaves_on=legal_day(now) + timedelta(days=3),
            at=now,
            by=animal.owner,
        )


def report_one(session: Session, *, market: Holding, now: datetime) -> None:
    """A sick animal that its keeper has told the vets of."""
    session.info["recording"] = Recording(now)
    for animal in _ready(session, market, HEAD_A_DAY + 3)[-1:]:  # one that goes nowhere today
        keeper = animal.owner
        alerts.raise_alert(
            session, animal, AlertKind.SICK, words="不吃草，流口水", at=now, by=keeper
        )


def take_home(session: Session, animal: Animal, *, to: Holding, vet: Party, at: datetime) -> None:
    """The buyer's animal leaves the market under a certificate of its own."""
    certify(session, animal, to=to, purpose=Purpose.KEEPING, vet=vet, at=at)
    movements.depart(session, animal, to=to, at=at, by=animal.owner)
    movements.arrive(session, animal, at=at, by=animal.owner)


def sell(
    session: Session,
    animal: Animal,
    *,
    market: Holding,
    buyer: Party,
    operator: Party,
    boot: int,
    at: datetime,
) -> None:
    """Weigh an animal over the crate and sell it, to the last fen."""
    session.info["recording"] = Recording(at)
    weight_g = 300_000 + (animal.id * 7_500) % 250_000
    cross_crate(session, animal, weight_g=weight_g - weight_g % SCALE.division_g, boot=boot, at=at)
    session.info["recording"] = Recording(at)
    newest = weighings.of_animal(session, animal)[0]
    sale = agreeing.agree(
        session,
        animal,
        market=market,
        buyer=buyer,
        price_unit=PriceUnit.PER_KG,
        price_fen=26_00 + animal.id % 90,
        scale=newest.instrument,
        client_key=f"demo:{animal.ear_tag}",
        at=at,
        by=operator,
    )
    agreeing.weigh(session, sale, newest, at=at, by=operator)
    closing.receive_cash(session, sale, at=at, by=operator)
    for step in (closing.hand_over, closing.accept, closing.pay_seller):
        step(session, sale, at=at, by=operator)


def cross_crate(
    session: Session, animal: Animal, *, weight_g: int, boot: int, at: datetime
) -> None:
    """Let reader and scale speak as they do through MQTT, and pair what they said."""
    assert animal.eid is not None
    seq = animal.id
    tag = Reading(
        boot=boot,
        seq=seq,
        kind=ReadingKind.TAG,
        format=READER.format,
        at=at,
        frames=(allflex(animal.eid),),
        eid=animal.eid,
    )
    weight = Reading(
        boot=boot,
        seq=seq,
        kind=ReadingKind.WEIGHT,
        format=SCALE.format,
        at=at + timedelta(seconds=2),
        frames=(yaohua_0(weight_g),) * SCALE.stable_frames,
        weight_g=weight_g,
    )
    heard = [
        Arrived(READER.code, format_reading(tag)),
        Arrived(SCALE.code, format_reading(weight)),
    ]
    inbox.store(session, heard, at=at + timedelta(seconds=2))
    later = at + timedelta(seconds=40)  # long enough for the pairing to be sure
    session.info["recording"] = Recording(later)
    pairing.step(session, at=later, record=weighing.record)
