"""演示的屠宰 · two animals killed this morning: one carcass is fit, one waits for the vet."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo import cast, market_day
from app.demo.county import County
from traceability import movements
from traceability.animals import Animal, AnimalState
from traceability.base.db import Recording
from traceability.quarantine.declarations import Purpose
from traceability.slaughter import ante_mortem, carcasses, declarations
from traceability.slaughter.ante_mortem import ANTE_MORTEM_CHECKS
from traceability.slaughter.carcasses import POST_MORTEM_CHECKS
from traceability.treatments.treating import Treatment

HEAD = 2
CAME_AGO, DECLARED_AGO, KILLED_AGO = (timedelta(hours=hours) for hours in (20, 19, 3))
HOT_WEIGHT_G = 262_500


def kill_some(session: Session, county: County, *, now: datetime) -> None:
    """Certify, bring, declare, inspect and slaughter; the vet has looked at the first."""
    herd, people = _herd(session, county), county.people
    vet, butcher = people["official_vet"], people[cast.ABATTOIR[0]]
    place, killed_at = county.places[cast.ABATTOIR[0]], now - KILLED_AGO
    came: dict[str, Any] = {"at": now - CAME_AGO, "by": butcher}
    market_day.certify(
        session, *herd, to=place, purpose=Purpose.SLAUGHTER, vet=vet, at=now - CAME_AGO
    )
    for animal in herd:
        movements.depart(session, animal, to=place, **came)
        movements.arrive(session, animal, **came)
    session.info["recording"] = Recording(now - DECLARED_AGO)
    row = declarations.file(
        session, place, herd, slaughters_at=killed_at, at=now - DECLARED_AGO, by=butcher
    )
    declarations.accept(session, row, at=now - DECLARED_AGO, by=vet)
    session.info["recording"] = Recording(killed_at)
    well = dict.fromkeys(ANTE_MORTEM_CHECKS, True)
    for number, animal in enumerate(herd):
        ante_mortem.record(session, row, animal, checks=well, at=killed_at, by=vet)
        hung = carcasses.slaughter(session, row, animal, at=killed_at, by=butcher)
        weight_g = HOT_WEIGHT_G + number * 8_500
        carcasses.weigh(session, hung, hot_weight_g=weight_g, at=killed_at, by=butcher)
        if number == 0:
            fit = dict.fromkeys(POST_MORTEM_CHECKS, True)
            carcasses.inspect(session, hung, checks=fit, at=killed_at, by=vet)


def _herd(session: Session, county: County) -> list[Animal]:
    """The family farm's youngest grown animals without a drug: the oldest go to market."""
    born = county.today - timedelta(days=365)
    there = (
        select(Animal)
        .where(
            Animal.holding_id == county.places[cast.FAMILY_FARM[0]].id,
            Animal.state == AnimalState.ALIVE,
            Animal.eid.is_not(None),
            Animal.born_on <= born,
            Animal.id.not_in(select(Treatment.animal_id)),
        )
        .order_by(Animal.born_on.desc())
    )
    return list(session.scalars(there.limit(HEAD)))
