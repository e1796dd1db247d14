"""Migrations up, compared, down and up again, and the chain's triggers, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import migrate, production
from tests.databases import named, run
from tests.world import MORNING, World
from traceability import regions, rule_file
from traceability.base.db import Recording, make_engine
from traceability.base.errors import RuleViolation
from traceability.chain.tables import GUARDED

ON_BOTH = True
APPEND_ONLY = ("event", "event_subject", "leaf", "transfer")


@pytest.fixture
def empty(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database without any table."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path}/empty.db"
    else:
        server, _ = request.getfixturevalue("postgresql")
        run(server, "DROP DATABASE IF EXISTS empty WITH (FORCE)")
        run(server, "CREATE DATABASE empty")
        url = named(server, "empty")
    engine = make_engine(url)
    yield engine
    engine.dispose()


def test_migrations_go_up_and_down_and_say_what_the_models_say(empty: Engine) -> None:
    migrate.upgrade(empty)
    migrate.check(empty)
    assert migrate.is_current(empty)
    migrate.downgrade(empty)

    assert {*inspect(empty).get_table_names()} == {"alembic_version"}

    migrate.upgrade(empty)
    migrate.check(empty)


def test_every_append_only_table_has_its_triggers_after_migration(empty: Engine) -> None:
    migrate.upgrade(empty)

    with empty.connect() as connection:
        if empty.dialect.name == "sqlite":
            query = "SELECT tbl_name || ' ' || sql FROM sqlite_master WHERE type = 'trigger'"
        else:
            query = (
                "SELECT event_object_table || ' BEFORE ' || event_manipulation"
                " FROM information_schema.triggers UNION ALL"
                " SELECT tgrelid::regclass::text || ' BEFORE TRUNCATE' FROM pg_trigger"
                " WHERE tgtype & 32 > 0"
            )
        found = [str(row[0]) for row in connection.execute(text(query))]

    acts = ["UPDATE", "DELETE"] + ["TRUNCATE"] * (empty.dialect.name == "postgresql")
    missing = [
        (table, act)
        for table in APPEND_ONLY
        for act in acts
        if not any(line.startswith(f"{table} ") and f"BEFORE {act}" in line for line in found)
    ]
    assert {*APPEND_ONLY} <= GUARDED
    assert not missing


@pytest.fixture
def filled(empty: Engine) -> Engine:
    """A migrated database with a county and an animal."""
    migrate.upgrade(empty)
    with Session(empty, expire_on_commit=False) as session:
        session.info["recording"] = Recording(MORNING)
        regions.load_regions(session)
        rule_file.load(session)
        World(empty, session).animal()
        session.commit()
    return empty


def refused(engine: Engine, statement: str, why: str) -> bool:
    with engine.connect() as connection, pytest.raises(DBAPIError, match=why):
        connection.execute(text(statement))
    return True


def test_what_the_chain_keeps_cannot_be_changed_after_migration(filled: Engine) -> None:
    for table in ("event", "event_subject"):
        assert refused(filled, f"DELETE FROM {table}", "append-only")
    assert refused(filled, "UPDATE event SET corrects = corrects", "append-only")
    if filled.dialect.name == "postgresql":
        assert refused(filled, "TRUNCATE event CASCADE", "append-only")


@pytest.fixture
def as_weining(filled: Engine) -> Iterator[Engine]:
    """The database as another role that no table belongs to; its triggers are off."""
    if filled.dialect.name == "sqlite":
        yield filled
        return
    with filled.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS weining"))
        connection.execute(text("CREATE ROLE weining LOGIN"))
        for table in APPEND_ONLY:  # the chain is kept by rights alone, too
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    engine = make_engine(filled.url.set(username="weining").render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with filled.begin() as connection:
        connection.execute(text("DROP OWNED BY weining"))
        connection.execute(text("DROP ROLE weining"))


def test_the_role_that_runs_the_platform_works_but_changes_no_event(
    filled: Engine, as_weining: Engine
) -> None:
    if filled.dialect.name == "sqlite":
        with pytest.raises(RuleViolation) as refusal:
            production.restrict(filled, "weining")
        assert refusal.value.code == "database.not_postgresql"
        return

    for _ in range(2):
        production.restrict(filled, "weining")

    with Session(as_weining, expire_on_commit=False) as session:
        World(as_weining, session).animal(ear_tag="252052600000999")
        session.commit()
    for table in APPEND_ONLY:
        assert refused(as_weining, f"DELETE FROM {table}", "permission denied")
        assert refused(as_weining, f"TRUNCATE {table} CASCADE", "permission denied")
    assert refused(as_weining, "UPDATE event SET corrects = corrects", "permission denied")
    assert refused(as_weining, "UPDATE transfer SET amount_fen = 1", "permission denied")
    with pytest.raises(RuleViolation) as refusal:
        production.restrict(filled, str(filled.url.username))
    assert refusal.value.code == "database.same_role"
