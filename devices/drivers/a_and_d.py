r"""A&D 标准格式 · `ST,GS,+00679.4kg`: state, gross or net, signed weight, unit.

Source: A&D indicator manuals (AD-4401 family), standard format of the RS-232C output.

>>> frame, = AandD().feed(b"ST,GS,+00679.4kg\r\n")
>>> frame.weight_g, frame.stable
(679400, True)
>>> [(frame.weight_g, frame.error) for frame in AandD().feed(b"US,NT,-00001.0kg\r\nOL,GS,\r\n")]
[(-1000, None), (None, 'over_range')]
"""

import re

from devices.drivers.frames import Frame, Lines, grams_of, weight

LINE = re.compile(r"^(ST|US),(?:GS|NT),([+-]) *([0-9]+(?:\.[0-9]+)?) *([A-Za-z]+)$")


class AandD(Lines):
    """Lines of an A&D indicator."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The weight of one line."""
    text = raw.strip(b"\r\n\0 ").decode("latin-1")
    if text.startswith("OL,"):
        return Frame(raw, error="over_range")
    parts = LINE.match(text)
    if parts is None:
        return Frame(raw, error="malformed")
    if parts[4] != "kg":
        return Frame(raw, error="not_kg")
    return weight(raw, grams_of(parts[2] + parts[3]), stable=parts[1] == "ST")
