"""兽药标签 · what labels say, entered with a photograph and confirmed by a second person."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, files, forms, programme, whoami
from app.auth.privileges import permission
from app.schemas.drug_labels import EnterDrugLabel, ReturnDrugLabel
from app.schemas.fields import Schema
from traceability.base.clock import legal_day
from traceability.treatments import ROUTE_LABELS, drug_labels
from traceability.treatments.drug_labels import (
    DRUG_LABEL_STATE_LABELS,
    DrugLabel,
    DrugLabelState,
    LabelCard,
)

blueprint = Blueprint("drug_labels", __name__, url_prefix="/drug-labels")


@blueprint.get("/")
@permission("drug_label.view")
def index() -> str:
    """兽药标签."""
    chosen, words = request.args.get("state", ""), request.args.get("q", "").strip()[:40]
    state = DrugLabelState(chosen) if chosen in set(DrugLabelState) else None
    return render_template(
        "drug_labels/index.html",
        rows=drug_labels.listed(database.session(), state=state, approval_no=words),
        chosen=state,
        words=words,
        states=DRUG_LABEL_STATE_LABELS,
        routes=ROUTE_LABELS,
    )


@blueprint.get("/new")
@permission("drug_label.record")
def enter() -> str:
    """登记兽药标签."""
    return _enter_page({}, {})


def _enter_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "drug_labels/enter.html",
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
        routes=list(ROUTE_LABELS.items()),
    )


@blueprint.post("/new")
@permission("drug_label.record")
def enter_label() -> ResponseReturnValue:
    """登记兽药标签: take the form and the photograph."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        session, card = database.session(), LabelCard(**given)
        picture = files.store_sent(session, "photograph", title=f"{card.drug} 标签")
        made = drug_labels.enter(session, card, evidence=picture, **whoami.acted())
        flash("已登记，另一位人员复核后按它计算休药期", "success")
        return redirect(url_for("drug_labels.show", ref=made.ref), 303)

    return forms.handled(EnterDrugLabel, act, _enter_page)


@blueprint.get("/<ref:ref>")
@permission("drug_label.view")
def show(ref: str) -> str:
    """一份兽药标签."""
    return _page(drug_labels.get(database.session(), ref), {}, {})


def _page(label: DrugLabel, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "drug_labels/show.html",
        label=label,
        waiting=label.state is DrugLabelState.ENTERED,
        mine=label.by_id == whoami.actor().id,
        steps=programme.steps(database.session(), label.ref),
        states=DRUG_LABEL_STATE_LABELS,
        routes=ROUTE_LABELS,
        form=form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>/confirm")
@permission("drug_label.confirm")
def confirm(ref: str) -> ResponseReturnValue:
    """复核: from now on the label counts."""
    session = database.session()
    found = drug_labels.get(session, ref)

    def act(_given: Mapping[str, Any]) -> ResponseReturnValue:
        drug_labels.confirm(session, found, **whoami.acted())
        flash("已复核，按所写日期起的用药都按它计算", "success")
        return redirect(url_for("drug_labels.show", ref=ref), 303)

    return forms.handled(Schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/<ref:ref>/return")
@permission("drug_label.confirm")
def send_back(ref: str) -> ResponseReturnValue:
    """退回, with the reason."""
    session = database.session()
    found = drug_labels.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        drug_labels.send_back(session, found, **given, **whoami.acted())
        flash("已退回", "success")
        return redirect(url_for("drug_labels.show", ref=ref), 303)

    return forms.handled(ReturnDrugLabel, act, lambda form, errors: _page(found, form, errors))
