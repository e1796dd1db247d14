r"""Tru-Test `{RW}` · answers of S3 and EziWeigh indicators: `[425.5]` stable, `[U425.5]` moving.

Source: Tru-Test S3 and EziWeigh serial commands ({RW} at 9600 8N1). The frame has no unit; the
device record says that the indicator is set to kilograms.

>>> [(frame.weight_g, frame.stable) for frame in TruTestRw().feed(b"[425.5][U427.0]\r\n")]
[(425500, True), (427000, False)]
"""

import re
from collections.abc import Iterator

from devices.drivers.frames import Frame, grams_of, weight

ASK = b"{RW}"
LENGTH_MAX = 16  # bytes
FRAME = re.compile(r"^\[(U?) *(-?[0-9]+(?:\.[0-9]+)?) *\]$")


class TruTestRw:
    """Cuts answers at their brackets."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        self._buffer += data
        return list(self._whole())

    def _whole(self) -> Iterator[Frame]:
        buffer = self._buffer
        while (end := buffer.find(b"]")) >= 0:
            begin = buffer.rfind(b"[", 0, end)
            if begin >= 0 and end - begin < LENGTH_MAX:
                yield read_frame(bytes(buffer[begin : end + 1]))
            del buffer[: end + 1]
        del buffer[: max(buffer.rfind(b"["), len(buffer) - LENGTH_MAX, 0)]

    def close(self) -> list[Frame]:
        """Nothing: an answer without its bracket was cut."""
        self._buffer.clear()
        return []


def read_frame(raw: bytes) -> Frame:
    """The weight between two brackets."""
    parts = FRAME.match(raw.decode("latin-1"))
    if parts is None:
        return Frame(raw, error="malformed")
    return weight(raw, grams_of(parts[2]), stable=not parts[1])
