"""Figures reach people the way the trade writes them."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app import filters


@pytest.mark.parametrize(
    ("weight_g", "shown"),
    [(0, "0.0"), (49, "0.0"), (50, "0.1"), (999_949, "999.9"), (999_950, "1,000.0")],
)
def test_a_weight_is_rounded_half_up_to_a_hundred_grams(weight_g: int, shown: str) -> None:
    assert filters.kg_number(weight_g) == shown


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_no_fen_is_lost_between_the_ledger_and_the_page(amount_fen: int) -> None:
    shown = filters.yuan_number(amount_fen)

    assert int(shown.replace(",", "").replace(".", "")) == amount_fen


@pytest.mark.parametrize("name", sorted(filters.FILTERS))
def test_a_missing_value_is_shown_and_never_breaks_a_page(name: str) -> None:
    day = date(2026, 11, 22)
    at = datetime(2026, 11, 22, tzinfo=UTC)
    more = {"days_left": (day,), "time_left": (at,)}.get(name, ())

    assert filters.FILTERS[name](None, *more) in (filters.MISSING, "", ())


def test_a_day_is_the_day_in_weining_not_in_greenwich() -> None:
    at = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)

    assert filters.cn_date(at) == "2026年11月22日"
    assert filters.cn_datetime(at) == "2026年11月22日 00:00"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        filters.cn_datetime(datetime(2026, 11, 22, 6, 12))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("text", ["25205260001234", "2520526000123456", "2.52E+14", "abc"])
def test_a_number_that_is_no_ear_tag_is_shown_as_it_is(text: str) -> None:
    assert filters.tag(text) == text


def test_turning_a_page_keeps_the_filter_and_never_the_old_page() -> None:
    query = MultiDict([("state", "open"), ("state", "late"), ("page", "2"), ("_scheme", "x")])

    address = filters.with_query("/sales", query, page=3)

    assert address == "/sales?state=open&state=late&_scheme=x&page=3"


def test_the_filters_work_in_a_template() -> None:
    app = Flask(__name__)
    filters.register(app)

    with app.test_request_context("/animals?q=1&page=2"):
        page = app.jinja_env.from_string("{{ 425500 | kg }} {{ here(page=3) }}").render()

    assert page == "425.5 公斤 /animals?q=1&amp;page=3"
