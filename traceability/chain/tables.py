"""链表 · the tables of the chain; only `chain` writes them, and triggers refuse every change.

Columns beside canonical bytes are copies that the audit re-checks; heads, mentions and tiles are
derived and can be rebuilt from the events.
"""

from datetime import datetime
from typing import cast

from sqlalchemy import (
    DDL,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from traceability.base.db import Base
from traceability.base.refs import REF_CHARS_MAX

SALT_BYTES = 32


class Event(Base):
    """事件 · one thing that happened: its canonical bytes, and what they are looked up by.

    The digest is not stored beside them: it is SHA-256 of what lies here, and its leaf lies in
    the tiles. Columns beside `canonical` are copies that the audit re-checks.
    """

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest_prefix: Mapped[int] = mapped_column(Integer, index=True)  # its first 4 bytes, signed
    canonical: Mapped[bytes]
    corrects: Mapped[bytes | None] = mapped_column(LargeBinary(32))

    __table_args__ = (
        Index(
            "uq_event_corrects",
            "corrects",
            unique=True,
            sqlite_where=corrects.is_not(None),
            postgresql_where=corrects.is_not(None),
        ),
    )


class EventPrivate(Base):
    """私有部分 · what only those concerned may see, with the salt of its commitment; erasable."""

    __tablename__ = "event_private"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(SALT_BYTES))
    canonical: Mapped[bytes]


class SubjectHead(Base):
    """主体链头 · the newest event of a subject; derived, locked while a transaction holds it."""

    __tablename__ = "chain_subject"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    ref: Mapped[str] = mapped_column(String(REF_CHARS_MAX), unique=True)
    seq: Mapped[int] = mapped_column(Integer, default=0)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    latest_at: Mapped[datetime | None]


class EventSubject(Base):
    """事件主体 · (subject, seq) is unique: a fork cannot be stored. A subject's line lies together.

    Which subjects an event has is in its bytes; nothing here leads from the event to them.
    """

    __tablename__ = "event_subject"

    subject_id: Mapped[int] = mapped_column(Integer, ForeignKey("chain_subject.id"))
    seq: Mapped[int] = mapped_column(Integer)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))

    __table_args__ = (
        PrimaryKeyConstraint("subject_id", "seq"),
        {"sqlite_with_rowid": False},
    )


class EventMention(Base):
    """事件提及 · parties, holdings and devices an event names without being linked to them.

    An index that can be rebuilt; without foreign keys, whose locks would make a party's row hot.
    """

    __tablename__ = "event_mention"

    subject_id: Mapped[int] = mapped_column(Integer)
    event_id: Mapped[int]

    __table_args__ = (
        PrimaryKeyConstraint("subject_id", "event_id"),
        {"sqlite_with_rowid": False},
    )


class Pending(Base):
    """待入目录 · events the sequencer has yet to put into the log."""

    __tablename__ = "pending"

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)


class Leaf(Base):
    """目录位置 · where an event stands in the log; every feed reader keeps a cursor on it."""

    __tablename__ = "leaf"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)


class Halt(Base):
    """停止登记 · a row here stops every append until two people resume the chain."""

    __tablename__ = "chain_halt"

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(400))
    lost_from: Mapped[int] = mapped_column(default=0)  # leaves [lost_from, lost_to) disagree
    lost_to: Mapped[int] = mapped_column(default=0)


class Tile(Base):
    """目录瓦片 · up to 256 hashes of one level of the log; only the last of a level still grows."""

    __tablename__ = "tile"

    level: Mapped[int]
    number: Mapped[int]
    hashes: Mapped[bytes]

    __table_args__ = (PrimaryKeyConstraint("level", "number"), {"sqlite_with_rowid": False})


def table_of(model: type[Base]) -> Table:
    """The table of a mapped class."""
    return cast("Table", model.__table__)


APPEND_ONLY = (Event, EventSubject, Leaf)

REFUSE_POSTGRESQL = """
CREATE OR REPLACE FUNCTION chain_is_append_only() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'the chain is append-only'; END $$ LANGUAGE plpgsql
"""


def trigger_statements(table: str, dialect: str) -> list[str]:
    """The statements that make a table append-only in that dialect."""
    if dialect == "postgresql":
        run = "EXECUTE FUNCTION chain_is_append_only()"
        changes = f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
        return [
            f"CREATE TRIGGER {table}_append_only {changes} {run}",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {run}",
        ]
    return [
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table}"
        " BEGIN SELECT RAISE(ABORT, 'the chain is append-only'); END"
        for act in ("update", "delete")
    ]


def _ddl(statement: str, dialect: str) -> ExecutableDDLElement:
    plain = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call] # SQLAlchemy gives it no types
    return plain.execute_if(dialect=dialect)


GUARDED: set[str] = set()
"""The tables that are append-only, of the chain and of other packages."""


def guard_table(name: str) -> None:
    """Have `create_all` add the append-only triggers to a table."""
    GUARDED.add(name)
    table = Base.metadata.tables[name]
    event.listen(table, "after_create", _ddl(REFUSE_POSTGRESQL, "postgresql"))
    for dialect in ("sqlite", "postgresql"):
        for statement in trigger_statements(name, dialect):
            event.listen(table, "after_create", _ddl(statement, dialect))


for _model in APPEND_ONLY:
    guard_table(_model.__tablename__)

# Equal keys share one entry of a PostgreSQL index: 7 bytes a mention, where the unique one takes 37
for _statement in (
    "ALTER TABLE event_mention DROP CONSTRAINT pk_event_mention",
    "CREATE INDEX ix_event_mention_subject_id ON event_mention (subject_id)",
):
    event.listen(table_of(EventMention), "after_create", _ddl(_statement, "postgresql"))
