r"""纯数字 · fifteen digits a line, or sixteen with a leading 0: what most readers can be set to.

Source: ISO 11784 decimal form, country 3 digits and national number 12.

>>> [frame.eid for frame in PlainDigits().feed(b"982000001088420\r\n0982000001088420\n")]
['982000001088420', '982000001088420']
>>> PlainDigits().feed(b"9820000010884\r")[0].error
'not_a_tag'
"""

import re

from devices.drivers.frames import Frame, Lines
from devices.drivers.tags import tag, told

LINE = re.compile(r"^0?([0-9]{15})$")


class PlainDigits(Lines):
    """Lines of digits."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The tag of one line."""
    parts = LINE.match(told(raw))
    return tag(raw, parts[1]) if parts else Frame(raw, error="not_a_tag")
