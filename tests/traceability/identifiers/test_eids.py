from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.identifiers.eids import (
    NATIONAL_MAX,
    Eid,
    crc_kermit,
    decode_frame,
    encode_frame,
    from_word,
    parse_eid,
)
from traceability.identifiers.refusals import IdentifierError

EIDS = st.builds(
    Eid,
    country=st.sampled_from([156, 528, 982, 999]),
    national=st.integers(0, NATIONAL_MAX),
    animal=st.just(True),
)


@pytest.mark.parametrize(
    ("country", "national", "animal", "word", "little_endian", "crc"),
    [
        (999, 1500030037, False, 0x0000F9C05968A455, "55a46859c0f90000", 0x8A1C),
        (528, 140000795552, True, 0x8000842098B29BA0, "a09bb29820840080", 0xF283),
        (982, 1088420, True, 0x8000F58000109BA4, "a49b100080f50080", 0x70C5),
        (156, 252052600001, True, 0x8000273AAF8174C1, "c17481af3a270080", 0x4B4D),
    ],
)
def test_the_published_words_are_read_and_written(
    country: int, national: int, animal: bool, word: int, little_endian: str, crc: int
) -> None:
    eid = Eid(country, national, animal=animal)

    assert eid.word == word
    assert from_word(word) == eid
    assert word.to_bytes(8, "little").hex() == little_endian
    assert crc_kermit(bytes.fromhex(little_endian)) == crc


@given(EIDS, st.integers(0, 2**24 - 1))
def test_a_frame_is_read_back(eid: Eid, trailer: int) -> None:
    frame = decode_frame(encode_frame(eid, trailer=trailer))

    assert (frame.eid, frame.crc_ok, frame.trailer) == (eid, True, trailer)


@given(EIDS, st.integers(0, 127))
def test_one_wrong_bit_of_a_frame_never_passes(eid: Eid, place: int) -> None:
    bits = encode_frame(eid)
    flipped = bits[:place] + ("0" if bits[place] == "1" else "1") + bits[place + 1 :]

    with suppress(IdentifierError):  # header or control bit
        frame = decode_frame(flipped)
        assert not frame.crc_ok or frame.trailer  # the trailer is outside the check


@given(EIDS)
def test_four_ways_of_showing_a_number_are_one_number(eid: Eid) -> None:
    forms = (str(eid), "0" + str(eid), eid.dot_hex, eid.hex64)

    assert {str(parse_eid(form)) for form in forms} == {str(eid)}


@pytest.mark.parametrize("form", ["2858997D3B9F0001", "0x2858997d3b9f0001", "999123456789012"])
def test_bits_in_the_order_of_the_air_are_turned_round(form: str) -> None:
    assert str(parse_eid(form)) == "999123456789012"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("252052600012345", "eid.country"),
        ("000123456789012", "eid.country"),
        ("156999999999999", "eid.national"),
        ("9.82E+14", "eid.scientific"),
        ("98200000108842", "eid.form"),
        ("", "eid.form"),
        ("FFFFFFFFFFFFFFFF", "eid.country"),
        ("FFF.0", "eid.country"),
    ],
)
def test_what_no_tag_can_say_is_refused(typed: str, code: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        parse_eid(typed)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("bits", "code"),
    [
        ("0" * 127, "tag_frame.length"),
        ("2" * 128, "tag_frame.length"),
        ("1" * 128, "tag_frame.header"),
        ("00000000001" + "0" * 117, "tag_frame.control"),
    ],
)
def test_a_broken_frame_is_refused(bits: str, code: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        decode_frame(bits)

    assert refusal.value.code == code
