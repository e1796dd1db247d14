"""ICAR ADE · weight events in JSON, one after the other, as a gateway beside the scale sends them.

Source: ICAR Animal Data Exchange 1.4, `icarWeightEventResource` and `icarMassMeasureType`
(github.com/adewg/ICAR). Its `weight` has `measurement`, `units` (UN/CEFACT: KGM, kilograms, also
where nothing is said) and `method` (a load cell where nothing is said). It does not tell whether
the weight was stable. What a tape, an eye or a camera guessed is no weight of a scale. An object
begins with `{`; one that is cut ends where the next begins at the start of a line.

>>> IcarJson().feed(b'{"weight": {"measurement": 425.5, "units": "KGM"}}')[0].weight_g
425500
>>> IcarJson().feed(b'{"weight": {"measurement": 940, "units": "LBR"}}')[0].error
'not_kg'
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal

from devices.drivers.frames import BUFFER_BYTES_MAX, Frame, grams_of, weight

NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?")
KILOGRAMS = "KGM"
LOAD_CELL = "LoadCell"
MARKS = re.compile(rb'[\r\n]\{|[{}"]')
QUOTE = re.compile(rb'(?:[^"\\\r\n]|\\.)*(?:"|(?=[\r\n]))', re.DOTALL)


class IcarJson:
    """Cuts JSON objects out of a stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        self._buffer += data
        return list(self._whole())

    def _whole(self) -> Iterator[Frame]:
        buffer, begin = self._buffer, 0
        while (begin := buffer.find(b"{", begin)) >= 0:
            window = bytes(buffer[begin : begin + BUFFER_BYTES_MAX])
            end, is_whole = _end(window)
            if not end and len(window) < BUFFER_BYTES_MAX:
                break
            if not end:
                yield Frame(window, error="line_too_long")
            else:
                yield read_object(window[:end]) if is_whole else Frame(window[:end], error="cut")
            begin += end or len(window)
        del buffer[: len(buffer) if begin < 0 else begin]

    def close(self) -> list[Frame]:
        """Nothing: an object is closed or it was cut."""
        self._buffer.clear()
        return []


def _end(window: bytes) -> tuple[int, bool]:
    """Where the object at the start ends, and whether it is whole; 0 while nobody knows."""
    depth, at = 0, 0
    while mark := MARKS.search(window, at):
        if len(mark[0]) > 1:
            return mark.start(), False
        at = mark.end()
        if mark[0] == b'"':
            quoted = QUOTE.match(window, at)
            if quoted is None:
                return 0, False
            at = quoted.end()
            continue
        depth += 1 if mark[0] == b"{" else -1
        if not depth:
            return at, True
    return 0, False


def read_object(raw: bytes) -> Frame:
    """The weight of one event."""
    try:
        told = json.loads(raw, parse_float=Decimal, parse_int=Decimal)
        given = told["weight"]
        number, units, method = given["measurement"], given.get("units"), given.get("method")
    except (ArithmeticError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Frame(raw, error="malformed")
    if not isinstance(number, Decimal) or not NUMBER.fullmatch(str(number)):
        return Frame(raw, error="malformed")
    if (method or LOAD_CELL) != LOAD_CELL:
        return Frame(raw, error="not_weighed")
    if (units or KILOGRAMS) != KILOGRAMS:
        return Frame(raw, error="not_kg")
    return weight(raw, grams_of(str(number)))
