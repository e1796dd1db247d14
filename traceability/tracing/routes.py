"""路线 · the contacts of a chain one by one: how many steps away, by which way, on which days."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from traceability.tracing.contacts import Column, Contacts, Direction, SameDay
from traceability.tracing.reach import NEVER

FAR = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Routes:
    """最短路线 · the fewest steps to each holding of a chain, and the rows of one such way."""

    contacts: Contacts
    direction: Direction
    steps: Column  # NEVER where the chain does not reach; 0 at the roots
    first_row: NDArray[np.intp]  # the last row of a shortest way; NEVER where there is none
    came_by: list[
        tuple[NDArray[np.intp], NDArray[np.intp]]
    ]  # by number of steps: holdings, rows to them

    def nearest(self) -> NDArray[np.intp]:
        """The holdings of the chain: fewest steps first, then the day that comes first."""
        found = np.flatnonzero(self.steps > 0)
        sense = 1 if self.direction is Direction.OUTGOING else -1
        day = self.contacts.day[self.first_row[found]] * np.int32(sense)
        return found[np.lexsort((found, day, self.steps[found]))]

    def way(self, holding: int) -> list[int]:
        """The rows of one shortest way from a root to a holding, the root's step first."""
        start, _ = self.contacts.towards(self.direction)
        rows: list[int] = []
        for taken in range(int(self.steps[holding]), 0, -1):
            goals, by = self.came_by[taken]
            row = int(by[np.searchsorted(goals, holding)])
            rows.append(row)
            holding = int(start[row])
        return rows[::-1]


def shortest(
    contacts: Contacts,
    roots: list[int],
    *,
    direction: Direction,
    holdings: int,
    same_day: SameDay = SameDay.ANY,
) -> Routes:
    """The shortest ways of a chain, in steps; the peer's `ShortestPaths`.

    >>> chain = Contacts.of([(7, 0, 1, 10), (7, 1, 2, 11), (8, 0, 2, 9), (9, 2, 3, 10)])
    >>> shortest(chain, [0], direction=Direction.OUTGOING, holdings=4).steps.tolist()
    [0, 1, 1, 2]
    """
    start, goal = contacts.towards(direction)
    sense = 1 if direction is Direction.OUTGOING else -1
    day = contacts.day * np.int32(sense)
    least_wait = 0 if same_day is SameDay.ANY else 1
    steps = np.full(holdings, NEVER, dtype=np.int32)
    since = np.full(holdings, FAR, dtype=np.int32)
    steps[roots] = 0
    since[roots] = -FAR
    first_row = np.full(holdings, NEVER, dtype=np.intp)
    came_by = [(first_row[:0], first_row[:0])]
    changed = np.zeros(holdings, dtype=bool)
    changed[roots] = True
    while changed.any():
        rows = np.flatnonzero(changed[start])
        rows = rows[day[rows] - least_wait >= since[start[rows]]]
        rows = rows[day[rows] < since[goal[rows]]]
        new, rows = _first_to_come(
            rows if direction is Direction.INGOING else rows[::-1], goal, holdings
        )
        changed = np.zeros(holdings, dtype=bool)
        since[new] = day[rows]
        changed[new] = True
        unmet = steps[new] == NEVER
        steps[new[unmet]] = len(came_by)
        first_row[new[unmet]] = rows[unmet]
        came_by.append((new, rows))
    return Routes(contacts, direction, steps, first_row, came_by)


def _first_to_come(
    rows: NDArray[np.intp], goal: Column, holdings: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The goals of the rows, and for each the row that stands last."""
    first = np.full(holdings, NEVER, dtype=np.intp)
    first[goal[rows]] = rows  # of several to one place the last one stays
    new = np.flatnonzero(first != NEVER)
    return new, first[new]


def met(
    contacts: Contacts,
    since: Column,
    roots: list[int],
    *,
    direction: Direction,
    same_day: SameDay = SameDay.ANY,
) -> NDArray[np.intp]:
    """The rows that carry a chain on: each leaves a holding that the chain had reached by then."""
    start, goal = contacts.towards(direction)
    sense = 1 if direction is Direction.OUTGOING else -1
    least_wait = 0 if same_day is SameDay.ANY else 1
    from_day = since[start] * np.int32(sense)
    on_time = (since[start] != NEVER) & (contacts.day * np.int32(sense) - least_wait >= from_day)
    on_time |= np.isin(start, roots)
    return np.flatnonzero(on_time & (start != goal))


def walked(
    contacts: Contacts, root: int, *, direction: Direction, limit: int
) -> tuple[list[tuple[int, int]], bool]:
    """Every (row, steps) of every path that never comes back to a holding it has passed.

    The peer's `Trace`: a row stands once for each path that leads to it, so that the list can grow
    beyond all bounds; it ends at `limit` rows, and the second answer says whether it is whole.
    """
    start, goal = contacts.towards(direction)
    order = np.argsort(start, kind="stable")
    by_start = start[order]
    found: list[tuple[int, int]] = []
    outgoing = direction is Direction.OUTGOING
    waiting: list[tuple[tuple[int, ...], int]] = [((root,), -FAR if outgoing else FAR)]
    while waiting:
        path, bound = waiting.pop()
        begin, end = np.searchsorted(by_start, [path[-1], path[-1] + 1])
        rows = order[begin:end]
        rows = rows[contacts.day[rows] >= bound if outgoing else contacts.day[rows] <= bound]
        rows = rows[~np.isin(goal[rows], path)]
        onward: dict[int, int] = {}
        for row in rows.tolist():
            if len(found) == limit:
                return found, False
            found.append((row, len(path)))
            day, next_one = int(contacts.day[row]), int(goal[row])
            known = onward.get(next_one, day)
            onward[next_one] = min(known, day) if outgoing else max(known, day)
        waiting += [((*path, each), day) for each, day in sorted(onward.items(), reverse=True)]
    return found, True
