r"""Tru-Test／Datamars XRS2、SRS2 · three digits and twelve, or sixteen hexadecimal, as it is set.

Source: the formats that Tru-Test equipment is set to, as farm software describes them (FarmIT,
"Tru-Test, working with EID tags": ASCII 15, ASCII 16, with a space, hexadecimal). No maker's
document was at hand; session files are not read.

>>> [frame.eid for frame in TruTestReader().feed(
...     b"982 000001088420\r\n0982000001088420\r\n982000001088420\r\n8000F58000109BA4\r\n")]
['982000001088420', '982000001088420', '982000001088420', '982000001088420']
>>> TruTestReader().feed(b"LA 982 000001088420\r\n")[0].error
'not_a_tag'
"""

import re

from devices.drivers.frames import Frame, Lines
from devices.drivers.tags import hexadecimal, tag, told

DECIMAL = re.compile(r"^0?([0-9]{3}) ?([0-9]{12})$")


class TruTestReader(Lines):
    """Lines of a Tru-Test or Datamars stick reader."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The tag of one line."""
    text = told(raw)
    if parts := DECIMAL.match(text):
        return tag(raw, parts[1] + parts[2])
    return hexadecimal(raw, text) or Frame(raw, error="not_a_tag")
