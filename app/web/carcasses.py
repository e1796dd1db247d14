"""胴体 · its weight, what the vet found after slaughter, and the disposal of one that failed."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, files, forms, slaughtering, whoami
from app.auth.privileges import permission
from app.schemas.carcasses import DisposeCarcassHere, InspectCarcassHere, WeighCarcassHere
from app.schemas.fields import Schema
from app.slaughtering import CARCASS_NEED_LABELS, CarcassNeed
from traceability.quarantine.disposal import DISPOSAL_METHOD_LABELS
from traceability.slaughter import carcasses
from traceability.slaughter.carcasses import (
    CARCASS_STATE_LABELS,
    POST_MORTEM_CHECKS,
    Carcass,
    CarcassState,
)

blueprint = Blueprint("carcasses", __name__, url_prefix="/carcasses")
Step = Callable[[Carcass, Mapping[str, Any]], str]


@blueprint.get("/")
@permission("slaughter.view")
def index() -> str:
    """胴体: of one's abattoirs, or of those one looks after; `need` keeps those that wait."""
    need = request.args.get("need", type=CarcassNeed)
    page = request.args.get("page", 1, type=int)
    return render_template(
        "carcasses/index.html",
        found=slaughtering.hung(database.session(), need=need, page=page),
        need=need,
        needs=CARCASS_NEED_LABELS,
        states=CARCASS_STATE_LABELS,
    )


@blueprint.get("/<ref:ref>")
@permission("slaughter.view")
def show(ref: str) -> str:
    """一个胴体: where it stands and the next step."""
    return _page(slaughtering.carcass(database.session(), ref), {}, {})


def _page(found: Carcass, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "carcasses/show.html",
        carcass=found,
        animal=found.animal,
        checks=POST_MORTEM_CHECKS,
        states=CARCASS_STATE_LABELS,
        methods=DISPOSAL_METHOD_LABELS,
        form=form,
        errors=errors,
    )


def _taken(found: Carcass, schema: type[Schema], step: Step) -> ResponseReturnValue:
    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        done = step(found, given)
        flash(done, "warning" if found.state is CarcassState.CONDEMNED else "success")
        return redirect(url_for("carcasses.show", ref=found.ref), 303)

    return forms.handled(schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/<ref:ref>/weigh")
@permission("slaughter.record")
def weigh(ref: str) -> ResponseReturnValue:
    """登记胴体重."""

    def step(found: Carcass, given: Mapping[str, Any]) -> str:
        carcasses.weigh(database.session(), found, **_told(given))
        return "已登记胴体重，请官方兽医登记同步检疫"

    return _taken(slaughtering.own_carcass(database.session(), ref), WeighCarcassHere, step)


@blueprint.post("/<ref:ref>/inspect")
@permission("slaughter.inspect")
def inspect(ref: str) -> ResponseReturnValue:
    """登记同步检疫."""

    def step(found: Carcass, given: Mapping[str, Any]) -> str:
        slaughtering.open_up(database.session(), found, given)
        return f"胴体 {found.number}：{CARCASS_STATE_LABELS[found.state]}"

    return _taken(slaughtering.carcass(database.session(), ref), InspectCarcassHere, step)


@blueprint.post("/<ref:ref>/dispose")
@permission("slaughter.record")
def dispose(ref: str) -> ResponseReturnValue:
    """登记无害化处理, with its photograph."""

    def step(found: Carcass, given: Mapping[str, Any]) -> str:
        session, title = database.session(), f"胴体 {found.number} 无害化处理"
        picture = files.store_sent(session, "photograph", title=title)
        carcasses.dispose(session, found, **_told({**given, "photographs": [picture]}))
        return "已登记无害化处理"

    return _taken(slaughtering.own_carcass(database.session(), ref), DisposeCarcassHere, step)


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, "at": given["at"] or whoami.now(), "by": whoami.actor()}
