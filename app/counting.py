"""点数 · gathers the tag sets of certificate, departure, arrival, scale and sale for comparison.

Each set is one query, however many animals there are; `traceability.counts` compares them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from app import papers, reads, whoami
from app.auth import scopes
from app.reads import Reads
from market.sales.records import Sale, SaleState
from traceability import counts, holdings, movements
from traceability.animals import Animal
from traceability.base.clock import end_of, start_of
from traceability.base.errors import NotFound
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.counts import Comparison, Count, Odd
from traceability.holdings import Holding, HoldingKind
from traceability.instruments import Instrument
from traceability.movements import Movement
from traceability.quarantine.certificates import Certificate, CertificateAnimal, CertificateState
from traceability.weighings import Weighing

MARKETS_MAX = 50
Ids = frozenset[int]
_CAME = aliased(Movement)


@dataclass(frozen=True, slots=True)
class NamedOdd:
    """对不上的牛 · with the reference of its record."""

    animal: str
    odd: Odd


@dataclass(frozen=True, slots=True)
class Counted:
    """点数结果 · the comparison and the animals it names."""

    comparison: Comparison
    odd: Sequence[NamedOdd]
    reads: Reads | None = None
    """What the market's readers heard; nothing where it has none, or for a certificate."""


def of_certificate(session: Session, ref: str) -> tuple[Certificate, Counted]:
    """A certificate one may see, and what was counted of its animals on the way.

    Raises:
        NotFound: `certificate.not_found`.
    """
    paper = papers.certificate(session, ref)
    listed = _ids(
        session,
        select(CertificateAnimal.animal_id).where(CertificateAnimal.certificate_id == paper.id),
    )
    loaded = _on_its_vehicles(session, paper)
    everyone = listed | loaded.keys()
    found: dict[Count, Collection[int]] = {
        Count.CERTIFICATE: listed,
        Count.DEPARTED: loaded.keys(),
        Count.GATE: {each for each, come in loaded.items() if come},
    }
    if paper.destination.kind is HoldingKind.MARKET:
        market, since = paper.destination, paper.issued_at
        until = _left(session, market, everyone, since)
        found[Count.SCALE] = _weighed(session, market, everyone, since=since, until=until)
        found[Count.SALE] = _sold(session, market, everyone, since=since, until=until)
    return paper, _counted(session, found, stated=_stated(session, paper))


def _ids(session: Session, wanted: Select[int]) -> Ids:
    return frozenset(session.scalars(wanted))


def _stated(session: Session, paper: Certificate) -> int | None:
    """The number of head that the certificate's own event tells."""
    told = [
        event.public["head_count"]
        for event in events.history(session, paper.ref)
        if event.kind is Kind.CERTIFICATE_ISSUED
    ]
    return int(told[0]) if told else None


def _on_its_vehicles(session: Session, paper: Certificate) -> Mapping[int, bool]:
    """Who left under a certificate, or shared its vehicle's journey; whether it has arrived."""
    own = session.scalars(select(Movement).where(Movement.certificate_id == paper.id)).all()
    plates = {each.plate for each in own if each.plate}
    beside: list[Movement] = []
    if plates:
        first = min(each.departed_at for each in own)
        together = select(Movement).where(
            Movement.plate.in_(plates),
            Movement.certificate_id.is_distinct_from(paper.id),
            movements.aboard_after(first),
        )
        rows = session.scalars(together)
        beside = [each for each in rows if any(_shared(each, mine) for mine in own)]
    return {each.animal_id: each.arrived_at is not None for each in (*own, *beside)}


def _shared(one: Movement, other: Movement) -> bool:
    """Whether two animals were on the same vehicle at the same time, to the same place."""
    same = (one.plate, one.destination_id) == (other.plate, other.destination_id)
    return same and _before_end(one, other) and _before_end(other, one)


def _before_end(one: Movement, other: Movement) -> bool:
    return other.ended_at is None or one.departed_at < other.ended_at


def _left(
    session: Session, market: Holding, animals: Collection[int], since: datetime
) -> Mapping[int, datetime]:
    """When each animal went away again; what happens later belongs to another journey."""
    gone = select(Movement.animal_id, Movement.departed_at).where(
        Movement.origin_id == market.id,
        Movement.animal_id.in_(animals),
        Movement.departed_at >= since,
    )
    newest_first = gone.order_by(Movement.departed_at.desc())
    return dict(session.execute(newest_first).all())


def _weighed(
    session: Session,
    market: Holding,
    animals: Collection[int],
    *,
    since: datetime,
    until: Mapping[int, datetime],
) -> Collection[int]:
    scales = select(Instrument.id).where(Instrument.holding_id == market.id)
    found = select(Weighing.animal_id, Weighing.weighed_at).where(
        Weighing.animal_id.in_(animals),
        Weighing.instrument_id.in_(scales),
        Weighing.weighed_at >= since,
        Weighing.annulled_at.is_(None),
    )
    rows = session.execute(found)
    return {each for each, at in rows if each not in until or at <= until[each]}


