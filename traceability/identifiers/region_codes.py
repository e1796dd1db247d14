"""行政区划代码 · GB/T 2260 six-digit codes with their history; old codes stay alive on old tags.

Source: GB/T 2260 and its yearly lists (`traceability/data/SOURCE.md`). A code may be given
again to another place (520201 was 水城特区, then 钟山区), hence spans, not one row a code.

>>> [span.name for span in spans("520201")]
['水城特区', '钟山区']
>>> known_county("520526"), known_county("522427"), known_county("520640")
(True, True, False)
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent.parent / "data" / "gb2260.tsv"
CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Span:
    """一段效力 · one name of one code and the days on which it was in force."""

    code: str
    name: str
    valid_from: date | None  # None: before the lists begin (1980)
    valid_to: date | None  # the first day on which it no longer holds; None: in force
    successor: str | None

    def holds(self, on: date) -> bool:
        """Whether the code meant this place on a day."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_to is None or on < self.valid_to)


@cache
def _table() -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {}
    for line in DATA.read_text(encoding="utf-8").splitlines()[1:]:
        code, name, begins, ends, successor = line.split("\t")
        span = Span(code, name, _day(begins), _day(ends), successor or None)
        found.setdefault(code, []).append(span)
    return {code: tuple(rows) for code, rows in found.items()}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def spans(code: str) -> tuple[Span, ...]:
    """Everything a code has meant, oldest first."""
    return _table().get(code, ())


def all_spans() -> tuple[Span, ...]:
    """The whole table, by code."""
    return tuple(span for rows in _table().values() for span in rows)


def region_on(code: str, on: date) -> Span | None:
    """What a code meant on a day; the newer meaning where two lists overlap.

    >>> region_on("520204", date(2019, 1, 1)), region_on("520204", date(2021, 1, 1)).name
    (None, '水城区')
    """
    held = [span for span in spans(code) if span.holds(on)]
    return held[-1] if held else None


def known_county(code: str, *, seen_on: date | None = None) -> bool:
    """Whether a county ever had this code, by the day it was seen.

    >>> known_county("520526", seen_on=date(2008, 5, 1)), known_county("520500")
    (False, False)
    """
    if len(code) != CODE_DIGITS or code.endswith("00"):
        return False
    return any(
        span.valid_from is None or seen_on is None or span.valid_from <= seen_on
        for span in spans(code)
    )


def today_code(code: str) -> str:
    """The code that stands today for the place an old code named.

    >>> today_code("522427"), today_code("520221"), today_code("520526")
    ('520526', '520204', '520526')
    """
    for _ in range(8):  # no place was renumbered more often; a circle would end here too
        rows = spans(code)
        if not rows or rows[-1].valid_to is None or rows[-1].successor in (None, code):
            return code
        code = rows[-1].successor or code
    return code
