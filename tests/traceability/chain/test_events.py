"""The chain: what is appended stays, in one line per subject."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.exc import DatabaseError

from traceability import merkle
from traceability.base import canon
from traceability.base.db import Base, make_engine, reading, transaction
from traceability.base.errors import Conflict, RuleViolation
from traceability.base.refs import new_ref
from traceability.chain import events, log
from traceability.chain.kinds import Kind
from traceability.chain.tables import Event, EventPrivate, EventSubject, Halt

AT = datetime(2026, 11, 22, 6, 12, 3, tzinfo=UTC)
VET = new_ref("party")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{tmp_path}/chain.db")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def appended(engine: Engine, ref: str, **data: Any) -> events.EventView:
    with transaction(engine, recorded_at=AT) as session:
        events.hold(session, ref)
        return events.append(session, Kind.ANIMAL_REGISTERED, ref, at=AT, by=VET, **data)


def test_an_event_is_linked_to_the_one_before_it(engine: Engine) -> None:
    ref = new_ref("animal")

    first = appended(engine, ref, breed="simmental")
    second = appended(engine, ref, breed="weining")

    with reading(engine) as session:
        line = events.history(session, ref)
    assert [event.digest for event in line] == [first.digest, second.digest]
    assert line[1].links[0].prev == first.digest.hex()
    assert [event.seq_of(ref) for event in line] == [1, 2]


def test_only_the_named_fields_are_public(engine: Engine) -> None:
    event = appended(engine, new_ref("animal"), breed="simmental", owner=new_ref("party"))

    assert event.public == {"breed": "simmental"}
    assert event.private is not None
    assert event.private["by"] == VET
    assert VET.encode() not in event.canonical


def test_erasing_the_private_part_leaves_the_digest_valid(engine: Engine) -> None:
    ref = new_ref("animal")
    before = appended(engine, ref, breed="simmental", owner=new_ref("party"))

    with transaction(engine, recorded_at=AT) as session:
        session.execute(delete(EventPrivate))

    with reading(engine) as session:
        (after,) = events.history(session, ref)
    assert after.private is None
    assert canon.sha256(after.canonical) == before.digest


@pytest.mark.parametrize("table", ["event", "event_subject", "leaf"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET {}={}", "DELETE FROM {}", "replace"])
def test_the_database_itself_refuses_to_change_the_chain(
    engine: Engine, table: str, attack: str
) -> None:
    appended(engine, new_ref("animal"))
    with transaction(engine, recorded_at=AT) as session:
        log.integrate(session)
    column = {"event": "corrects", "event_subject": "event_id", "leaf": "event_id"}[table]
    statement = attack.format(table, column, column)
    if attack == "replace":
        statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction(engine, recorded_at=AT) as session,
    ):
        session.execute(text(statement))


def test_a_page_that_looks_cannot_write(engine: Engine) -> None:
    with pytest.raises(DatabaseError, match="readonly"), reading(engine) as session:
        session.execute(text("INSERT INTO pending VALUES (1)"))


def test_what_has_not_happened_yet_is_refused(engine: Engine) -> None:
    ref = new_ref("animal")

    with (
        pytest.raises(RuleViolation) as refusal,
        transaction(engine, recorded_at=AT) as session,
    ):
        later = AT + timedelta(seconds=121)
        events.append(session, Kind.ANIMAL_REGISTERED, ref, at=later, by=VET)

    assert refusal.value.code == "chain.in_future"


@pytest.mark.parametrize(("minutes", "late"), [(0, False), (30, False), (31, True)])
def test_an_entry_later_than_half_an_hour_needs_a_reason(
    engine: Engine, minutes: int, late: bool
) -> None:
    ref, at = new_ref("animal"), AT - timedelta(minutes=minutes)

    with transaction(engine, recorded_at=AT, late_reason="断网补录") as session:
        event = events.append(session, Kind.ANIMAL_REGISTERED, ref, at=at, by=VET)
    assert event.late is late

    if late:
        with (
            pytest.raises(RuleViolation) as refusal,
            transaction(engine, recorded_at=AT) as session,
        ):
            events.append(session, Kind.ANIMAL_REGISTERED, ref, at=at, by=VET)
        assert refusal.value.code == "chain.late_without_reason"


def test_an_event_is_corrected_once(engine: Engine) -> None:
    ref = new_ref("animal")
    wrong = appended(engine, ref, breed="simmental")

    with transaction(engine, recorded_at=AT) as session:
        events.append(
            session,
            Kind.ANIMAL_REGISTERED,
            ref,
            at=AT,
            by=VET,
            corrects=wrong.digest,
            breed="angus",
        )
    with (
        pytest.raises(Conflict) as refusal,
        transaction(engine, recorded_at=AT) as session,
    ):
        events.append(
            session, Kind.ANIMAL_REGISTERED, ref, at=AT, by=VET, corrects=wrong.digest, breed="x"
        )
    assert refusal.value.code == "chain.already_corrected"

    with reading(engine) as session:
        line = events.history(session, ref)
    assert [event["breed"] for event in events.effective(line)] == ["angus"]


def test_an_annulled_event_no_longer_counts(engine: Engine) -> None:
    ref = new_ref("animal")
    wrong = appended(engine, ref)

    with transaction(engine, recorded_at=AT) as session:
        events.append(
            session, Kind.EVENT_ANNULLED, ref, at=AT, by=VET, corrects=wrong.digest, reason="重复"
        )

    with reading(engine) as session:
        assert events.effective(events.history(session, ref)) == []


def test_nothing_is_appended_while_the_chain_is_halted(engine: Engine) -> None:
    with transaction(engine, recorded_at=AT) as session:
        session.add(Halt(since=AT, reason="目录变短"))

    with pytest.raises(Conflict) as refusal:
        appended(engine, new_ref("animal"))

    assert refusal.value.code == "chain.halted"


def test_eight_writers_at_once_make_no_fork(engine: Engine) -> None:
    ref = new_ref("animal")

    def write() -> None:
        for _ in range(25):
            appended(engine, ref)

    writers = [Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    with reading(engine) as session:
        line = events.history(session, ref)
    assert [event.seq_of(ref) for event in line] == list(range(1, 201))
    assert all(later.links[0].prev == earlier.digest.hex() for earlier, later in pairwise(line))


def test_a_fork_cannot_be_stored(engine: Engine) -> None:
    appended(engine, new_ref("animal"))

    with (
        pytest.raises(DatabaseError, match="UNIQUE"),
        transaction(engine, recorded_at=AT) as session,
    ):
        row = session.scalars(select(EventSubject)).one()
        session.execute(
            text("INSERT INTO event_subject VALUES (:s, :q, :e)"),
            {"s": row.subject_id, "q": row.seq, "e": row.event_id},
        )


def test_references_inside_an_event_are_indexed_as_mentions(engine: Engine) -> None:
    ref, farm = new_ref("animal"), new_ref("holding")

    event = appended(engine, ref, holding=farm)

    assert event.private is not None
    assert events.mentioned({"subjects": [{"ref": ref}], "public": {}}, event.private) == {
        farm,
        VET,
    }


def test_the_database_keeps_what_a_crash_must_not_lose(engine: Engine) -> None:
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys", "recursive_triggers")
        }

    assert pragmas == {
        "synchronous": 2,
        "journal_mode": "wal",
        "foreign_keys": 1,
        "recursive_triggers": 1,
    }


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-canon.INTEGER_MAX, canon.INTEGER_MAX)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="ascii")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values)
def test_our_canonical_form_is_that_of_rfc_8785(value: object) -> None:
    assert canon.canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type] # any JSON value


@pytest.mark.parametrize("value", [1.5, 2**53, {"键": 1}, "\ud800", {1: 2}, {1, 2}, b"x"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(canon.NotCanonical):
        canon.canonical(value)


@pytest.mark.parametrize("batches", [[1], [3, 5], [255, 1, 1], [256], [300, 700], [5, 256, 512, 7]])
def test_the_tiles_hold_the_tree_of_all_leaves(engine: Engine, batches: list[int]) -> None:
    digests: list[bytes] = []
    roots: dict[int, bytes] = {}
    for batch in batches:
        with transaction(engine, recorded_at=AT) as session:
            for _ in range(batch):
                event = events.append(
                    session, Kind.ANIMAL_REGISTERED, new_ref("animal"), at=AT, by=VET
                )
                digests.append(event.digest)
            head = log.integrate(session)
            assert head is not None
            roots[head.size] = head.root

    leaves = [merkle.leaf_hash(digest) for digest in digests]
    with reading(engine) as session:
        for size, root in roots.items():
            assert merkle.root_of(leaves[:size]) == root == log.tree_head(session, size).root
            for position in {0, size // 2, size - 1}:
                proof = log.inclusion_proof(session, position, size)
                assert merkle.verify_inclusion(
                    leaves[position], position, size, proof=proof, root=root
                )
        sizes = sorted(roots)
        for old in sizes:
            for new in sizes[sizes.index(old) :]:
                assert merkle.verify_consistency(
                    old,
                    new,
                    log.consistency_proof(session, old, new),
                    old_root=roots[old],
                    new_root=roots[new],
                )


def test_no_update_statement_of_the_orm_reaches_an_event(engine: Engine) -> None:
    appended(engine, new_ref("animal"))

    with pytest.raises(DatabaseError), transaction(engine, recorded_at=AT) as session:
        session.execute(update(Event).values(corrects=None))
