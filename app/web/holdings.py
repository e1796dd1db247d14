"""场所 · the registered places one may see; registered by those who look after an area."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from app import database, farm_record, forms, places, whoami
from app.auth import scopes
from app.auth.privileges import permission
from app.schemas.holdings import LocateHolding, RegisterHolding
from traceability import holdings, regions
from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.holdings import HOLDING_KIND_LABELS, Holding, HoldingKind
from traceability.parties import PARTY_KIND_LABELS

blueprint = Blueprint("holdings", __name__, url_prefix="/holdings")
YEARS_SHOWN = 3


@blueprint.get("/")
@permission("holding.view")
def index() -> str:
    """场所: those open to the trade and those within scope."""
    chosen = request.args.get("kind", "")
    kind = HoldingKind(chosen) if chosen in set(HoldingKind) else None
    words, page = request.args.get("q", "").strip()[:40], request.args.get("page", 1, type=int)
    return render_template(
        "holdings/index.html",
        found=places.holdings_listed(database.session(), kind=kind, words=words, page=page),
        words=words,
        kind=kind,
        kinds=HOLDING_KIND_LABELS,
    )


@blueprint.get("/<ref:ref>")
@permission("holding.view")
def show(ref: str) -> str:
    """一处场所."""
    session = database.session()
    found = places.holding(session, ref)
    standing = select(func.count()).select_from(Animal).where(Animal.holding_id == found.id)
    return render_template(
        "holdings/show.html",
        holding=found,
        region=regions.full_name(session, regions.region(session, found.region_code)),
        head=session.scalar(standing) or 0,
        may_print_record=scopes.covers(whoami.scope(), found),
        kinds=HOLDING_KIND_LABELS,
        party_kinds=PARTY_KIND_LABELS,
    )


@blueprint.get("/<ref:ref>/record")
@permission("holding.view")
def record(ref: str) -> str:
    """养殖档案 of a place within scope; that it is open to the trade is not enough."""
    session, at = database.session(), whoami.now()
    place = scopes.require(whoami.scope(), holdings.get(session, ref))
    years = [legal_day(at).year - back for back in range(YEARS_SHOWN)]
    asked = request.args.get("year", years[0], type=int)
    year = asked if asked in years else years[0]
    return render_template(
        "holdings/record.html",
        holding=place,
        region=regions.full_name(session, regions.region(session, place.region_code)),
        sheets=farm_record.sheets(session, place, year=year),
        year=year,
        years=years,
        by_hand=[(item, "", "") for item in farm_record.BY_HAND],
        at=at,
    )


@blueprint.get("/<ref:ref>/position")
@permission("holding.register")
def position(ref: str) -> str:
    """登记位置."""
    return _position_page(places.holding_looked_after(database.session(), ref), {}, {})


def _position_page(found: Holding, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("holdings/position.html", holding=found, form=form, errors=errors)


@blueprint.post("/<ref:ref>/position")
@permission("holding.register")
def locate(ref: str) -> ResponseReturnValue:
    """登记位置: take the form."""
    session = database.session()
    found = places.holding_looked_after(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        places.locate(session, found, **given)
        flash(f"已登记 {found.name} 的位置", "success")
        return redirect(url_for("holdings.show", ref=ref), 303)

    return forms.handled(
        LocateHolding, act, lambda form, errors: _position_page(found, form, errors)
    )


@blueprint.get("/new")
@permission("holding.register")
def register() -> str:
    """登记场所."""
    return _page(request.args, {})


def _page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    keeper = form.get("keeper")
    return render_template(
        "holdings/register.html",
        form=form,
        errors=errors,
        keeper=places.party(session, keeper) if keeper else None,
        townships=[(each.code, each.name) for each in regions.townships(session)],
        kinds=list(HOLDING_KIND_LABELS.items()),
    )


@blueprint.post("/new")
@permission("holding.register")
def register_holding() -> ResponseReturnValue:
    """登记场所: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = places.register_holding(database.session(), given)
        flash(f"已登记 {made.name}", "success")
        return redirect(url_for("holdings.show", ref=made.ref), 303)

    return forms.handled(RegisterHolding, act, _page)
