r"""托利多连续输出 · 17 bytes a frame, 18 with a checksum.

Sources: manuals of Mettler-Toledo IND245/IND445, Rice Lake, Fairbanks, Cardinal and Kern. They
agree on these bits and disagree on others (SWA 3-7, SWB 5), which are not read.

>>> frame, = Toledo().feed(bytes.fromhex("022b30203030343235353030303030300d26"))
>>> frame.weight_g, frame.stable
(425500, True)
"""

import re
from collections.abc import Iterator

from devices.drivers.frames import Frame, grams, weight

START = 0x02
SHORT, LONG = 17, 18  # bytes, without and with checksum
DIGITS = re.compile(rb"^ *[0-9]+$")
WEIGHT, TARE = slice(4, 10), slice(10, 16)
SWA_POINT = 0b111
SWB_NEGATIVE, SWB_OVER_RANGE, SWB_MOTION, SWB_KILOGRAMS = 1 << 1, 1 << 2, 1 << 3, 1 << 4
SWB_POWER_UP = 1 << 6
POINT_MAX = 6


def checksum(data: bytes) -> int:
    """Two's complement of the sum, in seven bits.

    >>> hex(checksum(bytes.fromhex("022b30203030343235353030303030300d")))
    '0x26'
    """
    return -sum(data) & 0x7F


class Toledo:
    """Frames of one stream; whether it carries checksums is learnt from the first that tells."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None
        self._check: int | None = None  # of the last frame taken without one

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        self._buffer += data
        return list(self._whole())

    def close(self) -> list[Frame]:
        """The last frame of a stream that was too short to tell whether a checksum was due."""
        raw, self._buffer = bytes(self._buffer), bytearray()
        if len(raw) == SHORT and self._length is None and raw[-1:] == b"\r":
            return [read_frame(raw)]
        return []

    def _whole(self) -> Iterator[Frame]:
        buffer = self._buffer
        self._learn_late()
        while (begin := buffer.find(START)) >= 0:
            del buffer[:begin]
            again = buffer.find(START, 1, SHORT)
            if again > 0:
                del buffer[:again]
            elif len(buffer) < SHORT:
                return
            elif buffer[SHORT - 1] != ord("\r"):
                del buffer[:1]
            elif self._length is None and len(buffer) < LONG:
                return
            else:
                length = self._length or self._learn(bytes(buffer[:LONG]))
                if len(buffer) < length:
                    return
                yield self._take(length)
                self._learn_late()
        buffer.clear()

    def _learn(self, raw: bytes) -> int:
        """The length of this frame; kept for the stream when the byte after it has one meaning."""
        matches, begins = checksum(raw[:SHORT]) == raw[SHORT], raw[SHORT] == START
        length = SHORT if begins and not matches else LONG
        if matches != begins:
            self._length = length
        return length

    def _learn_late(self) -> None:
        """A stream thought to have no checksums has them, if one follows the last frame."""
        if self._check is not None and self._buffer:
            if self._buffer[0] == self._check != START:
                self._length = LONG
            self._check = None

    def _take(self, length: int) -> Frame:
        raw = bytes(self._buffer[:length])
        wrong = length == LONG and checksum(raw[:SHORT]) != raw[SHORT]
        cut = wrong and raw[SHORT] == START  # the checksum was lost; the next frame begins here
        del self._buffer[: SHORT if cut else length]
        self._check = checksum(raw) if length == SHORT else None
        return Frame(raw, error="checksum") if wrong else read_frame(raw)


def read_frame(raw: bytes) -> Frame:
    """The weight of one frame whose checksum, if it has one, is right."""
    swa, swb = raw[1], raw[2]
    if error := _refusal(swa, swb):
        return Frame(raw, error=error)
    if not DIGITS.match(raw[WEIGHT]) or raw[TARE].strip(b" 0123456789"):
        return Frame(raw, error="malformed")
    sign = "-" if swb & SWB_NEGATIVE else ""
    digits, decimals = sign + raw[WEIGHT].decode().strip(), (swa & SWA_POINT) - 2
    return weight(raw, grams(digits, decimals), stable=not swb & SWB_MOTION)


def _refusal(swa: int, swb: int) -> str | None:
    if swa & SWA_POINT > POINT_MAX:
        return "malformed"
    if swb & SWB_POWER_UP:
        return "power_up"
    if swb & SWB_OVER_RANGE:
        return "over_range"
    return None if swb & SWB_KILOGRAMS else "not_kg"
