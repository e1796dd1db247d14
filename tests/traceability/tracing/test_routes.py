"""Shortest ways, the rows of a chain, and the walk that never comes back."""

from hypothesis import given
from hypothesis import strategies as st

from tests.traceability.tracing.slow_reference import Row
from traceability.tracing.contacts import Contacts, Direction, SameDay
from traceability.tracing.reach import NEVER, reached
from traceability.tracing.routes import met, shortest, walked

HOLDINGS = 6
ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, HOLDINGS - 1),
        st.integers(0, HOLDINGS - 1),
        st.integers(100, 104),
    ),
    max_size=9,
)


def every_path(
    contacts: Contacts, way: Direction, path: list[int], rows: list[int]
) -> list[list[int]]:
    """All paths without return, as lists of rows: slow and obviously right."""
    start, goal = contacts.towards(way)
    found = [rows] if rows else []
    for row in range(len(contacts)):
        if start[row] != path[-1] or goal[row] in path:
            continue
        if rows:
            gone = int(contacts.day[row]) - int(contacts.day[rows[-1]])
            if gone < 0 if way is Direction.OUTGOING else gone > 0:
                continue
        found += every_path(contacts, way, [*path, int(goal[row])], [*rows, row])
    return found


@given(rows=ROWS, way=st.sampled_from(Direction))
def test_the_shortest_way_is_the_shortest_of_all_ways(rows: list[Row], way: Direction) -> None:
    contacts = Contacts.of(rows)
    start, goal = contacts.towards(way)
    paths = every_path(contacts, way, [0], [])

    found = shortest(contacts, [0], direction=way, holdings=HOLDINGS)

    for holding in range(1, HOLDINGS):
        lengths = [len(path) for path in paths if goal[path[-1]] == holding]
        assert found.steps[holding] == min(lengths, default=NEVER)
        if lengths:
            route = found.way(holding)
            assert route in paths
            assert goal[route[-1]] == holding
            assert start[route[0]] == 0


@given(rows=ROWS, way=st.sampled_from(Direction))
def test_the_walk_lists_each_row_of_each_path_as_the_peer_does(
    rows: list[Row], way: Direction
) -> None:
    contacts = Contacts.of(rows)
    _, goal = contacts.towards(way)

    found, whole = walked(contacts, 0, direction=way, limit=10_000)

    assert whole
    # One entry for each row at the end of a path of holdings, whichever rows led there.
    right = {
        (tuple(int(goal[row]) for row in path[:-1]), path[-1])
        for path in every_path(contacts, way, [0], [])
    }
    assert sorted(found) == sorted((row, len(before) + 1) for before, row in right)


@given(rows=ROWS, way=st.sampled_from(Direction), rule=st.sampled_from(SameDay))
def test_the_rows_of_a_chain_lead_to_all_of_it_and_nowhere_else(
    rows: list[Row], way: Direction, rule: SameDay
) -> None:
    contacts = Contacts.of(rows)
    _, goal = contacts.towards(way)
    since = reached(contacts, [0], direction=way, holdings=HOLDINGS, same_day=rule)

    found = met(contacts, since, [0], direction=way, same_day=rule)

    goals = {int(goal[row]) for row in found} - {0}
    assert goals == {n for n in range(HOLDINGS) if since[n] != NEVER}


def test_an_endless_walk_ends_at_its_bound() -> None:
    """Ten places, each sending to each other on every day: millions of paths."""
    rows = [(0, a, b, day) for a in range(10) for b in range(10) for day in range(3)]

    found, whole = walked(Contacts.of(rows), 0, direction=Direction.OUTGOING, limit=500)

    assert len(found) == 500
    assert not whole
