"""判定 · may this animal be sold, moved or killed, and if not, which rules say so.

The same rules that refuse an act tell the verdict beforehand: green 可, amber 注意, red 不可.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from traceability import movements, rules, standing
from traceability.animals import Animal
from traceability.checks import Facts
from traceability.holdings import Holding
from traceability.instruments import Instrument
from traceability.movements import Movement
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate


class Level(StrEnum):
    """判定等级."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


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
    paper = certificates.newest_of(session, animal)
    purpose = None if paper is None else paper.purpose.value
    known = standing.facts_of(session, animal, at=at, purpose=purpose, places=[to])
    vehicle = movements.facts_of_vehicle(session, None, paper, at=at)
    facts = replace(known, certificate=None if paper is None else paper.facts_for(to), **vehicle)
    found = rules.outcomes(session, "movement.depart", facts, at=at)
    return Verdict(level_of(found), found, paper)


def of_arrival(session: Session, journey: Movement, *, at: datetime) -> Verdict:
    """May the animal of a journey be let in where it was going?"""
    paper = journey.certificate
    purpose = None if paper is None else paper.purpose.value
    goal = journey.destination
    known = standing.facts_of(session, journey.animal, at=at, purpose=purpose, places=[goal])
    told = None if paper is None else paper.facts_for(goal)
    found = rules.outcomes(session, "movement.arrive", replace(known, certificate=told), at=at)
    return Verdict(level_of(found), found, paper)
