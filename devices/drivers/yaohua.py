r"""耀华 XK3190-A9/A26 · continuous output: format 0 (12 bytes, checked), format 1 (`=`).

Source: 上海耀华 XK3190-A9+ and XK3190-A26 manuals, chapter serial communication. Neither frame says
whether the weight is stable: that takes equal frames in a row.

>>> frame, = Yaohua0().feed(bytes.fromhex("022b303034323535313143 03"))
>>> frame.weight_g, frame.stable
(425500, None)
>>> Yaohua1().feed(b"=05.5240")[0].weight_g
425500
"""

import re

from devices.drivers.frames import FixedFrames, Frame, grams, grams_of, weight

FORMAT_0 = re.compile(rb"^\x02([+-])([0-9]{6})([0-4])([0-9A-F]{2})\x03$")
FORMAT_1 = re.compile(r"^ *(-?[0-9]+\.?[0-9]*)$")


class Yaohua0(FixedFrames):
    """Format 0: `02 sign 6×digit decimals check check 03`."""

    def __init__(self) -> None:
        super().__init__(b"\x02", 12, read_format_0)


class Yaohua1(FixedFrames):
    """Format 1: `=` and seven characters, the last digit of the weight first."""

    def __init__(self) -> None:
        super().__init__(b"=", 8, read_format_1)


def exclusive_or(data: bytes) -> int:
    """XOR of bytes, the check of all Yaohua frames.

    >>> hex(exclusive_or(b"AB"))
    '0x3'
    """
    check = 0
    for byte in data:
        check ^= byte
    return check


def read_format_0(raw: bytes) -> Frame | None:
    """The weight of twelve bytes; None where the last is not 03, for then they are no frame."""
    if raw[-1:] != b"\x03":
        return None
    parts = FORMAT_0.match(raw)
    if parts is None:
        return Frame(raw, error="malformed")
    if exclusive_or(raw[1:9]) != int(parts[4], 16):
        return Frame(raw, error="checksum")
    sign, digits, decimals = parts[1].decode(), parts[2].decode(), int(parts[3])
    return weight(raw, grams(sign + digits, decimals))


def read_format_1(raw: bytes) -> Frame | None:
    """The weight of one `=` frame."""
    parts = FORMAT_1.match(raw[:0:-1].decode("latin-1"))
    return weight(raw, grams_of(parts[1].rstrip("."))) if parts else Frame(raw, error="malformed")
