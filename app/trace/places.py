"""在哪里扫的 · the place of a scan: a signed-in shop's, or the visitor's choice; else unknown.

No address is looked up and no position asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database, whoami
from app.auth.privileges import MARKET
from app.auth.roles import Role
from traceability import regions
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.regions import CLUSTER_COUNTY, Region, RegionLevel

SHOPS = MARKET | {Role.PROCESSOR, Role.BUYER}
COUNTY_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """A place to choose: a county, or a province or prefecture that is opened first."""

    code: str
    name: str
    opens: bool


def of_visitor() -> str:
    """The county of a signed-in shop; nothing for everybody else."""
    me = whoami.account_or_none()
    if me is None or me.role not in SHOPS:
        return ""
    granted = {grant.value for grant in me.grants}
    mine = select(Party.id).where(Party.ref == me.party).scalar_subquery()
    wanted = (
        select(Holding.region_code)
        .where(Holding.ref.in_(granted) | (Holding.keeper_id == mine))
        .order_by(Holding.ref.not_in(granted), Holding.id)
        .limit(1)
    )
    return (database.session().scalar(wanted) or "")[:COUNTY_DIGITS]


def choices(session: Session, parent: str) -> list[Choice]:
    """What lies below a place, or the provinces; where no counties are known, the place itself."""
    below = Region.parent_code == parent if parent else Region.level == RegionLevel.PROVINCE
    wanted = select(Region).where(below, Region.valid_to.is_(None)).order_by(Region.code)
    rows = [row for row in session.scalars(wanted) if row.level in _UPPER]
    openable = _parents(session, rows)
    home = [Choice(CLUSTER_COUNTY, "威宁县", opens=False)] if not parent else []
    return home + [Choice(row.code, row.short_name, row.code in openable) for row in rows]


_UPPER = {RegionLevel.PROVINCE, RegionLevel.PREFECTURE, RegionLevel.COUNTY}


def _parents(session: Session, rows: Sequence[Region]) -> set[str]:
    """Which of these have counties below that can be chosen."""
    upper = [row.code for row in rows if row.level is not RegionLevel.COUNTY]
    wanted = select(Region.parent_code).where(
        Region.parent_code.in_(upper), Region.valid_to.is_(None)
    )
    return {code for code in session.scalars(wanted) if code is not None}


def is_choice(session: Session, code: str) -> bool:
    """Whether a visitor may say that he is there."""
    found = session.scalars(select(Region).where(Region.code == code, Region.valid_to.is_(None)))
    return any(row.level in _UPPER for row in found)


def names(session: Session, codes: Sequence[str]) -> list[str]:
    """What places are called, in the order given."""
    rows = session.scalars(select(Region).where(Region.code.in_(codes), Region.valid_to.is_(None)))
    known = {row.code: regions.full_name(session, row) for row in rows}
    return [known.get(code, code) for code in codes]
