"""调运接口 · list, departure, arrival, one journey."""

from typing import Any

from app import database, herd, journeys
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.journeys import Stretch
from app.lists import Listed
from app.schemas.movements import Arrive, Depart, MovementOut, MovementsOut, MovementsQuery
from traceability.movements import Movement

blueprint = Blueprint("api_movements", __name__, url_prefix="/api/movements", description="调运")


@blueprint.get("/")
@permission("movement.view")
@blueprint.arguments(MovementsQuery, location="query", as_kwargs=True)
@blueprint.response(200, MovementsOut)
def index(q: str, stretch: Stretch | None, page: int) -> Listed[Movement]:
    """调运列表.

    自己的牛，以及从管辖场所出发或到达的；最近启运的在前。
    """
    return journeys.listed(database.session(), stretch=stretch, words=q, page=page)


@blueprint.post("/departures")
@permission("movement.depart")
@blueprint.arguments(Depart)
@blueprint.response(201, MovementOut)
def depart(form: dict[str, Any]) -> Movement:
    """登记启运.

    凭最近一份检疫证明；不许启运时 `outcomes` 列出全部理由。
    """
    return herd.depart(database.session(), form)


@blueprint.post("/arrivals")
@permission("movement.arrive")
@blueprint.arguments(Arrive)
@blueprint.response(200, MovementOut)
def arrive(form: dict[str, Any]) -> Movement:
    """登记到达."""
    return herd.arrive(database.session(), form)


@blueprint.get("/<ref:ref>")
@permission("movement.view")
@blueprint.response(200, MovementOut)
def show(ref: str) -> Movement:
    """一次调运."""
    return herd.movement(database.session(), ref)
