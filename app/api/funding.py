"""资金台账接口 · arranged, approved, paid out, spent; by year beside the founding floor."""

from typing import Any

from app import database, files, funds, programme, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.funds import FundRow
from app.schemas.funding import (
    AnnulPayment,
    FundOut,
    FundPageOut,
    FundsOut,
    PayFundByProgram,
    PaymentOut,
    PlanFundByProgram,
    ReturnFund,
)
from registry import funding, spending
from registry.funding import Fund
from registry.spending import Payment

blueprint = Blueprint("api_funding", __name__, url_prefix="/api", description="资金台账")


@blueprint.get("/funds/")
@permission("fund.view")
@blueprint.response(200, FundsOut)
def index() -> dict[str, Any]:
    """资金台账.

    自己的集群，按年合计；方案的每年下限没有写明是每个集群还是合计，两种都列出。
    """
    session = database.session()
    rows = funds.rows(session)
    return {"rows": rows, "years": funds.years(session, rows)}


@blueprint.post("/clusters/<ref:ref>/funds")
@permission("fund.plan")
@blueprint.arguments(PlanFundByProgram)
@blueprint.response(201, FundOut)
def plan(form: dict[str, Any], ref: str) -> Fund:
    """安排资金.

    用途只能是方案第三部分（三）列出的；另一位人员批准后才能拨付。
    """
    session = database.session()
    cluster = programme.cluster(session, ref)
    shown = files.named(session, form.pop("evidence"))
    return funds.plan(session, cluster, form, evidence=shown)


@blueprint.get("/funds/<ref:ref>")
@permission("fund.view")
@blueprint.response(200, FundPageOut)
def show(ref: str) -> dict[str, Any]:
    """一笔资金安排."""
    session = database.session()
    found = funds.get(session, ref)
    row = FundRow(found, spending.totals(session, [found.id])[found.id])
    return {"fund": row.fund, "sums": row.sums, "payments": spending.of_fund(session, found)}


@blueprint.post("/funds/<ref:ref>/approve")
@permission("fund.approve")
@blueprint.response(200, FundOut)
def approve(ref: str) -> Fund:
    """批准资金安排.

    安排人不能批准自己的安排。
    """
    session = database.session()
    found = funds.get(session, ref)
    funding.approve(session, found, **whoami.acted())
    return found


@blueprint.post("/funds/<ref:ref>/return")
@permission("fund.approve")
@blueprint.arguments(ReturnFund, as_kwargs=True)
@blueprint.response(200, FundOut)
def send_back(ref: str, reason: str) -> Fund:
    """退回资金安排."""
    session = database.session()
    found = funds.get(session, ref)
    funding.send_back(session, found, reason=reason, **whoami.acted())
    return found


@blueprint.post("/funds/<ref:ref>/payments")
@permission("fund.plan")
@blueprint.arguments(PayFundByProgram)
@blueprint.response(201, PaymentOut)
def pay(form: dict[str, Any], ref: str) -> Payment:
    """登记拨付或支出.

    拨付不超过安排，支出不超过拨付。
    """
    session = database.session()
    found = funds.get(session, ref)
    shown = files.named(session, form.pop("evidence"))
    return funds.pay(session, found, form, evidence=shown)


@blueprint.post("/funds/payments/<ref:payment>/annul")
@permission("fund.approve")
@blueprint.arguments(AnnulPayment, as_kwargs=True)
@blueprint.response(200, PaymentOut)
def annul(payment: str, reason: str) -> Payment:
    """撤销拨付或支出."""
    session = database.session()
    found = funds.payment(session, payment)
    spending.annul(session, found, reason=reason, **whoami.acted())
    return found
