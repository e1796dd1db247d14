"""管控 · the regulator's orders: draft, see what is touched, give, lift."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, restricting, whoami
from app.auth.privileges import permission
from app.schemas.restrictions import DraftRestriction, LiftRestriction
from traceability import regions, restrictions
from traceability.restrictions import (
    REACH_LABELS,
    RESTRICTION_KIND_LABELS,
    Reach,
    Restriction,
)

blueprint = Blueprint("restrictions", __name__, url_prefix="/restrictions")
M_PER_KM = 1000


@blueprint.get("/")
@permission("restriction.view")
def index() -> str:
    """管控: those in force, then those that ended."""
    rows = restrictions.listed(database.session())
    return render_template(
        "restrictions/index.html", rows=rows, at=whoami.now(), kinds=RESTRICTION_KIND_LABELS
    )


@blueprint.get("/new")
@permission("restriction.order")
def draft() -> str:
    """划定管控."""
    return _form_page({}, {})


def _form_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    townships = regions.townships(database.session())
    return render_template(
        "restrictions/draft.html",
        form=form,
        errors=errors,
        kinds=list(RESTRICTION_KIND_LABELS.items()),
        reaches=list(REACH_LABELS.items()),
        townships=[(each.code, each.name) for each in townships],
    )


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    """The form's answer in the order's own terms."""
    told = dict(given)
    townships, text = told.pop("regions", None) or [], told.pop("holdings")
    kilometres = told.pop("radius_km")
    by_region = told["reach"] is Reach.REGIONS
    return {
        **told,
        "places": townships if by_region else restricting.places_named(database.session(), text),
        "radius_m": None if kilometres is None else kilometres * M_PER_KM,
    }


@blueprint.post("/preview")
@permission("restriction.order")
def preview() -> ResponseReturnValue:
    """发布前预览: what the order would touch, before anybody gives it."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        session = database.session()
        drafted = restricting.drafted(session, **_told(given))
        return render_template(
            "restrictions/preview.html",
            restriction=drafted,
            touched=restricting.touched(session, drafted),
            reach=_reach_of(drafted),
            kinds=RESTRICTION_KIND_LABELS,
        )

    return forms.handled(DraftRestriction, act, _form_page)


@blueprint.post("/new")
@permission("restriction.order")
def order() -> ResponseReturnValue:
    """发布管控: the same form once more, now in earnest."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        session = database.session()
        drafted = restricting.drafted(session, **_told(given))
        made = restrictions.order(session, drafted, at=whoami.now())
        flash(f"已发布“{made.name}”，涉及的出证、调运、交易即时停办", "success")
        return redirect(url_for("restrictions.show", ref=made.ref), 303)

    return forms.handled(DraftRestriction, act, _form_page)


@blueprint.get("/<ref:ref>")
@permission("restriction.view")
def show(ref: str) -> str:
    """一项管控, with what it touches now."""
    return _page(restrictions.get(database.session(), ref), {}, {})


def _page(found: Restriction, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "restrictions/show.html",
        restriction=found,
        touched=restricting.touched(database.session(), found),
        held=found.in_force(whoami.now()),
        open=found.ends_at is None or found.ends_at > whoami.now(),
        reach=_reach_of(found),
        kinds=RESTRICTION_KIND_LABELS,
        form=form,
        errors=errors,
    )


def _reach_of(found: Restriction) -> str:
    """Where an order reaches, in words."""
    session = database.session()
    if found.reach is Reach.REGIONS:
        return "、".join(regions.region(session, code).name for code in found.places)
    names = "、".join(restricting.names_of(session, found.places))
    if found.reach is Reach.HOLDINGS:
        return names
    return f"以“{names}”为中心，半径 {(found.radius_m or 0) / M_PER_KM:g} 公里"


@blueprint.post("/<ref:ref>/lift")
@permission("restriction.order")
def lift(ref: str) -> ResponseReturnValue:
    """解除管控."""
    session = database.session()
    found = restrictions.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        restricting.lift(session, found, **given)
        flash(f"已解除“{found.name}”", "success")
        return redirect(url_for("restrictions.show", ref=ref), 303)

    return forms.handled(LiftRestriction, act, lambda form, errors: _page(found, form, errors))
