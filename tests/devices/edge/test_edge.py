"""The edge between real bytes and a real broker: nothing lost, nothing twice."""

import os
import pty
import sqlite3
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from devices.edge import link
from devices.edge.config import EdgeConfig, PortConfig
from devices.edge.outbox import Entry, Outbox
from devices.edge.program import Edge
from devices.messages import Ack
from devices.simulator.equipment import Socket, allflex, yaohua_0
from devices.stability import Rule, tag_of, weight_of
from tests.devices.mosquitto import WAIT_SECONDS as WAIT
from tests.devices.mosquitto import Ledger, Mosquitto, wait_until

pytestmark = pytest.mark.mosquitto

SCALE, READER = "xh-scale-01", "xh-reader-01"
EID = "156000000000042"


def animal(weight_g: int) -> bytes:
    return yaohua_0(weight_g // 2) + yaohua_0(weight_g) * 6 + yaohua_0(0) * 6


@pytest.fixture
def scale() -> Iterator[Socket]:
    socket = Socket()
    yield socket
    socket.close()


@pytest.fixture
def reader() -> Iterator[Socket]:
    socket = Socket()
    yield socket
    socket.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "RESEND_SECONDS", 0.3)


@pytest.fixture
def edge(tmp_path: Path, ledger: Ledger, scale: Socket, reader: Socket) -> Iterator[Edge]:
    ports = (
        PortConfig(device=SCALE, source=scale.address, format="yaohua-0", division_g=500),
        PortConfig(device=READER, source=reader.address, format="allflex"),
    )
    started = Edge(EdgeConfig(broker=ledger.url, outbox=tmp_path / "outbox.db", ports=ports))
    started.start()
    assert scale.wait_for_listener(10)
    assert reader.wait_for_listener(10)
    yield started
    started.stop()


def test_a_tag_and_a_weight_reach_the_server_with_the_bytes_that_prove_them(
    edge: Edge, ledger: Ledger, scale: Socket, reader: Socket
) -> None:
    reader.say(allflex(EID))
    scale.say(animal(425_500))

    ledger.wait_until(lambda: len(ledger.stored) == 2)
    wait_until(lambda: edge.backlog() == 0)
    tag, weight = ledger.readings()
    assert (tag.eid, tag_of(tag.frames, format_name=tag.format).eid) == (EID, EID)
    assert weight_of(weight.frames, format_name=weight.format, rule=Rule()) == 425_500
    assert (weight.weight_g, weight.boot, weight.seq) == (425_500, 1, 1)


def test_what_is_not_acknowledged_is_sent_again_unchanged(
    edge: Edge, ledger: Ledger, scale: Socket
) -> None:
    ledger.answering = False
    scale.say(animal(425_500))
    ledger.wait_until(lambda: ledger.copies >= 3)
    assert edge.backlog() == 1

    ledger.answering = True

    wait_until(lambda: edge.backlog() == 0)
    assert len(ledger.stored) == 1
    assert ledger.changed == []


def test_only_the_numbers_named_leave_and_set_aside_counts_as_stored(
    edge: Edge, ledger: Ledger, scale: Socket
) -> None:
    ledger.answering = False
    for weight_g in (300_000, 400_000, 500_000):
        scale.say(animal(weight_g))
    ledger.wait_until(lambda: len(ledger.stored) == 3)

    ledger.say(SCALE, b"not an acknowledgement")
    ledger.acknowledge(SCALE, Ack(boot=99, stored=(1, 2, 3), set_aside=()))
    ledger.acknowledge(READER, Ack(boot=1, stored=(1, 2, 3), set_aside=()))
    ledger.acknowledge(SCALE, Ack(boot=1, stored=(3,), set_aside=(1,)))

    wait_until(lambda: edge.backlog() == 1)
    before = ledger.copies
    ledger.wait_until(lambda: ledger.copies > before)
    assert edge.backlog() == 1


def test_a_dead_broker_delays_but_loses_nothing(
    edge: Edge, ledger: Ledger, broker: Mosquitto, scale: Socket
) -> None:
    scale.say(animal(300_000))
    ledger.wait_until(lambda: len(ledger.stored) == 1)
    wait_until(lambda: edge.backlog() == 0)

    broker.kill()
    for weight_g in (400_000, 500_000):
        scale.say(animal(weight_g))
    wait_until(lambda: edge.backlog() == 2)
    broker.start()

    ledger.wait_until(lambda: len(ledger.stored) == 3, seconds=10)
    wait_until(lambda: edge.backlog() == 0)
    assert [reading.weight_g for reading in ledger.readings()] == [300_000, 400_000, 500_000]


