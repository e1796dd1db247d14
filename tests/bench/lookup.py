"""One animal's ten events as the chain grows: `SIZE=full python -m tests.bench.lookup`.

Warm, and on SQLite cold as well: the file's pages are put out of the system's memory before each
look. `SIZE=full` goes from 5 to 50 million events and takes hours.
"""

import os
import statistics
import time
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import Engine

from tests.bench.appends import GROUP, at_once
from tests.bench.county import CHOICE, EVENTS_AN_ANIMAL, years
from tests.bench.databases import engines
from traceability.base.db import reading
from traceability.base.refs import new_ref
from traceability.chain import events
from traceability.chain.bulk import Prepared

SIZES = (5_000_000, 50_000_000) if os.environ.get("SIZE") == "full" else (10_000, 100_000)
WARM, COLD = 400, 40


def main() -> None:
    """Median and 99th percentile at both sizes, and how much the look-up grew."""
    with engines() as found:
        for name, engine in found.items():
            print(f"\n{name}: one animal's {EVENTS_AN_ANIMAL} events, microseconds")
            herd: list[str] = []
            warm, cold = [], []
            for size in SIZES:
                new = [new_ref("animal") for _ in range(size // EVENTS_AN_ANIMAL - len(herd))]
                _fill(engine, years(new))
                herd += new
                warm.append(_warm(engine, herd))
                if engine.dialect.name == "sqlite":
                    cold.append(_cold(engine, herd))
            print(f"  growth warm {warm[1] / warm[0]:.2f}")
            if cold:
                print(f"  growth cold {cold[1] / cold[0]:.2f}")


def _fill(engine: Engine, story: Iterator[Prepared]) -> None:
    while some := [*islice(story, GROUP * 5)]:
        at_once(engine, some)


def _warm(engine: Engine, herd: list[str]) -> float:
    some = CHOICE.sample(herd, min(WARM, len(herd)))
    with reading(engine) as session:
        for ref in some:  # the pages that any look needs
            events.history(session, ref)
        return _told(f"{len(herd) * EVENTS_AN_ANIMAL:,} warm", [_look(engine, ref) for ref in some])


def _cold(engine: Engine, herd: list[str]) -> float:
    return _told(
        f"{len(herd) * EVENTS_AN_ANIMAL:,} cold",
        [_look(engine, ref, evict=True) for ref in CHOICE.sample(herd, COLD)],
    )


def _look(engine: Engine, ref: str, *, evict: bool = False) -> float:
    if evict:
        _evict(engine)
    with reading(engine) as session:
        session.connection()
        begin = time.perf_counter()
        line = events.history(session, ref)
        taken = time.perf_counter() - begin
    assert len(line) == EVENTS_AN_ANIMAL
    return taken * 1e6


def _evict(engine: Engine) -> None:
    """Put the file out of memory: the log written back, connections closed, pages let go."""
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    file = os.open(str(engine.url.database), os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def _told(name: str, taken: list[float]) -> float:
    taken.sort()
    middle, slow = statistics.median(taken), taken[len(taken) * 99 // 100]
    print(f"  {name:<20} {middle:>9,.0f} [{taken[0]:,.0f}..{taken[-1]:,.0f}], p99 {slow:,.0f}")
    return middle


if __name__ == "__main__":
    main()
