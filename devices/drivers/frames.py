"""帧 · what one driver makes of the bytes of one device: a weight, a tag, or a reason why neither.

A driver is incremental: a stream may begin and end inside a frame, be split anywhere and carry
noise. Bytes that frame nothing are passed over; a whole frame that says nothing usable carries
an `error`. Every format keeps at most `BUFFER_BYTES_MAX` bytes.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

BUFFER_BYTES_MAX = 4096
PARTS = re.compile(rb"[^\r\n]*[\r\n]|[^\r\n]+")

ERROR_LABELS: dict[str, str] = {
    "checksum": "校验不符",
    "country_unknown": "国家代码不在 ISO 3166 或 900–999 之内",
    "cut": "帧不完整",
    "eid_range": "电子耳标号超出 38 位",
    "line_too_long": "一行过长",
    "malformed": "格式不符",
    "negative": "重量为负",
    "no_weight": "仪表此刻没有重量",
    "not_a_tag": "不是电子耳标",
    "not_iso": "工业标签，不是 ISO 11784 动物标签",
    "not_kg": "单位不是千克",
    "not_stable": "重量未稳定",
    "not_weighed": "不是秤称出来的重量",
    "over_range": "超出量程",
    "tare": "这是皮重，不是称得的重量",
    "power_on": "阅读器上电",
    "power_up": "仪表正在启动",
    "sub_gram": "分辨力小于一克",
    "under_range": "低于量程",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """帧 · `raw` alone decodes to it again; `stable` is None where the format cannot tell."""

    raw: bytes
    weight_g: int | None = None
    stable: bool | None = None
    eid: str | None = None
    error: str | None = None


class Profile(StrEnum):
    """用途 · what may be shown, and what may be traded on."""

    DISPLAY = "display"
    TRADE = "trade"


class Decoder(Protocol):
    """解码器 · one for each connection: old bytes are never joined to new ones (W10)."""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        ...

    def close(self) -> list[Frame]:
        """The whole frame that might still have become a longer one."""
        ...


def grams(digits: str, decimals: int) -> int | None:
    """Grams of a number of kilograms given as digits and decimals; None below one gram.

    >>> grams("004255", 1), grams("425", -1), grams("0004255", 4), grams("0004250", 4)
    (425500, 4250000, None, 425)
    """
    if decimals <= 3:  # noqa: PLR2004 a kilogram has three decimals of whole grams
        factor: int = 10 ** (3 - decimals)
        return int(digits) * factor
    whole, rest = divmod(int(digits), 10 ** (decimals - 3))
    return None if rest else whole


def grams_of(kilograms: str) -> int | None:
    """Grams of a decimal number of kilograms; None below one gram.

    >>> grams_of("0425.50"), grams_of("-12"), grams_of("1.0005")
    (425500, -12000, None)
    """
    whole, _, fraction = kilograms.partition(".")
    return grams(whole + fraction, len(fraction))


def weight(raw: bytes, weight_g: int | None, *, stable: bool | None = None) -> Frame:
    """A frame with a weight, or the error that its last digit is less than a gram."""
    if weight_g is None:
        return Frame(raw, error="sub_gram")
    return Frame(raw, weight_g, stable)


def in_profile(frame: Frame, profile: Profile) -> Frame:
    """What this frame is worth: on display everything, in trade no moving and no negative weight.

    >>> in_profile(Frame(b"", 425_500, stable=False), Profile.TRADE).error
    'not_stable'
    >>> in_profile(Frame(b"", -500, stable=True), Profile.TRADE).error
    'negative'
    """
    if profile is Profile.DISPLAY or frame.weight_g is None:
        return frame
    if frame.weight_g < 0:
        return replace(frame, weight_g=None, stable=None, error="negative")
    if frame.stable is False:
        return replace(frame, weight_g=None, stable=None, error="not_stable")
    return frame


class FixedFrames:
    """Cuts frames of a fixed length that begin with a byte found nowhere else in them."""

    def __init__(self, start: bytes, length: int, read: Callable[[bytes], Frame | None]) -> None:
        self._start, self._length, self._read = start, length, read
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        self._buffer += data
        return list(self._whole())

    def _whole(self) -> Iterator[Frame]:
        start, length, buffer = self._start, self._length, self._buffer
        begin = 0
        while (begin := buffer.find(start, begin)) >= 0:
            again = buffer.find(start, begin + 1, begin + length + len(start) - 1)
            if again < 0 and len(buffer) - begin < length:
                break
            if again < 0 and (frame := self._read(bytes(buffer[begin : begin + length]))):
                yield frame
                begin += length
            else:
                begin = again if again > 0 else begin + 1
        kept = min(len(start) - 1, len(buffer))  # the start itself may have come in part
        del buffer[: len(buffer) - kept if begin < 0 else begin]

    def close(self) -> list[Frame]:
        """Nothing: a frame of fixed length is whole or it is not."""
        self._buffer.clear()
        return []


class Lines:
    """Cuts lines at CR or LF; empty ones are passed over, endless ones are named and skipped.

    `begins` finds the beginning of a line: a whole line behind noise, or behind one that was cut
    without an end, is read for itself.
    """

    def __init__(
        self, read: Callable[[bytes], Frame], begins: re.Pattern[bytes] | None = None
    ) -> None:
        self._read = read
        self._begins = begins
        self._buffer = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[Frame]:
        """The frames of the lines that these bytes complete."""
        frames: list[Frame] = []
        for part in PARTS.findall(data):
            frames += self._take(part)
        return frames

    def _take(self, part: bytes) -> Iterator[Frame]:
        ended = part.endswith((b"\r", b"\n"))
        if self._skipping:
            self._skipping = not ended
            return
        self._buffer += part
        if len(self._buffer) > BUFFER_BYTES_MAX:
            yield Frame(bytes(self._buffer[:BUFFER_BYTES_MAX]), error="line_too_long")
            self._buffer.clear()
            self._skipping = not ended
        elif ended:
            line = bytes(self._buffer)
            self._buffer.clear()
            if line.strip(b"\r\n\0 "):
                yield self._line(line)

    def _line(self, line: bytes) -> Frame:
        frame = self._read(line)
        if frame.error != "malformed" or self._begins is None:
            return frame
        starts = [found.start() for found in self._begins.finditer(line) if found.start()]
        return self._read(line[starts[-1] :]) if starts else frame

    def close(self) -> list[Frame]:
        """Nothing: a line without its end may have been cut."""
        self._buffer.clear()
        self._skipping = False
        return []
