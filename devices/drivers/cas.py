r"""CAS · the 22-byte format: state, gross or net, device, lamps, eight characters, unit.

Source: CAS manuals CI-400 (appendix 1), CI-150A, CI-600D (10-1) and NT-200 (14): `ST,GS,` device
lamp `,` weight ` kg` CR LF. Device and lamp are bytes of any value, so that a frame is cut by its
head and its length, never at a line end. A lamp byte has bit 7 set and tells stability once more in
bit 6: where it denies what the head says, the weight is not taken for stable.

>>> frame, = Cas().feed(b"ST,GS,\x01\xc4,000425.5 kg\r\n")
>>> frame.weight_g, frame.stable
(425500, True)
>>> [(frame.weight_g, frame.error) for frame in Cas().feed(
...     b"US,NT,\x0d\x84,-   12.5 kg\r\nOL,GS,1\x84,         kg\r\nST,GS,1\xc4,000425.5 lb\r\n")]
[(-12500, None), (None, 'over_range'), (None, 'not_kg')]
"""

import re

from devices.drivers.frames import Frame, grams_of, weight

LENGTH = 22  # bytes
HEAD = re.compile(rb"(?:ST|US|OL),(?:GS|NT),", re.DOTALL)
HEAD_BYTES = 6
NUMBER = re.compile(rb"^([ +-]?) *([0-9]+(?:\.[0-9]+)?) *$")
STATE, LAMP, COMMA = slice(0, 2), 7, 8
DATA, UNIT = slice(9, 17), slice(17, 20)
LAMP_TELLS, LAMP_STABLE = 1 << 7, 1 << 6


class Cas:
    """Cuts frames at their head and length."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        self._buffer += data
        frames: list[Frame] = []
        begin = 0
        while head := HEAD.search(self._buffer, begin):
            begin = head.start()
            if len(self._buffer) - begin < LENGTH:
                break
            raw = bytes(self._buffer[begin : begin + LENGTH])
            whole = raw.endswith(b"\r\n") and raw[COMMA] == ord(",")
            if whole:
                frames.append(read_frame(raw))
            begin += LENGTH if whole else 1
        else:
            begin = max(begin, len(self._buffer) - HEAD_BYTES + 1)
        del self._buffer[:begin]
        return frames

    def close(self) -> list[Frame]:
        """Nothing: a frame is whole or it was cut."""
        self._buffer.clear()
        return []


def read_frame(raw: bytes) -> Frame:
    """The weight of one frame."""
    if raw[STATE] == b"OL":
        return Frame(raw, error="over_range")
    parts = NUMBER.match(raw[DATA])
    if parts is None:
        return Frame(raw, error="malformed")
    if raw[UNIT].strip() != b"kg":
        return Frame(raw, error="not_kg")
    lamp = raw[LAMP]
    denied = bool(lamp & LAMP_TELLS) and not lamp & LAMP_STABLE
    stable = raw[STATE] == b"ST" and not denied
    sign = "-" if parts[1] == b"-" else ""
    return weight(raw, grams_of(sign + parts[2].decode()), stable=stable)
