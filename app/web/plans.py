"""六个一 · the board of all clusters, and a cluster's six documents with every version."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, workbooks
from app.auth.privileges import permission
from app.schemas.plans import IssuePlan
from registry.clusters import Cluster
from registry.decisions import Matter
from registry.plans import PLAN_KIND_LABELS, PLAN_STATE_LABELS, PlanState

blueprint = Blueprint("plans", __name__)
TONES = {PlanState.MISSING: "stop", PlanState.COMING: "warn", PlanState.IN_FORCE: "ok"}


@blueprint.get("/six-ones/")
@permission("plan.view")
def index() -> str:
    """六个一."""
    return render_template(
        "plans/index.html",
        rows=deciding.board(database.session()),
        kinds=PLAN_KIND_LABELS,
        states=PLAN_STATE_LABELS,
        tones=TONES,
    )


@blueprint.get("/six-ones/six-ones.xlsx")
@permission("plan.view")
def workbook() -> Response:
    """六个一, as a workbook."""
    book = deciding.board_book(deciding.board(database.session()))
    return workbooks.answer(book, "six-ones.xlsx")


@blueprint.get("/clusters/<ref:ref>/plans")
@permission("plan.view")
def show(ref: str) -> str:
    """一个集群的六个一."""
    return _page(programme.cluster(database.session(), ref), request.args, {})


def _page(cluster: Cluster, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "plans/show.html",
        cluster=cluster,
        lines=deciding.lines(session, cluster),
        kinds=PLAN_KIND_LABELS,
        options=deciding.options(session, cluster, Matter.PLAN),
        today=deciding.today(),
        form=form,
        errors=errors,
    )


@blueprint.post("/clusters/<ref:ref>/plans")
@permission("plan.issue")
def issue(ref: str) -> ResponseReturnValue:
    """发布新版本."""
    session = database.session()
    cluster = programme.cluster(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        shown = programme.photograph(session, given["title"])
        made = deciding.issue(session, cluster, given, evidence=shown)
        flash(f"已发布{PLAN_KIND_LABELS[made.kind]}第 {made.version} 版，旧版仍在", "success")
        return redirect(url_for("plans.show", ref=ref), 303)

    return forms.handled(IssuePlan, act, lambda form, errors: _page(cluster, form, errors))
