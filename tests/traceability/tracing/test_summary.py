"""Chains against the peer's published cases and against a slow walk over every path."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traceability.tracing import slow_reference
from traceability.tracing.contacts import Contacts, Direction, SameDay
from traceability.tracing.reach import NEVER, chain_size, reached
from traceability.tracing.summary import summarise

EPOCH = date(1970, 1, 1).toordinal()
HOLDINGS = 7
ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, HOLDINGS - 1),
        st.integers(0, HOLDINGS - 1),
        st.integers(100, 106),
    ),
    max_size=25,
)
WINDOWS = st.tuples(st.integers(99, 104), st.integers(100, 107))

PUBLISHED: list[tuple[list[tuple[int, int, int]], int, str, str, str, int]] = [
    (
        [
            (1, 4, 14849), (2, 5, 14846), (3, 5, 14847), (4, 6, 14850), (5, 8, 14848),
            (6, 8, 14851), (7, 8, 14852),
        ],
        8, "ingoing", "2010-08-22", "2010-10-01", 7,
    ),
    ([(1, 3, 14834), (2, 3, 14838), (3, 4, 14836), (3, 4, 14841)], 4, "ingoing",
     "2010-07-22", "2010-08-21", 3),
    ([(1, 2, 14834), (2, 1, 14834)], 1, "ingoing", "2010-08-02", "2010-09-01", 1),
    ([(1, 2, 14834), (2, 1, 14834)], 1, "outgoing", "2010-09-01", "2010-10-01", 0),
    ([(1, 2, 14834), (2, 1, 14834)], 1, "ingoing", "2010-07-02", "2010-08-01", 0),
    ([(1, 2, 14834), (2, 1, 14834)], 1, "outgoing", "2010-08-01", "2010-08-31", 1),
    (
        [
            (1, 2, 14834), (2, 5, 14838), (2, 6, 14836), (1, 3, 14857), (3, 7, 14860),
            (7, 8, 14862), (1, 4, 14884),
        ],
        1, "outgoing", "2010-08-01", "2010-11-09", 7,
    ),
    (
        [
            (1, 2, 14883), (2, 3, 14887), (1, 2, 14892), (2, 3, 14897), (1, 2, 14912),
            (3, 4, 14907), (1, 2, 14902),
        ],
        1, "outgoing", "2010-10-10", "2010-10-20", 2,
    ),
]  # fmt: skip
"""Movements (source, destination, day since 1970), root, direction, window, chain length: the
results stated in stewid/EpiContactTrace, tests/contact-chain.R, cases 1 to 6."""


@pytest.mark.parametrize(("moves", "root", "direction", "begin", "end", "size"), PUBLISHED)
def test_the_published_chains_come_out(
    *, moves: list[Any], root: int, direction: str, begin: str, end: str, size: int
) -> None:
    first, last = (date.fromisoformat(day).toordinal() for day in (begin, end))
    whole = Contacts.of((0, source, goal, EPOCH + day) for source, goal, day in moves)

    part = whole.within(first, last)

    way = Direction(direction)
    assert chain_size(reached(part, [root], direction=way, holdings=9)) == size
    assert getattr(summarise(part, holdings=9), direction)[root] == size


@pytest.mark.parametrize(
    ("end", "days", "in_degree", "out_degree"),
    [("2010-09-01", 30, 1, 0), ("2010-09-01", 5, 0, 0), ("2010-08-31", 30, 1, 0)],
)
def test_the_published_degrees_come_out(
    end: str, days: int, in_degree: int, out_degree: int
) -> None:
    """Results stated in stewid/EpiContactTrace, tests/degree.R, cases 2, 3, 5 and 6."""
    moves = [(1, 3, 14834), (2, 3, 14838), (3, 4, 14836), (3, 4, 14841)]
    whole = Contacts.of((0, source, goal, EPOCH + day) for source, goal, day in moves)
    last = date.fromisoformat(end)

    part = whole.within((last - timedelta(days)).toordinal(), last.toordinal())

    found = summarise(part, holdings=5)
    assert (found.in_degree[4], found.out_degree[4]) == (in_degree, out_degree)


@given(rows=ROWS, window=WINDOWS, later=st.booleans())
def test_every_chain_equals_the_slow_walk(
    rows: list[slow_reference.Row], window: tuple[int, int], later: bool
) -> None:
    begin, end = window
    rule = SameDay.LATER if later else SameDay.ANY
    part = Contacts.of(rows).within(begin, end)
    summary = summarise(part, holdings=HOLDINGS, same_day=rule)

    for root in range(HOLDINGS):
        for way, sizes in zip(Direction, (summary.ingoing, summary.outgoing), strict=True):
            right = slow_reference.chain(
                rows, root, begin=begin, end=end, outgoing=way is Direction.OUTGOING, later=later
            )
            since = reached(part, [root], direction=way, holdings=HOLDINGS, same_day=rule)
            assert {n for n in range(HOLDINGS) if since[n] != NEVER} == right
            assert sizes[root] == len(right)


@given(rows=ROWS)
def test_degrees_count_neighbours_once_and_never_the_holding_itself(
    rows: list[slow_reference.Row],
) -> None:
    found = summarise(Contacts.of(rows), holdings=HOLDINGS)

    for root in range(HOLDINGS):
        assert found.in_degree[root] == len({a for _, a, b, _ in rows if b == root != a})
        assert found.out_degree[root] == len({b for _, a, b, _ in rows if a == root != b})
