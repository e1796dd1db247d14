r"""梅特勒-托利多 MT-SICS · answers to `S`, `SI` and `SIR`: `S S     425.50 kg`.

Source: Mettler-Toledo, MT-SICS Interface Commands Reference Manual, commands S, SI, SIR. The value
has ten characters, flush right: fewer means that some were lost. `SI` asks for the weight of now.

>>> frame, = MtSics().feed(b"S S     425.50 kg\r\n")
>>> frame.weight_g, frame.stable
(425500, True)
>>> [frame.error for frame in MtSics().feed(b"S I\r\nS +\r\nS -\r\nS S 100 lb\r\n")]
['no_weight', 'over_range', 'under_range', 'not_kg']
"""

import re

from devices.drivers.frames import Frame, Lines, grams_of, weight

ASK = b"SI\r\n"
BEGINS = re.compile(rb"S [SDI+-]")
LINE = re.compile(r"^S ([SD]) ( *-?[0-9]+(?:\.[0-9]+)?) +(\S+)$")
VALUE_CHARS = 10
WITHOUT_WEIGHT = {"S I": "no_weight", "S +": "over_range", "S -": "under_range"}


class MtSics(Lines):
    """Lines of a Mettler-Toledo terminal."""

    def __init__(self) -> None:
        super().__init__(read_line, BEGINS)


def read_line(raw: bytes) -> Frame:
    """The weight of one answer."""
    text = raw.rstrip(b"\r\n").decode("latin-1")
    if error := WITHOUT_WEIGHT.get(text.rstrip()):
        return Frame(raw, error=error)
    parts = LINE.match(text)
    if parts is None:
        return Frame(raw, error="malformed")
    if parts[3] != "kg":
        return Frame(raw, error="not_kg")
    if len(parts[2]) < VALUE_CHARS:
        return Frame(raw, error="malformed")
    return weight(raw, grams_of(parts[2].strip()), stable=parts[1] == "S")
