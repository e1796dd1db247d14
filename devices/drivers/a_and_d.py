r"""A&D 标准格式 · `ST,GS,+00679.4kg`: state, gross or net, signed weight, unit.

Source: A&D manuals AD-4402 (8.2.5, A&D data format), AD-4406A (13.2) and AD-4410 (9.2.8): `HD` is a
held weight, `TR` and `PT` are tares, `G ` and `N ` the short second headers; the data are eight
characters with sign and point, spaces where out of range. `RW` asks for the displayed weight.
Makers who copied the format write more characters, never fewer: fewer means that some were lost.

>>> frame, = AandD().feed(b"ST,GS,+00679.4kg\r\n")
>>> frame.weight_g, frame.stable
(679400, True)
>>> [(frame.weight_g, frame.error) for frame in AandD().feed(b"US,NT,-00001.0kg\r\nOL,GS,\r\n")]
[(-1000, None), (None, 'over_range')]
>>> [frame.error for frame in AandD().feed(b"ST,TR,+00012.0kg\r\nST,GS,+679.4kg\r\n")]
['tare', 'malformed']
"""

import re

from devices.drivers.frames import Frame, Lines, grams_of, weight

ASK = b"RW\r\n"
BEGINS = re.compile(rb"(?:ST|US|HD|OL|LO),")
LINE = re.compile(r"^(ST|US|HD),(GS|NT|TR|PT|G |N |T ),([+-] *[0-9]+(?:[.,][0-9]+)?) *([A-Za-z]+)$")
TARES = ("TR", "PT", "T ")
DATA_CHARS = 8  # sign, point and digits
OUT_OF_RANGE = {"OL,": "over_range", "LO,": "under_range"}


class AandD(Lines):
    """Lines of an A&D indicator."""

    def __init__(self) -> None:
        super().__init__(read_line, BEGINS)


def read_line(raw: bytes) -> Frame:
    """The weight of one line."""
    text = raw.strip(b"\r\n\0 ").decode("latin-1")
    if error := OUT_OF_RANGE.get(text[:3]):
        return Frame(raw, error=error)
    parts = LINE.match(text)
    if parts is None or len(parts[3]) < DATA_CHARS:
        return Frame(raw, error="malformed")
    if parts[2] in TARES:
        return Frame(raw, error="tare")
    if parts[4] != "kg":
        return Frame(raw, error="not_kg")
    number = parts[3].replace(" ", "").replace(",", ".")
    return weight(raw, grams_of(number), stable=parts[1] == "ST")
