"""场所接口 · register, list, look."""

from typing import Any

from app import database, places
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.holdings import (
    HoldingOut,
    HoldingsOut,
    HoldingsQuery,
    LocateHolding,
    RegisterHolding,
)
from traceability.holdings import Holding, HoldingKind

blueprint = Blueprint("api_holdings", __name__, url_prefix="/api/holdings", description="场所")


@blueprint.get("/")
@permission("holding.view")
@blueprint.arguments(HoldingsQuery, location="query", as_kwargs=True)
@blueprint.response(200, HoldingsOut)
def index(kind: HoldingKind | None, page: int) -> Listed[Holding]:
    """场所列表.

    市场、屠宰场等对外经营的场所，以及管辖范围内的场所。
    """
    return places.holdings_listed(database.session(), kind=kind, page=page)


@blueprint.post("/")
@permission("holding.register")
@blueprint.arguments(RegisterHolding)
@blueprint.response(201, HoldingOut)
def register(form: dict[str, Any]) -> Holding:
    """登记场所.

    只能登记在管辖范围内。
    """
    return places.register_holding(database.session(), form)


@blueprint.get("/<ref:ref>")
@permission("holding.view")
@blueprint.response(200, HoldingOut)
def show(ref: str) -> Holding:
    """一处场所."""
    return places.holding(database.session(), ref)


@blueprint.post("/<ref:ref>/position")
@permission("holding.register")
@blueprint.arguments(LocateHolding)
@blueprint.response(200, HoldingOut)
def locate(form: dict[str, Any], ref: str) -> Holding:
    """登记位置.

    十进制度，WGS 84；不在任何公开页面出现。
    """
    session = database.session()
    found = places.holding_looked_after(session, ref)
    places.locate(session, found, **form)
    return found
