"""What readers of ear tags send, line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.allflex import Allflex
from devices.drivers.formats import one_frame
from devices.drivers.frames import BUFFER_BYTES_MAX

ONE_TAG = "982000001088420"


@pytest.mark.parametrize(
    "line",
    [
        "LA 982 000001088420\r\n",
        "LA 00000 0 982 000001088420\r\n",
        "LA 00000 0 0982 000001088420\r\n",
        "#A,00000,0,0982,000001088420\r\n",
        "XA;00000;1;0982;000001088420\r\n",
        "GA\t00000\t0\t0982\t000001088420\r\n",
        "A 00000 0 0982 000001088420\r\n",
        "LA0000000982000001088420\r\n",
        "LA 0000 0 3D6 0000109BA4\r\n",
        "LA000003D60000109BA4\r\n",
        "\x021000000982000001088420260306061200\r\n",
        "1000000982000001088420260306061200",
        "0982000001088420\r",
        "982000001088420",
        "982 000001088420\n",
        "A982000001088420\r",
        "982000001088420-H-SIM-05/2023;\r\n",
        "982 000001088420, 2026-03-06, 06:12\r\n",
        "3D6.0000109BA4",
        "8000F58000109BA4",
        "25D9080001AF0001",
        "\xffLA 982 000001088420\r\n",
        "LA 982 0000LA 982 000001088420\r\n",
        "LA 982 0000\x02\x00LA 982 000001088420\r\n",
    ],
)
def test_every_spelling_of_a_line_is_the_same_tag(line: str) -> None:
    raw = line.encode("latin-1")

    frame = one_frame("allflex", raw)

    assert (frame.eid, frame.error) == (ONE_TAG, None)
    assert raw.startswith(frame.raw.rstrip(b"\r\n"))


@pytest.mark.parametrize(
    ("line", "eid"),
    [
        ("0826071339300045\r\n", "826071339300045"),
        ("999123456789012", "999123456789012"),
        ("3E7.1CBE991A14", "999123456789012"),
        ("8000F9DCBE991A14", "999123456789012"),
        ("2858997D3B9F0001", "999123456789012"),
        ("8000842098B29BA0", "528140000795552"),
        ("8000273AAF8174C1", "156252052600001"),
    ],
)
def test_display_forms_of_other_tags_are_read(line: str, eid: str) -> None:
    assert one_frame("allflex", line.encode()).eid == eid


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("LR 0006 0000000018514243\r\n", "not_iso"),
        ("LR 982 000001088420\r\n", "not_iso"),
        ("\x02\r\n", "power_on"),
        ("252052600012345\r\n", "country_unknown"),
        ("LA 982 999999999999\r\n", "eid_range"),
        ("LA 982 00000108842\r\n", "not_a_tag"),
        ("82 000001088420\r\n", "not_a_tag"),
        ("0982 000001088420 1\x7f\xe9\r\n", "not_a_tag"),
        ("2.52E+14\r\n", "not_a_tag"),
        ("100000098200000108842026030606120\r\n", "not_a_tag"),
        ("磅\r\n", "not_a_tag"),
    ],
)
def test_what_is_no_animal_tag_is_named(line: str, error: str) -> None:
    frame = one_frame("allflex", line.encode())

    assert (frame.eid, frame.error) == (None, error)


def test_a_line_without_its_end_is_not_yet_a_tag() -> None:
    reader = Allflex()

    assert reader.feed(b"LA 982 000001088420") == []
    assert reader.close() == []
    assert reader.feed(b"\r\n") == []


def test_an_endless_line_is_cut_at_the_buffer_and_the_next_line_is_read() -> None:
    frames = Allflex().feed(b"9" * 10_000 + b"\r\nLA 982 000001088420\r\n")

    assert [frame.error for frame in frames] == ["line_too_long", None]
    assert len(frames[0].raw) == BUFFER_BYTES_MAX


@given(country=st.sampled_from([156, 528, 900, 982, 999]), national=st.integers(0, 2**38 - 1))
def test_a_tag_survives_every_way_of_writing_it(country: int, national: int) -> None:
    word = 1 << 63 | country << 38 | national
    eid = f"{country}{national:012}"
    forms = (
        f"LA {country} {national:012}\r\n",
        f"0{eid}\r",
        f"{country:03X}.{national:010X}\r",
        f"{word:016X}\r",
    )

    assert {one_frame("allflex", form.encode()).eid for form in forms} == {eid}
