"""A stream may be split anywhere and carry noise; no driver may mind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.formats import FORMATS, one_frame
from devices.drivers.frames import BUFFER_BYTES_MAX, Frame

WHOLE: dict[str, list[bytes]] = {
    "allflex": [
        b"LA 982 000001088420\r\n",
        b"0826071339300045\r",
        b"\x02\r\n",
        b"\x021000000982000001088420260306061200\r\n",
        b"LR 0006 0000000018514243\r\n",
    ],
    "yaohua-0": [
        bytes.fromhex("022b30303432353531314303"),
        bytes.fromhex("022d30303031323030314503"),
        bytes.fromhex("022b30303432353531314203"),
    ],
    "yaohua-1": [b"=05.5240", b"=00.0000"],
    "yaohua-a12e": [b"WG004.139kg3D\r\n", b"wn-003.17kg\r\n"],
    "toledo": [
        bytes.fromhex("022b30203030343235353030303030300d26"),
        bytes.fromhex("022b38203030343235353030303030300d1e"),
        bytes.fromhex("022b30203030343235353030303030300d"),
    ],
    "mt-sics": [b"S S     425.50 kg\r\n", b"S I\r\n"],
    "and": [b"ST,GS,+00679.4kg\r\n", b"OL,GS,+9999999kg\r\n"],
    "tru-test-rw": [b"[425.5]", b"[U425.5]\r\n"],
    "digi-star": [b",860,LB,$,GR,03/09/04,08:58,j\r\n"],
    "icar-json": [
        b'{"animal":{"id":"9\\"}{","scheme":"x"},"weight":{"measurement":425.5,"units":"KGM"}}\n',
        b'{\n  "weight": {\n    "measurement": 425,\n    "units": "LBR"\n  }\n}',
    ],
}


def frames_of(name: str, chunks: list[bytes]) -> list[Frame]:
    decoder = FORMATS[name].decoder()
    frames = [frame for chunk in chunks for frame in decoder.feed(chunk)]
    return frames + decoder.close()


def streams(name: str) -> st.SearchStrategy[bytes]:
    cut = st.sampled_from(WHOLE[name]).flatmap(
        lambda whole: st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole))).map(
            lambda ends: whole[min(ends) : max(ends)]
        )
    )
    part = st.one_of(st.sampled_from(WHOLE[name]), cut, st.binary(max_size=24))
    return st.lists(part, max_size=12).map(b"".join)


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_any_split_of_a_stream_yields_the_same_frames(name: str, data: st.DataObject) -> None:
    stream = data.draw(streams(name))
    ends = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=20)) | {len(stream)})
    chunks = [stream[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]

    assert frames_of(name, chunks) == frames_of(name, [stream])
    assert frames_of(name, [bytes([byte]) for byte in stream]) == frames_of(name, [stream])


@pytest.mark.parametrize("name", WHOLE)
@given(noise=st.binary(max_size=200))
def test_noise_never_raises_and_keeps_no_more_than_the_buffer(name: str, noise: bytes) -> None:
    frames = frames_of(name, [noise, noise * 50])

    assert all(len(frame.raw) <= BUFFER_BYTES_MAX for frame in frames)


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_the_raw_bytes_of_a_frame_are_that_frame_again(name: str, data: st.DataObject) -> None:
    stream = data.draw(streams(name))

    for frame in frames_of(name, [stream]):
        if frame.error is None:
            assert one_frame(name, frame.raw) == frame


@pytest.mark.parametrize("name", WHOLE)
def test_whole_frames_are_all_found_behind_a_cut_one(name: str) -> None:
    whole = next(raw for raw in WHOLE[name] if frames_of(name, [raw, raw]))
    wanted = [frame for frame in frames_of(name, [whole * 3]) if frame.error is None]

    found = frames_of(name, [whole[len(whole) // 2 :], whole * 3])

    assert [frame for frame in found if frame.error is None][-len(wanted) :] == wanted


def test_every_format_is_tried_here() -> None:
    assert WHOLE.keys() == FORMATS.keys()
