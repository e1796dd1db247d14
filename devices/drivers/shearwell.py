r"""Shearwell · sixteen digits, the first of them 0.

Source: Shearwell stick readers as farm software describes them (FarmIT, "Sheep tags and EID":
`0826071339300045`). Fifteen digits are a line that lost its first.

>>> Shearwell().feed(b"0826071339300045\r\n")[0].eid
'826071339300045'
>>> Shearwell().feed(b"826071339300045\r\n")[0].error
'not_a_tag'
"""

import re

from devices.drivers.frames import Frame, Lines
from devices.drivers.tags import tag, told

LINE = re.compile(r"^0([0-9]{15})$")


class Shearwell(Lines):
    """Lines of a Shearwell stick reader."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The tag of one line."""
    parts = LINE.match(told(raw))
    return tag(raw, parts[1]) if parts else Frame(raw, error="not_a_tag")
