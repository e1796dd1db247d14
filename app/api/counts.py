"""点数接口 · certificate, departure, arrival, scale and sale compared."""

from datetime import date
from typing import Any

from app import counting, database, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.counting import Counted
from app.schemas.counts import CertificateCountedOut, CountsQuery, DayCountedOut
from traceability.base.clock import legal_day

blueprint = Blueprint("api_counts", __name__, url_prefix="/api", description="点数")


@blueprint.get("/certificates/<ref:ref>/counts")
@permission("certificate.view")
@blueprint.response(200, CertificateCountedOut)
def of_certificate(ref: str) -> dict[str, Any]:
    """一份检疫证明的点数.

    证明上的耳标、启运、到达、过磅、成交各多少头，哪些牛对不上。
    """
    paper, counted = counting.of_certificate(database.session(), ref)
    return {"certificate": paper.ref, "number": paper.number, **_told(counted)}


def _told(counted: Counted) -> dict[str, Any]:
    found = counted.comparison
    return {
        "agrees": found.agrees,
        "stated": found.stated,
        "counts": [{"count": step, "head": head} for step, head in found.heads.items()],
        "differences": found.differences,
        "odd": counted.odd,
    }


@blueprint.get("/counts/")
@permission("count.view")
@blueprint.arguments(CountsQuery, location="query", as_kwargs=True)
@blueprint.response(200, DayCountedOut)
def of_day(market: str, day: date | None) -> dict[str, Any]:
    """一个市场一天的点数.

    自己管辖的市场；当天应到的证明、入场、过磅、成交互相核对。
    """
    session = database.session()
    place, on = counting.market(session, market), day or legal_day(whoami.now())
    counted = counting.of_day(session, place, on)
    return {"market": place, "day": on, "reads": counted.reads, **_told(counted)}
