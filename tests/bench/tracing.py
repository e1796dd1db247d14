"""One chain of contacts, and every holding's: `python -m tests.bench.tracing`.

Beside a heap-based walk in plain Python over the same rows, in the same run. `SIZE=full` adds 75
million movements of 2 million holdings; it needs about 6 GB.
"""

import heapq
import os
import statistics
import time
from collections.abc import Callable

import numpy as np

from traceability.tracing.contacts import Contacts, Direction
from traceability.tracing.reach import NEVER, reached
from traceability.tracing.routes import shortest
from traceability.tracing.summary import summarise

SEED = 20261123
WINDOW_DAYS = 90
HUBS_OF_A_THOUSAND = 5  # so many holdings in a thousand are markets
HUB_SHARE = 0.5  # of all movements touch one at one end
ROUNDS = 7


def made(movements: int, holdings: int, *, days: int, animals: int = 500_000) -> Contacts:
    """Movements on random days; half of them from or to a market."""
    dice = np.random.default_rng(SEED)
    hubs = max(1, holdings * HUBS_OF_A_THOUSAND // 1000)
    source = dice.integers(holdings, size=movements, dtype=np.int32)
    goal = dice.integers(holdings, size=movements, dtype=np.int32)
    at_hub = dice.random(movements)
    for column, touches in ((source, at_hub < HUB_SHARE / 2), (goal, at_hub > 1 - HUB_SHARE / 2)):
        column[touches] = dice.integers(hubs, size=int(touches.sum()), dtype=np.int32)
    day = np.sort(dice.integers(days, size=movements, dtype=np.int32))
    animal = dice.integers(animals, size=movements, dtype=np.int32)
    return Contacts(animal, source, goal, day)


def by_heap(rows: dict[int, list[tuple[int, int]]], root: int) -> int:
    """How many holdings a chain reaches: the earliest day of each, by a heap."""
    best = {root: NEVER}
    waiting = [(NEVER, root)]
    while waiting:
        day, here = heapq.heappop(waiting)
        if day > best[here]:
            continue
        for when, there in rows.get(here, ()):
            if when >= day and (there not in best or when < best[there]):
                best[there] = when
                heapq.heappush(waiting, (when, there))
    return len(best) - 1


def timed(work: Callable[[], object]) -> float:
    """Median milliseconds of several rounds."""
    found = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - begin))
    return statistics.median(found)


def one_chain(movements: int, holdings: int) -> None:
    """One chain in one direction, prepared and with its shortest ways, beside the heap."""
    whole = made(movements, holdings, days=365)
    root = holdings - 1
    part = whole.within(365 - WINDOW_DAYS, 364)
    rows: dict[int, list[tuple[int, int]]] = {}
    columns = (part.source.tolist(), part.destination.tolist(), part.day.tolist())
    for source, goal, day in zip(*columns, strict=True):
        rows.setdefault(source, []).append((day, goal))

    def sweep() -> int:
        window = whole.within(365 - WINDOW_DAYS, 364)
        since = reached(window, [root], direction=Direction.OUTGOING, holdings=holdings)
        return int(np.count_nonzero(since != NEVER))

    def ways() -> object:
        return shortest(part, [root], direction=Direction.OUTGOING, holdings=holdings).nearest()

    assert sweep() == by_heap(rows, root)
    ours, theirs = timed(sweep), timed(lambda: by_heap(rows, root))
    print(f"\n{movements:,} movements, {holdings:,} holdings, {len(part):,} in {WINDOW_DAYS} days")
    print(f"  heap in Python, prepared {theirs:>10.1f} ms, {sweep():,} holdings reached")
    print(f"  day sweep                {ours:>10.1f} ms  x{theirs / ours:.0f}")
    print(f"  with shortest ways       {timed(ways):>10.1f} ms")


def everybody() -> None:
    """Degrees and chains of all holdings at once."""
    part = made(70_000, 12_000, days=WINDOW_DAYS)
    took = timed(lambda: summarise(part, holdings=12_000))
    print(f"\nall of 12,000 holdings, 70,000 movements {took:>8.0f} ms")


def main() -> None:
    """The county; with `SIZE=full` the country."""
    one_chain(5_000_000, 20_000)
    everybody()
    if os.environ.get("SIZE") == "full":
        whole = made(75_000_000, 2_000_000, days=365)
        begin = time.perf_counter()
        since = reached(whole, [1_999_999], direction=Direction.OUTGOING, holdings=2_000_000)
        took = time.perf_counter() - begin
        print(f"\n75,000,000 movements: {took:.2f} s, {np.count_nonzero(since != NEVER):,} reached")


if __name__ == "__main__":
    main()
