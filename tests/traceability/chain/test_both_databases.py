"""The chain on SQLite and on PostgreSQL: no fork, no change, the same audit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import migrate
from tests.databases import named, run
from tests.world import MORNING, World
from traceability.audit.report import Report, verify_chain
from traceability.base.db import Base, make_engine, reading, transaction
from traceability.base.refs import new_ref
from traceability.chain import events, log
from traceability.chain.kinds import Kind
from traceability.chain.tables import APPEND_ONLY
from traceability.checkpoints import keys, stamps
from traceability.checkpoints.stamps import Checkpoint

ON_BOTH = True
WRITERS, ROUNDS = 8, 12
SIGNER = keys.new_signer("demo-test/chain")
GUARDED = {model.__tablename__ for model in (*APPEND_ONLY, Checkpoint)}


def audited(engine: Engine) -> Report:
    migrate.load_models()
    with reading(engine) as session:
        return verify_chain(session, verifiers=[SIGNER.verifier])


def write(engine: Engine, *, hot: str, own: str) -> None:
    """One writer: events of a subject that all want and of its own, in either order."""
    for number in range(ROUNDS):
        refs = (hot, own) if number % 2 else (own, hot)
        at = MORNING - timedelta(minutes=number)
        with transaction(engine, recorded_at=MORNING) as session:
            events.hold(session, *refs)
            events.append(session, Kind.ANIMAL_DIED, *refs, at=at, by=own, farm=new_ref("holding"))


def sequence(engine: Engine) -> None:
    with transaction(engine, recorded_at=MORNING) as session:
        stamps.sequence(session, SIGNER, at=MORNING)


def test_eight_writers_and_two_sequencers_make_no_fork(engine: Engine) -> None:
    hot, herd = new_ref("chain"), [new_ref("chain") for _ in range(WRITERS)]

    sequence(engine)
    with reading(engine) as session:
        before = log.size(session)  # the rules of the law come first

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        writing = [pool.submit(write, engine, hot=hot, own=own) for own in herd]
        while not all(each.done() for each in writing):
            for stamping in [pool.submit(sequence, engine) for _ in range(2)]:
                stamping.result()
        for each in writing:
            each.result()
    sequence(engine)

    with reading(engine) as session:
        line = events.history(session, hot)
        assert log.size(session) - before == WRITERS * ROUNDS
    assert [event.seq_of(hot) for event in line] == list(range(1, WRITERS * ROUNDS + 1))
    for earlier, later in pairwise(line):
        assert earlier.digest.hex() in {link.prev for link in later.links if link.ref == hot}
    assert audited(engine).damage == []


def test_a_clean_county_is_whole_and_a_changed_one_is_not(engine: Engine) -> None:
    with Session(engine, expire_on_commit=False) as session:
        county = World(engine, session)
        county.at_market(county.animal())
        stamps.sequence(session, SIGNER, at=county.at)
        session.commit()
    assert audited(engine).damage == []

    with transaction(engine, recorded_at=MORNING) as session:
        session.execute(text("UPDATE animal SET breed = 'angus'"))

    assert [damage.sentence for damage in audited(engine).damage] == [
        "牛只的品种（animal.breed）被改动：事件里不是这个值"
    ]


@pytest.fixture(params=["create_all", "migrations"])
def furnished(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> Iterator[Engine]:
    """An empty schema, made either way, on either database."""
    url, name = f"sqlite:///{tmp_path}/schema.db", f"schema_{request.param}"
    server: str | None = None
    if database_kind == "postgresql":
        server, _template = request.getfixturevalue("postgresql")
        run(server, f"CREATE DATABASE {name}")
        url = named(server, name)
    engine = make_engine(url)
    migrate.load_models()
    if request.param == "create_all":
        Base.metadata.create_all(engine)
    else:
        migrate.upgrade(engine)
    yield engine
    engine.dispose()
    if server is not None:
        run(server, f"DROP DATABASE {name} WITH (FORCE)")


def test_the_triggers_are_there_however_the_schema_was_made(furnished: Engine) -> None:
    ref = new_ref("animal")
    with transaction(furnished, recorded_at=MORNING) as session:
        events.append(session, Kind.ANIMAL_DIED, ref, at=MORNING, by=ref)
        stamps.sequence(session, SIGNER, at=MORNING)
    column = {
        "event": "corrects",
        "event_subject": "event_id",
        "leaf": "event_id",
        "checkpoint": "note",
    }
    assert column.keys() == GUARDED

    for table, name in column.items():
        attacks = [f"UPDATE {table} SET {name} = {name}", f"DELETE FROM {table}"]
        if furnished.dialect.name == "postgresql":
            attacks.append(f"TRUNCATE {table} CASCADE")
        else:
            attacks.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        for attack in attacks:
            with (
                pytest.raises(DBAPIError, match="append-only"),
                transaction(furnished, recorded_at=MORNING) as session,
            ):
                session.execute(text(attack))
