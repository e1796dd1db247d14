import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.identifiers.capitals import amount_in_capitals, count_in_capitals

UNITS = {"拾": 10, "佰": 100, "仟": 1000}
DIGITS = "零壹贰叁肆伍陆柒捌玖"


def read_count(text: str) -> int:
    """An independent reader of capital characters."""
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        head, found, tail = text.rpartition(unit) if unit == "亿" else text.partition(unit)
        if found:
            return read_count(head) * size + read_count(tail)
    total = 0
    for digit, unit in re.findall(f"([{DIGITS}])([拾佰仟]?)", text):
        total += DIGITS.index(digit) * UNITS.get(unit, 1)
    return total


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (35, "叁角伍分"),
        (1_05, "壹元零伍分"),
        (1_50, "壹元伍角整"),
        (10_00, "壹拾元整"),
        (10_010_05, "壹万零壹拾元零伍分"),
        (16_409_02, "壹万陆仟肆佰零玖元零贰分"),
        (325_04, "叁佰贰拾伍元零肆分"),
        (1_409_50, "壹仟肆佰零玖元伍角整"),
        (6_007_14, "陆仟零柒元壹角肆分"),
        (107_000_53, "壹拾万柒仟元伍角叁分"),
        (100_000_001_00, "壹亿零壹元整"),
        (1_000_000_000_000_00, "壹万亿元整"),
        (-1_05, "负壹元零伍分"),
    ],
)
def test_amounts_are_written_as_on_a_cheque(fen: int, text: str) -> None:
    assert amount_in_capitals(fen) == text


@given(st.integers(0, 10**16 - 1))
def test_a_count_in_capitals_is_read_back(count: int) -> None:
    text = count_in_capitals(count)

    assert read_count(text) == count
    assert "零零" not in text
    assert count == 0 or not text.endswith("零")


@given(st.integers(0, 10**15))
def test_an_amount_in_capitals_is_read_back(fen: int) -> None:
    text = amount_in_capitals(fen)

    yuan, _, rest = text.rpartition("元") if "元" in text else ("", "", text)
    small = {unit: DIGITS.index(digit) for digit, unit in re.findall("(.)([角分])", rest)}
    assert read_count(yuan) * 100 + small.get("角", 0) * 10 + small.get("分", 0) == fen
    assert text.endswith("整") == ("分" not in text)


@pytest.mark.parametrize("count", [-1, 10**16])
def test_a_count_beyond_writing_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="digits"):
        count_in_capitals(count)
