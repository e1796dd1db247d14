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
    came_by: list[dict[int, int]]  # for each number of steps: holding → row that improved it

    def way(self, holding: int) -> list[int]:
        """The rows of one shortest way from a root to a holding, the root's step first."""
        start, _ = self.contacts.towards(self.direction)
        rows: list[int] = []
        for taken in range(int(self.steps[holding]), 0, -1):
            row = self.came_by[taken][holding]
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
    came_by: list[dict[int, int]] = [{}]
    changed = np.zeros(holdings, dtype=bool)
    changed[roots] = True
    while changed.any():
        rows = np.flatnonzero(changed[start])
        rows = rows[day[rows] - least_wait >= since[start[rows]]]
        rows = _first_to_come(rows[day[rows] < since[goal[rows]]], goal, day)
        changed = np.zeros(holdings, dtype=bool)
        new = goal[rows]
        since[new] = day[rows]
        changed[new] = True
        steps[new[steps[new] == NEVER]] = len(came_by)
        came_by.append(dict(zip(new.tolist(), rows.tolist(), strict=True)))
    return Routes(contacts, direction, steps, came_by)


def _first_to_come(rows: NDArray[np.intp], goal: Column, day: Column) -> NDArray[np.intp]:
    """For each goal the row that reaches it first."""
    rows = rows[np.argsort(day[rows], kind="stable")]
    _, first = np.unique(goal[rows], return_index=True)
    return rows[first]


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
