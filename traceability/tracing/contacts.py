"""接触列 · movements as columns sorted by day: what every chain is read from.

Holdings and animals are small whole numbers here; days are `date.toordinal()`.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.int32]
NOBODY = -1  # the animal of a step that no animal made


class Direction(StrEnum):
    """追踪方向 · where animals came from, or where they went."""

    INGOING = "ingoing"
    OUTGOING = "outgoing"


class SameDay(StrEnum):
    """同日规则 · may a holding pass on what reached it the same day?

    `any`: yes, in whatever order (the peer's rule: days never decrease along a path).
    `later`: only from the next day on (days grow along a path).
    """

    ANY = "any"
    LATER = "later"


DIRECTION_LABELS = {Direction.INGOING: "向前追来源", Direction.OUTGOING: "向后追去向"}
SAME_DAY_LABELS = {SameDay.ANY: "同日可接续", SameDay.LATER: "次日起才接续"}


@dataclass(frozen=True)
class Contacts:
    """接触 · each row one animal from one holding to another on one day, days ascending."""

    animal: Column
    source: Column
    destination: Column
    day: Column

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, int, int]]) -> Self:
        """Columns of (animal, source, destination, day) rows in any order.

        >>> Contacts.of([(7, 1, 2, 20), (7, 0, 1, 10)]).source.tolist()
        [0, 1]
        """
        table = np.array(list(rows), dtype=np.int32).reshape(-1, 4)
        table = table[np.argsort(table[:, 3], kind="stable")]
        return cls(*(np.ascontiguousarray(table[:, number]) for number in range(4)))

    def __len__(self) -> int:
        return len(self.day)

    def within(self, begin: int, end: int) -> "Contacts":
        """The rows of the closed window [begin, end], as views.

        >>> len(Contacts.of([(7, 0, 1, 10), (7, 1, 2, 20)]).within(10, 19))
        1
        """
        first = int(np.searchsorted(self.day, begin, side="left"))
        last = int(np.searchsorted(self.day, end, side="right"))
        part = slice(first, last)
        return Contacts(
            self.animal[part], self.source[part], self.destination[part], self.day[part]
        )

    def seeded(
        self, direction: Direction, root: int, seeds: Iterable[tuple[int, int]]
    ) -> "Contacts":
        """The same with steps between a root that is no holding and the (holding, day) seeds.

        So a chain may begin in several places, in each from its own day.

        >>> found = Contacts.of([(7, 0, 1, 10)]).seeded(Direction.OUTGOING, 9, [(0, 8)])
        >>> found.source.tolist(), found.destination.tolist(), found.day.tolist()
        ([9, 0], [0, 1], [8, 10])
        """
        outgoing = direction is Direction.OUTGOING
        fresh = Contacts.of(
            (NOBODY, root, holding, day) if outgoing else (NOBODY, holding, root, day)
            for holding, day in seeds
        )
        places = np.searchsorted(self.day, fresh.day, side="left")
        return Contacts(
            np.insert(self.animal, places, fresh.animal),
            np.insert(self.source, places, fresh.source),
            np.insert(self.destination, places, fresh.destination),
            np.insert(self.day, places, fresh.day),
        )

    def towards(self, direction: Direction) -> tuple[Column, Column]:
        """The columns (from, to) in the sense in which a chain is followed."""
        if direction is Direction.OUTGOING:
            return self.source, self.destination
        return self.destination, self.source

    def days(self, direction: Direction) -> list[slice]:
        """The stretches of equal days, in the order in which a chain meets them."""
        if not len(self):
            return []
        cuts = np.flatnonzero(np.diff(self.day)) + 1
        edges = [0, *cuts.tolist(), len(self)]
        found = [slice(a, b) for a, b in itertools.pairwise(edges)]
        return found if direction is Direction.OUTGOING else found[::-1]
