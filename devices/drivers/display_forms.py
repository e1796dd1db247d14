r"""四种显示写法 · one tag as decimal, country.number in hexadecimal, word, or word reversed.

Source: ISO 11784 and the four forms found among readers' settings (graemediack/ISO11784Tools):
`999123456789012`, `3E7.1CBE991A14`, `8000F9DCBE991A14`, `2858997D3B9F0001`.

>>> {frame.eid for frame in DisplayForms().feed(
...     b"999123456789012\r3E7.1CBE991A14\r8000F9DCBE991A14\r2858997D3B9F0001\r")}
{'999123456789012'}
>>> DisplayForms().feed(b"8000F9DCBE991A1\r")[0].error
'not_a_tag'
"""

import re

from devices.drivers.frames import Frame, Lines
from devices.drivers.tags import hexadecimal, tag, told

DECIMAL = re.compile(r"^[0-9]{15}$")


class DisplayForms(Lines):
    """Lines of a reader set to a hexadecimal form."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The tag of one line."""
    text = told(raw)
    found = tag(raw, text) if DECIMAL.match(text) else hexadecimal(raw, text)
    return found or Frame(raw, error="not_a_tag")
