"""单位 · mass is integer grams, money integer fen, and there is one rounding.

A price keeps the unit people agreed in (`PriceUnit`) beside the canonical fen per kilogram.
"""

from enum import StrEnum

G_PER_KG = 1000
G_PER_JIN = 500  # 1 斤 = 500 克
FEN_PER_YUAN = 100


class PriceUnit(StrEnum):
    """计价单位 · what a price is for."""

    PER_KG = "per_kg"
    PER_JIN = "per_jin"
    PER_HEAD = "per_head"


PRICE_UNIT_LABELS = {
    PriceUnit.PER_KG: "元/公斤",
    PriceUnit.PER_JIN: "元/斤",
    PriceUnit.PER_HEAD: "元/头",
}


def amount_fen(*, weight_g: int, price_fen_per_kg: int) -> int:
    """Price of a weight, in fen, rounded half up once and only here.

    >>> amount_fen(weight_g=512_500, price_fen_per_kg=26_80)
    1373500
    """
    return (weight_g * price_fen_per_kg + G_PER_KG // 2) // G_PER_KG


def agreed_amount_fen(unit: PriceUnit, *, price_fen: int, weight_g: int) -> int:
    """What one animal costs at the price as agreed.

    >>> agreed_amount_fen(PriceUnit.PER_JIN, price_fen=13_40, weight_g=425_500)
    1140340
    >>> agreed_amount_fen(PriceUnit.PER_HEAD, price_fen=11_000_00, weight_g=425_500)
    1100000
    """
    match unit:
        case PriceUnit.PER_KG:
            return amount_fen(weight_g=weight_g, price_fen_per_kg=price_fen)
        case PriceUnit.PER_JIN:
            return amount_fen(weight_g=weight_g, price_fen_per_kg=price_fen * 2)
        case PriceUnit.PER_HEAD:
            return price_fen
