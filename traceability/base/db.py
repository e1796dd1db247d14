"""数据库 · the declarative base, its column types, and transactions on SQLite and PostgreSQL.

An operation never commits; `transaction` does, at the entry point. On SQLite a writer begins
with BEGIN IMMEDIATE (a deferred begin forks a chain silently), a reader with BEGIN and
`query_only`, so that a page that should only look cannot write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    String,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator, TypeEngine

from .clock import utc
from .refs import REF_CHARS_MAX, new_ref

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BUSY_TIMEOUT_MS = 20_000
PAGE_BYTES = 8_192
CACHE_KIB = 32_768
ENUM_CHARS = 40


class Instant(TypeDecorator[datetime]):
    """时刻 · an aware UTC instant: microseconds since 1970 on SQLite, TIMESTAMPTZ elsewhere."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        plain = dialect.name == "sqlite"
        return dialect.type_descriptor(BigInteger() if plain else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return instant_to(value, dialect)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return instant_from(value, dialect)


def instant_to(at: datetime | None, dialect: Dialect) -> Any:
    """An instant as that database stores it, for statements beside the ORM."""
    if at is None or dialect.name != "sqlite":
        return None if at is None else utc(at)
    return (utc(at) - EPOCH) // MICROSECOND


def instant_from(stored: Any, dialect: Dialect) -> datetime | None:
    """The instant that a database stored."""
    if stored is None or dialect.name != "sqlite":
        return None if stored is None else utc(stored)
    return EPOCH + timedelta(microseconds=stored)


class Base(DeclarativeBase):
    """Every table of the platform."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        date: Date,
        bytes: LargeBinary,
        int: BigInteger().with_variant(Integer, "sqlite"),
        dict[str, Any]: JSON,
        list[str]: JSON,
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=False,
            length=ENUM_CHARS,
            values_callable=lambda enum: [member.value for member in enum],
        ),
    }


class Subject:
    """事件主体 · a row that events speak of: it carries a reference for life."""

    __ref_prefix__: ClassVar[str]

    ref: Mapped[str] = mapped_column(String(REF_CHARS_MAX), unique=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        prefix = cls.__dict__.get("__ref_prefix__")
        if prefix is not None:
            event.listen(cls, "init", _give_ref, propagate=True)


def _give_ref(target: Subject, _args: object, kwargs: dict[str, Any]) -> None:
    kwargs.setdefault("ref", new_ref(target.__ref_prefix__))


@dataclass(frozen=True, slots=True)
class Recording:
    """登记情况 · what the entry point knows of a transaction: when it is recorded, why so late."""

    recorded_at: datetime
    late_reason: str | None = None
    confirmed_by: str | None = None  # reference of the second person who decided


def recording(session: Session) -> Recording:
    """The circumstances of the running transaction, set by its entry point."""
    found = session.info.get("recording")
    assert isinstance(found, Recording), "an entry point opens the transaction"
    return found


def make_engine(url: str, **options: Any) -> Engine:
    """An engine for SQLite or PostgreSQL with the settings the promises rest on."""
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        f"page_size={PAGE_BYTES}",  # of a new file; a row rarely fits a page's end
        f"cache_size=-{CACHE_KIB}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # or INSERT OR REPLACE slips past the DELETE trigger
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("reads_only", False):
        # One view of the data from the first statement to the last, as SQLite gives it.
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))


def take_turn(session: Session, series: str) -> None:
    """Be the only one to give out a number of a series until the transaction ends.

    A writer on SQLite already is.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(hashtext(:series))")
        session.execute(lock, {"series": series})


@contextmanager
def transaction(
    engine: Engine,
    *,
    recorded_at: datetime,
    late_reason: str | None = None,
    confirmed_by: str | None = None,
) -> Iterator[Session]:
    """A writing transaction: committed at the end, rolled back on any error."""
    with Session(engine, expire_on_commit=False) as session:
        session.info["recording"] = Recording(recorded_at, late_reason, confirmed_by)
        yield session
        session.commit()


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A transaction that cannot write."""
    quiet = engine.execution_options(reads_only=True)
    with Session(quiet, expire_on_commit=False) as session:
        yield session
