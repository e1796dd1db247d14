"""指标 · an indicator beside its sentence: what was planned, what was reached, who confirmed it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, programme, whoami
from app.auth.privileges import permission
from app.schemas.indicators import ReportActual
from registry import actuals, adjustments, doubts, indicators, overview
from registry.actuals import ACTUAL_SOURCE_LABELS, ACTUAL_STATUS_LABELS
from registry.indicators import FIGURE_ROLE_LABELS, FigureRole, Indicator

blueprint = Blueprint("indicators", __name__, url_prefix="/indicators")


@blueprint.get("/<ref:ref>")
@permission("indicator.view")
def show(ref: str) -> str:
    """一个指标."""
    session = database.session()
    found = programme.indicator(session, ref)
    figures = indicators.figures(session, found, *FigureRole)
    targets = [row for row in figures if row.role is FigureRole.TARGET]
    return render_template(
        "indicators/show.html",
        indicator=found,
        figures=figures,
        targets=targets,
        adjusted=adjustments.newest(session, [row.ref for row in targets]),
        rows=actuals.of_indicator(session, found),
        doubts=overview.doubts(session, found.cluster),
        readings=doubts.readings(session),
        roles=FIGURE_ROLE_LABELS,
        statuses=ACTUAL_STATUS_LABELS,
        sources=ACTUAL_SOURCE_LABELS,
        reached=adjustments.reaches,
        target_role=FigureRole.TARGET,
    )


@blueprint.get("/<ref:ref>/actual")
@permission("indicator.report")
def actual(ref: str) -> str:
    """填报完成值."""
    return _report_page(programme.indicator(database.session(), ref), {}, {})


def _report_page(indicator: Indicator, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template("indicators/report.html", indicator=indicator, form=form, errors=errors)


@blueprint.post("/<ref:ref>/actual")
@permission("indicator.report")
def report(ref: str) -> ResponseReturnValue:
    """填报完成值: take the form and the paper it rests on, and hand it to the second person."""
    session = database.session()
    found = programme.indicator(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        proof = programme.photograph(session, f"{found.name} 完成值依据")
        row = actuals.report(session, found, evidence=proof, **given, **whoami.acted())
        actuals.submit(session, row, **whoami.acted())
        flash(f"{row.period} 的完成值已提交，等另一位人员确认", "success")
        return redirect(url_for("indicators.show", ref=ref), 303)

    return forms.handled(ReportActual, act, lambda form, errors: _report_page(found, form, errors))
