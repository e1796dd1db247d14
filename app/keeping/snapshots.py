"""数据库快照 · one consistent copy of the whole database while writers go on.

SQLite: the online backup inside one read transaction. PostgreSQL: COPY of every table inside one
REPEATABLE READ transaction, which needs no program of a fitting version on the machine.
"""

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, inspect, select
from sqlalchemy.orm import Session

from app import migrate
from app.keeping.manifest import Tell
from traceability.base.db import Base
from traceability.base.errors import Conflict

SQLITE_FILE = "platform.db"
TABLES_FOLDER = "tables"
PAGES = 4096
READING = "复制数据库"
WRITING = "写入数据库"


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """A session that sees one state of the database to its end, whoever writes meanwhile."""
    frozen = engine.execution_options(reads_only=True)
    if engine.dialect.name == "postgresql":
        frozen = frozen.execution_options(isolation_level="REPEATABLE READ")
    with Session(frozen) as session:
        session.connection()
        inspect(session.connection()).get_table_names()  # the first read fixes the state
        yield session


def copy_out(session: Session, folder: Path, tell: Tell) -> list[Path]:
    """Write the database a snapshot sees into a folder; the files written."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return [_copy_sqlite(connection, folder / SQLITE_FILE, tell)]
    migrate.load_models()
    target = folder / TABLES_FOLDER
    target.mkdir(parents=True, exist_ok=True)
    tables = Base.metadata.sorted_tables
    written = []
    for number, table in enumerate(tables):
        tell(READING, number, len(tables))
        path = target / f"{table.name}.copy.gz"
        cursor = _cursor(connection)
        with (
            gzip.GzipFile(path, "wb", compresslevel=3, mtime=0) as file,
            cursor.copy(f"COPY {_named(table)} TO STDOUT") as rows,
        ):
            for block in rows:
                file.write(block)
        written.append(path)
    tell(READING, len(tables), len(tables))
    return written


def _copy_sqlite(connection: Connection, path: Path, tell: Tell) -> Path:
    raw: Any = connection.connection.dbapi_connection
    path.unlink(missing_ok=True)
    copy = sqlite3.connect(path)
    try:
        raw.backup(
            copy,
            pages=PAGES,
            progress=lambda _status, left, pages: tell(READING, pages - left, pages),
            sleep=0,
        )
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    finally:
        copy.close()
    return path


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


def _named(table: Table) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'"{table.name}" ({columns})'


def require_empty(engine: Engine) -> None:
    """Refuse to restore over anything.

    Raises:
        Conflict: `restore.not_empty`.
    """
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        if path.exists() and path.stat().st_size:
            raise Conflict("restore.not_empty", f"{path} 已有数据库；恢复只写入空的地方")
        return
    with engine.connect() as connection:
        for name in inspect(connection).get_table_names():
            table = Base.metadata.tables.get(name)
            if table is not None and connection.scalar(select(func.count()).select_from(table)):
                raise Conflict("restore.not_empty", "数据库里已有数据；恢复只写入空的数据库")


def copy_in(engine: Engine, folder: Path, tell: Tell) -> None:
    """Write a copied database where there is none; all of it or nothing."""
    if engine.dialect.name == "sqlite":
        _place_sqlite(folder / SQLITE_FILE, Path(engine.url.database or ""), tell)
        return
    migrate.load_models()
    migrate.upgrade(engine)
    tables = Base.metadata.sorted_tables
    with engine.begin() as connection:
        for number, table in enumerate(tables):
            tell(WRITING, number, len(tables))
            path = folder / TABLES_FOLDER / f"{table.name}.copy.gz"
            with (
                gzip.open(path, "rb") as file,
                _cursor(connection).copy(f"COPY {_named(table)} FROM STDIN") as rows,
            ):
                while block := file.read(1024 * 1024):
                    rows.write(block)
        for table in tables:
            _count_on(connection, table)
    tell(WRITING, len(tables), len(tables))


def _place_sqlite(source: Path, target: Path, tell: Tell) -> None:
    """The file appears whole under its name, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.restoring")
    part.unlink(missing_ok=True)
    original, copy = sqlite3.connect(f"file:{source}?mode=ro", uri=True), sqlite3.connect(part)
    try:
        original.backup(
            copy,
            pages=PAGES,
            progress=lambda _status, left, pages: tell(WRITING, pages - left, pages),
            sleep=0,
        )
        copy.execute("PRAGMA journal_mode=WAL")
    finally:
        original.close()
        copy.close()
    part.replace(target)


def _count_on(connection: Connection, table: Table) -> None:
    """Let a table's numbers go on after the greatest that was restored."""
    key = table.autoincrement_column
    if key is None:
        return
    sequence = connection.exec_driver_sql(
        "SELECT pg_get_serial_sequence(%s, %s)", (f'"{table.name}"', key.name)
    ).scalar()
    greatest = connection.scalar(select(func.max(key)))
    if sequence is not None and greatest is not None:
        connection.exec_driver_sql("SELECT setval(%s, %s)", (sequence, greatest))
