r"""Digi-Star · `,860,LB,$,GR,03/09/04,08:58,j`: animal, weight, unit, gross or net, time.

Source: a documented capture of Digi-Star's comma format. It does not tell whether the weight was
stable, and mostly comes in pounds, which are never converted.

>>> DigiStar().feed(b",860,LB,$,GR,03/09/04,08:58,j\r\n")[0].error
'not_kg'
>>> DigiStar().feed(b",425.5,KG,$,GR,03/09/04,08:58,j\r\n")[0].weight_g
425500
"""

import re

from devices.drivers.frames import Frame, Lines, grams_of, weight

LINE = re.compile(
    r"^[^,]*, *(-?[0-9]+(?:\.[0-9]+)?) *,([A-Za-z]+),[^,]*,(?:GR|NE|NT),"
    r"[0-9]{2}/[0-9]{2}/[0-9]{2},[0-9]{2}:[0-9]{2},.$"
)


class DigiStar(Lines):
    """Lines of a Digi-Star indicator."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    """The weight of one line."""
    parts = LINE.match(raw.strip(b"\r\n\0").decode("latin-1"))
    if parts is None:
        return Frame(raw, error="malformed")
    if parts[2].upper() != "KG":
        return Frame(raw, error="not_kg")
    return weight(raw, grams_of(parts[1]))
