"""The two databases the platform runs on; operation tests run on both."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.util import LRUCache

from app import migrate
from tests.devices.postgresql import needs_postgresql
from tests.world import MORNING
from traceability import regions, rule_file
from traceability.base.db import Base, make_engine, transaction

BOTH = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, needs_postgresql])]
_serial = count(1)


class OneDialect:
    """`create_engine` whose plain engines share a dialect, and so their compiled statements."""

    def __init__(self) -> None:
        self._first: dict[str, Engine] = {}
        self._compiled: LRUCache[Any, Any] = LRUCache(20_000)

    def __call__(self, url: str, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        if options:  # an isolation level lives in the dialect
            return engine
        first = self._first.get(engine.dialect.name)
        if first is None or not hasattr(first.dialect, "server_version_info"):
            self._first[engine.dialect.name] = engine  # not yet connected: knows nothing to share
        else:
            engine.dialect = first.dialect
        engine._compiled_cache = self._compiled
        return engine


def furnish(engine: Engine) -> None:
    """Every table and all reference data."""
    migrate.load_models()
    Base.metadata.create_all(engine)
    with transaction(engine, recorded_at=MORNING) as session:
        regions.load_regions(session)
        rule_file.load(session)


def named(url: str, name: str) -> str:
    """The same server, another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def run(url: str, statement: str) -> None:
    """A statement outside any transaction."""
    engine = make_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def make_template(url: str) -> str:
    """A furnished database on a server, to be copied; its name."""
    run(url, "CREATE DATABASE furnished")
    engine = make_engine(named(url, "furnished"))
    furnish(engine)
    engine.dispose()
    return "furnished"


def forget_on_power_loss(url: str) -> None:
    """A server whose data end with the tests need not wait for the disk."""
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        run(url, f"ALTER SYSTEM SET {name} = off")
    run(url, "SELECT pg_reload_conf()")


@contextmanager
def copy_of(url: str, template: str) -> Iterator[Engine]:
    """A database of a test's own on a server."""
    name = f"test_{next(_serial)}"
    run(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    engine = make_engine(named(url, name))
    try:
        yield engine
    finally:
        engine.dispose()
        run(url, f"DROP DATABASE {name} WITH (FORCE)")
