"""A market morning for tests: a crate with its devices, animals across it, sales made of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from devices import devices, inbox, pairing, weighing
from devices.devices import DeviceFacts, DeviceKind
from devices.inbox import Arrived
from devices.messages import Reading, ReadingKind, format_reading
from devices.pairing import Pairing
from devices.simulator.equipment import allflex, yaohua_0
from market.sales import agreeing
from market.sales.records import Sale
from tests.world import World
from traceability.animals import Animal
from traceability.base.units import PriceUnit
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.weighings import Weighing

CRATE = "1号称"
SCALE = DeviceFacts(
    code="xh-scale-01",
    kind=DeviceKind.SCALE,
    format="yaohua-0",
    division_g=500,
    max_g=2_000_000,
)
READER = DeviceFacts(code="xh-reader-01", kind=DeviceKind.READER, format="allflex")
_numbers = count(1)


def install(world: World, *, valid_days: int = 365) -> None:
    """Put a reader and a verified scale at the market's crate."""
    world.scale(SCALE.code, valid_days=valid_days)
    for facts in (SCALE, READER):
        devices.register(
            world.session,
            facts,
            holding=world.market.ref,
            gate="称重口",
            crate=CRATE,
            at=world.at,
            by=world.office.ref,
        )


def hear_tag(world: World, eid: str, *, at: datetime | None = None) -> None:
    """The reader says a tag."""
    _hear(world, READER, at or world.at, (allflex(eid),), eid=eid)


def hear_weight(world: World, weight_g: int = 425_500, *, at: datetime | None = None) -> None:
    """The scale says a stable weight."""
    frames = (yaohua_0(weight_g),) * SCALE.stable_frames
    _hear(world, SCALE, at or world.at, frames, weight_g=weight_g)


def _hear(
    world: World,
    facts: DeviceFacts,
    at: datetime,
    frames: tuple[bytes, ...],
    **value: object,
) -> None:
    said = Reading(
        boot=7,
        seq=next(_numbers),
        kind=ReadingKind.TAG if facts is READER else ReadingKind.WEIGHT,
        format=facts.format,
        at=at,
        frames=frames,
        **value,  # type: ignore[arg-type]  # eid or weight_g
    )
    inbox.store(world.session, [Arrived(facts.code, format_reading(said))], at=at)


def pair(world: World) -> None:
    """Let the pairing decide what it can."""
    pairing.step(world.session, at=world.at, record=weighing.record)


def cross(world: World, animal: Animal, weight_g: int = 425_500) -> None:
    """Lead an animal over the crate: tag, weight, pair; half a minute has passed before."""
    world.later(seconds=30)
    assert animal.eid is not None
    hear_tag(world, animal.eid, at=world.at - timedelta(seconds=2))
    hear_weight(world, weight_g)
    pair(world)


def on_crate(world: World, **changes: object) -> Animal:
    """An animal at the market that has just been weighed."""
    animal = world.at_market(world.tagged(world.animal(**changes)))
    cross(world, animal)
    return animal


def nobodys(world: World, market: Holding, *, code: str) -> Pairing:
    """A weight at a market's crate for which no tag was read; it waits for a person."""
    facts = replace(SCALE, code=code)
    devices.register(
        world.session, facts, holding=market.ref, crate=code, at=world.at, by=world.office.ref
    )
    frames = (yaohua_0(425_500),) * SCALE.stable_frames
    long_ago = world.at - timedelta(minutes=5)
    _hear(world, facts, long_ago, frames, weight_g=425_500)
    pair(world)
    return pairing.open_cases(world.session, market.ref)[-1]


def sold(
    world: World,
    weight: Weighing,
    *,
    buyer: Party | None = None,
    market: Holding | None = None,
    key: str | None = None,
) -> Sale:
    """A sale at 26.80 a kilogram, weighed and waiting for the money."""
    sale = agreeing.agree(
        world.session,
        weight.animal,
        market=market or world.market,
        buyer=buyer or world.buyer,
        price_unit=PriceUnit.PER_KG,
        price_fen=26_80,
        scale=weight.instrument,
        client_key=key or f"test-{next(_numbers)}",
        at=world.at,
        by=world.operator,
    )
    agreeing.weigh(world.session, sale, weight, at=world.at, by=world.operator)
    return sale