def _sold(
    session: Session,
    market: Holding,
    animals: Collection[int],
    *,
    since: datetime,
    until: Mapping[int, datetime],
) -> Collection[int]:
    found = select(Sale.animal_id, Sale.agreed_at).where(
        Sale.animal_id.in_(animals),
        Sale.market_id == market.id,
        Sale.agreed_at >= since,
        Sale.state != SaleState.CANCELLED,
    )
    rows = session.execute(found)
    return {each for each, at in rows if each not in until or at <= until[each]}


def markets(session: Session) -> Sequence[Holding]:
    """The markets whose counts one may see, by name."""
    wanted = select(Holding).where(
        Holding.kind == HoldingKind.MARKET, scopes.within(whoami.scope())
    )
    return session.scalars(wanted.order_by(Holding.name, Holding.id).limit(MARKETS_MAX)).all()


def market(session: Session, ref: str) -> Holding:
    """A market whose counts one may see.

    Raises:
        NotFound: `holding.not_found`, as for one that does not exist.
    """
    found = scopes.require(whoami.scope(), holdings.get(session, ref))
    if found.kind is not HoldingKind.MARKET:
        raise NotFound("holding.not_found", "没有找到这个市场")
    return found


def of_day(session: Session, market: Holding, day: date) -> Counted:
    """What was counted at a market on one legal day.

    Who was weighed or sold has its certificate and its gate from the day it came; a certificate
    that ends that day names who should have come.
    """
    begin, end = start_of(day), end_of(day)
    scales = select(Instrument.id).where(Instrument.holding_id == market.id)
    weighed = _ids(
        session,
        select(Weighing.animal_id).where(
            Weighing.instrument_id.in_(scales),
            Weighing.weighed_at >= begin,
            Weighing.weighed_at < end,
            Weighing.annulled_at.is_(None),
        ),
    )
    sold = _ids(
        session,
        select(Sale.animal_id).where(
            Sale.market_id == market.id,
            Sale.agreed_at >= begin,
            Sale.agreed_at < end,
            Sale.state != SaleState.CANCELLED,
        ),
    )
    came = _inside(session, market, weighed | sold, begin=begin, end=end)
    found: dict[Count, Collection[int]] = {
        Count.CERTIFICATE: _due(session, market, day) | {one for one, paper in came if paper},
        Count.GATE: {each for each, _ in came},
        Count.SCALE: weighed,
        Count.SALE: sold,
    }
    here = found[Count.GATE]
    heard = reads.of_day(session, market, day, here=here, weighed=weighed)
    return replace(_counted(session, found, stated=None), reads=heard)


def _inside(
    session: Session, market: Holding, handled: Ids, *, begin: datetime, end: datetime
) -> set[tuple[int, bool]]:
    """Who came that day, and who of those handled came earlier and had not left; with a paper?"""
    newer = exists().where(
        Movement.origin_id == market.id,
        Movement.animal_id == _CAME.animal_id,
        Movement.departed_at >= _CAME.arrived_at,
        Movement.departed_at < begin,
    )
    today = _CAME.arrived_at >= begin
    earlier = _CAME.animal_id.in_(handled) & ~newer
    wanted = select(_CAME.animal_id, _CAME.certificate_id).where(
        _CAME.destination_id == market.id, _CAME.arrived_at < end, today | earlier
    )
    rows = session.execute(wanted)
    return {(animal, paper is not None) for animal, paper in rows}


def _due(session: Session, market: Holding, day: date) -> Ids:
    """Who is named on a live certificate to the market that ends that day, and had not come."""
    came_before = exists().where(
        Movement.certificate_id == Certificate.id,
        Movement.animal_id == CertificateAnimal.animal_id,
        Movement.arrived_at < start_of(day),
    )
    return _ids(
        session,
        select(CertificateAnimal.animal_id)
        .join(Certificate, Certificate.id == CertificateAnimal.certificate_id)
        .where(
            Certificate.destination_id == market.id,
            Certificate.valid_until == day,
            Certificate.state == CertificateState.ISSUED,
            ~came_before,
        ),
    )


def _counted(
    session: Session, found: Mapping[Count, Collection[int]], *, stated: int | None
) -> Counted:
    everyone = frozenset[int]().union(*found.values())
    named = select(Animal.id, Animal.ear_tag, Animal.ref).where(Animal.id.in_(everyone))
    known = {each.id: each for each in session.execute(named)}
    refs = {each.ear_tag: each.ref for each in known.values()}
    sets = {step: [known[each].ear_tag for each in ids] for step, ids in found.items()}
    comparison = counts.compare(sets, stated=stated)
    return Counted(comparison, [NamedOdd(refs[each.tag], each) for each in comparison.odd])
