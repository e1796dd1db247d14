"""数量 · how much of a drug or feed, in thousandths of the unit people count it in."""

import re
import unicodedata
from enum import StrEnum

from traceability.base.errors import RuleViolation

MILLI = 1000
AMOUNT_MILLI_MAX = 1_000_000 * MILLI
NUMBER = re.compile(r"(\d{1,7})(?:\.(\d{1,3}))?")


class AmountUnit(StrEnum):
    """计数单位 · what a farm counts its drugs and feeds in."""

    BOTTLE = "bottle"
    AMPOULE = "ampoule"
    BOX = "box"
    BAG = "bag"
    TABLET = "tablet"
    DOSE = "dose"
    ML = "ml"
    GRAM = "gram"
    KG = "kg"


AMOUNT_UNIT_LABELS = {
    AmountUnit.BOTTLE: "瓶",
    AmountUnit.AMPOULE: "支",
    AmountUnit.BOX: "盒",
    AmountUnit.BAG: "袋",
    AmountUnit.TABLET: "片",
    AmountUnit.DOSE: "头份",
    AmountUnit.ML: "毫升",
    AmountUnit.GRAM: "克",
    AmountUnit.KG: "公斤",
}


def parse_amount(text: str) -> int:
    """A number with at most three decimals, in thousandths.

    >>> parse_amount("2.5"), parse_amount("１０")
    (2500, 10000)

    Raises:
        RuleViolation: `amount.invalid`.
    """
    found = NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip().replace(",", ""))
    if found is None:
        raise RuleViolation("amount.invalid", "数量应为数字，最多三位小数，例如 2.5")
    milli = int(found[1]) * MILLI + int((found[2] or "").ljust(3, "0"))
    if not 0 < milli <= AMOUNT_MILLI_MAX:
        raise RuleViolation("amount.invalid", "数量应大于 0，不超过一百万")
    return milli


def amount_words(milli: int, unit: AmountUnit) -> str:
    """An amount as people write it.

    >>> amount_words(2500, AmountUnit.BOTTLE), amount_words(-10000, AmountUnit.ML)
    ('2.5 瓶', '-10 毫升')
    """
    whole, rest = divmod(abs(milli), MILLI)
    decimals = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{'-' if milli < 0 else ''}{whole}{decimals} {AMOUNT_UNIT_LABELS[unit]}"
