"""产业大脑 · a cockpit for each cluster and one for all: looked at, every number a link."""

from collections.abc import Sequence

from flask import Blueprint, Response, render_template, request, url_for

from app import cockpits, database, programme, workbooks
from app.auth.privileges import permission
from registry.clusters import Cluster

ROWS_MAX = 300
"""More targets than a person looks through on one page."""
blueprint = Blueprint("cockpits", __name__, url_prefix="/cockpits")


@blueprint.get("/")
@permission("indicator.view")
def index() -> str:
    """产业大脑: all the clusters one may see."""
    return _page(cockpits.seen(database.session()), None)


@blueprint.get("/targets.xlsx")
@permission("indicator.view")
def workbook() -> Response:
    """目标与完成, as a workbook."""
    session = database.session()
    shown = cockpits.cockpit(session, cockpits.seen(session))
    return workbooks.answer(cockpits.targets_book(shown), "targets.xlsx")


@blueprint.get("/<ref:ref>")
@permission("indicator.view")
def show(ref: str) -> str:
    """产业大脑: one cluster."""
    found = programme.cluster(database.session(), ref)
    return _page([found], found)


def _page(found: Sequence[Cluster], only: Cluster | None) -> str:
    indicator = request.args.get("indicator", "")
    wanted = indicator or None
    source = (
        url_for("api_cockpits.show", ref=only.ref, indicator=wanted)
        if only
        else url_for("api_cockpits.index", indicator=wanted)
    )
    return render_template(
        "cockpits/show.html",
        shown=cockpits.cockpit(database.session(), found, indicator=indicator),
        only=only,
        source=source,
        is_screen="screen" in request.args,
        rows_max=ROWS_MAX,
    )
