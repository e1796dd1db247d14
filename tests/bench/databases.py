"""The databases a benchmark runs on: SQLite in a file, PostgreSQL from a wheel."""

import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from app import migrate
from tests.devices.postgresql import HAVE_POSTGRESQL, killable_postgresql
from traceability.base.db import Base, make_engine


@contextmanager
def engines() -> Iterator[dict[str, Engine]]:
    """An empty chain on each database there is."""
    migrate.load_models()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = {"SQLite": make_engine(f"sqlite:///{folder}/chain.db")}
        if HAVE_POSTGRESQL:
            server = stack.enter_context(killable_postgresql())
            found["PostgreSQL"] = make_engine(server.url, pool_size=20)
        for engine in found.values():
            Base.metadata.create_all(engine)
            stack.callback(engine.dispose)
        yield found
