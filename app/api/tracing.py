"""追踪接口 · both chains of contacts of an animal, a certificate or a place."""

from typing import Any

from flask import current_app

from app import database, following
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.factory import settings_of
from app.following import Traced
from app.schemas.tracing import TracingOut, TracingQuery

blueprint = Blueprint("api_tracing", __name__, url_prefix="/api/tracing", description="追踪")


@blueprint.get("/")
@permission("tracing.view")
@blueprint.arguments(TracingQuery, location="query")
@blueprint.response(200, TracingOut)
def show(asked: dict[str, Any]) -> Traced:
    """追踪接触链.

    窗口 [end−days, end] 两端都算；沿一条路线日期不倒退；起点不计。日期为启运的法定日。
    """
    words = asked.pop("q")
    return following.trace(database.session(), settings_of(current_app), words=words, **asked)
