"""范围 · whether a thing lies within the scope of the signed-in account, as a test and as SQL.

What lies outside gives the same answer as what does not exist.
"""

from sqlalchemy import ColumnElement, false, or_, select, true

from app.whoami import Scope
from traceability.base.errors import NotFound
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.regions import CODE_CHARS


def covers(scope: Scope, holding: Holding) -> bool:
    """Whether a place lies within a scope."""
    return (
        scope.everywhere
        or holding.ref in scope.holdings
        or holding.keeper.ref in scope.keepers
        or holding.region_code.startswith(scope.regions)
    )


def require(scope: Scope, holding: Holding) -> Holding:
    """The same place, if it lies within a scope.

    Raises:
        NotFound: `holding.not_found`, as for a place that does not exist.
    """
    if not covers(scope, holding):
        raise NotFound("holding.not_found", "没有找到这个场所")
    return holding


def last_code(code: str) -> str:
    """The last code an area can hold: a range is found by index, words that begin so are not.

    >>> last_code("520526")
    '520526999999'
    """
    return code.ljust(CODE_CHARS, "9")


def within(scope: Scope) -> ColumnElement[bool]:
    """The condition on `Holding` that keeps what lies within a scope; for lists."""
    if scope.everywhere:
        return true()
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    regions = [Holding.region_code.between(code, last_code(code)) for code in scope.regions]
    return or_(Holding.ref.in_(scope.holdings), Holding.keeper_id.in_(keepers), *regions, false())
