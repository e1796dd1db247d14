"""资金台账 · the money of one's clusters: arrange, approve, pay out, spend, annul."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, funds, programme, whoami
from app.auth.privileges import permission
from app.schemas.fields import Schema
from app.schemas.funding import AnnulPayment, PayFund, PlanFund, ReturnFund
from registry import adjustments, funding, spending
from registry.clusters import Cluster
from registry.funding import FUND_SOURCE_LABELS, FUND_STATE_LABELS, Fund, FundState
from registry.projects import of_cluster
from registry.spending import PAYMENT_KIND_LABELS
from traceability.base.clock import legal_day

blueprint = Blueprint("funding", __name__)
TONES = {FundState.PLANNED: "warn", FundState.APPROVED: "ok", FundState.RETURNED: ""}


def _labels() -> dict[str, Any]:
    return {
        "sources": FUND_SOURCE_LABELS,
        "states": FUND_STATE_LABELS,
        "tones": TONES,
        "kinds": PAYMENT_KIND_LABELS,
        "units": [(unit, unit) for unit in funds.MONEY_UNITS],
        "uses": {each.key: each.name for each in funding.uses(database.session())},
        "today": legal_day(whoami.now()),
    }


@blueprint.get("/funds/")
@permission("fund.view")
def index() -> str:
    """资金台账."""
    session = database.session()
    rows = funds.rows(session)
    return render_template(
        "funding/index.html",
        rows=rows,
        years=funds.years(session, rows),
        floor=funding.floor(session),
        clusters=programme.clusters_seen(session),
        **_labels(),
    )


@blueprint.get("/clusters/<ref:ref>/funds/new")
@permission("fund.plan")
def new(ref: str) -> str:
    """安排资金."""
    return _new_page(programme.cluster(database.session(), ref), {}, {})


def _new_page(cluster: Cluster, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "funding/new.html",
        cluster=cluster,
        projects=[(each.ref, each.name) for each in of_cluster(database.session(), cluster)],
        form=form,
        errors=errors,
        **_labels(),
    )


@blueprint.post("/clusters/<ref:ref>/funds/new")
@permission("fund.plan")
def plan(ref: str) -> ResponseReturnValue:
    """安排资金: take the form."""
    session = database.session()
    cluster = programme.cluster(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        shown = programme.photograph(session, f"资金下达文件 {given['document_no']}")
        made = funds.plan(session, cluster, given, evidence=shown)
        flash("已安排，等另一位人员批准后才能拨付", "success")
        return redirect(url_for("funding.show", ref=made.ref), 303)

    return forms.handled(PlanFund, act, lambda form, errors: _new_page(cluster, form, errors))


@blueprint.get("/funds/<ref:ref>")
@permission("fund.view")
def show(ref: str) -> str:
    """一笔资金安排."""
    return _page(funds.get(database.session(), ref), {}, {})


def _page(fund: Fund, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "funding/show.html",
        fund=fund,
        sums=spending.totals(session, [fund.id])[fund.id],
        payments=spending.of_fund(session, fund),
        changes=adjustments.of_thing(session, fund.ref),
        mine=fund.by_id == whoami.actor().id,
        steps=programme.steps(session, fund.ref),
        form=form,
        errors=errors,
        **_labels(),
    )


@blueprint.post("/funds/<ref:ref>/approve")
@permission("fund.approve")
def approve(ref: str) -> ResponseReturnValue:
    """批准资金安排."""
    session = database.session()
    found = funds.get(session, ref)

    def act(_given: Mapping[str, Any]) -> ResponseReturnValue:
        funding.approve(session, found, **whoami.acted())
        flash("已批准，可以拨付", "success")
        return redirect(url_for("funding.show", ref=ref), 303)

    return forms.handled(Schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/funds/<ref:ref>/return")
@permission("fund.approve")
def send_back(ref: str) -> ResponseReturnValue:
    """退回资金安排, with the reason."""
    session = database.session()
    found = funds.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        funding.send_back(session, found, **given, **whoami.acted())
        flash("已退回", "success")
        return redirect(url_for("funding.show", ref=ref), 303)

    return forms.handled(ReturnFund, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/funds/<ref:ref>/payments")
@permission("fund.plan")
def pay(ref: str) -> ResponseReturnValue:
    """登记拨付或支出, with its voucher."""
    session = database.session()
    found = funds.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        shown = programme.photograph(session, f"凭证 {given['voucher_no']}")
        made = funds.pay(session, found, given, evidence=shown)
        flash(f"已登记{PAYMENT_KIND_LABELS[made.kind]}", "success")
        return redirect(url_for("funding.show", ref=ref), 303)

    return forms.handled(PayFund, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/funds/payments/<ref:payment>/annul")
@permission("fund.approve")
def annul(payment: str) -> ResponseReturnValue:
    """撤销一笔拨付或支出, with the reason."""
    session = database.session()
    found = funds.payment(session, payment)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        spending.annul(session, found, **given, **whoami.acted())
        flash("已撤销", "success")
        return redirect(url_for("funding.show", ref=found.fund.ref), 303)

    return forms.handled(AnnulPayment, act, lambda form, errors: _page(found.fund, form, errors))
