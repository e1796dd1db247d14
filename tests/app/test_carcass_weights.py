"""Kilograms as a hall scale shows them, typed on a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.schemas.carcasses import parse_kg
from traceability.base.errors import RuleViolation


@given(st.integers(0, 99_999))
def test_what_a_scale_shows_is_read_to_the_gram(hectograms: int) -> None:
    assert parse_kg(f"{hectograms // 10}.{hectograms % 10}") == hectograms * 100


@pytest.mark.parametrize("text", ["", "280,5", "280.55", "-1", "280 kg", "1e3", "12345", "."])
def test_anything_else_is_asked_for_again(text: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        parse_kg(text)

    assert refusal.value.code == "weight.bad_form"


def test_full_width_digits_of_a_chinese_keyboard_are_digits() -> None:
    assert parse_kg("２８０.５") == 280_500
