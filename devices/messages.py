r"""消息 · what devices and the server say to each other: strict JSON, whole numbers only.

Unknown fields, floats, NaN, doubled keys, deep nesting and integers of 30 digits are refused with a
code, a Chinese sentence and, where they could be read, the boot and sequence to be answered.

>>> ack = Ack(boot=3, stored=(1, 2), set_aside=())
>>> format_ack(ack)
b'{"v":1,"boot":3,"stored":[1,2],"set_aside":[]}'
>>> parse_ack(format_ack(ack)) == ack
True
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NoReturn, TypeGuard

PAYLOAD_BYTES_MAX = 65_536
CONTAINERS_MAX = 8  # objects and lists in one message
INTEGER_DIGITS_MAX = 16
COUNTER_MAX = 2**53 - 1  # RFC 8785: what every JSON reader can hold
WEIGHT_G_MAX = 10**9
FRAMES_MAX = 64
ACKED_MAX = 1000  # sequence numbers in one acknowledgement
VERSION = 1
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
EID = re.compile(r"^[0-9]{15}\Z")
NAME = re.compile(r"^[a-z0-9-]{1,32}\Z")
CODE = re.compile(r"^[a-z0-9_.]{1,80}\Z")
REASONS_MAX = 50  # codes in one verdict
FIRMWARE = re.compile(r"^[\x20-\x7e]{0,64}\Z")
HEX = re.compile(r"^(?:[0-9a-f]{2}){1,4096}\Z")


class ReadingKind(StrEnum):
    """读数种类 · what a device reads."""

    TAG = "tag"
    WEIGHT = "weight"


class Light(StrEnum):
    """灯色 · what the lamp at a gate shows."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class MalformedError(ValueError):
    """消息不合规 · kept and set aside; `boot` and `seq` are known if it can be answered at all."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code} {sentence}")
        self.code = code
        self.sentence = sentence
        self.boot: int | None = None
        self.seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """读数 · one tag line, or the frames that made one weight stable; `eid`, `weight_g` advise."""

    boot: int
    seq: int
    kind: ReadingKind
    format: str
    at: datetime
    frames: tuple[bytes, ...]
    eid: str | None = None
    weight_g: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """实时值 · for the screen only, never stored."""

    kind: ReadingKind
    weight_g: int | None = None
    stable: bool | None = None
    eid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """设备状态 · offline is the last will."""

    online: bool
    backlog: int
    firmware: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """应答 · the numbers of one boot that the server has stored, or set aside and stored."""

    boot: int
    stored: tuple[int, ...]
    set_aside: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """判定 · the answer to one tag reading of a gate: a light, and the codes that say why."""

    boot: int
    seq: int
    eid: str
    light: Light
    reasons: tuple[str, ...] = ()


def parse_reading(payload: bytes) -> Reading:
    """The reading of an `up/reading` message.

    Raises:
        MalformedError: with `boot` and `seq` where the message has them.
    """
    fields = _fields(payload)
    try:
        return _reading(fields)
    except MalformedError as error:
        boot, seq = fields.get("boot"), fields.get("seq")
        if _is_counter(boot) and _is_counter(seq):
            error.boot, error.seq = boot, seq
        raise


def _reading(fields: dict[str, Any]) -> Reading:
    _only(fields, {"v", "boot", "seq", "kind", "format", "at", "frames", "value"})
    kind = _kind(fields["kind"])
    value = fields["value"]
    key = "eid" if kind is ReadingKind.TAG else "weight_g"
    if type(value) is not dict or value.keys() != {key}:
        _refuse("bad_value", f"value 应只含 {key}")
    return Reading(
        boot=_counter(fields["boot"], "boot"),
        seq=_counter(fields["seq"], "seq"),
        kind=kind,
        format=_text(fields["format"], NAME, "format"),
        at=_instant(fields["at"]),
        frames=_frames(fields["frames"]),
        eid=_text(value[key], EID, key) if kind is ReadingKind.TAG else None,
        weight_g=_weight(value[key]) if kind is ReadingKind.WEIGHT else None,
    )


def format_reading(reading: Reading) -> bytes:
    """The bytes of an `up/reading` message."""
    tag = reading.kind is ReadingKind.TAG
    return _dump(
        {
            "v": VERSION,
            "boot": reading.boot,
            "seq": reading.seq,
            "kind": reading.kind.value,
            "format": reading.format,
            "at": format_instant(reading.at),
            "frames": [frame.hex() for frame in reading.frames],
            "value": {"eid": reading.eid} if tag else {"weight_g": reading.weight_g},
        }
    )


def parse_live(payload: bytes) -> Live:
    """The value of an `up/live` message."""
    fields = _fields(payload)
    _only(fields, {"v", "kind"}, optional={"weight_g", "stable", "eid"})
    weight_g, stable, eid = (fields.get(name) for name in ("weight_g", "stable", "eid"))
    if stable is not None and type(stable) is not bool:
        _refuse("bad_value", "stable 应为 true、false 或 null")
    return Live(
        kind=_kind(fields["kind"]),
        weight_g=None if weight_g is None else _weight(weight_g),
        stable=stable,
        eid=None if eid is None else _text(eid, EID, "eid"),
    )


def format_live(live: Live) -> bytes:
    """The bytes of an `up/live` message."""
    if live.kind is ReadingKind.TAG:
        return _dump({"v": VERSION, "kind": "tag", "eid": live.eid})
    weight = {"weight_g": live.weight_g, "stable": live.stable}
    return _dump({"v": VERSION, "kind": "weight", **weight})


def parse_status(payload: bytes) -> Status:
    """The state of an `up/status` message."""
    fields = _fields(payload)
    _only(fields, {"v", "state", "backlog", "firmware"})
    if fields["state"] not in ("online", "offline"):
        _refuse("bad_value", "state 应为 online 或 offline")
    return Status(
        online=fields["state"] == "online",
        backlog=_counter(fields["backlog"], "backlog", least=0),
        firmware=_text(fields["firmware"], FIRMWARE, "firmware"),
    )


def format_status(status: Status) -> bytes:
    """The bytes of an `up/status` message."""
    state = "online" if status.online else "offline"
    return _dump(
        {"v": VERSION, "state": state, "backlog": status.backlog, "firmware": status.firmware}
    )


def parse_ack(payload: bytes) -> Ack:
    """The numbers of a `down/ack` message."""
    fields = _fields(payload)
    _only(fields, {"v", "boot", "stored", "set_aside"})
    return Ack(
        boot=_counter(fields["boot"], "boot"),
        stored=_counters(fields["stored"], "stored"),
        set_aside=_counters(fields["set_aside"], "set_aside"),
    )


def format_ack(ack: Ack) -> bytes:
    """The bytes of a `down/ack` message."""
    stored, set_aside = list(ack.stored), list(ack.set_aside)
    return _dump({"v": VERSION, "boot": ack.boot, "stored": stored, "set_aside": set_aside})


def parse_verdict(payload: bytes) -> Verdict:
    """The light of a `down/verdict` message."""
    fields = _fields(payload)
    _only(fields, {"v", "boot", "seq", "eid", "light", "reasons"})
    light, reasons = fields["light"], fields["reasons"]
    if type(light) is not str or light not in Light._value2member_map_:
        _refuse("bad_value", "light 应为 green、amber 或 red")
    if type(reasons) is not list or len(reasons) > REASONS_MAX:
        _refuse("bad_value", f"reasons 应为不超过 {REASONS_MAX} 个代码的列表")
    return Verdict(
        boot=_counter(fields["boot"], "boot"),
        seq=_counter(fields["seq"], "seq"),
        eid=_text(fields["eid"], EID, "eid"),
        light=Light(light),
        reasons=tuple(_text(code, CODE, "reasons") for code in reasons),
    )


def format_verdict(verdict: Verdict) -> bytes:
    """The bytes of a `down/verdict` message."""
    return _dump(
        {
            "v": VERSION,
            "boot": verdict.boot,
            "seq": verdict.seq,
            "eid": verdict.eid,
            "light": verdict.light.value,
            "reasons": list(verdict.reasons[:REASONS_MAX]),
        }
    )


def format_instant(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond.

    >>> format_instant(datetime(2026, 3, 5, 22, 13, 4, 567_890, tzinfo=UTC))
    '2026-03-05T22:13:04.567Z'
    """
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(payload: bytes) -> dict[str, Any]:
    if len(payload) > PAYLOAD_BYTES_MAX:
        _refuse("too_large", "消息超过 64 KB")
    if payload.count(b"{") + payload.count(b"[") > CONTAINERS_MAX:
        _refuse("too_deep", "消息嵌套过多")
    try:
        fields = STRICT.decode(payload.decode("utf-8"))
    except UnicodeDecodeError:
        _refuse("not_utf8", "消息不是 UTF-8 文本")
    except json.JSONDecodeError:
        _refuse("not_json", "消息不是 JSON")
    if type(fields) is not dict:
        _refuse("not_json", "消息不是 JSON 对象")
    return fields


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        _refuse("doubled_field", "消息中有重复的字段")
    return fields


