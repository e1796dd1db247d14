"""A stream may be split anywhere and carry noise; no driver may mind."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.drivers.formats import FORMATS, one_frame
from devices.drivers.frames import BUFFER_BYTES_MAX, Frame, Profile, in_profile
from devices.drivers.yaohua_command import check, question
from traceability.identifiers.eids import encode_frame, parse_eid


def misread(bits: bytes) -> bytes:
    """The same tag with one bit of its number wrong."""
    return bits[:20] + (b"0" if bits[20:21] == b"1" else b"1") + bits[21:]


ONE_TAG = encode_frame(parse_eid("982000001088420")).encode()
WHOLE: dict[str, list[bytes]] = {
    "allflex": [
        b"LA 982 000001088420\r\n",
        b"0826071339300045\r",
        b"\x02\r\n",
        b"\x021000000982000001088420260306061200\r\n",
        b"LR 0006 0000000018514243\r\n",
    ],
    "rs420": [b"\x021000000982000001088420260306061200\r\n"],
    "tru-test": [b"982 000001088420\r\n", b"8000F58000109BA4\r\n"],
    "gallagher": [b"LA 982 000001088420\r\n", b"LR 0006 0000000018514243\r\n"],
    "agrident": [b"A982000001088420\r"],
    "shearwell": [b"0826071339300045\r\n"],
    "digits": [b"982000001088420\r\n", b"0982000001088420\n"],
    "display-forms": [b"3E7.1CBE991A14\r\n", b"2858997D3B9F0001\r\n"],
    "fdx-b": [ONE_TAG, misread(ONE_TAG)],
    "yaohua-0": [
        bytes.fromhex("022b30303432353531314303"),
        bytes.fromhex("022d30303031323030314503"),
        bytes.fromhex("022b30303432353531314203"),
    ],
    "yaohua-1": [b"=05.5240", b"=00.0000"],
    "yaohua-command": [
        b"\x02AB+0042551" + check(b"AB+0042551"),
        b"\x02AC+0000000" + check(b"AC+0000000"),
        question("A"),
    ],
    "yaohua-a12e": [b"WG004.139kg3D\r\n", b"wn-003.17kg\r\n"],
    "toledo": [
        bytes.fromhex("022b30203030343235353030303030300d26"),
        bytes.fromhex("022b38203030343235353030303030300d1e"),
        bytes.fromhex("022b30203030343235353030303030300d"),
    ],
    "mt-sics": [b"S S     425.50 kg\r\n", b"S I\r\n"],
    "cas": [
        b"ST,GS,\x01\xc4,000425.5 kg\r\n",
        b"US,GS,\r\x84,-   12.5 kg\r\n",
        b"OL,GS,\n\x84,         kg\r\n",
    ],
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


def worth(frames: list[Frame]) -> set[tuple[int | None, str | None]]:
    """What a trade could rest on: weights and tags."""
    judged = [in_profile(frame, Profile.TRADE) for frame in frames]
    return {(frame.weight_g, frame.eid) for frame in judged if frame.error is None}


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=40)
@given(noise=st.binary(max_size=300))
def test_noise_alone_is_worth_nothing(name: str, noise: bytes) -> None:
    assert all(frame.eid is None for frame in frames_of(name, [noise]))
    assert one_frame(name, noise).eid is None


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=40)
@given(data=st.data())
def test_a_frame_cut_at_either_end_is_never_another_weight_or_tag(
    name: str, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from(WHOLE[name]))
    cut = data.draw(st.integers(1, len(whole)))

    for part in (whole[:-cut], whole[cut:]):
        alone = frames_of(name, [part])
        behind = frames_of(name, [part + whole + whole])
        assert worth(alone) <= worth([one_frame(name, whole)])
        assert worth(behind) <= worth([one_frame(name, whole)])


@pytest.mark.parametrize("name", [each.name for each in FORMATS.values() if each.kind == "weight"])
@settings(max_examples=40)
@given(data=st.data())
def test_a_cut_frame_that_never_ends_is_no_trade_weight(name: str, data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(WHOLE[name]))
    body = whole.rstrip(b"\r\n") if name not in ("toledo", "cas") else whole
    part = body[: data.draw(st.integers(0, max(len(body) - 2, 0)))]

    assert not worth(frames_of(name, [part]))
    assert not worth([one_frame(name, part)])


@pytest.mark.parametrize("name", [each.name for each in FORMATS.values() if each.checked])
@settings(max_examples=40)
@given(data=st.data())
def test_a_checked_frame_with_one_byte_changed_is_never_another_weight_or_tag(
    name: str, data: st.DataObject
) -> None:
    whole = WHOLE[name][0]
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[at]))
    changed = whole[:at] + bytes([byte]) + whole[at + 1 :]

    found = frames_of(name, [whole, whole, changed, whole])

    assert worth(found) == worth([one_frame(name, whole)])
    assert worth([one_frame(name, changed)]) <= worth([one_frame(name, whole)])


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_frame_behind_one_that_lost_its_end_is_found(name: str) -> None:
    whole = next(raw for raw in WHOLE[name] if frames_of(name, [raw, raw]))
    wanted = worth(frames_of(name, [whole, whole]))

    assert wanted == worth(frames_of(name, [whole[:5], b"\r\n", whole, whole]))


@pytest.mark.parametrize(
    "name", ["allflex", "yaohua-0", "yaohua-command", "yaohua-a12e", "mt-sics", "cas", "and"]
)
def test_a_line_cut_without_an_end_does_not_cost_the_next_line(name: str) -> None:
    whole = WHOLE[name][0]

    assert worth(frames_of(name, [whole[:11] + whole])) == worth([one_frame(name, whole)])


def test_every_format_is_tried_here() -> None:
    assert WHOLE.keys() == FORMATS.keys()
