"""集体决策 · recorded by one officer, checked by another person; changes rest on it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, deciding, forms, programme, whoami, workbooks
from app.auth.privileges import permission
from app.schemas.decisions import RecordDecision, ReturnDecision
from app.schemas.fields import Schema
from registry import adjustments, decisions, plans
from registry.clusters import Cluster
from registry.decisions import (
    DECISION_STATE_LABELS,
    MATTER_LABELS,
    Decision,
    DecisionState,
)

blueprint = Blueprint("decisions", __name__)
TONES = {
    DecisionState.RECORDED: "warn",
    DecisionState.CONFIRMED: "ok",
    DecisionState.RETURNED: "stop",
}


def _labels() -> dict[str, Any]:
    return {
        "states": DECISION_STATE_LABELS,
        "tones": TONES,
        "matters": MATTER_LABELS,
        "matters_of": deciding.matters_of,
    }


@blueprint.get("/decisions/")
@permission("decision.view")
def index() -> str:
    """集体决策."""
    session = database.session()
    page = request.args.get("page", 1, type=int)
    return render_template(
        "decisions/index.html",
        listed=deciding.decisions_listed(session, page=page),
        clusters=programme.clusters_seen(session),
        **_labels(),
    )


@blueprint.get("/decisions/decisions.xlsx")
@permission("decision.view")
def workbook() -> Response:
    """集体决策, as a workbook."""
    return workbooks.answer(deciding.decisions_book(database.session()), "decisions.xlsx")


@blueprint.get("/clusters/<ref:ref>/decisions/new")
@permission("decision.record")
def new(ref: str) -> str:
    """登记集体决策."""
    return _new_page(programme.cluster(database.session(), ref), {}, {})


def _new_page(cluster: Cluster, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "decisions/new.html",
        cluster=cluster,
        today=deciding.today(),
        form=form,
        errors=errors,
        **_labels(),
    )


@blueprint.post("/clusters/<ref:ref>/decisions/new")
@permission("decision.record")
def record(ref: str) -> ResponseReturnValue:
    """登记集体决策: take the form and the signed page."""
    session = database.session()
    cluster = programme.cluster(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        signed = programme.photograph(session, f"签字页 {given['filing_no']}")
        made = decisions.record(session, cluster, evidence=signed, **given, **whoami.acted())
        flash("已登记，等另一位人员核对后才能据以变更", "success")
        return redirect(url_for("decisions.show", ref=made.ref), 303)

    return forms.handled(RecordDecision, act, lambda form, errors: _new_page(cluster, form, errors))


@blueprint.get("/decisions/<ref:ref>")
@permission("decision.view")
def show(ref: str) -> str:
    """一项集体决策."""
    return _page(deciding.decision(database.session(), ref), {}, {})


def _page(decision: Decision, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "decisions/show.html",
        decision=decision,
        changes=adjustments.of_decision(session, decision),
        issued=plans.of_decision(session, decision),
        kinds=plans.PLAN_KIND_LABELS,
        mine=decision.by_id == whoami.actor().id,
        steps=programme.steps(session, decision.ref),
        form=form,
        errors=errors,
        **_labels(),
    )


@blueprint.post("/decisions/<ref:ref>/confirm")
@permission("decision.confirm")
def confirm(ref: str) -> ResponseReturnValue:
    """核对集体决策."""
    session = database.session()
    found = deciding.decision(session, ref)

    def act(_given: Mapping[str, Any]) -> ResponseReturnValue:
        decisions.confirm(session, found, **whoami.acted())
        flash("已核对，可以据以变更", "success")
        return redirect(url_for("decisions.show", ref=ref), 303)

    return forms.handled(Schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/decisions/<ref:ref>/return")
@permission("decision.confirm")
def send_back(ref: str) -> ResponseReturnValue:
    """退回集体决策, with the reason."""
    session = database.session()
    found = deciding.decision(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        decisions.send_back(session, found, **given, **whoami.acted())
        flash("已退回", "success")
        return redirect(url_for("decisions.show", ref=ref), 303)

    return forms.handled(ReturnDecision, act, lambda form, errors: _page(found, form, errors))
