"""判定一头牛 · the question its place asks: at a market, may it be sold; else, may it leave."""

from sqlalchemy.orm import Session

from app import whoami
from traceability import holdings, movements, verdict
from traceability.animals import Animal
from traceability.holdings import Holding, HoldingKind
from traceability.quarantine import certificates
from traceability.verdict import Verdict

SALE, DEPARTURE = "售", "调运"


def judged(session: Session, animal: Animal) -> tuple[Verdict, str]:
    """The verdict, and on which act: a sale at the market, or leaving for the nearest market."""
    at, place = whoami.now(), animal.holding
    if place is not None and place.kind is HoldingKind.MARKET:
        found = verdict.of_sale(session, animal, market=place, purpose="keeping", scale=None, at=at)
        return found, SALE
    journey = movements.on_the_road(session, animal)
    if journey is not None:
        goal: Holding | None = journey.destination
    else:
        markets = holdings.of_kind(session, HoldingKind.MARKET)
        goal = _goal_of(session, animal) or (markets[0] if markets else place)
    assert goal is not None, "an animal is somewhere, or on its way somewhere"
    return verdict.of_departure(session, animal, to=goal, at=at), DEPARTURE


def _goal_of(session: Session, animal: Animal) -> Holding | None:
    """Where the animal's newest certificate sends it."""
    paper = certificates.newest_of(session, animal)
    return None if paper is None else paper.destination
