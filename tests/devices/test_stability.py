"""When a weight may be traded on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.formats import FORMATS, one_frame
from devices.drivers.frames import Frame
from devices.stability import Rule, UnstableError, Watch, _of_equal, _of_row, tag_of, weight_of

YAOHUA_425_5 = bytes.fromhex("022b30303432353531314303")
YAOHUA_0 = bytes.fromhex("022b30303030303030314203")
TOLEDO = bytes.fromhex("022b30203030343235353030303030300d26")
MOVING = bytes.fromhex("022b38203030343235353030303030300d1e")
PROVEN = (
    YAOHUA_425_5,
    YAOHUA_0,
    TOLEDO,
    MOVING,
    b"S S     425.50 kg\r\n",
    b"S D     425.50 kg\r\n",
)


def test_where_no_frame_can_tell_the_nth_equal_one_is_stable() -> None:
    watch = Watch(Rule(equal_frames=5))

    seen = [watch.see(Frame(b"f", 425_500)) for _ in range(6)]

    assert [frame.error for frame in seen] == ["not_stable"] * 4 + [None, None]
    assert watch.frames == (b"f",) * 5


def test_another_value_or_an_error_between_begins_the_count_again() -> None:
    watch = Watch(Rule(equal_frames=2))

    seen = [
        watch.see(Frame(b"", weight_g, error=error)).error
        for weight_g, error in [
            (1000, None),
            (1500, None),
            (None, "checksum"),
            (1500, None),
            (1500, None),
        ]
    ]

    assert seen == ["not_stable", "not_stable", "checksum", "not_stable", None]


def test_a_stable_frame_stands_alone_and_a_moving_one_never_does() -> None:
    rule = Rule(division_g=500, max_g=1_500_000)

    assert weight_of([TOLEDO], format_name="toledo", rule=rule) == 425_500
    with pytest.raises(UnstableError) as refusal:
        weight_of([TOLEDO, MOVING], format_name="toledo", rule=rule)
    assert refusal.value.code == "not_stable"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule(division_g=1000), "off_division"),
        (Rule(max_g=400_000), "above_max"),
        (Rule(min_g=500_000), "below_min"),
        (Rule(equal_frames=6), "not_stable"),
    ],
)
def test_the_server_re_checks_the_rule_of_the_scale(rule: Rule, code: str) -> None:
    with pytest.raises(UnstableError) as refusal:
        weight_of([YAOHUA_425_5] * 5, format_name="yaohua-0", rule=rule)

    assert refusal.value.code == code


def test_the_claimed_frames_must_be_what_they_claim() -> None:
    rule = Rule()

    assert weight_of([YAOHUA_425_5] * 5, format_name="yaohua-0", rule=rule) == 425_500
    for frames, name in (
        ([YAOHUA_425_5] * 4 + [YAOHUA_0], "yaohua-0"),
        ([YAOHUA_425_5 * 5], "yaohua-0"),
        ([], "yaohua-0"),
        ([TOLEDO], "allflex"),
        ([TOLEDO], "unheard-of"),
    ):
        with pytest.raises(UnstableError):
            weight_of(frames, format_name=name, rule=rule)


def test_a_tag_reading_is_exactly_one_line() -> None:
    line = b"LA 982 000001088420\r"

    assert tag_of([line], format_name="allflex").eid == "982000001088420"
    assert tag_of([line, line], format_name="allflex").error == "not_a_tag"
    assert tag_of([line], format_name="toledo").error == "not_a_tag"


@given(
    name=st.sampled_from(sorted(name for name, known in FORMATS.items() if known.kind == "weight")),
    raw=st.one_of(st.binary(max_size=24), st.sampled_from(PROVEN)),
    count=st.integers(1, 8),
    equal_frames=st.integers(1, 6),
)
def test_equal_frames_judged_once_are_worth_what_they_are_one_after_another(
    name: str, raw: bytes, count: int, equal_frames: int
) -> None:
    rule = Rule(equal_frames=equal_frames, division_g=500, max_g=1_500_000)
    frames = [one_frame(name, raw)] * count
    alone, in_a_row = _of_equal(frames[0], count, rule), _of_row(frames, rule)

    assert alone.weight_g == in_a_row.weight_g
    assert alone.error == in_a_row.error
