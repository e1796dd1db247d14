"""点数 · the same animals counted at several points: who is in one count and missing in another.

Pure: sets of ear tags go in, differences come out, and every odd animal is named.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Count(StrEnum):
    """点数环节 · in the order in which an animal passes them."""

    CERTIFICATE = "certificate"
    SOLD = "sold"
    LOADED = "loaded"
    DEPARTED = "departed"
    GATE = "gate"
    SCALE = "scale"
    SALE = "sale"


COUNT_LABELS = {
    Count.CERTIFICATE: "证明上的耳标",
    Count.SOLD: "装车前成交",
    Count.LOADED: "装车扫描",
    Count.DEPARTED: "启运登记",
    Count.GATE: "到达登记",
    Count.SCALE: "过磅",
    Count.SALE: "成交",
}
assert COUNT_LABELS.keys() == set(Count)

COMPULSORY = frozenset({Count.CERTIFICATE, Count.LOADED, Count.DEPARTED, Count.GATE})
"""What every animal of a journey must pass; whether it is weighed and sold is up to its owner."""


class Oddity(StrEnum):
    """对不上的样子 · why an animal is named."""

    UNCOVERED = "uncovered"
    ABSENT = "absent"
    WAITING = "waiting"


ODDITY_LABELS = {
    Oddity.UNCOVERED: "多出来",
    Oddity.ABSENT: "少了",
    Oddity.WAITING: "还没办到",
}
assert ODDITY_LABELS.keys() == set(Oddity)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two counts that follow each other: who was lost between them, and who came from nowhere."""

    earlier: Count
    later: Count
    missing: tuple[str, ...]
    extra: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Odd:
    """An animal that some counts have and others have not."""

    tag: str
    oddity: Oddity
    seen: tuple[Count, ...]
    unseen: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the counts say together; `stated` is the number of head printed on the certificate."""

    heads: Mapping[Count, int]
    stated: int | None
    differences: tuple[Difference, ...]
    odd: tuple[Odd, ...]

    @property
    def head_agrees(self) -> bool:
        """Whether the printed number is the length of the certificate's list."""
        return self.stated is None or self.stated == self.heads[Count.CERTIFICATE]

    @property
    def agrees(self) -> bool:
        """Whether nothing needs explaining; what merely has not happened yet does not."""
        return self.head_agrees and all(each.oddity is Oddity.WAITING for each in self.odd)


def compare(counts: Mapping[Count, Collection[str]], *, stated: int | None = None) -> Comparison:
    """Compare counts of the same animals; the order of the steps is that of `Count`.

    >>> found = compare({Count.CERTIFICATE: {"1", "2"}, Count.GATE: {"1", "3"}})
    >>> [(each.tag, each.oddity.value) for each in found.odd]
    [('3', 'uncovered'), ('2', 'absent')]
    >>> compare({Count.CERTIFICATE: {"1", "2"}, Count.GATE: set()}).agrees
    True
    """
    sets = {step: frozenset(counts[step]) for step in Count if step in counts}
    differences = tuple(
        Difference(
            first, second, _sorted(sets[first] - sets[second]), _sorted(sets[second] - sets[first])
        )
        for first, second in pairwise(sets)
        if sets[first] != sets[second]
    )
    everyone = frozenset[str]().union(*sets.values())
    odd = [_odd(tag, sets) for tag in everyone if any(tag not in each for each in sets.values())]
    order = tuple(Oddity)
    odd.sort(key=lambda each: (order.index(each.oddity), each.tag))
    heads = {step: len(tags) for step, tags in sets.items()}
    return Comparison(heads, stated, differences, tuple(odd))


def _sorted(tags: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(tags))


def _odd(tag: str, sets: Mapping[Count, frozenset[str]]) -> Odd:
    steps = list(sets)
    seen = tuple(step for step in steps if tag in sets[step])
    unseen = tuple(step for step in steps if tag not in sets[step])
    newest = steps.index(seen[-1])
    if any(steps.index(step) < newest for step in unseen):
        oddity = Oddity.UNCOVERED
    elif any(step in COMPULSORY and sets[step] for step in unseen):
        oddity = Oddity.ABSENT  # the others have passed there, this one has not
    else:
        oddity = Oddity.WAITING
    return Odd(tag, oddity, seen, unseen)
