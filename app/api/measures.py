"""统计接口 · coverage and timeliness by township, and the records behind every number."""

from typing import Any

from app import database, measuring
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.measuring import Measurements
from app.schemas.measures import CasesOut, MeasurementsOut, PeriodQuery, RecordsQuery
from traceability.measures import Case, Wanted

blueprint = Blueprint("api_measures", __name__, url_prefix="/api/statistics", description="统计")
PAGE_ROWS = 500


@blueprint.get("/")
@permission("statistic.view")
@blueprint.arguments(PeriodQuery, location="query")
@blueprint.response(200, MeasurementsOut)
def index(told: dict[str, Any]) -> Measurements:
    """各项统计，按县和乡镇."""
    return measuring.measured(database.session(), measuring.asked(**told))


@blueprint.get("/records")
@permission("statistic.view")
@blueprint.arguments(RecordsQuery, location="query")
@blueprint.response(200, CasesOut)
def records(told: dict[str, Any]) -> Listed[Case]:
    """一个数背后的记录，一页 500 条；超出最后一页时为空."""
    page, wanted = told.pop("page"), Wanted(told.pop("region"), told.pop("met"))
    total, rows = measuring.records(
        database.session(),
        told.pop("measure"),
        measuring.asked(**told),
        wanted,
        offset=(page - 1) * PAGE_ROWS,
        limit=PAGE_ROWS,
    )
    return Listed(rows, page, max(1, -(-total // PAGE_ROWS)), total)
