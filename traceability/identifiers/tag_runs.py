"""号段 · a run of consecutive ear tags of one county, from a first number to a last one.

A tag has no check digit, so every number between the ends exists.

>>> run = parse_run("252052600000099", "101")
>>> run.size, str(run)
(3, '2 520526 00000099—00000101')
>>> [str(part) for part in run.without([parse_run("252052600000100", "252052600000100")])]
['2 520526 00000099', '2 520526 00000101']
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .ear_tags import COUNTY, TAG_DIGITS, parse_ear_tag
from .keystrokes import digits
from .refusals import IdentifierError

RUN_TAGS_MAX = 1_000_000
SERIAL_DIGITS = 8


@dataclass(frozen=True, slots=True)
class TagRun:
    """号段 · both ends are within it."""

    first: str
    last: str

    @property
    def size(self) -> int:
        """How many tags it has."""
        return int(self.last) - int(self.first) + 1

    @property
    def county(self) -> str:
        """The county's code on its tags."""
        return self.first[COUNTY]

    def within(self, other: "TagRun") -> bool:
        """Whether all of it lies in another."""
        return other.first <= self.first and self.last <= other.last

    def touches(self, other: "TagRun") -> bool:
        """Whether a number is in both."""
        return self.first <= other.last and other.first <= self.last

    def without(self, taken: Iterable["TagRun"]) -> list["TagRun"]:
        """What is left when some parts, none overlapping another, are taken away."""
        left, begin = [], int(self.first)
        for part in sorted(taken, key=lambda each: each.first):
            if begin < int(part.first):
                left.append(_run(begin, int(part.first) - 1))
            begin = int(part.last) + 1
        if begin <= int(self.last):
            left.append(_run(begin, int(self.last)))
        return left

    def __str__(self) -> str:
        serials = self.first[-SERIAL_DIGITS:], self.last[-SERIAL_DIGITS:]
        shown = serials[0] if self.size == 1 else "—".join(serials)
        return f"{self.first[0]} {self.county} {shown}"


def _run(first: int, last: int) -> TagRun:
    return TagRun(str(first), str(last))


def parse_run(first: str, last: str) -> TagRun:
    """The run that a person typed; of the last number its final digits are enough.

    Raises:
        IdentifierError: as `parse_ear_tag`; `tag_run.two_counties`, `.order`, `.too_long`.
    """
    begin = parse_ear_tag(first).code
    typed = digits(last, noun="止号", code="ear_tag")
    if len(typed) <= SERIAL_DIGITS:
        typed = begin[: TAG_DIGITS - len(typed)] + typed
    run = TagRun(begin, parse_ear_tag(typed).code)
    if run.last[COUNTY] != run.county:
        raise IdentifierError(
            "tag_run.two_counties", "起号和止号不是同一个县的耳标：一个号段只能是一个县的"
        )
    if run.size < 1:
        raise IdentifierError("tag_run.order", "止号比起号小：请核对，前小后大")
    if run.size > RUN_TAGS_MAX:
        raise IdentifierError(
            "tag_run.too_long", f"一个号段最多 {RUN_TAGS_MAX} 枚：请核对号码，或分开登记"
        )
    return run
