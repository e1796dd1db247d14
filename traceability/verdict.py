"""判定 · may this animal be sold, moved or killed, and if not, which rules say so.

The same rules that refuse an act tell the verdict beforehand: green 可, amber 注意, red 不可.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from traceability import movements, restrictions, rules, standing
from traceability.animals import Animal
from traceability.checks import Facts
from traceability.holdings import Holding
from traceability.instruments import Instrument
from traceability.movements import Movement
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate, CertificateAnimal

KEEPING = "keeping"  # what an animal is sold for unless its buyer says otherwise


class Level(StrEnum):
    """判定等级."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class Act(StrEnum):
    """所问 · the act that is asked about, by the stage of its rules."""

    SALE = "sale.agree"
    DEPARTURE = "movement.depart"
    ARRIVAL = "movement.arrive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """一问 · an animal, the act, and where it is sold or goes; of an arrival also the journey."""

    animal: Animal
    act: Act
    place: Holding
    journey: Movement | None = None


@dataclass(frozen=True, slots=True)
class About:
    """已知 · what is read of many animals at once; while it is held, no place is read alone."""

    places: Sequence[Holding]
    papers: Mapping[int, Certificate]
    """The newest of each animal that has one, revoked or not, by the animal's id."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """判定 · a level with every outcome that led to it."""

    level: Level
    outcomes: Sequence[rules.Outcome]
    certificate: Certificate | None

    @property
    def reasons(self) -> list[rules.Outcome]:
        """What forbids, then what warns."""
        return rules.failed(self.outcomes) + rules.warned(self.outcomes)


def level_of(outcomes: Sequence[rules.Outcome]) -> Level:
    """Red if anything forbids, amber if anything warns, else green."""
    if rules.failed(outcomes):
        return Level.RED
    return Level.AMBER if rules.warned(outcomes) else Level.GREEN


def facts_of_sale(
    session: Session,
    animal: Animal,
    *,
    market: Holding,
    purpose: str,
    scale: Instrument | None,
    at: datetime,
) -> Facts:
    """The facts that decide whether an animal may be sold at a market."""
    known = standing.facts_of(session, animal, at=at, purpose=purpose)
    paper = paper_of(session, animal, market)
    return replace(
        known,
        certificate=None if paper is None else paper.facts_for(market),
        on_scale=scale is not None,
        scale_verified_on=None if scale is None else scale.verified_on,
        scale_valid_until=None if scale is None else scale.valid_until,
    )


def paper_of(session: Session, animal: Animal, market: Holding) -> Certificate | None:
    """The certificate under which an animal came to a market, or else its newest one."""
    arrival = movements.arrival_at(session, animal, market)
    if arrival is not None and arrival.certificate is not None:
        return arrival.certificate
    return certificates.newest_of(session, animal)


def of_sale(
    session: Session,
    animal: Animal,
    *,
    market: Holding,
    purpose: str,
    scale: Instrument | None,
    at: datetime,
) -> Verdict:
    """May this animal be sold here and now?"""
    facts = facts_of_sale(session, animal, market=market, purpose=purpose, scale=scale, at=at)
    found = rules.outcomes(session, "sale.agree", facts, at=at)
    return Verdict(level_of(found), found, paper_of(session, animal, market))


def of_departure(session: Session, animal: Animal, *, to: Holding, at: datetime) -> Verdict:
    """May this animal leave for that place now?"""
    return of_many(session, [Asked(animal=animal, act=Act.DEPARTURE, place=to)], at=at)[0]


def of_arrival(
    session: Session, journey: Movement, *, at: datetime, here: Holding | None = None
) -> Verdict:
    """May the animal of a journey be let in where it was going, or where it has come to?"""
    place = here or journey.destination
    asked = Asked(animal=journey.animal, act=Act.ARRIVAL, place=place, journey=journey)
    return of_many(session, [asked], at=at)[0]


def of_many(
    session: Session, asked: Sequence[Asked], *, at: datetime, about: About | None = None
) -> list[Verdict]:
    """The verdict on each; in as many questions to the database for sixty animals as for one.

    `about` is what the caller has read of these animals already.
    """
    herd = [each.animal for each in asked]
    about = about or read(session, herd)
    known = standing.Known(session, herd, restrictions.in_force(session, at=at))
    papers = _papers(session, asked, about)
    vehicles = _vehicles(session, asked, papers, at=at)
    found = []
    for each, paper, vehicle in zip(asked, papers, vehicles, strict=True):
        facts = replace(_facts(each, known, paper, at=at), **vehicle)
        outcomes = rules.outcomes(session, each.act.value, facts, at=at)
        found.append(Verdict(level_of(outcomes), outcomes, paper))
    return found


def read(session: Session, herd: Sequence[Animal]) -> About:
    """Where animals are and their newest certificates, read at once."""
    ids = {animal.holding_id for animal in herd}
    places = session.scalars(select(Holding).where(Holding.id.in_(ids))).all()
    return About(places, _newest_papers(session, herd))


def _facts(
    asked: Asked, known: standing.Known, paper: Certificate | None, *, at: datetime
) -> Facts:
    animal, place = asked.animal, asked.place
    purpose = None if paper is None else paper.purpose.value
    if asked.act is Act.SALE:
        purpose = KEEPING
    facts = known.facts(animal, at=at, purpose=purpose, places=[animal.holding, place])
    return replace(facts, certificate=None if paper is None else paper.facts_for(place))


def _papers(session: Session, asked: Sequence[Asked], about: About) -> list[Certificate | None]:
    """The certificate that counts for each: its journey's, that of its arrival, else the newest."""
    sold = [each for each in asked if each.act is Act.SALE]
    came = movements.papers_of_arrivals(session, [(each.animal, each.place) for each in sold])
    found: list[Certificate | None] = []
    for each in asked:
        if each.journey is not None:
            found.append(each.journey.certificate)
        else:
            known = came.get((each.animal.id, each.place.id)) if each.act is Act.SALE else None
            found.append(known or about.papers.get(each.animal.id))
    return found


def _newest_papers(session: Session, herd: Sequence[Animal]) -> dict[int, Certificate]:
    """The newest certificate of each of these animals that has one, revoked or not."""
    if not herd:
        return {}
    wanted = (
        select(CertificateAnimal.animal_id, Certificate)
        .join(Certificate, Certificate.id == CertificateAnimal.certificate_id)
        .where(CertificateAnimal.animal_id.in_([animal.id for animal in herd]))
        .order_by(Certificate.issued_at)
        .options(selectinload(Certificate.origin), selectinload(Certificate.destination))
    )
    return {row.animal_id: row.Certificate for row in session.execute(wanted)}


def _vehicles(
    session: Session,
    asked: Sequence[Asked],
    papers: Sequence[Certificate | None],
    *,
    at: datetime,
) -> list[Mapping[str, Any]]:
    """What is known of the vehicle each would leave with; one question a certificate."""
    known: dict[int, Mapping[str, Any]] = {}
    found = []
    for each, paper in zip(asked, papers, strict=True):
        if each.act is not Act.DEPARTURE or paper is None:
            found.append(movements.NO_VEHICLE)
            continue
        if paper.id not in known:
            known[paper.id] = movements.facts_of_vehicle(session, None, paper, at=at)
        found.append(known[paper.id])
    return found
