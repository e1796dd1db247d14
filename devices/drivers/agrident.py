r"""Agrident ASCII · `A` and fifteen digits, for an animal's tag.

Source: the ASCII mode as users of the AIR200 describe it; the maker's manual at hand documents only
the binary mode (stuffing, address, CRC) and not in full, so that mode is not built.

>>> Agrident().feed(b"A982000001088420\r")[0].eid
'982000001088420'
>>> Agrident().feed(b"A98200000108842\r")[0].error
'not_a_tag'
"""

import re

from devices.drivers.frames import Frame, Lines
from devices.drivers.tags import tag, told

LINE = re.compile(r"^A([0-9]{15})$")


class Agrident(Lines):
    """Lines of an Agrident reader in ASCII mode."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The tag of one line."""
    parts = LINE.match(told(raw))
    return tag(raw, parts[1]) if parts else Frame(raw, error="not_a_tag")
