"""What becomes of the messages of devices, without a broker."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from devices import devices, inbox
from devices.credentials import Credential
from devices.devices import Device
from devices.inbox import Arrived, InboxTally, Reading, Receipt, SetAside
from tests.devices.postgresql import killable_postgresql, needs_postgresql
from tests.devices.yard import (
    AT,
    READER,
    SCALE,
    empty_database,
    install,
    raw_digest,
    tag,
    weight,
    yaohua,
)
from traceability.base.db import Base, make_engine, reading, transaction
from traceability.base.errors import Conflict

TABLES = (Device, Credential, Reading, SetAside, InboxTally)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Engine]:
    """A PostgreSQL with empty tables, emptied again for each test."""
    with killable_postgresql() as server:
        made = make_engine(server.url)
        tables = [Base.metadata.tables[model.__tablename__] for model in TABLES]
        Base.metadata.create_all(made, tables=tables)
        yield made
        made.dispose()


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[needs_postgresql, pytest.mark.postgres])]
)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "sqlite":
        made = empty_database(f"sqlite:///{tmp_path}/yard.sqlite")
    else:
        made = request.getfixturevalue("postgresql")
        names = ", ".join(model.__tablename__ for model in TABLES)
        with transaction(made, recorded_at=AT) as session:
            session.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    install(made, SCALE, READER)
    return made


def hexed(weight_g: int) -> bytes:
    return yaohua(weight_g).hex().encode()


def keep(engine: Engine, *payloads: bytes, code: str = "crate-1") -> list[Receipt]:
    with transaction(engine, recorded_at=AT) as session:
        return inbox.store(session, [Arrived(code, payload) for payload in payloads], at=AT)


def tally(engine: Engine, code: str = "crate-1") -> tuple[int, int, int, int]:
    with reading(engine) as session:
        row = session.get_one(InboxTally, code)
        assert row.received == row.stored + row.duplicates + row.set_aside
        return row.received, row.stored, row.duplicates, row.set_aside


def test_a_stable_weight_is_kept_with_its_raw_bytes(engine: Engine) -> None:
    payload = weight(7, weight_g=425_500)

    receipts = keep(engine, payload)

    assert receipts == [Receipt("crate-1", 1, 7, kept_as_reading=True)]
    with reading(engine) as session:
        row = session.scalars(select(Reading)).one()
        assert (row.device.code, row.boot, row.seq) == ("crate-1", 1, 7)
        assert inbox.unpacked(row.frames) == [yaohua(425_500)] * 5
        assert row.frames_sha256 == raw_digest(payload)
        assert (row.weight_g, row.stable, row.doubt) == (425_500, True, None)
        assert (row.at, row.received_at) == (AT + timedelta(milliseconds=7), AT)


def test_a_tag_is_kept_with_its_number(engine: Engine) -> None:
    keep(engine, tag(1, eid="156000000000017"), code="reader-1")

    with reading(engine) as session:
        assert session.scalars(select(Reading.eid)).all() == ["156000000000017"]


def test_a_repeated_message_adds_nothing_and_is_acknowledged_again(engine: Engine) -> None:
    first = keep(engine, weight(1), weight(2), weight(1))

    again = keep(engine, weight(2), weight(1))

    assert {receipt.seq for receipt in first} == {receipt.seq for receipt in again} == {1, 2}
    assert all(receipt.kept_as_reading for receipt in first + again)
    assert tally(engine) == (5, 2, 3, 0)


def test_a_sequence_number_used_twice_for_different_weights_loses_neither(engine: Engine) -> None:
    keep(engine, weight(1, weight_g=400_000))

    receipts = keep(engine, weight(1, weight_g=500_000))

    assert receipts == [Receipt("crate-1", 1, 1, kept_as_reading=False)]
    with reading(engine) as session:
        assert session.scalars(select(Reading.weight_g)).all() == [400_000]
        assert session.scalars(select(SetAside.reason)).all() == ["key_reused"]


@pytest.mark.parametrize(
    ("payload", "doubt"),
    [
        (weight(1, weight_g=425_300), "off_division"),
        (weight(1, weight_g=2_000_500), "above_max"),
        (weight(1).replace(b'"weight_g":100500', b'"weight_g":10050'), "value_differs"),
        (weight(1).replace(hexed(100_500), hexed(90_000), 1), "not_stable"),
    ],
)
def test_a_weight_nobody_may_trade_on_is_kept_with_its_doubt(
    engine: Engine, payload: bytes, doubt: str
) -> None:
    keep(engine, payload)

    with reading(engine) as session:
        assert session.scalars(select(Reading.doubt)).all() == [doubt]


HOSTILE = {
    "message.not_json": b"{",
    "message.not_utf8": b'{"v":1,"\xff":1}',
    "message.unknown_field": weight(5)[:-1] + b',"price":1}',
    "message.not_an_integer": weight(5).replace(b'"weight_g":102500', b'"weight_g":NaN'),
    "message.too_deep": b"[" * 50_000,
    "message.number_too_large": weight(5).replace(b'"seq":5', b'"seq":' + b"9" * 30),
    "message.doubled_field": weight(5).replace(b'"seq":5', b'"seq":5,"seq":6'),
    "message.missing_field": b'{"v":1,"boot":1,"seq":5}',
    "message.too_large": b" " * 65_537,
    "format_differs": weight(5).replace(b"yaohua-0", b"toledo"),
    "kind_differs": tag(5),
    "frames.checksum": weight(5).replace(hexed(102_500), hexed(102_500)[:-4] + b"4603"),
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_bad_input_costs_one_message(engine: Engine, reason: str) -> None:
    keep(engine, weight(1), HOSTILE[reason], weight(2))

    with reading(engine) as session:
        assert session.scalars(select(Reading.seq)).all() == [1, 2]
        row = session.scalars(select(SetAside)).one()
        assert row.reason == reason
        assert row.head == HOSTILE[reason][:1024]
        assert row.length == len(HOSTILE[reason])
    assert tally(engine) == (3, 2, 0, 1)


def test_a_message_set_aside_is_acknowledged_as_such_and_kept_once(engine: Engine) -> None:
    unknown = weight(5)[:-1] + b',"price":1}'

    first, again = keep(engine, unknown), keep(engine, unknown)

    assert first == again == [Receipt("crate-1", 1, 5, kept_as_reading=False)]
    assert tally(engine) == (2, 0, 1, 1)


def test_a_message_of_an_unknown_or_retired_device_is_set_aside(engine: Engine) -> None:
    with transaction(engine, recorded_at=AT) as session:
        devices.retire(session, devices.by_code(session, "crate-1"))

    keep(engine, weight(1))
    keep(engine, weight(1), code="crate-9")

    with reading(engine) as session:
        assert session.scalars(select(SetAside.reason)).all() == ["device_unknown"] * 2


def test_a_set_aside_message_is_replayed_after_the_device_is_put_right(engine: Engine) -> None:
    keep(engine, weight(1), code="crate-9")
    with transaction(engine, recorded_at=AT) as session:
        message = session.scalars(select(SetAside)).one()
        with pytest.raises(Conflict, match="device_unknown"):
            inbox.replay(session, message, at=AT)
    install(engine, devices.DeviceFacts(code="crate-9", kind=SCALE.kind, format=SCALE.format,
                                        division_g=500, max_g=2_000_000))  # fmt: skip

    with transaction(engine, recorded_at=AT) as session:
        inbox.replay(session, session.scalars(select(SetAside)).one(), at=AT)

    assert tally(engine, "crate-9") == (1, 1, 0, 0)
    with transaction(engine, recorded_at=AT) as session:
        with pytest.raises(Conflict, match="已经重放"):
            inbox.replay(session, session.scalars(select(SetAside)).one(), at=AT)
        assert session.scalar(select(func.count(Reading.id))) == 1


def test_a_message_kept_only_in_part_cannot_be_replayed(engine: Engine) -> None:
    keep(engine, b" " * 2_000)

    with transaction(engine, recorded_at=AT) as session, pytest.raises(Conflict, match="开头"):
        inbox.replay(session, session.scalars(select(SetAside)).one(), at=AT)


def test_readings_are_walked_in_the_order_of_storing(engine: Engine) -> None:
    keep(engine, *(weight(seq) for seq in (3, 1, 2)))

    with reading(engine) as session:
        first, second, third = inbox.after(session, 0)
        assert [first.seq, second.seq, third.seq] == [3, 1, 2]
        assert inbox.after(session, second.id) == [third]
