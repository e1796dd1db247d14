from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.identifiers import (
    certificates,
    farm_codes,
    phones,
    plates,
    region_codes,
    resident_ids,
    short_codes,
    uscc,
)
from traceability.identifiers.refusals import IdentifierError

Parser = Callable[[str], object]
PARSERS: list[Parser] = [
    certificates.parse_certificate_number,
    certificates.parse_official_number,
    farm_codes.parse_farm_code,
    phones.parse_phone,
    plates.parse_plate,
    resident_ids.parse_resident_id,
    short_codes.parse_public_code,
    uscc.parse_uscc,
]


@pytest.mark.parametrize(
    ("parser", "typed", "code"),
    [
        (uscc.parse_uscc, "91110000600037341", "uscc.length"),
        (uscc.parse_uscc, "9111000060003734IL", "uscc.form"),
        (uscc.parse_uscc, "91110000600037342L", "uscc.check"),
        (resident_ids.parse_resident_id, "522427900307378", "resident_id.length"),
        (resident_ids.parse_resident_id, "5224271990030737", "resident_id.length"),
        (resident_ids.parse_resident_id, "5224271990030737XX", "resident_id.form"),
        (resident_ids.parse_resident_id, "52242719900230378X", "resident_id.birth"),
        (resident_ids.parse_resident_id, "522427199003073781", "resident_id.check"),
        (phones.parse_phone, "12800138000", "phone.form"),
        (phones.parse_phone, "1380013800", "phone.form"),
        (plates.parse_plate, "贵O12345", "plate.form"),
        (plates.parse_plate, "威F12345", "plate.form"),
        (farm_codes.parse_farm_code, "520526012", "farm_code.length"),
        (farm_codes.parse_farm_code, "5206400127", "farm_code.county"),
        (farm_codes.parse_farm_code, "", "farm_code.empty"),
        (farm_codes.parse_farm_code, "5.2E+09", "farm_code.scientific"),
        (farm_codes.parse_farm_code, "52052601x7", "farm_code.not_digits"),
        (certificates.parse_certificate_number, "DB-520526-26-1", "certificate_number.form"),
        (
            certificates.parse_certificate_number,
            "DB-520640-2026-000001",
            "certificate_number.county",
        ),
        (certificates.parse_official_number, "!", "certificate_number.official"),
        (short_codes.parse_public_code, "01AB-CDEF-GHJK-MNPU", "public_code.form"),
    ],
)
def test_a_number_that_cannot_be_is_refused(parser: Parser, typed: str, code: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        parser(typed)

    assert refusal.value.code == code


@pytest.mark.parametrize("parser", PARSERS)
@given(text=st.text(max_size=40))
def test_any_text_gets_an_answer(parser: Parser, text: str) -> None:
    with suppress(IdentifierError):
        assert parser(text)


@given(st.text(uscc.ALPHABET, min_size=9, max_size=9))
def test_one_wrong_character_of_a_credit_code_is_noticed(tail: str) -> None:
    body = "N2520526" + tail
    code = body + uscc.check_character(body)
    assert uscc.parse_uscc(code) == code

    other = "0" if code[10] != "0" else "1"
    with pytest.raises(IdentifierError):
        uscc.parse_uscc(code[:10] + other + code[11:])


def test_nobody_is_born_after_the_day_on_which_his_number_is_given() -> None:
    on = date(1990, 3, 7)
    assert resident_ids.parse_resident_id("52242719900307378X", on=on).born_on == on

    with pytest.raises(IdentifierError) as refusal:
        resident_ids.parse_resident_id("52242719900307378X", on=date(1990, 3, 6))

    assert refusal.value.code == "resident_id.birth"


@pytest.mark.parametrize(
    ("code", "on", "name"),
    [
        ("522427", date(2010, 6, 1), "威宁彝族回族苗族自治县"),
        ("522427", date(2012, 6, 1), None),
        ("520526", date(2010, 6, 1), None),
        ("520526", date(2026, 6, 1), "威宁彝族回族苗族自治县"),
        ("522223", date(2005, 6, 1), "玉屏侗族自治县"),
        ("520622", date(2026, 6, 1), "玉屏侗族自治县"),
        ("520640", date(2026, 6, 1), None),
        ("520201", date(1985, 6, 1), "水城特区"),
        ("520201", date(2026, 6, 1), "钟山区"),
        ("520221", date(2019, 6, 1), "水城县"),
        ("520204", date(2021, 6, 1), "水城区"),
        ("520522", date(2015, 6, 1), "黔西县"),
        ("520581", date(2026, 6, 1), "黔西市"),
        ("520324", date(2026, 6, 1), "正安县"),
        ("522301", date(2026, 6, 1), "兴义市"),
        ("522634", date(2026, 6, 1), "雷山县"),
        ("520402", date(2026, 6, 1), "西秀区"),
        ("522726", date(2026, 6, 1), "独山县"),
    ],
)
def test_a_county_code_means_what_it_meant_on_the_day(
    code: str, on: date, name: str | None
) -> None:
    span = region_codes.region_on(code, on)

    assert (span.name if span else None) == name


def test_public_codes_are_long_and_never_twice() -> None:
    codes = {short_codes.new_public_code() for _ in range(200)}

    assert len(codes) == 200
    assert {short_codes.parse_public_code(short_codes.grouped(code)) for code in codes} == codes


def test_the_printed_check_opens_its_own_tag_only() -> None:
    key = b"a label key"
    check = short_codes.tag_check("252052600012345", key=key)

    assert short_codes.is_tag_check(
        f" {check[:4].lower()}-{check[4:]} ", "252052600012345", key=key
    )
    assert not short_codes.is_tag_check(check, "252052600012346", key=key)
    assert not short_codes.is_tag_check(check, "252052600012345", key=b"another key")
    assert not short_codes.is_tag_check("", "252052600012345", key=key)
