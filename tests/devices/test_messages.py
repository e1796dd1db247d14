"""The words of devices and server, and what is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import messages
from devices.messages import Ack, Live, MalformedError, Reading, ReadingKind, Status

TAG = Reading(
    boot=3,
    seq=7,
    kind=ReadingKind.TAG,
    format="allflex",
    at=datetime(2026, 3, 5, 22, 13, 4, 567_000, tzinfo=UTC),
    frames=(b"LA 982 000001088420\r",),
    eid="982000001088420",
)


def changed(**fields: Any) -> bytes:
    return json.dumps(json.loads(messages.format_reading(TAG)) | fields).encode()


def test_a_reading_arrives_as_it_was_sent() -> None:
    weight = Reading(
        boot=1,
        seq=1,
        kind=ReadingKind.WEIGHT,
        format="yaohua-0",
        at=TAG.at,
        frames=(b"\x02+", b"\x02-"),
        weight_g=425_500,
    )

    assert messages.parse_reading(messages.format_reading(TAG)) == TAG
    assert messages.parse_reading(messages.format_reading(weight)) == weight


def test_live_status_and_ack_arrive_as_they_were_sent() -> None:
    live = Live(kind=ReadingKind.WEIGHT, weight_g=425_500, stable=None)
    tag = Live(kind=ReadingKind.TAG, eid="982000001088420")
    status = Status(online=True, backlog=0, firmware="edge 0.1.0")
    ack = Ack(boot=1, stored=(1, 3), set_aside=(2,))

    assert messages.parse_live(messages.format_live(live)) == live
    assert messages.parse_live(messages.format_live(tag)) == tag
    assert messages.parse_status(messages.format_status(status)) == status
    assert messages.parse_ack(messages.format_ack(ack)) == ack


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "message.not_json"),
        (b"[1]", "message.not_json"),
        (b"\xff\xfe", "message.not_utf8"),
        (b"[" * 100_000, "message.too_large"),
        (b"[" * 60_000, "message.too_deep"),
        (b'{"v":1,"boot":1,"boot":2}', "message.doubled_field"),
        (b'{"v":NaN}', "message.not_an_integer"),
        (b'{"v":-Infinity}', "message.not_an_integer"),
        (b'{"v":1.0}', "message.not_an_integer"),
        (b'{"v":' + b"9" * 30 + b"}", "message.number_too_large"),
        (changed(v=2), "message.bad_version"),
        (changed(v=True), "message.bad_version"),
        (changed(note="x"), "message.unknown_field"),
        (b'{"v":1,"boot":1,"seq":1}', "message.missing_field"),
        (changed(boot=0), "message.bad_value"),
        (changed(seq=True), "message.bad_value"),
        (changed(kind="milk"), "message.bad_value"),
        (changed(kind=["tag"]), "message.bad_value"),
        (changed(format="All Flex"), "message.bad_value"),
        (changed(at="2026-03-05 22:13"), "message.bad_value"),
        (changed(at="2026-02-30T22:13:04.567Z"), "message.bad_value"),
        (changed(frames=[]), "message.bad_value"),
        (changed(frames=["zz"]), "message.bad_value"),
        (changed(frames=["00"] * 65), "message.bad_value"),
        (changed(value={"eid": "98200000108842"}), "message.bad_value"),
        (changed(value={"eid": "982000001088420", "weight_g": 1}), "message.bad_value"),
        (changed(kind="weight", value={"weight_g": 10**10}), "message.bad_value"),
    ],
)
def test_a_malformed_reading_is_refused_by_name(payload: bytes, code: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        messages.parse_reading(payload)

    assert refusal.value.code == code
    assert refusal.value.sentence


def test_a_malformed_reading_that_can_be_answered_says_so() -> None:
    with pytest.raises(MalformedError) as answerable:
        messages.parse_reading(changed(note="x"))
    with pytest.raises(MalformedError) as not_answerable:
        messages.parse_reading(changed(boot="3"))

    assert (answerable.value.boot, answerable.value.seq) == (3, 7)
    assert (not_answerable.value.boot, not_answerable.value.seq) == (None, None)


@pytest.mark.parametrize(
    ("parse", "payload"),
    [
        (messages.parse_live, b'{"v":1,"kind":"weight","stable":1}'),
        (messages.parse_live, b'{"v":1,"kind":"tag","eid":"1"}'),
        (messages.parse_status, b'{"v":1,"state":"asleep","backlog":0,"firmware":""}'),
        (messages.parse_status, b'{"v":1,"state":"online","backlog":-1,"firmware":""}'),
        (messages.parse_ack, b'{"v":1,"boot":1,"stored":[0],"set_aside":[]}'),
        (messages.parse_ack, b'{"v":1,"boot":1,"stored":{},"set_aside":[]}'),
    ],
)
def test_other_messages_are_as_strict(parse: Any, payload: bytes) -> None:
    with pytest.raises(MalformedError):
        parse(payload)


@given(payload=st.binary(max_size=300))
def test_no_bytes_at_all_raise_anything_else(payload: bytes) -> None:
    for parse in (messages.parse_reading, messages.parse_ack, messages.parse_live):
        with pytest.raises(MalformedError):
            parse(payload)
