"""Sixteen writers at once beside one, an event a commit: `python -m tests.bench.writers`."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from tests.bench.county import AT, seen
from tests.bench.databases import engines
from tests.bench.timing import rates
from traceability.audit import links
from traceability.audit.lines import Lines
from traceability.base.db import reading, transaction
from traceability.base.refs import new_ref
from traceability.chain import events, log

WRITERS, EACH = 16, 25
HERD = [new_ref("animal") for _ in range(40)]  # shared, so that writers meet at the same animal


def main() -> None:
    """Rates, then whether anything forked or had to be tried again."""
    lost: list[DBAPIError] = []
    with engines() as found:
        for name, engine in found.items():
            rates(
                f"{name}: an event a commit, {len(HERD)} animals shared",
                {
                    "one writer": lambda engine=engine: _write(engine, 1, lost),  # type: ignore[misc] # bound now
                    f"{WRITERS} writers": lambda engine=engine: _write(engine, WRITERS, lost),  # type: ignore[misc] # bound now
                },
            )
            with transaction(engine, recorded_at=AT) as session:
                log.integrate_all(session)
            with reading(engine) as session:
                lines = Lines(links.subject_ids(session))
                damage = [each for batch in links.check(session, lines) for each in batch]
            print(f"  {lines.events} events, {len(damage)} forks or gaps, {len(lost)} lost commits")


def _write(engine: Engine, writers: int, lost: list[DBAPIError]) -> int:
    with ThreadPoolExecutor(writers) as pool:
        work = [pool.submit(_one, engine, WRITERS * EACH // writers, lost) for _ in range(writers)]
        return sum(each.result() for each in work)


def _one(engine: Engine, many: int, lost: list[DBAPIError]) -> int:
    for number in range(many):
        each = seen(HERD[number % len(HERD)])
        try:
            with transaction(engine, recorded_at=AT) as session:
                events.hold(session, *each.subjects)
                events.append(
                    session, each.kind, *each.subjects, at=each.at, by=each.by, **each.data
                )
        except DBAPIError as error:
            lost.append(error)
    return many


if __name__ == "__main__":
    main()
