"""成交的重判 · sales as acts that other rules may judge; see `traceability.rejudging`."""

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from market.sales.records import Sale
from traceability.animals import AnimalState
from traceability.base.clock import legal_day
from traceability.rejudging.acts import Papers, known_of, paper_facts
from traceability.rejudging.turns import Act
from traceability.weighings import Weighing


def of_sales(session: Session, where: ColumnElement[bool], limit: int) -> list[Act]:
    """The newest sales that fit, at the instant they were agreed."""
    rows = session.scalars(
        select(Sale)
        .where(where)
        .order_by(Sale.agreed_at.desc(), Sale.id)
        .limit(limit)
        .options(
            joinedload(Sale.animal),
            joinedload(Sale.market),
            joinedload(Sale.weighing).joinedload(Weighing.instrument),
        )
    ).all()
    animals = [row.animal for row in rows]
    known, papers = known_of(session, animals), Papers(session, animals)
    found = []
    for row in rows:
        at, market = row.agreed_at, row.market
        facts = known.facts(row.animal, at=at, purpose=row.purpose.value, places=[market])
        facts = replace(
            facts,
            state=AnimalState.ALIVE.value,
            certificate=paper_facts(papers.to(market, row.animal_id, at=at), market),
            **_scale_facts(row.weighing),
        )
        found.append(Act("sale.agree", row.ref, row.animal.ear_tag, at, facts))
    return found


def _scale_facts(weighing: Weighing | None) -> dict[str, Any]:
    """The scale as it was: a weight for trade came from one that was verified on that day."""
    if weighing is None:
        return {}
    day = legal_day(weighing.weighed_at)
    told = day if weighing.for_trade else None
    return {"on_scale": True, "scale_verified_on": told, "scale_valid_until": told}
