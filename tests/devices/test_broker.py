"""The embedded broker: who comes in, who writes and reads what, and what is turned away."""

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from devices import credentials, devices
from devices.credentials import Account
from devices.devices import DeviceFacts
from devices.packets import Limits
from tests.devices.yard import (
    AT,
    BY,
    READER,
    SCALE,
    SERVER,
    Edge,
    Running,
    broker,
    empty_database,
    install,
    wait_until,
    weight,
)
from traceability.base.db import transaction

OTHER = DeviceFacts(
    code="crate-2", kind=SCALE.kind, format="yaohua-0", division_g=500, max_g=2_000_000
)
REFUSED = 128


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return empty_database(f"sqlite:///{tmp_path}/yard.sqlite")


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, dict[str, str]]]:
    """One broker for all tests that change no credential."""
    engine = empty_database(f"sqlite:///{tmp_path_factory.mktemp('broker')}/yard.sqlite")
    facts = (SCALE, OTHER, READER)
    known = dict(zip((each.code for each in facts), install(engine, *facts), strict=True))
    with broker(engine) as served:
        yield served, known


@pytest.fixture
def running(yard: tuple[Running, dict[str, str]]) -> Running:
    yard[0].broker.tally = yard[0].broker.tally.__class__()
    return yard[0]


@pytest.fixture
def passwords(yard: tuple[Running, dict[str, str]]) -> dict[str, str]:
    return yard[1]


def edge(running: Running, passwords: dict[str, str], code: str = "crate-1") -> Edge:
    return Edge(running.port, Account(code, passwords[code]))


def platform(running: Running) -> Edge:
    return Edge(running.port, SERVER, client_id="platform:test")


def test_a_device_writes_below_its_up_and_hears_below_its_down(
    running: Running, passwords: dict[str, str]
) -> None:
    with edge(running, passwords) as device, platform(running) as server:
        device.listen()
        assert server.subscribe("wn/+/up/#") == 1

        device.publish("wn/crate-1/up/reading", b"up")
        server.publish("wn/crate-1/down/config", b"down")

        wait_until(lambda: bool(server.heard) and bool(device.heard))
        assert [(each.topic, each.payload) for each in server.heard] == [
            ("wn/crate-1/up/reading", b"up")
        ]
        assert [each.payload for each in device.heard] == [b"down"]


@pytest.mark.parametrize(
    "topic",
    [
        "wn/crate-2/up/reading",
        "wn/crate-1/down/ack",
        "wn/crate-2/down/ack",
        "wn/crate-1/up",
        "free",
    ],
)
def test_a_device_writes_nowhere_else(
    running: Running, passwords: dict[str, str], topic: str
) -> None:
    with (
        edge(running, passwords) as device,
        edge(running, passwords, "crate-2") as victim,
        platform(running) as server,
    ):
        server.subscribe("wn/+/up/#")
        victim.listen()

        device.publish(topic, b"forged")
        device.publish("wn/crate-1/up/reading", b"own")

        wait_until(lambda: bool(server.heard))
        assert [each.payload for each in server.heard] == [b"own"]
        assert victim.heard == []
        assert running.broker.tally.publishes == 1


@pytest.mark.parametrize(
    "topic_filter",
    ["#", "+/+/+/+", "wn/+/down/ack", "wn/crate-2/down/ack", "wn/crate-1/up/reading", "$SYS/#",
     "$share/g/wn/crate-2/down/ack"],
)  # fmt: skip
def test_a_device_reads_nothing_else(
    running: Running, passwords: dict[str, str], topic_filter: str
) -> None:
    with edge(running, passwords) as device:
        assert device.subscribe(topic_filter) == REFUSED
        assert running.broker.tally.subscriptions == 1


@pytest.mark.parametrize("topic_filter", ["#", "$SYS/#", "wn/+/down/ack"])
def test_the_platform_reads_only_what_goes_up(running: Running, topic_filter: str) -> None:
    with platform(running) as server:
        assert server.subscribe(topic_filter) == REFUSED


@pytest.mark.parametrize(
    ("name", "password", "client_id"),
    [
        ("crate-1", "guessed", "crate-1"),
        ("crate-9", "guessed", "crate-9"),
        ("platform", "guessed", "platform:ingest"),
        ("", "", "anybody"),
        ("crate-1", None, "crate-2"),
        ("crate-1", None, "platform:test"),
    ],
)
def test_a_stranger_is_refused_and_disturbs_nobody(
    yard: tuple[Running, dict[str, str]], name: str, password: str | None, client_id: str
) -> None:
    running, passwords = yard
    with (
        edge(running, passwords) as first,
        edge(running, passwords, "crate-2") as second,
        platform(running) as server,
    ):
        server.subscribe("wn/+/up/#")
        account = Account(name, passwords["crate-1"] if password is None else password)

        with Edge(running.port, account, client_id=client_id) as stranger:
            assert stranger.answer[0] == "Not authorized"

        first.publish("wn/crate-1/up/reading", b"still here")
        second.publish("wn/crate-2/up/reading", b"me too")
        wait_until(lambda: len(server.heard) == 2)
        assert (first.losses, second.losses, server.losses) == (0, 0, 0)


def test_a_last_will_on_a_foreign_topic_is_refused(
    running: Running, passwords: dict[str, str]
) -> None:
    device = edge(running, passwords)
    device.client.will_set("wn/crate-2/up/reading", b"forged", qos=1)

    with device:
        assert device.answer[0] == "Not authorized"


