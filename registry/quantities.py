"""数量 · printed values and their units: decimal text and exact fractions, never floats.

The founding document counts in 亿元 and 万亩; officers report in 元 and 亩. A conversion is exact
or refused; nothing is rounded.
"""

import re
import unicodedata
from fractions import Fraction

from traceability.base.errors import RuleViolation

DECIMAL = re.compile(r"\d{1,15}(\.\d{1,6})?")
VALUE_CHARS_MAX = 24
WAN = 10_000
YI = 100_000_000

UNITS: dict[str, tuple[str, int]] = {
    "元": ("money", 1),
    "万元": ("money", WAN),
    "亿元": ("money", YI),
    "头": ("head", 1),
    "万头": ("head", WAN),
    "亩": ("area", 1),
    "万亩": ("area", WAN),
    "平方米": ("floor", 1),
    "万平方米": ("floor", WAN),
    "吨": ("mass", 1),
    "万吨": ("mass", WAN),
    "万金吨": ("metal", WAN),
    "把": ("piece", 1),
    "万把": ("piece", WAN),
}
"""Unit → what it measures and how many of the smallest unit it holds; others equal themselves."""


def parse_value(text: str) -> str:
    """A number as people type it, as plain decimal text.

    >>> parse_value(" １，２００.50 ")
    '1200.5'

    Raises:
        RuleViolation: `quantity.not_a_number`.
    """
    plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    if DECIMAL.fullmatch(plain) is None:
        raise RuleViolation(
            "quantity.not_a_number",
            "请填写不带单位的数字，整数不超过 15 位，小数不超过 6 位，如 1200 或 2.25",
        )
    return decimal_text(Fraction(plain))


def decimal_text(value: Fraction) -> str:
    """A fraction as decimal text without trailing zeros; it must end.

    >>> decimal_text(Fraction(9, 4)), decimal_text(Fraction(1000))
    ('2.25', '1000')
    """
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
        assert digits <= 2 * VALUE_CHARS_MAX, "a value that has no end in decimals"
    whole = int(value * 10**digits)
    text = f"{whole:0{digits + 1}d}"
    return text if digits == 0 else f"{text[:-digits]}.{text[-digits:]}"


def convert(value: str, unit: str | None, to: str | None) -> str:
    """A value in another unit of the same kind, exactly.

    >>> convert("1.2", "万亩", "亩"), convert("112300", "万元", "亿元")
    ('12000', '11.23')

    Raises:
        RuleViolation: `quantity.unit_mismatch`.
    """
    if unit == to:
        return decimal_text(Fraction(value))
    have, want = UNITS.get(unit or ""), UNITS.get(to or "")
    if have is None or want is None or have[0] != want[0]:
        raise RuleViolation(
            "quantity.unit_mismatch",
            f"单位“{unit or '无'}”不能换算成“{to or '无'}”，请按指标的单位填报",
        )
    return decimal_text(Fraction(value) * have[1] / want[1])
