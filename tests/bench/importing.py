"""The import of a county's register beside plain executemany of the same rows.

N=20,000 rows of doses on N/5 animals unless said otherwise; SIZE=full brings in 500,000 animals
and 5,000,000 doses. The peer inserts the very rows that the import has written into each table,
in groups of a thousand, synchronous FULL, with the same indexes and nothing else.
"""

import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from app import migrate
from registry import loading
from traceability import parties, regions
from traceability.base.db import Base, make_engine, transaction
from traceability.importing import runs
from traceability.importing.columns import ImportKind
from traceability.importing.runs import Cells, Work
from traceability.parties import PartyKind

AT = datetime(2026, 11, 22, 6, 12, 3, tzinfo=UTC)
FULL = os.environ.get("SIZE") == "full"
DOSES = 5_000_000 if FULL else int(os.environ.get("N", "20000"))
ANIMALS = 500_000 if FULL else DOSES // 5
KEEPERS = max(1, ANIMALS // 20)
GROUP = 1_000
WRITTEN = (
    "animal",
    "animal_tag",
    "immunisation",
    "event",
    "event_private",
    "event_subject",
    "event_mention",
    "chain_subject",
    "leaf",
)


def keepers() -> Iterator[Cells]:
    """A made-up list of households."""
    for number in range(KEEPERS):
        yield number + 2, {"holding": f"H{number}", "name": f"农户{number}", "region": "520526104"}


def herd() -> Iterator[Cells]:
    """A made-up herd."""
    born = date(2021, 1, 1)
    for number in range(ANIMALS):
        yield (
            number + 2,
            {
                "ear_tag": f"2520526{number:08d}",
                "breed": "西门塔尔杂交牛",
                "sex": "母" if number % 3 else "公",
                "born_on": (born + timedelta(days=number % 700)).isoformat(),
                "holding": f"H{number % KEEPERS}",
            },
        )


def doses() -> Iterator[Cells]:
    """Made-up doses, an animal's together as a county's sheets have them."""
    each, first = DOSES // ANIMALS, date(2023, 1, 1)
    for number in range(DOSES):
        yield (
            number + 2,
            {
                "ear_tag": f"2520526{number // each:08d}",
                "disease": "口蹄疫",
                "given_on": (first + timedelta(days=120 * (number % each))).isoformat(),
                "vaccine": "口蹄疫O型、A型二价灭活疫苗",
                "batch_no": "20240201",
            },
        )


SHEETS: dict[ImportKind, Callable[[], Iterator[Cells]]] = {
    ImportKind.HOLDINGS: keepers,
    ImportKind.ANIMALS: herd,
    ImportKind.IMMUNISATIONS: doses,
}


def main() -> None:
    """Bring the register in, then insert the same rows plainly; print both and the ratio."""
    migrate.load_models()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.db"
        engine = make_engine(f"sqlite:///{path}")
        Base.metadata.create_all(engine)
        furnish(engine)
        print(f"\nimport of a register: {KEEPERS:,} keepers, {ANIMALS:,} animals, {DOSES:,} doses")
        ours = {kind: bring_in(engine, kind) for kind in SHEETS}
        engine.dispose()
        plain_s = _insert_plainly(path, Path(folder) / "plain.db")
        rows_s = ours[ImportKind.ANIMALS] + ours[ImportKind.IMMUNISATIONS]
        print(f"  executemany of the same rows       {plain_s:>9.2f} s")
        print(
            f"  import with chain and leaves       {rows_s:>9.2f} s  ratio {plain_s / rows_s:.3f}"
        )


def furnish(engine: Engine) -> None:
    """Reference data and the office in whose name the register comes in."""
    with transaction(engine, recorded_at=AT) as session:
        regions.load_regions(session)
        parties.register(session, kind=PartyKind.AUTHORITY, name="农业农村局", at=AT, by=None)


def bring_in(engine: Engine, kind: ImportKind, rows: Iterator[Cells] | None = None) -> float:
    """Bring in one sheet, the made-up one unless told another; how many seconds it took."""
    with transaction(engine, recorded_at=AT) as session:
        office = loading.steward(session)
        assert office is not None
        run = runs.begin(
            session, kind=kind, filename="", sha256="", dry_run=False, by=office, at=AT
        )
        ref = run.ref
    work = Work(engine, b"secret of this benchmark", lambda: AT)
    begin = time.perf_counter()
    runs.claim(work, ref)
    state = runs.carry_on(work, ref, rows or SHEETS[kind](), rows_done=0)
    seconds = time.perf_counter() - begin
    with transaction(engine, recorded_at=AT) as session:
        done = runs.get(session, ref)
        assert done.refused == 0, "the made-up register is in order"
        rate = done.rows_done / seconds
        print(f"  {kind.value:<34} {seconds:>9.2f} s  {rate:>9,.0f} rows/s  {state.value}")
    return seconds


def _insert_plainly(source: Path, target: Path) -> float:
    """Insert what each table now holds, in groups, into tables with the same indexes."""
    plain = sqlite3.connect(target, isolation_level=None)
    plain.execute("PRAGMA journal_mode=WAL")
    plain.execute("PRAGMA synchronous=FULL")
    register = sqlite3.connect(source)
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('table', 'index')"
    waiting = []
    for table in WRITTEN:
        for (sql,) in register.execute(f"{made} AND sql IS NOT NULL ORDER BY type DESC", (table,)):
            plain.execute(sql)
        (many,) = register.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
        cursor = register.execute(f"SELECT * FROM {table}")
        put = f"INSERT INTO {table} VALUES ({', '.join('?' * len(cursor.description))})"
        waiting.append((put, cursor, many))
    groups = -(-(ANIMALS + DOSES) // GROUP)  # as many commits as the import makes
    seconds = 0.0
    for _ in range(groups):
        rows = [(put, cursor.fetchmany(-(-many // groups))) for put, cursor, many in waiting]
        begin = time.perf_counter()
        plain.execute("BEGIN IMMEDIATE")
        for put, some in rows:
            plain.executemany(put, some)
        plain.execute("COMMIT")
        seconds += time.perf_counter() - begin
    plain.close()
    register.close()
    return seconds


if __name__ == "__main__":
    main()