def _integer(digits: str) -> int:
    if len(digits) > INTEGER_DIGITS_MAX:
        _refuse("number_too_large", "整数过大")
    return int(digits)


def _no_number(_digits: str) -> NoReturn:
    _refuse("not_an_integer", "数字应为整数")


STRICT = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_integer,
    parse_float=_no_number,
    parse_constant=_no_number,
)
"""Made once: it is asked for every message."""


def _only(fields: dict[str, Any], names: set[str], optional: Collection[str] = ()) -> None:
    if unknown := fields.keys() - names - set(optional):
        _refuse("unknown_field", f"不认识的字段：{'、'.join(sorted(unknown))[:100]}")
    if missing := names - fields.keys():
        _refuse("missing_field", f"缺少字段：{'、'.join(sorted(missing))}")
    if type(fields["v"]) is not int or fields["v"] != VERSION:
        _refuse("bad_version", "消息版本应为 1")


def _is_counter(value: object, *, least: int = 1) -> TypeGuard[int]:
    return type(value) is int and least <= value <= COUNTER_MAX


def _counter(value: object, name: str, *, least: int = 1) -> int:
    if not _is_counter(value, least=least):
        _refuse("bad_value", f"{name} 应为不小于 {least} 的整数")
    return value


def _counters(value: object, name: str) -> tuple[int, ...]:
    if type(value) is not list or len(value) > ACKED_MAX:
        _refuse("bad_value", f"{name} 应为不超过 {ACKED_MAX} 个序号的列表")
    return tuple(_counter(number, name) for number in value)


