"""各角色的待办 · which parts make the list of each role, the most pressing first."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.auth.privileges import OVERSEERS
from app.auth.roles import Role
from app.today import abattoir, herds, offices, trade, waiting
from app.today.waiting import Asked, Todo, Waiting
from app.whoami import Scope

Part = Callable[[Asked], Iterable[Waiting]]

KEEPER: tuple[Part, ...] = (
    herds.papers,
    herds.declared,
    herds.arrivals,
    herds.landed,
    herds.isolations,
    herds.own_herd,
    trade.selling,
)
DESK: tuple[Part, ...] = (trade.booked, trade.gate, trade.crate, trade.unpaid, trade.scales)
PARTS: Mapping[Role, tuple[Part, ...]] = {
    Role.FARMER: KEEPER,
    Role.VILLAGE_VET: (
        herds.reports,
        herds.campaigns,
        herds.herds,
        herds.tags,
        herds.mandates,
        herds.papers,
        herds.declared,
    ),
    Role.OFFICIAL_VET: (
        herds.reports,
        herds.queue,
        abattoir.inspecting,
        trade.unpapered,
        herds.isolations,
        herds.samples,
        herds.campaigns,
        herds.landings,
        herds.herds,
        herds.tags,
        herds.filings,
    ),
    Role.MARKET_OPERATOR: DESK,
    Role.MARKET_MANAGER: (*DESK, offices.devices),
    Role.CASHIER: (trade.counter,),
    Role.BROKER: (herds.papers, herds.declared, trade.selling, trade.buying),
    Role.BUYER: (trade.buying, herds.papers, herds.declared, herds.arrivals, herds.landed),
    Role.CARRIER: (herds.arrivals, herds.own_filings),
    Role.PROCESSOR: (abattoir.killing, herds.arrivals, herds.landed),
    Role.REGULATOR: (
        offices.halts,
        offices.amendments,
        herds.isolations,
        herds.samples,
        herds.landings,
        herds.deaths,
        offices.devices,
    ),
    Role.CLUSTER_OFFICER: (
        offices.projects,
        offices.undertaken,
        offices.quarter,
        offices.decisions,
        offices.ending,
    ),
    Role.ADMINISTRATOR: (offices.halts, offices.amendments, offices.devices, offices.accounts),
}
assert PARTS.keys() == set(Role)


def todos(session: Session, role: Role, scope: Scope, *, at: datetime) -> list[Todo]:
    """What waits for such a person now; what counts nothing is left out."""
    asked = Asked(session, scope, at)
    listed = [each for part in PARTS[role] for each in part(asked)]
    found = waiting.counted(session, listed)
    return [*offices.audit(at), *found] if role in OVERSEERS else found
