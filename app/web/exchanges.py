"""互访、培训、挂职 · what the two provinces' people did with each other."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, teaming, whoami, workbooks
from app.auth.privileges import permission
from app.schemas.exchanges import RecordExchange
from registry import exchanges
from registry.clusters import Cluster
from registry.exchanges import EXCHANGE_KIND_LABELS
from registry.teams import SIDE_LABELS

blueprint = Blueprint("exchanges", __name__)


def _labels() -> dict[str, Any]:
    return {"kinds": EXCHANGE_KIND_LABELS, "sides": SIDE_LABELS, "today": deciding.today()}


@blueprint.get("/exchanges/")
@permission("exchange.view")
def index() -> str:
    """互访、培训、挂职."""
    session = database.session()
    page = request.args.get("page", 1, type=int)
    return render_template(
        "exchanges/index.html",
        listed=teaming.exchanges_listed(session, page=page),
        clusters=programme.clusters_seen(session),
        **_labels(),
    )


@blueprint.get("/exchanges/exchanges.xlsx")
@permission("exchange.view")
def workbook() -> Response:
    """互访、培训、挂职, as a workbook."""
    return workbooks.answer(teaming.exchanges_book(database.session()), "exchanges.xlsx")


@blueprint.get("/clusters/<ref:ref>/exchanges/new")
@permission("exchange.record")
def new(ref: str) -> str:
    """登记互访、培训或挂职."""
    return _new_page(programme.cluster(database.session(), ref), {}, {})


def _new_page(cluster: Cluster, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "exchanges/new.html", cluster=cluster, form=form, errors=errors, **_labels()
    )


@blueprint.post("/clusters/<ref:ref>/exchanges/new")
@permission("exchange.record")
def record(ref: str) -> ResponseReturnValue:
    """登记互访、培训或挂职: take the form."""
    session = database.session()
    cluster = programme.cluster(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        shown = programme.photograph(session, given["title"])
        exchanges.record(session, cluster, evidence=shown, **given, **whoami.acted())
        flash("已登记", "success")
        return redirect(url_for("exchanges.index"), 303)

    return forms.handled(RecordExchange, act, lambda form, errors: _new_page(cluster, form, errors))
