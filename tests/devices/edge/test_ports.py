"""From bytes to readings."""

import pytest

from devices.drivers.formats import FORMATS
from devices.edge.config import PortConfig
from devices.edge.ports import ReaderPort, ScalePort, port_for
from devices.simulator.equipment import allflex, toledo, yaohua_0
from devices.stability import Rule, weight_of

RULE = Rule(equal_frames=5, division_g=500, min_g=1, max_g=1_500_000)
EMPTY = yaohua_0(0) * 6


def test_an_animal_on_the_scale_is_one_reading_not_one_a_frame() -> None:
    port = ScalePort("yaohua-0", RULE)
    climb = b"".join(yaohua_0(weight_g) for weight_g in (100_000, 300_000, 430_000, 420_000))

    drafts = port.take(EMPTY + climb + yaohua_0(425_500) * 50 + EMPTY, monotonic=0)

    assert [draft.weight_g for draft in drafts] == [425_500]
    assert len(drafts[0].frames) == 5
    assert weight_of(drafts[0].frames, format_name="yaohua-0", rule=RULE) == 425_500


def test_the_next_animal_may_weigh_the_same() -> None:
    port = ScalePort("yaohua-0", RULE)
    animal = yaohua_0(425_500) * 8

    drafts = port.take(animal + EMPTY + animal, monotonic=0)

    assert [draft.weight_g for draft in drafts] == [425_500, 425_500]


def test_a_scale_with_a_stable_flag_needs_one_frame() -> None:
    port = ScalePort("toledo", RULE)

    drafts = port.take(toledo(425_000) * 9 + toledo(425_500, stable=True) * 9, monotonic=0)

    assert [(draft.weight_g, len(draft.frames)) for draft in drafts] == [(425_500, 1)]


@pytest.mark.parametrize("weight_g", [0, -500, 425_300, 1_500_500])
def test_an_empty_negative_off_division_or_too_heavy_scale_sends_nothing(weight_g: int) -> None:
    port = ScalePort("yaohua-0", RULE)

    assert port.take(yaohua_0(weight_g) * 20, monotonic=0) == []
    assert port.live
    assert (port.live.weight_g, port.live.stable) == (weight_g, False)


def test_bytes_before_a_reconnection_or_a_silence_never_join_those_after_it() -> None:
    port = ScalePort("yaohua-0", RULE)
    half = yaohua_0(425_500)[:7]

    assert port.take(yaohua_0(425_500) * 4 + half, monotonic=0) == []
    port.begin()
    assert port.take(yaohua_0(425_500)[7:] + yaohua_0(425_500) * 4, monotonic=1) == []
    assert len(port.take(yaohua_0(425_500), monotonic=1)) == 1

    reader = ReaderPort("allflex")
    assert reader.take(b"LA 982 0000", monotonic=0) == []
    assert [draft.eid for draft in reader.take(allflex("982000001088420"), monotonic=9)] == [
        "982000001088420"
    ]


def test_over_range_is_shown_as_no_weight_and_counted() -> None:
    port = ScalePort("mt-sics", RULE)

    assert port.take(b"S +\r\n", monotonic=0) == []
    assert port.live
    assert port.live.weight_g is None
    assert port.errors == 1


def test_the_end_of_a_capture_completes_a_frame_without_checksum() -> None:
    port = ScalePort("toledo", RULE)
    port.take(toledo(425_500, stable=True)[:-1], monotonic=0)

    assert [draft.weight_g for draft in port.end()] == [425_500]


def test_a_tag_heard_again_within_three_seconds_is_only_counted() -> None:
    reader = ReaderPort("allflex")
    line = allflex("982000001088420")

    sent = [len(reader.take(line, monotonic=at)) for at in (0.0, 1.0, 2.9, 3.1)]
    other = reader.take(allflex("156000000000001"), monotonic=3.2)

    assert sent == [1, 0, 0, 1]
    assert reader.repeated == 2
    assert other[0].frames == (allflex("156000000000001")[:-1],)


def test_what_is_no_tag_is_counted_and_not_sent() -> None:
    reader = ReaderPort("allflex")

    assert reader.take(b"LR 0006 0000000018514243\r\n\x02\r\nnoise\r\n", monotonic=0) == []
    assert reader.errors == 3
    assert reader.end() == []


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_port(name: str) -> None:
    asked = 200 if FORMATS[name].only_asked else 0
    port = port_for(PortConfig(device="xh-one", source="/dev/null", format=name, ask_ms=asked))

    assert isinstance(port, ReaderPort if FORMATS[name].kind == "tag" else ScalePort)
