"""接触汇总 · degrees and chain lengths of every holding, in one pass over sets of bits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from traceability.tracing.contacts import Contacts, Direction, SameDay


@dataclass(frozen=True)
class Summary:
    """接触汇总 · one number for each holding, in the holdings' order."""

    in_degree: list[int]
    out_degree: list[int]
    ingoing: list[int]
    outgoing: list[int]


def summarise(contacts: Contacts, *, holdings: int, same_day: SameDay = SameDay.ANY) -> Summary:
    """The peer's `NetworkSummary` of every holding over the contacts of one window.

    >>> found = summarise(Contacts.of([(7, 0, 1, 10), (7, 1, 2, 10)]), holdings=3)
    >>> found.outgoing, found.ingoing, found.out_degree
    ([2, 1, 0], [0, 1, 2], [1, 1, 0])
    """
    return Summary(
        in_degree=_degrees(contacts, Direction.INGOING, holdings),
        out_degree=_degrees(contacts, Direction.OUTGOING, holdings),
        ingoing=_chains(contacts, Direction.OUTGOING, holdings, same_day),
        outgoing=_chains(contacts, Direction.INGOING, holdings, same_day),
    )


def _degrees(contacts: Contacts, direction: Direction, holdings: int) -> list[int]:
    start, goal = contacts.towards(direction)
    pairs = np.unique(start.astype(np.int64) * holdings + goal)
    pairs = pairs[pairs // holdings != pairs % holdings]
    counts: list[int] = np.bincount(pairs // holdings, minlength=holdings).tolist()
    return counts


def _chains(
    contacts: Contacts, direction: Direction, holdings: int, same_day: SameDay
) -> list[int]:
    """For each holding, how many others have a path to it when days are followed this way."""
    behind = [1 << number for number in range(holdings)]
    start, goal = contacts.towards(direction)
    merge = _merge_any if same_day is SameDay.ANY else _merge_later
    for part in contacts.days(direction):
        pairs = np.unique(start[part].astype(np.int64) * holdings + goal[part])
        merge(behind, [divmod(pair, holdings) for pair in pairs.tolist()])
    return [bits.bit_count() - 1 for bits in behind]


def _merge_any(behind: list[int], pairs: Sequence[tuple[int, int]]) -> None:
    """Join the sets along one day's steps: places that reach each other that day share one set."""
    before: dict[int, list[int]] = {}
    for begin, end in pairs:
        before.setdefault(end, []).append(begin)
    for ring in _Rings(before):
        joined = 0
        for place in ring:
            joined |= behind[place]
            for begin in before[place]:
                joined |= behind[begin]
        for place in ring:
            behind[place] = joined


class _Rings:
    """同日环 · strongly connected places, each ring after all that lead to it (Tarjan 1972)."""

    def __init__(self, before: Mapping[int, Sequence[int]]) -> None:
        self.before = before
        self.seen: dict[int, int] = {}
        self.lowest: dict[int, int] = {}
        self.done: set[int] = set()
        self.stack: list[int] = []
        self.path: list[tuple[int, Iterator[int]]] = []

    def __iter__(self) -> Iterator[list[int]]:
        for root in self.before:
            if root not in self.seen:
                yield from self._below(root)

    def _below(self, root: int) -> Iterator[list[int]]:
        self._enter(root)
        while self.path:
            here, others = self.path[-1]
            other = self._unseen(here, others)
            if other is not None:
                self._enter(other)
                continue
            self.path.pop()
            if self.path:
                above = self.path[-1][0]
                self.lowest[above] = min(self.lowest[above], self.lowest[here])
            if self.lowest[here] == self.seen[here]:
                yield self._cut(here)

    def _enter(self, place: int) -> None:
        self.seen[place] = self.lowest[place] = len(self.seen)
        self.stack.append(place)
        self.path.append((place, iter(self.before[place])))

    def _unseen(self, here: int, others: Iterator[int]) -> int | None:
        for other in others:
            if other in self.done or other not in self.before:
                continue
            if other not in self.seen:
                return other
            self.lowest[here] = min(self.lowest[here], self.seen[other])
        return None

    def _cut(self, place: int) -> list[int]:
        first = self.stack.index(place)
        ring = self.stack[first:]
        del self.stack[first:]
        self.done.update(ring)
        return ring


def _merge_later(behind: list[int], pairs: Sequence[tuple[int, int]]) -> None:
    """Join the sets along one day's steps, each as it was in the morning."""
    morning = {begin: behind[begin] for begin, _ in pairs}
    for begin, end in pairs:
        behind[end] |= morning[begin]