def _kind(value: object) -> ReadingKind:
    if value not in ("tag", "weight"):
        _refuse("bad_value", "kind 应为 tag 或 weight")
    return ReadingKind(value)


def _text(value: object, pattern: re.Pattern[str], name: str) -> str:
    if type(value) is not str or not pattern.match(value):
        _refuse("bad_value", f"{name} 的写法不对")
    return value


def _weight(value: object) -> int:
    if type(value) is not int or abs(value) > WEIGHT_G_MAX:
        _refuse("bad_value", "weight_g 应为以克计的整数")
    return value


def _instant(value: object) -> datetime:
    try:
        return datetime.fromisoformat(_text(value, INSTANT, "at"))
    except ValueError as error:
        if isinstance(error, MalformedError):
            raise
        _refuse("bad_value", "at 不是有效的时刻")


def _frames(value: object) -> tuple[bytes, ...]:
    if type(value) is not list or not 1 <= len(value) <= FRAMES_MAX:
        _refuse("bad_value", f"frames 应有 1 到 {FRAMES_MAX} 帧")
    return tuple(_bytes_of(frame if type(frame) is str else "") for frame in value)


@lru_cache(maxsize=1_024)  # a stable weight says the same frame again and again
def _bytes_of(digits: str) -> bytes:
    return bytes.fromhex(_text(digits, HEX, "frames"))


def _dump(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def _refuse(code: str, sentence: str) -> NoReturn:
    raise MalformedError(f"message.{code}", sentence)
