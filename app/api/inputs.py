"""投入品台账接口 · purchases of a holding, and what is left of them."""

from collections.abc import Sequence
from typing import Any

from app import database, purchasing
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.inputs import BuyInputOf, PurchaseOut, StockOut
from traceability import inputs
from traceability.inputs import Purchase, Stock

blueprint = Blueprint("api_inputs", __name__, url_prefix="/api/holdings", description="投入品台账")


@blueprint.get("/<ref:ref>/inputs/purchases")
@permission("input.view")
@blueprint.response(200, PurchaseOut(many=True))
def purchases(ref: str) -> Sequence[Purchase]:
    """投入品购入.

    新的在前。
    """
    session = database.session()
    return inputs.purchases(session, purchasing.place(session, ref))


@blueprint.post("/<ref:ref>/inputs/purchases")
@permission("input.record")
@blueprint.arguments(BuyInputOf)
@blueprint.response(201, PurchaseOut)
def buy(form: dict[str, Any], ref: str) -> Purchase:
    """登记投入品购入.

    兽药和疫苗要有批号；凭证照片可以先上传为佐证。
    """
    session = database.session()
    holding = purchasing.place(session, ref)
    evidence = purchasing.named(session, form.pop("evidence"))
    return purchasing.buy(session, holding, form, evidence)


@blueprint.get("/<ref:ref>/inputs/stock")
@permission("input.view")
@blueprint.response(200, StockOut(many=True))
def stock(ref: str) -> Sequence[Stock]:
    """投入品库存.

    购入减去在这个场所用药时写明的用量；没写用量的另外计次。
    """
    session = database.session()
    return inputs.stock(session, purchasing.place(session, ref))
