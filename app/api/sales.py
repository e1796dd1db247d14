"""成交 · registering a sale, undoing it, and its way through counter and gate."""

from collections.abc import Mapping, Sequence
from typing import Any

from app import database, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.desk import crates, selling
from app.desk.selling import Offer
from app.schemas.counter import CounterStep, Step
from app.schemas.sales import CancelSale, RegisterSale, SaleOut, SalesQuery
from market.sales import agreeing, closing
from market.sales.records import Sale

blueprint = Blueprint("api_sales", __name__, url_prefix="/api/sales", description="成交")
STEPS = {
    Step.CASH: closing.receive_cash,
    Step.HAND_OVER: closing.hand_over,
    Step.ACCEPT: closing.accept,
    Step.PAY: closing.pay_seller,
}
assert STEPS.keys() == set(Step)


@blueprint.get("/")
@permission("sale.view")
@blueprint.arguments(SalesQuery, location="query", as_kwargs=True)
@blueprint.response(200, SaleOut(many=True))
def index(page: int) -> Sequence[Sale]:
    """成交记录, newest first, 50 a page; beyond the last page there are none."""
    found = selling.listed(database.session(), page=page)
    return found.rows if found.page == page else []


@blueprint.post("/")
@permission("sale.register")
@blueprint.arguments(RegisterSale)
@blueprint.response(201, SaleOut)
def register(given: Mapping[str, Any]) -> Sale:
    """登记成交: agreed and weighed at once; the same `client_key` again gives the same sale."""
    session = database.session()
    return selling.register(
        session,
        Offer(**given),
        market=crates.market(session),
        at=whoami.now(),
        by=whoami.actor(),
    )


@blueprint.get("/<ref:ref>")
@permission("sale.view")
@blueprint.response(200, SaleOut)
def show(ref: str) -> Sale:
    """一笔成交."""
    return selling.get(database.session(), ref)


@blueprint.post("/<ref:ref>/cancel")
@permission("sale.cancel")
@blueprint.arguments(CancelSale)
@blueprint.response(200, SaleOut)
def cancel(given: Mapping[str, Any], ref: str) -> Sale:
    """撤销, before any money has moved."""
    session = database.session()
    sale = selling.at_my_market(session, ref)
    agreeing.cancel(session, sale, reason=given["reason"], at=whoami.now(), by=whoami.actor())
    return sale


@blueprint.post("/<ref:ref>/steps")
@permission("sale.settle")
@blueprint.arguments(CounterStep)
@blueprint.response(200, SaleOut)
def advance(given: Mapping[str, Any], ref: str) -> Sale:
    """收款、交割、验收、付卖主: one step."""
    session = database.session()
    sale = selling.at_my_market(session, ref)
    STEPS[given["step"]](session, sale, at=given["at"] or whoami.now(), by=whoami.actor())
    return sale
