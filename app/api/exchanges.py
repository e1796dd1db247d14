"""互访、培训、挂职接口 · typed records of what the two provinces' people did."""

from typing import Any

from app import database, programme, teaming, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.common import PageQuery
from app.schemas.exchanges import ExchangeOut, ExchangesOut, RecordExchange
from registry import exchanges
from registry.exchanges import Exchange

blueprint = Blueprint("api_exchanges", __name__, url_prefix="/api", description="互访培训挂职")


@blueprint.get("/exchanges/")
@permission("exchange.view")
@blueprint.arguments(PageQuery, location="query", as_kwargs=True)
@blueprint.response(200, ExchangesOut)
def index(page: int) -> Listed[Exchange]:
    """互访、培训、挂职, newest first."""
    return teaming.exchanges_listed(database.session(), page=page)


@blueprint.post("/clusters/<ref:ref>/exchanges")
@permission("exchange.record")
@blueprint.arguments(RecordExchange)
@blueprint.response(201, ExchangeOut)
def record(form: dict[str, Any], ref: str) -> Exchange:
    """登记互访、培训或挂职."""
    session = database.session()
    return exchanges.record(session, programme.cluster(session, ref), **form, **whoami.acted())
