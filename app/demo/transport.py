"""演示的运输批次 · a vehicle with the cooperative's animals that has not yet arrived."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo import cast, market_day
from app.demo.county import County
from traceability.animals import Animal, AnimalState
from traceability.base.db import Recording
from traceability.consignments import loading, road
from traceability.consignments.records import Consignment, Disinfecting
from traceability.quarantine.declarations import Purpose

HEAD = 3
LEFT_AGO = timedelta(minutes=90)
STAMPED_AGO = timedelta(minutes=40)


def set_out(session: Session, county: County, *, now: datetime) -> Consignment:
    """Certify, disinfect, load and send one vehicle; a checkpoint has let it pass."""
    at, people = now - LEFT_AGO, county.people
    keeper, vet = people[cast.COOPERATIVE[0]], people["official_vet"]
    herd = _herd(session, county)
    to = county.places[cast.FEEDLOT]
    paper = market_day.certify(session, *herd, to=to, purpose=Purpose.KEEPING, vet=vet, at=at)
    sent = loading.open_one(session, paper, plate=cast.PLATE, at=at, by=keeper)
    cleaned: dict[str, Any] = {
        "agent": "过氧乙酸",
        "place": "合作社门口",
        "done_by": "合作社饲养员",
    }
    loading.disinfect(session, sent, Disinfecting.BEFORE_LOADING, **cleaned, at=at, by=keeper)
    loading.load(session, sent, [each.ear_tag for each in herd], at=at, by=keeper)
    loading.depart(session, sent, at=at, by=keeper)
    session.info["recording"] = Recording(now - STAMPED_AGO)
    road.stamp(
        session,
        sent,
        place="小海检查站（演示）",
        entry_point=False,
        passed=True,
        words="",
        at=now - STAMPED_AGO,
        by=vet,
    )
    return sent


def _herd(session: Session, county: County) -> list[Animal]:
    """The cooperative's youngest grown animals: the oldest go to today's market."""
    home = county.places[cast.COOPERATIVE[0]]
    born = county.today - timedelta(days=365)
    there = (
        select(Animal)
        .where(
            Animal.holding_id == home.id,
            Animal.state == AnimalState.ALIVE,
            Animal.eid.is_not(None),
            Animal.born_on <= born,
        )
        .order_by(Animal.born_on.desc())
    )
    return list(session.scalars(there.limit(HEAD)))
