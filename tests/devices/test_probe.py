"""What captured bytes speak for, told to the person who sets a device up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.drivers.formats import FORMATS
from devices.drivers.toledo import checksum
from devices.drivers.yaohua_command import check
from devices.probe import SILENT, probe

GRAMS = (0, 12_500, 268_000, 425_500, 431_000, 512_500, 640_000, 75_500, 300_000, 1_500)


def toledo(grams: int, *, moving: bool = False) -> bytes:
    body = b"\x02+" + (b"8" if moving else b"0") + b" %06d000000\r" % (grams // 100)
    return body + bytes([checksum(body)])


def yaohua(grams: int) -> bytes:
    body = b"+%06d1" % (grams // 100)
    return b"\x02" + body + check(body)


def asked(grams: int) -> bytes:
    body = b"AB+%06d1" % (grams // 100)
    return b"\x02" + body + check(body)


def kilograms(pattern: str, grams: int) -> bytes:
    return (pattern % (grams / 1000)).encode("latin-1")


CAPTURES: dict[str, bytes] = {
    "yaohua-0": b"".join(map(yaohua, GRAMS)),
    "yaohua-1": b"".join(b"=" + (b"%07.2f" % (g / 1000))[::-1] for g in GRAMS),
    "yaohua-command": b"".join(map(asked, GRAMS)),
    "toledo": b"".join(map(toledo, GRAMS)),
    "mt-sics": b"".join(kilograms("S S %10.2f kg\r\n", g) for g in GRAMS),
    "cas": b"".join(kilograms("ST,GS,1\xc4,%08.1f kg\r\n", g) for g in GRAMS),
    "and": b"".join(kilograms("ST,GS,+%07.1fkg\r\n", g) for g in GRAMS),
    "tru-test-rw": b"".join(kilograms("[%.1f]\r\n", g) for g in GRAMS),
    "yaohua-a12e": b"".join(kilograms("wn%07.2fkg\r\n", g) for g in GRAMS),
}


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_of_ten_weights_names_its_format_first_with_its_division(name: str) -> None:
    best, *others = probe(CAPTURES[name]).suggestions

    assert best.format == name
    assert best.confidence >= 80
    assert (best.frames, best.foreign) == (len(GRAMS), 0)
    assert best.division_g == 500
    assert best.unit == ("kg" if FORMATS[name].tells_unit else None)
    assert all(each.confidence < best.confidence for each in others)


@pytest.mark.parametrize("name", CAPTURES)
def test_noise_around_and_a_cut_at_both_ends_lower_the_confidence_not_the_answer(name: str) -> None:
    capture = b"\x00\xfe\x13" + CAPTURES[name][5:-4] + b"\xfe"

    best = probe(capture).suggestions[0]

    assert best.format == name
    assert best.confidence <= probe(CAPTURES[name]).suggestions[0].confidence


def test_one_frame_is_no_certainty() -> None:
    once = probe(b"ST,GS,+00425.5kg\r\n").suggestions[0]

    assert once.confidence < 30
    assert once.division_g is None


def test_an_indicator_in_pounds_is_recognised_and_said_to_be_set_wrong() -> None:
    found = probe(b"ST,GS,+00425.5lb\r\n" * 9).suggestions[0]

    assert (found.format, found.unit, found.division_g) == ("and", "other", None)
    assert any("改成千克" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (b"LA 982 000001088420\r\n", "gallagher"),
        (b"LA 00000 0 982 000001088420\r\n", "allflex"),
        (b"\x021000000982000001088420260306061200\r", "rs420"),
        (b"A982000001088420\r", "agrident"),
        (b"3E7.1CBE991A14\r\n", "tru-test"),
        (b"0826071339300045\r\n", "tru-test"),
    ],
)
def test_a_reader_s_lines_are_read_and_the_make_is_left_open(line: bytes, wanted: str) -> None:
    found = probe(line * 9).suggestions

    assert found[0].format == wanted
    assert found[0].confidence <= 70  # other makes send the same
    assert any(each.format == "allflex" for each in found)


@pytest.mark.parametrize("parity", [0, 1])
def test_seven_bits_with_parity_read_as_eight_are_noticed(parity: int) -> None:
    plain = CAPTURES["and"]
    wire = bytes(byte | (0x80 if (byte.bit_count() + parity) % 2 else 0) for byte in plain)

    found = probe(wire)

    assert found.line == ("7O" if parity else "7E")
    assert "7 位数据" in found.advice[0]
    assert found.suggestions[0].format == "and"


def test_silence_and_garbage_get_advice_instead_of_a_guess() -> None:
    assert probe(b"").advice == (SILENT,)
    assert probe(b"\x00" * 40).advice == (SILENT,)
    garbled = probe(bytes(range(128, 256)) * 4)
    assert garbled.suggestions == ()
    assert "波特率" in garbled.advice[0]
    assert "没有一种格式" in probe(b"WEIGHT OK\r\n" * 5).advice[0]


@settings(max_examples=60)
@given(noise=st.binary(max_size=400))
def test_no_bytes_are_too_strange_and_none_are_certain(noise: bytes) -> None:
    found = probe(noise)

    assert all(each.confidence < 100 for each in found.suggestions)
