"""The slow and obviously right way: every path is walked, step by step."""

from collections.abc import Iterable

Row = tuple[int, int, int, int]


def chain(
    rows: Iterable[Row], root: int, *, begin: int, end: int, outgoing: bool, later: bool = False
) -> set[int]:
    """The holdings met from a root: steps are repeated until nothing new is met on any day."""
    steps = [(a, b, day) for _, a, b, day in rows if begin <= day <= end]
    if not outgoing:
        steps = [(b, a, -day) for a, b, day in steps]
    first_met = {root: -(10**9)}
    grown = True
    while grown:
        grown = False
        for start, goal, day in steps:
            when = first_met.get(start)
            if when is None or (when >= day if later else when > day):
                continue
            if goal not in first_met or day < first_met[goal]:
                first_met[goal] = day
                grown = True
    return first_met.keys() - {root}
