"""赶场接口 · book a market day, look, cancel, let in at the gate."""

from datetime import date
from typing import Any

from app import database, entering, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.entries import (
    AdmitEntry,
    BookEntry,
    CancelEntry,
    DayQuery,
    DayTotalsOut,
    EntriesOut,
    EntriesQuery,
    EntryOut,
    WalkIn,
)
from market.entries import records
from market.entries.records import DayTotals, Entry
from traceability.base.clock import legal_day

blueprint = Blueprint("api_entries", __name__, url_prefix="/api/entries", description="赶场预约")


@blueprint.get("/")
@permission("entry.view")
@blueprint.arguments(EntriesQuery, location="query", as_kwargs=True)
@blueprint.response(200, EntriesOut)
def index(market: str | None, day: date | None, page: int) -> Listed[Entry]:
    """赶场预约和到场列表.

    写明市场的，是那个市场一天的；不写的，是自己的，新的在前。
    """
    session = database.session()
    if market is None:
        return entering.own(session, page=page)
    place = entering.market(session, market)
    return entering.of_day(session, place, day or legal_day(whoami.now()), page=page)


@blueprint.get("/totals")
@permission("entry.view")
@blueprint.arguments(DayQuery, location="query", as_kwargs=True)
@blueprint.response(200, DayTotalsOut)
def totals(market: str, day: date | None) -> DayTotals:
    """一个市场一天的预约和到场合计."""
    session = database.session()
    place = entering.market(session, market)
    return records.totals(session, place, day or legal_day(whoami.now()))


@blueprint.post("/")
@permission("entry.book")
@blueprint.arguments(BookEntry)
@blueprint.response(201, EntryOut)
def book(form: dict[str, Any]) -> Entry:
    """赶场预约.

    只能从自己的场所预约；到场时仍然逐头查验。
    """
    return entering.book(database.session(), form)


@blueprint.post("/walk-ins")
@permission("entry.admit")
@blueprint.arguments(WalkIn)
@blueprint.response(201, EntryOut)
def walk_in(form: dict[str, Any]) -> Entry:
    """没有预约到场.

    货主由其中一头牛的耳标认出；编号接着当天的往下排。
    """
    return entering.walk_in(database.session(), form)


@blueprint.get("/<ref:ref>")
@permission("entry.view")
@blueprint.response(200, EntryOut)
def show(ref: str) -> Entry:
    """一次赶场预约或到场."""
    return entering.get(database.session(), ref)


@blueprint.post("/<ref:ref>/cancel")
@permission("entry.cancel")
@blueprint.arguments(CancelEntry)
@blueprint.response(200, EntryOut)
def cancel(form: dict[str, Any], ref: str) -> Entry:
    """取消预约."""
    session = database.session()
    found = entering.get(session, ref)
    entering.cancel(session, found, form)
    return found


@blueprint.post("/<ref:ref>/admit")
@permission("entry.admit")
@blueprint.arguments(AdmitEntry)
@blueprint.response(200, EntryOut)
def admit(form: dict[str, Any], ref: str) -> Entry:
    """预约的车到场.

    清点头数、没有证明的头数和消毒，得到当天的入场编号。
    """
    session = database.session()
    found = entering.get(session, ref)
    entering.admit(session, found, form)
    return found