def test_a_revoked_credential_ends_the_connection_and_lets_nobody_in(engine: Engine) -> None:
    one, two = install(engine, SCALE, OTHER)
    with (
        broker(engine) as running,
        Edge(running.port, Account("crate-1", one)) as device,
        Edge(running.port, Account("crate-2", two)) as other,
    ):
        with transaction(engine, recorded_at=AT) as session:
            credentials.revoke(session, devices.by_code(session, "crate-1"), at=AT, by=BY)

        wait_until(lambda: len(device.answer) > 1)
        assert device.losses > 0
        assert device.answer[1] == "Not authorized"
        assert other.losses == 0


def test_a_rotated_credential_takes_the_place_of_the_old(engine: Engine) -> None:
    (old_password,) = install(engine, SCALE)
    with transaction(engine, recorded_at=AT) as session:
        device = devices.by_code(session, "crate-1")
        new_password = credentials.rotate(session, device, at=AT, by=BY)

    with broker(engine) as running:
        with Edge(running.port, Account("crate-1", old_password)) as old:
            assert old.answer[0] == "Not authorized"
        with Edge(running.port, Account("crate-1", new_password)) as renewed:
            assert renewed.admitted


def test_an_expired_credential_lets_nobody_in(engine: Engine) -> None:
    (password,) = install(engine, SCALE, expires_at=AT + timedelta(hours=1))
    clock = [AT]

    def advancing() -> datetime:
        return clock[0]

    with broker(engine, clock=advancing) as running:
        with Edge(running.port, Account("crate-1", password)) as device:
            assert device.admitted
            clock[0] = AT + timedelta(hours=1)
            wait_until(lambda: device.losses > 0)
        with Edge(running.port, Account("crate-1", password)) as late:
            assert late.answer[0] == "Not authorized"


def test_a_second_connection_of_the_same_device_ends_the_first(
    running: Running, passwords: dict[str, str]
) -> None:
    with edge(running, passwords) as first:
        first.client.reconnect_delay_set(min_delay=60, max_delay=60)
        with edge(running, passwords) as second:
            wait_until(lambda: first.losses > 0)
            second.listen()
            assert second.losses == 0


def test_a_retained_message_reaches_nobody_now_or_later(
    running: Running, passwords: dict[str, str]
) -> None:
    with edge(running, passwords) as device, platform(running) as server:
        server.subscribe("wn/+/up/#")

        device.publish("wn/crate-1/up/reading", weight(1), retain=True)
        device.publish("wn/crate-1/up/reading", weight(2))

        wait_until(lambda: bool(server.heard))
        assert [each.payload for each in server.heard] == [weight(2)]
        assert running.broker.tally.retained == 1
        with Edge(running.port, SERVER, client_id="platform:late") as late:
            late.subscribe("wn/+/up/#")
            device.publish("wn/crate-1/up/reading", weight(3))
            wait_until(lambda: bool(late.heard))
            assert [each.payload for each in late.heard] == [weight(3)]


def test_an_oversized_message_is_dropped_counted_and_acknowledged(
    running: Running, passwords: dict[str, str]
) -> None:
    with edge(running, passwords) as device, platform(running) as server:
        server.subscribe("wn/+/up/#")

        device.publish("wn/crate-1/up/reading", b"x" * 1_000_000)
        device.publish("wn/crate-1/up/reading", b"x" * 60_000)

        wait_until(lambda: bool(server.heard))
        assert [len(each.payload) for each in server.heard] == [60_000]
        assert running.broker.tally.oversized == 1
        assert device.losses == 0


def test_a_device_over_its_rate_is_slowed_and_loses_nothing(engine: Engine) -> None:
    (password,) = install(engine, SCALE)
    with (
        broker(engine, limits=Limits(publishes_per_second=20)) as running,
        Edge(running.port, Account("crate-1", password)) as device,
        platform(running) as server,
    ):
        server.subscribe("wn/+/up/#")

        for seq in range(50):
            device.client.publish("wn/crate-1/up/reading", str(seq), qos=1)

        wait_until(lambda: len(server.heard) == 50)
        assert running.broker.tally.slowed >= 1


@pytest.mark.parametrize(
    "bytes_sent",
    [b"", b"\x10", b"\x10\xff\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"\x30\x04\x00\x02ab",
     b"\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06\xff\xfe\xff\xfe\xff\xfe"],
)  # fmt: skip
def test_a_connection_that_speaks_no_mqtt_disturbs_nobody(
    running: Running, passwords: dict[str, str], bytes_sent: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", running.port)) as stranger:
        stranger.sendall(bytes_sent)
        with edge(running, passwords) as device:
            device.listen()
            assert device.admitted


def test_a_topic_that_is_no_text_ends_only_that_connection(
    running: Running, passwords: dict[str, str]
) -> None:
    with edge(running, passwords) as device, edge(running, passwords, "crate-2") as other:
        raw = device.client.socket()
        assert raw is not None

        raw.send(b"\x30\x06\x00\x02\xff\xfexx")

        wait_until(lambda: device.losses > 0)
        other.listen()
        assert other.losses == 0


def test_a_line_that_falls_silent_is_closed(running: Running, passwords: dict[str, str]) -> None:
    connect = b"\x00\x04MQTT\x04\xc2\x00\x01"  # keep-alive one second, name and password
    for text in ("crate-1", "crate-1", passwords["crate-1"]):
        connect += len(text).to_bytes(2) + text.encode()
    with socket.create_connection(("127.0.0.1", running.port)) as silent:
        silent.settimeout(10)
        silent.sendall(b"\x10" + bytes([len(connect)]) + connect)
        assert silent.recv(4) == b"\x20\x02\x00\x00"

        silent.sendall(b"\x30\x20\x00")  # half a packet, then nothing

        assert silent.recv(4) == b""
