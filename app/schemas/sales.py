"""成交 · what goes in and out about sales; the desk types yuan, programs send whole fen."""

import re
import unicodedata

from app.labels.receipt import ReceiptSize
from app.schemas import fields
from app.schemas.fields import Schema
from market.sales.records import CLIENT_KEY_CHARS_MAX, SaleState
from traceability.base.errors import RuleViolation
from traceability.base.units import FEN_PER_YUAN, PriceUnit

YUAN = re.compile(r"(\d{1,9})(?:\.(\d{0,4}))?")
FEN_DIGITS = 2
REASON_CHARS_MAX = 200


def parse_yuan(text: str) -> int:
    """A price in yuan as people type it, in fen.

    >>> parse_yuan("26.8"), parse_yuan("２６．８０"), parse_yuan("1,100")
    (2680, 2680, 110000)

    Raises:
        RuleViolation: `sale.price_not_a_number`, `sale.price_too_fine`, `sale.price_zero`,
            `sale.price_too_high`.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace(",", "").replace("。", ".")
    match = YUAN.fullmatch(plain)
    if match is None:
        if plain.isdigit():
            raise RuleViolation("sale.price_too_high", "单价太大，请核对单价和单位")
        raise RuleViolation("sale.price_not_a_number", "单价应为数字，例如 26.80")
    whole, part = int(match[1]), match[2] or ""
    if len(part.rstrip("0")) > FEN_DIGITS:
        raise RuleViolation("sale.price_too_fine", "单价最多到分（两位小数）")
    fen = whole * FEN_PER_YUAN + int(part[:FEN_DIGITS].ljust(FEN_DIGITS, "0"))
    if fen == 0:
        raise RuleViolation("sale.price_zero", "单价应大于 0")
    if fen > fields.SAFE_INTEGER // 10**6:
        raise RuleViolation("sale.price_too_high", "单价太大，请核对单价和单位")
    return fen


class Yuan(fields.Parsed):
    """单价 · in yuan, as typed."""

    parse = staticmethod(parse_yuan)


class ClientKey(fields.String):
    """成交编号 · made by the client, the same again for the same sale."""

    def __init__(self) -> None:
        super().__init__(required=True, maximum=CLIENT_KEY_CHARS_MAX)


class DeskSale(Schema):
    """登记成交, from the desk's page."""

    client_key = ClientKey()
    crate = fields.String(load_default="", maximum=40)
    typed = fields.Boolean(load_default=False)
    weighing = fields.Ref("weighing", required=True)
    buyer = fields.Ref("party", required=True)
    price = Yuan(required=True)
    price_unit = fields.Choice(PriceUnit, required=True)


class UndoSale(Schema):
    """撤销成交, from the desk's page."""

    sale = fields.Ref("sale", required=True)
    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class AssignWeight(Schema):
    """把一次没有读到耳标的称重记给一头牛."""

    crate = fields.String(required=True, maximum=40)
    case = fields.Integer(required=True, minimum=1)
    ear_tag = fields.String(required=True, maximum=40)


class RegisterSale(Schema):
    """登记成交."""

    client_key = ClientKey()
    weighing = fields.Ref("weighing", required=True)
    buyer = fields.Ref("party", required=True)
    price_fen = fields.Integer(required=True, minimum=1, metadata={"description": "单价，分"})
    price_unit = fields.Choice(PriceUnit, required=True)


class CancelSale(Schema):
    """撤销成交."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class SaleOut(Schema):
    """成交."""

    ref = fields.Ref("sale")
    receipt_code = fields.String()
    ear_tag = fields.String(attribute="animal.ear_tag")
    animal = fields.Ref("animal", attribute="animal.ref")
    market = fields.Ref("holding", attribute="market.ref")
    seller = fields.Ref("party", attribute="seller.ref")
    seller_name = fields.String(attribute="seller.name")
    buyer = fields.Ref("party", attribute="buyer.ref")
    buyer_name = fields.String(attribute="buyer.name")
    weighing = fields.Ref("weighing", attribute="weighing.ref", allow_none=True, dump_default=None)
    price_unit = fields.Choice(PriceUnit)
    price_fen = fields.Integer()
    weight_g = fields.Integer(allow_none=True)
    amount_fen = fields.Integer(allow_none=True)
    agreed_at = fields.Instant()
    state = fields.Choice(SaleState)


class SalesQuery(Schema):
    """查询成交."""

    page = fields.Integer(load_default=1, minimum=1, maximum=10_000)


class ReceiptQuery(Schema):
    """打印回执."""

    size = fields.Choice(ReceiptSize, load_default=ReceiptSize.A5)
