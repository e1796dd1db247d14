"""赶场 · the seller books a market day; the gate sees who is coming and numbers who has come."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, entering, forms, herd, whoami
from app.auth.privileges import permission
from app.schemas.entries import AdmitEntry, BookEntryHere, CancelEntry, WalkIn
from market.entries import records
from market.entries.records import CATTLE_CLASS_LABELS, ENTRY_STATE_LABELS, Entry, EntryState
from traceability import holdings
from traceability.base.clock import legal_day
from traceability.holdings import HoldingKind

blueprint = Blueprint("entries", __name__, url_prefix="/entries")
TONES = {EntryState.BOOKED: "info", EntryState.ARRIVED: "ok", EntryState.CANCELLED: "stop"}
assert TONES.keys() == set(EntryState)
LABELS = {"states": ENTRY_STATE_LABELS, "classes": CATTLE_CLASS_LABELS, "tones": TONES}


@blueprint.get("/")
@permission("entry.view")
def index() -> str:
    """赶场预约: a market's day for who looks after it, one's own for a seller."""
    return _index_page({}, {})


def _index_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session, today = database.session(), legal_day(whoami.now())
    page = request.args.get("page", 1, type=int)
    places = entering.markets(session)
    ref = request.args.get("market", "") or (places[0].ref if places else "")
    if not ref or "own" in request.args:
        found = entering.own(session, page=page)
        return render_template("entries/own.html", found=found, **LABELS)
    try:
        day, wrong = date.fromisoformat(request.args.get("day", "") or today.isoformat()), ""
    except ValueError:
        day, wrong = today, "日期应写成 2026-11-22 的样子，下面是今天的"
    place = entering.market(session, ref)
    found = entering.of_day(session, place, day, page=page)
    sellers = [row.seller_id for row in found.rows]
    return render_template(
        "entries/day.html",
        found=found,
        places=places,
        place=place,
        day=day,
        today=today,
        wrong=wrong,
        totals=records.totals(session, place, day),
        scanned=records.scanned(session, place, day, sellers),
        at_gate=place.ref in whoami.scope().markets,
        form=form,
        errors=errors,
        **LABELS,
    )


@blueprint.get("/new")
@permission("entry.book")
def book() -> str:
    """预约赶场."""
    return _book_page({}, {})


def _book_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    markets = holdings.of_kind(session, HoldingKind.MARKET)
    return render_template(
        "entries/book.html",
        form=form,
        errors=errors,
        markets=[(each.ref, each.name) for each in markets],
        places=[(each.ref, each.name) for each in herd.places(session)],
        **LABELS,
    )


@blueprint.post("/new")
@permission("entry.book")
def take() -> ResponseReturnValue:
    """预约赶场: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = entering.book(database.session(), given)
        flash("已预约，市场看得到；来不了请取消", "success")
        return redirect(url_for("entries.show", ref=made.ref), 303)

    return forms.handled(BookEntryHere, act, _book_page)


@blueprint.post("/walk-ins")
@permission("entry.admit")
def walk_in() -> ResponseReturnValue:
    """没有预约到场: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = entering.walk_in(database.session(), given)
        flash(f"{made.seller.name}：入场编号 {made.gate_no}", "success")
        return redirect(url_for("entries.show", ref=made.ref), 303)

    return forms.handled(WalkIn, act, _index_page)


@blueprint.get("/<ref:ref>")
@permission("entry.view")
def show(ref: str) -> str:
    """一次赶场: what was booked, what came, and the next step."""
    return _show_page(entering.get(database.session(), ref), {}, {})


def _show_page(found: Entry, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session, scope = database.session(), whoami.scope()
    counted = records.scanned(session, found.market, found.comes_on, [found.seller_id])
    return render_template(
        "entries/show.html",
        entry=found,
        scanned=counted.get(found.seller_id, 0),
        today=legal_day(whoami.now()),
        at_gate=found.market.ref in scope.markets,
        mine=found.seller.ref in scope.keepers,
        form=form,
        errors=errors,
        **LABELS,
    )


@blueprint.post("/<ref:ref>/cancel")
@permission("entry.cancel")
def cancel(ref: str) -> ResponseReturnValue:
    """取消预约."""
    session = database.session()
    found = entering.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        entering.cancel(session, found, given)
        flash("预约已取消", "success")
        return redirect(url_for("entries.show", ref=ref), 303)

    return forms.handled(CancelEntry, act, lambda form, errors: _show_page(found, form, errors))


@blueprint.post("/<ref:ref>/admit")
@permission("entry.admit")
def admit(ref: str) -> ResponseReturnValue:
    """登记到场 of a booked vehicle."""
    session = database.session()
    found = entering.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        entering.admit(session, found, given)
        flash(f"{found.seller.name}：入场编号 {found.gate_no}", "success")
        return redirect(url_for("entries.show", ref=ref), 303)

    return forms.handled(AdmitEntry, act, lambda form, errors: _show_page(found, form, errors))
