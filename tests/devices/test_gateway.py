"""From the device through the broker into the database, and the answer back."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from devices import inbox, messages
from devices.credentials import Account
from devices.gateway import Gateway, PairingLoop, acks
from devices.inbox import InboxTally, Reading, Receipt, SetAside
from devices.live import LiveFrames
from devices.messages import Live, ReadingKind, Status
from devices.pairing import Pair, Pairing, PairingState
from devices.subscriber import Publish
from tests.devices.yard import (
    AT,
    READER,
    SCALE,
    Edge,
    Running,
    broker,
    empty_database,
    gateway,
    gateway_settings,
    install,
    now,
    tag,
    wait_until,
    weight,
)
from traceability.base.db import reading, transaction


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return empty_database(f"sqlite:///{tmp_path}/yard.sqlite")


@pytest.fixture
def password(engine: Engine) -> str:
    return install(engine, SCALE)[0]


@pytest.fixture
def running(engine: Engine, password: str) -> Iterator[Running]:
    assert password
    with broker(engine) as served:
        yield served


@pytest.fixture
def device(running: Running, password: str) -> Iterator[Edge]:
    with Edge(running.port, Account("crate-1", password)) as edge:
        edge.listen()
        yield edge


def stored(engine: Engine) -> set[tuple[int, int]]:
    with reading(engine) as session:
        return {(boot, seq) for boot, seq in session.execute(select(Reading.boot, Reading.seq))}


def test_a_reading_is_acknowledged_by_its_number_after_it_is_stored(
    engine: Engine, running: Running, device: Edge
) -> None:
    with gateway(engine, running.port):
        device.send(*(weight(seq) for seq in range(1, 21)))

        wait_until(lambda: len(device.stored) == 20)
        assert device.stored == stored(engine) == {(1, seq) for seq in range(1, 21)}


def test_a_repeat_is_acknowledged_again_and_a_bad_message_set_aside(
    engine: Engine, running: Running, device: Edge
) -> None:
    with gateway(engine, running.port):
        device.send(weight(1))
        wait_until(lambda: device.stored == {(1, 1)})
        device.stored.clear()

        device.send(weight(1), b"[" * 9_000, weight(2)[:-1] + b',"x":1}', b"", weight(3))

        wait_until(lambda: len(device.stored) == 2 and bool(device.set_aside))
        assert device.stored == {(1, 1), (1, 3)}
        assert device.set_aside == {(1, 2)}
        with reading(engine) as session:
            row = session.get_one(InboxTally, "crate-1")
            assert (row.received, row.stored, row.duplicates, row.set_aside) == (6, 2, 1, 3)


def test_nothing_is_acknowledged_while_the_gateway_is_away_and_nothing_is_lost(
    engine: Engine, running: Running, device: Edge
) -> None:
    device.send(weight(1))
    with gateway(engine, running.port):
        device.send(weight(2))
        wait_until(lambda: device.stored == {(1, 2)})

        device.send(weight(1))

        wait_until(lambda: device.stored == {(1, 1), (1, 2)})


def test_the_gateway_comes_back_after_the_broker(engine: Engine, password: str) -> None:
    with broker(engine) as first:
        port = first.port
        with gateway(engine, port) as served:
            first.stop()
            wait_until(lambda: not served.subscribed.is_set())
            again = Running(engine, port, now, first.broker._limits)
            again.start()
            try:
                wait_until(served.subscribed.is_set)
                with Edge(port, Account("crate-1", password)) as device:
                    device.listen()
                    device.send(weight(1))
                    wait_until(lambda: device.stored == {(1, 1)})
            finally:
                again.stop()


@pytest.mark.parametrize("retain", [True, False])
def test_a_message_that_says_it_was_retained_is_no_reading(engine: Engine, retain: bool) -> None:
    served = Gateway(gateway_settings(1), engine, now)
    message = Publish(b"wn/crate-1/up/reading", weight(1), 7, retain, 1)

    served._take([message])

    assert served.counts.retained == int(retain)
    assert served._waiting.qsize() == int(not retain)


def test_a_locked_database_delays_the_group_and_loses_nothing(
    engine: Engine, running: Running, device: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = inbox.store, [OperationalError("locked", {}, Exception())] * 2

    def stumbling(*args: object, **kwargs: object) -> object:
        if failures:
            raise failures.pop()
        return real(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(inbox, "store", stumbling)
    with gateway(engine, running.port) as served:
        device.send(weight(1))

        wait_until(lambda: device.stored == {(1, 1)})
        assert served.counts.retries == 2


def test_a_message_the_database_stumbles_over_is_set_aside_alone(
    engine: Engine, running: Running, device: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = inbox.store

    def stumbling(session: object, arrived: list[inbox.Arrived], **kwargs: object) -> object:
        if any(b'"seq":2,' in message.payload for message in arrived):
            raise IntegrityError("no", {}, Exception())
        return real(session, arrived, **kwargs)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(inbox, "store", stumbling)
    with gateway(engine, running.port):
        device.send(weight(1), weight(2), weight(3))

        wait_until(lambda: len(device.stored | device.set_aside) == 3)
        assert (device.stored, device.set_aside) == ({(1, 1), (1, 3)}, {(1, 2)})
        with reading(engine) as session:
            assert session.scalars(select(SetAside.reason)).all() == ["store_failed"]


def test_a_burst_is_kept_in_few_transactions(
    engine: Engine, running: Running, device: Edge
) -> None:
    with gateway(engine, running.port) as served:
        for seq in range(1, 501):
            device.client.publish("wn/crate-1/up/reading", weight(seq), qos=1)

        wait_until(lambda: len(device.stored) == 500)
        assert served.counts.groups < 250
        with reading(engine) as session:
            assert session.scalar(select(func.count(Reading.id))) == 500


def test_live_values_are_shown_and_never_stored(
    engine: Engine, running: Running, device: Edge
) -> None:
    live = LiveFrames(gateway_settings(running.port, part="web"), now)
    live.start()
    try:
        shown = Live(kind=ReadingKind.WEIGHT, weight_g=425_500, stable=False)
        state = Status(online=True, backlog=0, firmware="1.0.0")

        def seen() -> bool:
            device.publish("wn/crate-1/up/live", b'{"v":1,"kind":"weight","weight_g":NaN}')
            device.publish("wn/crate-1/up/live", messages.format_live(shown))
            device.publish("wn/crate-1/up/status", messages.format_status(state))
            return live.newest("crate-1") is not None and live.state("crate-1") is not None

        wait_until(seen)
        newest, newest_state = live.newest("crate-1"), live.state("crate-1")
        assert newest is not None
        assert newest_state is not None
        assert (newest.value, newest.received_at) == (shown, AT)
        assert newest_state.value == state
        assert live.wait(0, seconds=0) > 0
    finally:
        live.stop()
    assert stored(engine) == set()


def test_one_acknowledgement_names_all_numbers_of_a_boot() -> None:
    receipts = [
        Receipt("crate-1", 1, 1, kept_as_reading=True),
        Receipt("crate-1", 1, 2, kept_as_reading=False),
        Receipt("crate-1", 2, 1, kept_as_reading=True),
        Receipt("crate-1", None, None, kept_as_reading=False),
        Receipt("-", 1, 9, kept_as_reading=False),
    ]

    assert list(acks(receipts)) == [
        ("crate-1", messages.Ack(boot=1, stored=(1,), set_aside=(2,))),
        ("crate-1", messages.Ack(boot=2, stored=(1,), set_aside=())),
    ]


def test_the_gateway_ends_when_told(engine: Engine, running: Running) -> None:
    served = Gateway(gateway_settings(running.port), engine, now)
    thread = threading.Thread(target=served.run)
    thread.start()
    assert served.subscribed.wait(15)

    served.stop()

    thread.join(5)
    assert not thread.is_alive()


def test_a_pair_is_recorded_while_readings_come_in(
    engine: Engine, running: Running, device: Edge
) -> None:
    (reader_password,) = install(engine, READER)
    recorded: list[tuple[str, int]] = []

    def record(_session: Session, pair: Pair) -> None:
        recorded.append((pair.tag.eid, pair.weight.weight_g))
        if len(recorded) == 1:
            raise ConnectionError("the first attempt fails in the middle")

    pairs = PairingLoop(engine, now, record)
    pairs.start()
    try:
        with (
            gateway(engine, running.port) as served,
            Edge(running.port, Account("reader-1", reader_password)) as reader,
        ):
            served.on_stored = pairs.wake
            reader.send(tag(1, eid="156000000000017"))
            device.send(weight(1, weight_g=425_500))

            wait_until(lambda: len(recorded) == 2)
    finally:
        pairs.stop()

    assert recorded == [("156000000000017", 425_500)] * 2
    with reading(engine) as session:
        assert session.scalars(select(Pairing.state)).all() == [PairingState.PAIRED]


def test_nothing_is_acknowledged_while_somebody_else_writes(
    engine: Engine, running: Running, device: Edge
) -> None:
    with gateway(engine, running.port) as served:
        with transaction(engine, recorded_at=AT) as session:
            session.scalars(select(InboxTally)).all()  # the writer's lock is taken
            device.send(*(weight(seq) for seq in range(1, 101)))
            assert device.stored == set()

        wait_until(lambda: len(device.stored) == 100)
        assert served.counts.retries == 0
