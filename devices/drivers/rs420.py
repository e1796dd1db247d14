r"""Allflex RS420 · `STX 1000000`, fifteen digits, date and time in twelve; ISO 24631-6 style.

Source: field captures of an RS420 in an open application; the reader's own clock is not read, for
it drifts.

>>> decoder = Rs420()
>>> [frame.eid for frame in decoder.feed(b"\x021000000982000001088420260306061200\r")]
['982000001088420']
>>> decoder.feed(b"982000001088420\r")[0].error
'not_a_tag'
"""

import re

from devices.drivers.frames import Frame, Lines
from devices.drivers.tags import tag, told

LINE = re.compile(r"^1000000([0-9]{15})[0-9]{12}$")


class Rs420(Lines):
    """Lines of an RS420."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The tag of one line."""
    parts = LINE.match(told(raw))
    return tag(raw, parts[1]) if parts else Frame(raw, error="not_a_tag")
