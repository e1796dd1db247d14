import re
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.identifiers.ear_tags import Species, expand_suffixes, parse_ear_tag
from traceability.identifiers.refusals import IdentifierError


@pytest.mark.parametrize(
    "typed",
    [
        "252052600012345",
        "２５２０５２６０００１２３４５",
        " 2 520526 00012345 ",
        "2-520526-00012345",
        "2\u3000520526\u00a000012345\ufeff",
        "2—520526—00012345",
    ],
)
def test_a_tag_is_the_same_however_it_was_typed(typed: str) -> None:
    assert parse_ear_tag(typed).code == "252052600012345"


def test_a_tag_from_weining_before_2011_is_still_a_tag() -> None:
    assert parse_ear_tag("252242700012345").county == "522427"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "ear_tag.empty"),
        ("   ", "ear_tag.empty"),
        ("25205260001234", "ear_tag.length"),
        ("2520526000123456", "ear_tag.length"),
        ("2.52E+14", "ear_tag.scientific"),
        ("2.52053E+14", "ear_tag.scientific"),
        ("2e14", "ear_tag.scientific"),
        ("２.５２Ｅ+14", "ear_tag.scientific"),
        ("25205260001234O", "ear_tag.not_digits"),
        ("252052600012345.0", "ear_tag.not_digits"),
        ("٢٥٢٠٥٢٦٠٠٠١٢٣٤٥", "ear_tag.not_digits"),
        ("152052600012345", "ear_tag.species"),
        ("752052600012345", "ear_tag.species"),
        ("252064000012345", "ear_tag.county"),
        ("252050000012345", "ear_tag.county"),
        ("9" * 5_000, "ear_tag.length"),
    ],
)
def test_what_is_no_cattle_tag_is_refused_with_the_way_out(typed: str, code: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        parse_ear_tag(typed)

    assert refusal.value.code == code
    assert re.search("[\u4e00-\u9fff]", refusal.value.sentence)


def test_a_tag_cannot_be_seen_before_its_county_had_the_code() -> None:
    assert parse_ear_tag("252052600012345", seen_on=date(2012, 1, 1)).county == "520526"

    with pytest.raises(IdentifierError) as refusal:
        parse_ear_tag("252052600012345", seen_on=date(2010, 1, 1))

    assert refusal.value.code == "ear_tag.county"


def test_an_old_tag_may_be_seen_long_after_the_county_was_renumbered() -> None:
    assert parse_ear_tag("252242700012345", seen_on=date(2026, 1, 1)).county == "522427"


def test_other_species_are_read_where_they_are_wanted() -> None:
    assert parse_ear_tag("352052600012345", species=None).species is Species.SHEEP


@given(st.integers(0, 99_999_999), st.sampled_from(["520526", "522427", "520204", "440111"]))
def test_what_is_printed_is_read_back(serial: int, county: str) -> None:
    tag = parse_ear_tag(f"2{county}{serial:08d}")

    assert parse_ear_tag(tag.grouped) == tag == parse_ear_tag(str(tag))


def test_an_appendix_of_last_digits_unfolds_into_full_tags() -> None:
    tags = expand_suffixes("252052600012345", "346，348-350；００1")

    assert [tag.serial[-3:] for tag in tags] == ["345", "346", "348", "349", "350", "001"]


@pytest.mark.parametrize(
    ("suffixes", "code"),
    [
        ("345", "ear_tag.suffix_twice"),
        ("350-348", "ear_tag.suffix_order"),
        ("8-12", "ear_tag.suffix_order"),
        ("abc", "ear_tag.suffix"),
        ("123456789", "ear_tag.suffix"),
        ("00000000-99999999", "ear_tag.suffix_count"),
    ],
)
def test_an_appendix_that_cannot_be_right_is_refused(suffixes: str, code: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        expand_suffixes("252052600012345", suffixes)

    assert refusal.value.code == code


@given(st.text())
def test_any_text_is_either_a_tag_or_an_ordinary_refusal(text: str) -> None:
    with suppress(IdentifierError):
        assert len(parse_ear_tag(text).code) == 15
