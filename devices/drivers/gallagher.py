r"""Gallagher HR · `LA 982 000001088420`, as the reader is set to send to others' equipment.

Source: the trade's common line, which Gallagher's hand readers can be set to; a maker's document
was not at hand, and no other setting is read.

>>> Gallagher().feed(b"LA 982 000001088420\r\n")[0].eid
'982000001088420'
>>> Gallagher().feed(b"A 982 000001088420\r\n")[0].error
'not_a_tag'
"""

import re

from devices.drivers.frames import Frame, Lines
from devices.drivers.tags import tag, told

LINE = re.compile(r"^LA ([0-9]{3}) ([0-9]{12})$")
INDUSTRIAL = re.compile(r"^LR [0-9]")


class Gallagher(Lines):
    """Lines of a Gallagher hand reader."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The tag of one line."""
    text = told(raw)
    if parts := LINE.match(text):
        return tag(raw, parts[1] + parts[2])
    return Frame(raw, error="not_iso" if INDUSTRIAL.match(text) else "not_a_tag")
