"""管控接口 · the orders, what one would touch, giving and lifting one."""

from collections.abc import Sequence
from typing import Any

from app import database, restricting, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.restricting import Touched
from app.schemas.restrictions import (
    LiftRestriction,
    OrderRestriction,
    RestrictionOut,
    TouchedOut,
)
from traceability import restrictions
from traceability.restrictions import Restriction

blueprint = Blueprint(
    "api_restrictions", __name__, url_prefix="/api/restrictions", description="管控"
)


@blueprint.get("/")
@permission("restriction.view")
@blueprint.response(200, RestrictionOut(many=True))
def index() -> Sequence[Restriction]:
    """管控列表, newest first."""
    return restrictions.listed(database.session())


@blueprint.get("/<ref:ref>")
@permission("restriction.view")
@blueprint.response(200, RestrictionOut)
def show(ref: str) -> Restriction:
    """一项管控."""
    return restrictions.get(database.session(), ref)


@blueprint.post("/preview")
@permission("restriction.order")
@blueprint.arguments(OrderRestriction)
@blueprint.response(200, TouchedOut)
def preview(form: dict[str, Any]) -> Touched:
    """发布前预览.

    只统计，不登记。
    """
    session = database.session()
    return restricting.touched(session, restricting.drafted(session, **form))


@blueprint.post("/")
@permission("restriction.order")
@blueprint.arguments(OrderRestriction)
@blueprint.response(201, RestrictionOut)
def order(form: dict[str, Any]) -> Restriction:
    """发布管控."""
    session = database.session()
    return restrictions.order(session, restricting.drafted(session, **form), at=whoami.now())


@blueprint.post("/<ref:ref>/lift")
@permission("restriction.order")
@blueprint.arguments(LiftRestriction, as_kwargs=True)
@blueprint.response(200, RestrictionOut)
def lift(ref: str, reason: str) -> Restriction:
    """解除管控."""
    session = database.session()
    found = restrictions.get(session, ref)
    restricting.lift(session, found, reason=reason)
    return found
