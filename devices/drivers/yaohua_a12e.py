r"""耀华 XK3190-A12(E) · `WG004.139kg3D`: seven characters, unit, XOR; older `wn0003.17kg`.

Source: 上海耀华 XK3190-A12(E) manual, continuous output. Neither frame tells stability.

>>> [frame.weight_g for frame in YaohuaA12e().feed(b"WG004.139kg3D\r\nwn-003.17kg\r\n")]
[4139, -3170]
>>> [frame.error for frame in YaohuaA12e().feed(b"WG004.139kg3C\r\nww000.000lb\r\n")]
['checksum', 'not_kg']
"""

import re

from devices.drivers.frames import Frame, Lines, grams_of, weight
from devices.drivers.yaohua import exclusive_or

BEGINS = re.compile(rb"W[GN]|w[wn]")
CHECKED = re.compile(r"^(W[GN].{7}[a-z]{2})([0-9A-F]{2})$")
OLDER = re.compile(r"^w[wn].{7}[a-z]{2}$")
NUMBER = re.compile(r"^ *(-?[0-9]+(?:\.[0-9]+)?)$")
OUT_OF_RANGE = {"OL": "over_range", "LO": "under_range"}


class YaohuaA12e(Lines):
    """Lines of an A12 or A12E."""

    def __init__(self) -> None:
        super().__init__(read_line, BEGINS)


def read_line(raw: bytes) -> Frame:
    """The weight of one line."""
    text = raw.strip(b"\r\n\0").decode("latin-1")
    if parts := CHECKED.match(text):
        if exclusive_or(parts[1].encode("latin-1")) != int(parts[2], 16):
            return Frame(raw, error="checksum")
    elif not OLDER.match(text):
        return Frame(raw, error="malformed")
    return _read(raw, value=text[2:9], unit=text[9:11])


def _read(raw: bytes, *, value: str, unit: str) -> Frame:
    if error := OUT_OF_RANGE.get(value.strip()):
        return Frame(raw, error=error)
    if unit != "kg":
        return Frame(raw, error="not_kg")
    number = NUMBER.match(value)
    return weight(raw, grams_of(number[1])) if number else Frame(raw, error="malformed")