def test_a_full_disk_delays_but_loses_nothing(
    edge: Edge, ledger: Ledger, scale: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals, put = [1, 2], Outbox.put

    def full_at_first(outbox: Outbox, device: str, entry: Entry) -> None:
        if refusals:
            raise sqlite3.OperationalError(f"database or disk is full {refusals.pop()}")
        put(outbox, device, entry)

    monkeypatch.setattr(Outbox, "put", full_at_first)
    scale.say(animal(425_500))

    ledger.wait_until(lambda: len(ledger.stored) == 1)
    wait_until(lambda: edge.backlog() == 0)
    assert refusals == []


@pytest.mark.usefixtures("edge")
def test_a_scale_that_is_plugged_in_again_is_read_again(ledger: Ledger, scale: Socket) -> None:
    scale.say(yaohua_0(425_500) * 4)
    scale.unplug()
    assert scale.wait_for_listener(10)
    scale.say(yaohua_0(425_500))
    scale.say(yaohua_0(425_500) * 4)

    ledger.wait_until(lambda: len(ledger.stored) == 1)
    assert [len(reading.frames) for reading in ledger.readings()] == [5]


@pytest.mark.usefixtures("edge")
def test_the_screen_sees_a_moving_weight_a_few_times_a_second(
    ledger: Ledger, scale: Socket
) -> None:
    ledger.wait_until(lambda: len(ledger.statuses) == 2)
    for weight_g in range(0, 400_000, 1_000):
        scale.say(yaohua_0(weight_g))
    ledger.wait_until(lambda: len(ledger.lives) >= 1)

    assert len(ledger.lives) < 20
    assert {live.stable for _, live in ledger.lives} == {False}
    assert ledger.stored == {}
    assert {status.online for status in ledger.statuses.values()} == {True}


def process(broker: Mosquitto, outbox: Path, source: str, *more: str) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "devices.edge", "--broker", broker.url]
    port = f"{SCALE}=yaohua-0@{source}"
    return subprocess.Popen(
        [*program, "--outbox", str(outbox), "--port", port, *more], stderr=subprocess.DEVNULL
    )


def kept_in(outbox: Path) -> int:
    """Readings that the outbox still holds."""
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM reading").fetchone()[0])


def start_and_kill(broker: Mosquitto, ledger: Ledger, scale: Socket, outbox: Path) -> None:
    known = {key[1] for key in ledger.stored}
    edge = process(broker, outbox, scale.address)
    assert scale.wait_for_listener(WAIT)
    for number in range(10):
        scale.say(animal(300_000 + 1_000 * number + 100 * len(known)))
    ledger.wait_until(lambda: {key[1] for key in ledger.stored} > known)
    edge.kill()
    edge.wait()
    scale.unplug()
    ledger.wait_until(lambda: not ledger.statuses[SCALE].online)


@pytest.mark.slow
def test_killed_in_the_middle_nothing_is_lost_and_no_number_is_used_twice(
    broker: Mosquitto, ledger: Ledger, scale: Socket, tmp_path: Path
) -> None:
    outbox = tmp_path / "outbox.db"
    ledger.answering = False
    for _ in range(3):
        start_and_kill(broker, ledger, scale, outbox)
    seen = dict(ledger.stored)
    ledger.stored.clear()

    ledger.answering = True
    edge = process(broker, outbox, scale.address)
    assert scale.wait_for_listener(WAIT)
    scale.say(animal(999_000))
    ledger.wait_until(lambda: {*seen, (SCALE, 4, 1)} <= ledger.stored.keys())
    ledger.wait_until(lambda: ledger.statuses[SCALE].online)
    ledger.wait_until(lambda: kept_in(outbox) == 0)
    edge.terminate()

    assert edge.wait(WAIT) == 0
    assert {key: ledger.stored[key] for key in seen} == seen
    assert ledger.changed == []
    ledger.wait_until(lambda: not ledger.statuses[SCALE].online)
    assert ledger.statuses[SCALE].backlog == 0


def test_a_pseudo_terminal_is_plugged_in_as_a_scale(
    broker: Mosquitto, ledger: Ledger, tmp_path: Path
) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    edge = process(broker, tmp_path / "outbox.db", os.ttyname(slave))

    wait_until(lambda: os.write(master, animal(425_500)) > 0 and len(ledger.stored) > 0)

    assert {reading.weight_g for reading in ledger.readings()} == {425_500}
    edge.terminate()
    assert edge.wait(WAIT) == 0
    ledger.wait_until(lambda: not ledger.statuses[SCALE].online)
    os.close(master)
    os.close(slave)


def test_a_capture_is_sent_whole_and_then_the_program_ends(
    broker: Mosquitto, ledger: Ledger, tmp_path: Path
) -> None:
    capture = tmp_path / "morning.bin"
    capture.write_bytes(b"".join(animal(weight_g) for weight_g in range(300_000, 600_000, 1_000)))

    edge = process(broker, tmp_path / "o.db", f"file:{capture}", "--until-drained")

    assert edge.wait(WAIT) == 0
    assert [reading.weight_g for reading in ledger.readings()] == list(
        range(300_000, 600_000, 1_000)
    )
