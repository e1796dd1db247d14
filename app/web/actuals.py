"""完成值 · one reported figure: a second person confirms or returns it, the first one mends it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app import database, forms, programme, whoami
from app.auth.privileges import permission
from app.schemas.fields import Schema
from app.schemas.indicators import ReturnActual, ReviseActual
from registry import actuals
from registry.actuals import ACTUAL_STATUS_LABELS, Actual, ActualStatus

blueprint = Blueprint("actuals", __name__, url_prefix="/actuals")


@blueprint.get("/<ref:ref>")
@permission("indicator.view")
def show(ref: str) -> str:
    """一条完成值."""
    return _page(programme.actual(database.session(), ref), {}, {})


def _page(actual: Actual, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "actuals/show.html",
        actual=actual,
        form=form,
        errors=errors,
        statuses=ACTUAL_STATUS_LABELS,
        waiting=actual.status is ActualStatus.SUBMITTED,
        mine=actual.by_id == whoami.actor().id,
        mendable=ActualStatus.SUBMITTED in actuals.NEXT_STATUSES[actual.status],
        steps=programme.steps(session, actual.ref),
    )


@blueprint.post("/<ref:ref>/confirm")
@permission("indicator.confirm")
def confirm(ref: str) -> ResponseReturnValue:
    """确认完成值."""
    session = database.session()
    found = programme.actual(session, ref)

    def act(_given: Mapping[str, Any]) -> ResponseReturnValue:
        actuals.confirm(session, found, **whoami.acted())
        flash(f"已确认 {found.period} 的完成值", "success")
        return _back(found)

    return forms.handled(Schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/<ref:ref>/return")
@permission("indicator.confirm")
def send_back(ref: str) -> ResponseReturnValue:
    """退回完成值, with the reason."""
    session = database.session()
    found = programme.actual(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        actuals.send_back(session, found, **given, **whoami.acted())
        flash("已退回，填报人修改后可再提交", "success")
        return _back(found)

    return forms.handled(ReturnActual, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/<ref:ref>/revise")
@permission("indicator.report")
def revise(ref: str) -> ResponseReturnValue:
    """修改并提交."""
    session = database.session()
    found = programme.actual(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        proof = programme.photograph(session, f"{found.indicator.name} 完成值依据")
        actuals.revise(session, found, evidence=proof, **given, **whoami.acted())
        actuals.submit(session, found, **whoami.acted())
        flash("已修改并提交，等另一位人员确认", "success")
        return _back(found)

    return forms.handled(ReviseActual, act, lambda form, errors: _page(found, form, errors))


def _back(actual: Actual) -> Response:
    return redirect(url_for("indicators.show", ref=actual.indicator.ref), 303)
