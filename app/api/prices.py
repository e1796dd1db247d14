"""行情接口 · what a kilogram fetched, from the markets' own sales."""

from typing import Any

from app import database, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.prices import PricesOut, PricesQuery
from market import prices

blueprint = Blueprint("api_prices", __name__, url_prefix="/api/prices", description="行情")


@blueprint.get("/")
@permission("price.view")
@blueprint.arguments(PricesQuery, location="query", as_kwargs=True)
@blueprint.response(200, PricesOut)
def index(county: str) -> dict[str, Any]:
    """行情.

    一个县各市场最近一个交易日（一个月以内）的成交价，按体重分类；不足 5 头的一类不给价格。
    """
    return {"rows": prices.newest_days(database.session(), county=county, at=whoami.now())}
