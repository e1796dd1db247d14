"""传播链 · which holdings a chain of movements can have reached, day by day."""

import numpy as np
from numpy.typing import NDArray

from traceability.tracing.contacts import Column, Contacts, Direction, SameDay

NEVER = -1


def reached(
    contacts: Contacts,
    roots: NDArray[np.integer] | list[int],
    *,
    direction: Direction,
    holdings: int,
    same_day: SameDay = SameDay.ANY,
) -> Column:
    """For each holding the day on which the chain first meets it; `NEVER` where it does not.

    Outgoing chains meet the earliest possible day first, ingoing chains the latest. The roots
    themselves stay `NEVER`.

    >>> chain = Contacts.of([(7, 0, 1, 10), (7, 1, 2, 10), (8, 2, 3, 9)])
    >>> reached(chain, [0], direction=Direction.OUTGOING, holdings=4).tolist()
    [-1, 10, 10, -1]
    """
    since = np.full(holdings, NEVER, dtype=np.int32)
    met = np.zeros(holdings, dtype=bool)
    met[roots] = True
    start, goal = contacts.towards(direction)
    for part in contacts.days(direction):
        day = int(contacts.day[part.start])
        _spread(start[part], goal[part], met, since, day=day, same_day=same_day)
    return since


def _spread(
    start: Column,
    goal: Column,
    met: NDArray[np.bool_],
    since: Column,
    *,
    day: int,
    same_day: SameDay,
) -> None:
    rows = np.flatnonzero(~met.take(goal))
    start, goal = start[rows], goal[rows]
    while len(goal):
        new = goal[met.take(start)]
        if not len(new):
            return
        met[new] = True
        since[new] = day
        if same_day is SameDay.LATER:
            return
        still = ~met.take(goal)
        start, goal = start[still], goal[still]


def chain_size(since: Column) -> int:
    """How many holdings a chain holds, the root not counted."""
    return int(np.count_nonzero(since != NEVER))
