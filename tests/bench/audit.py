"""The full audit beside a bare loop that reads, parses and hashes the same rows.

A register of N/5 animals with N doses is brought in first, so that every stage has its work: the
events and their links, leaves and tiles, and each row of each noun folded from its events.
"""

import tempfile
from hashlib import sha256
from pathlib import Path

import orjson
from sqlalchemy import Engine

from app import config, migrate
from app.audit import running
from tests.bench import importing
from tests.bench.timing import rates
from traceability.audit.report import verify_chain
from traceability.base.db import Base, make_engine, reading

ROWS = """SELECT event.canonical, event_private.canonical FROM event
    LEFT JOIN event_private ON event_private.event_id = event.id ORDER BY event.id"""


def main() -> None:
    """Build the register, then audit it turn and turn about with the bare loop."""
    migrate.load_models()
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'register.db'}")
        Base.metadata.create_all(engine)
        importing.furnish(engine)
        for kind in importing.SHEETS:
            importing.bring_in(engine, kind)
        rates(
            "full audit: events, links, leaves, tiles, every row folded",
            {
                "read, parse and hash the same rows": lambda: _read(engine),
                "verify-chain, one process": lambda: _audit(engine),
                "verify-chain, two processes": lambda: _audit_in_two(engine),
            },
        )
        engine.dispose()


def _read(engine: Engine) -> int:
    seen = 0
    with engine.connect() as connection:
        for parts in connection.exec_driver_sql(ROWS):
            for part in parts:
                sha256(part).digest()
                orjson.loads(part)
            seen += 1
    return seen


def _audit(engine: Engine) -> int:
    with reading(engine) as session:
        report = verify_chain(session)
    assert report.is_whole, report.sentence
    return report.events


def _audit_in_two(engine: Engine) -> int:
    folder = Path(str(engine.url.database)).parent
    told = {"DATA_DIR": str(folder), "DATABASE_URL": str(engine.url)}
    running.BESIDE_FROM = 0
    report = running.examine(config.load(told), engine, lambda _done, _all: None)
    assert report.is_whole, report.sentence
    return report.events


if __name__ == "__main__":
    main()
