"""Promise P1: nothing lost, nothing twice, whatever is killed."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, func, select

from devices.credentials import Account
from devices.devices import Device, DeviceFacts
from devices.inbox import InboxTally, Reading
from tests.devices.outbox import Outbox
from tests.devices.postgresql import killable_postgresql, needs_postgresql
from tests.devices.processes import Supervised, wait_for_port
from tests.devices.shipped_mosquitto import Mosquitto, needs_mosquitto
from tests.devices.yard import READER, SCALE, empty_database, free_port, install, wait_until
from traceability.base.db import reading

OTHER = DeviceFacts(
    code="crate-2", kind=SCALE.kind, format="yaohua-0", division_g=500, max_g=2_000_000
)
YARD = (SCALE, OTHER, READER)
STEPS = [f"{when} {step}" for step in ("parse", "insert", "commit", "ack") for when in ("before", "after")]  # fmt: skip  # noqa: E501 - one list


def stored(engine: Engine) -> dict[str, dict[tuple[int, int], bytes]]:
    """What lies in the database: device, boot and sequence, digest of the raw frames."""
    rows: dict[str, dict[tuple[int, int], bytes]] = {each.code: {} for each in YARD}
    with reading(engine) as session:
        for code, boot, seq, digest in session.execute(
            select(Device.code, Reading.boot, Reading.seq, Reading.frames_sha256).join(
                Reading.device
            )
        ):
            assert (boot, seq) not in rows[code]
            rows[code][boot, seq] = digest
    return rows


def check_acknowledged_is_stored(engine: Engine, outboxes: list[Outbox]) -> None:
    acknowledged = {outbox.code: set(outbox.acked) for outbox in outboxes}
    rows = stored(engine)
    for code, keys in acknowledged.items():
        assert keys <= rows[code].keys()


def check_the_books(engine: Engine, outboxes: list[Outbox]) -> None:
    """Stored is what was generated, byte for byte, once; the tallies agree."""
    rows = stored(engine)
    assert rows == {outbox.code: outbox.ledger for outbox in outboxes}
    with reading(engine) as session:
        for row in session.scalars(select(InboxTally)):
            assert row.stored == len(rows[row.code])
            assert row.received == row.stored + row.duplicates + row.set_aside
            assert row.set_aside == 0


@contextmanager
def market(
    engine: Engine,
    port: int,
    *,
    readings: int,
    seed: int,
    ready: Callable[[], None] = lambda: None,
) -> Iterator[list[Outbox]]:
    """Three devices with their outboxes; the broker must answer already."""
    passwords = install(engine, *YARD)
    ready()
    with ExitStack() as stack:
        outboxes = [
            stack.enter_context(
                Outbox(port, Account(each.code, password), readings=readings // 3, seed=seed)
            )
            for each, password in zip(YARD, passwords, strict=True)
        ]
        yield outboxes


def acknowledged(outboxes: list[Outbox]) -> int:
    return sum(len(outbox.acked) for outbox in outboxes)


def run_the_morning(
    engine: Engine, outboxes: list[Outbox], kills: list[Callable[[], None]]
) -> None:
    """All readings sent while one after the other is killed, evenly over the morning."""
    total = sum(len(outbox.ledger) for outbox in outboxes)
    for outbox in outboxes:
        outbox.start()
    for number, kill in enumerate(kills, start=1):
        goal = number * total // (len(kills) + 1)
        wait_until(lambda goal=goal: acknowledged(outboxes) >= goal, seconds=60)  # type: ignore[misc]  # bound now
        kill()
        check_acknowledged_is_stored(engine, outboxes)
    wait_until(lambda: acknowledged(outboxes) == total, seconds=120)
    check_the_books(engine, outboxes)


def replay_the_morning(engine: Engine, outboxes: list[Outbox]) -> None:
    total = sum(len(outbox.ledger) for outbox in outboxes)
    for outbox in outboxes:
        outbox.send_the_day_again()
    wait_until(lambda: acknowledged(outboxes) == total, seconds=120)
    check_the_books(engine, outboxes)


def kill_morning(tmp_path: Path, *, readings: int, kills: int, seed: int) -> None:
    """On SQLite and the embedded broker."""
    url, port = f"sqlite:///{tmp_path}/yard.sqlite", free_port()
    engine = empty_database(url)
    with (
        Supervised("broker", url, str(port)) as broker,
        Supervised("gateway", url, str(port)) as gateway,
    ):
        wait_for_port(port)
        with market(engine, port, readings=readings, seed=seed) as outboxes:
            choose = random.Random(seed)
            victims = [(gateway.kill, broker.kill)[choose.random() < 0.4] for _ in range(kills)]
            run_the_morning(engine, outboxes, victims)
            replay_the_morning(engine, outboxes)


@pytest.mark.slow
def test_no_reading_is_lost_or_doubled_when_gateway_and_broker_are_killed(tmp_path: Path) -> None:
    kill_morning(tmp_path, readings=900, kills=2, seed=1)


def test_a_gateway_that_dies_at_any_step_loses_and_doubles_nothing(tmp_path: Path) -> None:
    url, port = f"sqlite:///{tmp_path}/yard.sqlite", free_port()
    engine = empty_database(url)
    with Supervised("broker", url, str(port)):
        wait_for_port(port)
        with market(engine, port, readings=600, seed=2) as outboxes:
            for outbox in outboxes:
                outbox.start()
            for step in STEPS:
                with Supervised("gateway", url, str(port), step, "1") as gateway:
                    assert gateway.process.wait(20) == -9
                check_acknowledged_is_stored(engine, outboxes)
            with Supervised("gateway", url, str(port)):
                wait_until(lambda: acknowledged(outboxes) == 600, seconds=30)
            check_the_books(engine, outboxes)
            with reading(engine) as session:
                assert session.scalar(select(func.count(Reading.id))) == 600


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [11, 12])
def test_no_reading_is_lost_or_doubled_in_a_long_morning(tmp_path: Path, seed: int) -> None:
    kill_morning(tmp_path, readings=15_000, kills=13, seed=seed)


@needs_mosquitto
@needs_postgresql
@pytest.mark.slow
@pytest.mark.mosquitto
@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_on_mosquitto_and_postgresql(tmp_path: Path) -> None:
    with killable_postgresql() as database:
        engine = empty_database(database.url, poolclass=NullPool)
        with Mosquitto(engine, tmp_path) as mosquitto:
            port = str(mosquitto.port)
            with (
                Supervised("sharing", database.url, port, "ingest-1") as one,
                Supervised("sharing", database.url, port, "ingest-2") as two,
                market(
                    engine, mosquitto.port, readings=15_000, seed=3, ready=mosquitto.reload
                ) as outboxes,
            ):
                kills = [one.kill, mosquitto.kill, database.kill, two.kill] * 3
                run_the_morning(engine, outboxes, kills)
                replay_the_morning(engine, outboxes)
        engine.dispose()
