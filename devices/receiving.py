"""辨读 · what the server itself reads in the bytes of a message; pure, it never takes their word.

The frames are decoded again with the device record's own format, division, range and stability
rule. What cannot be read at all is refused and set aside; a weight that was read but may not be
traded on is kept with its doubt.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .devices import DeviceFacts, DeviceKind
from .drivers.formats import one_frame
from .messages import MalformedError, Reading, ReadingKind, parse_reading
from .stability import ERROR_LABELS, Rule, UnstableError, tag_of, weight_of

UNREADABLE = {"checksum", "cut", "line_too_long", "malformed", "not_a_weight"}

REASON_LABELS: dict[str, str] = {
    "device_unknown": "设备未登记或已停用",
    "kind_differs": "消息类别与设备类别不符",
    "format_differs": "消息所称格式与设备登记的格式不符",
    "store_failed": "数据库拒绝保存这条消息，请联系技术支持",
    "key_reused": "同一启动次数和序号已有另一条不同的读数",
}
MESSAGE_LABELS: dict[str, str] = {
    "message.too_large": "消息超过 64 KB",
    "message.too_deep": "消息嵌套过多",
    "message.not_utf8": "消息不是 UTF-8 文本",
    "message.not_json": "消息不是 JSON 对象",
    "message.doubled_field": "消息中有重复的字段",
    "message.number_too_large": "消息中的整数过大",
    "message.not_an_integer": "消息中的数字应为整数",
    "message.unknown_field": "消息中有不认识的字段",
    "message.missing_field": "消息缺少字段",
    "message.bad_version": "消息版本应为 1",
    "message.bad_value": "消息中有字段写法不对",
}
DOUBT_LABELS: dict[str, str] = {
    "value_differs": "设备所报重量与服务器从原始字节读出的不一致",
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A reading with what its bytes say; `doubt` names why it is no weight for trade."""

    boot: int
    seq: int
    kind: ReadingKind
    format: str
    at: datetime
    frames: tuple[bytes, ...]
    eid: str | None = None
    weight_g: int | None = None
    stable: bool | None = None
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is set aside; it can be acknowledged where boot and sequence are known."""

    reason: str
    boot: int | None = None
    seq: int | None = None


def reason_label(reason: str) -> str:
    """Why a message was set aside, in Chinese.

    >>> reason_label("device_unknown"), reason_label("frames.not_kg") != "frames.not_kg"
    ('设备未登记或已停用', True)
    """
    frame_error = reason.removeprefix("frames.")
    return {**ERROR_LABELS, **MESSAGE_LABELS, **REASON_LABELS}.get(frame_error, reason)


def examine(payload: bytes, facts: DeviceFacts | None) -> Accepted | Refused:
    """What a message of a device is; `facts` is None for a device that is not registered.

    >>> examine(b"[1]", None)
    Refused(reason='message.not_json', boot=None, seq=None)
    """
    try:
        reading = parse_reading(payload)
    except MalformedError as error:
        return Refused(error.code, error.boot, error.seq)
    except (ValueError, RecursionError):  # nothing a device sends may stop the ingest
        return Refused("message.not_json")
    if facts is None:
        return Refused("device_unknown", reading.boot, reading.seq)
    expected = ReadingKind.TAG if facts.kind is DeviceKind.READER else ReadingKind.WEIGHT
    if reading.kind is not expected:
        return Refused("kind_differs", reading.boot, reading.seq)
    if reading.format != facts.format:
        return Refused("format_differs", reading.boot, reading.seq)
    return READ[reading.kind](reading, facts)


def _tag(reading: Reading, facts: DeviceFacts) -> Accepted | Refused:
    frame = tag_of(reading.frames, format_name=facts.format)
    if frame.eid is None:
        return Refused(f"frames.{frame.error or 'not_a_tag'}", reading.boot, reading.seq)
    return _accepted(reading, eid=frame.eid)


def _weight(reading: Reading, facts: DeviceFacts) -> Accepted | Refused:
    rule = Rule(equal_frames=facts.stable_frames, division_g=facts.division_g, max_g=facts.max_g)
    try:
        weight_g = weight_of(reading.frames, format_name=facts.format, rule=rule)
    except UnstableError as error:
        if error.code in UNREADABLE:
            return Refused(f"frames.{error.code}", reading.boot, reading.seq)
        shown = one_frame(facts.format, reading.frames[-1]).weight_g
        return _accepted(reading, weight_g=shown, stable=False, doubt=error.code)
    doubt = None if weight_g == reading.weight_g else "value_differs"
    return _accepted(reading, weight_g=weight_g, stable=True, doubt=doubt)


def _accepted(
    reading: Reading,
    *,
    eid: str | None = None,
    weight_g: int | None = None,
    stable: bool | None = None,
    doubt: str | None = None,
) -> Accepted:
    return Accepted(
        reading.boot,
        reading.seq,
        reading.kind,
        reading.format,
        reading.at,
        reading.frames,
        eid,
        weight_g,
        stable,
        doubt,
    )


READ: dict[ReadingKind, Callable[[Reading, DeviceFacts], Accepted | Refused]] = {
    ReadingKind.TAG: _tag,
    ReadingKind.WEIGHT: _weight,
}
assert READ.keys() == set(ReadingKind)
