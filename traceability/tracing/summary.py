"""接触汇总 · degrees and chain lengths of every holding, in one pass over sets of bits."""

from collections.abc import Sequence
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
    """Join the sets along one day's steps until nothing grows any more."""
    onward: dict[int, list[int]] = {}
    for begin, end in pairs:
        onward.setdefault(begin, []).append(end)
    waiting = dict.fromkeys(onward)
    while waiting:
        begin = next(iter(waiting))
        del waiting[begin]
        mine = behind[begin]
        for end in onward[begin]:
            joined = behind[end] | mine
            if joined != behind[end]:
                behind[end] = joined
                if end in onward:
                    waiting[end] = None


def _merge_later(behind: list[int], pairs: Sequence[tuple[int, int]]) -> None:
    """Join the sets along one day's steps, each as it was in the morning."""
    morning = {begin: behind[begin] for begin, _ in pairs}
    for begin, end in pairs:
        behind[end] |= morning[begin]
