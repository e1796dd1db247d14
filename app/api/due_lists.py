"""到期名单接口 · the due lists by village and animal by animal."""

from collections.abc import Sequence
from typing import Any

from app import database, due_sheets, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.due_sheets import Wanted
from app.schemas.due_lists import DueAnimalOut, DuePageQuery, DueQuery, VillageDueOut
from traceability.base.clock import legal_day
from traceability.due_lists import DueAnimal, VillageDue

blueprint = Blueprint(
    "api_due_lists", __name__, url_prefix="/api/due-lists", description="到期免疫名单"
)
PAGE_ROWS = 2_000


def _wanted(told: dict[str, Any]) -> Wanted:
    day = told["day"] or legal_day(whoami.now())
    return Wanted(told["disease"], day, told["region"])


@blueprint.get("/villages")
@permission("campaign.view")
@blueprint.arguments(DueQuery, location="query")
@blueprint.response(200, VillageDueOut(many=True))
def villages(told: dict[str, Any]) -> Sequence[VillageDue]:
    """各村该打多少头."""
    return due_sheets.villages(database.session(), _wanted(told))


@blueprint.get("/animals")
@permission("campaign.view")
@blueprint.arguments(DuePageQuery, location="query")
@blueprint.response(200, DueAnimalOut(many=True))
def animals(told: dict[str, Any]) -> list[DueAnimal]:
    """该打的牛.

    按村和户排列，一页 2000 头，超出最后一页时为空。
    """
    offset = (told["page"] - 1) * PAGE_ROWS
    return due_sheets.rows(database.session(), _wanted(told), offset=offset, limit=PAGE_ROWS)
