"""The production broker with the configuration we ship keeps the same rules."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import func, select

from devices import credentials, devices
from devices.credentials import Account
from devices.devices import DeviceFacts
from devices.gateway import Gateway
from devices.inbox import Reading
from tests.devices.shipped_mosquitto import Mosquitto, certify, needs_mosquitto
from tests.devices.yard import (
    AT,
    BY,
    READER,
    SCALE,
    SERVER,
    Edge,
    empty_database,
    gateway,
    gateway_settings,
    install,
    now,
    wait_until,
    weight,
)
from traceability.base.db import reading, transaction

pytestmark = [needs_mosquitto, pytest.mark.mosquitto]
OTHER = DeviceFacts(
    code="crate-2", kind=SCALE.kind, format="yaohua-0", division_g=500, max_g=2_000_000
)
REFUSED = 128


class Yard:
    """One mosquitto with three devices."""

    def __init__(self, folder: Path) -> None:
        self.engine = empty_database(f"sqlite:///{folder}/yard.sqlite")
        facts = (SCALE, OTHER, READER)
        codes = (each.code for each in facts)
        self.passwords = dict(zip(codes, install(self.engine, *facts), strict=True))
        self.mosquitto = Mosquitto(self.engine, folder)

    def edge(self, code: str = "crate-1", *, password: str | None = None) -> Edge:
        account = Account(code, password or self.passwords[code])
        return Edge(self.mosquitto.tls_port, account, ca_file=self.mosquitto.ca_file)

    def platform(self, part: str = "test") -> Edge:
        return Edge(self.mosquitto.port, SERVER, client_id=f"platform:{part}")


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    made = Yard(tmp_path_factory.mktemp("mosquitto"))
    with made.mosquitto:
        yield made


@pytest.mark.parametrize(
    "topic", ["wn/crate-2/up/reading", "wn/crate-1/down/ack", "wn/crate-2/down/ack", "free"]
)
def test_a_device_writes_only_below_its_own_up(yard: Yard, topic: str) -> None:
    with yard.edge() as device, yard.edge("crate-2") as victim, yard.platform() as server:
        server.subscribe("wn/+/up/#")
        victim.listen()

        device.publish(topic, b"forged")
        device.publish("wn/crate-1/up/reading", b"own")

        wait_until(lambda: bool(server.heard))
        assert [each.payload for each in server.heard] == [b"own"]
        assert victim.heard == []


@pytest.mark.parametrize(
    "topic_filter", ["#", "wn/+/down/ack", "wn/crate-2/down/ack", "wn/+/up/reading", "$SYS/#"]
)
def test_a_device_reads_only_below_its_own_down(yard: Yard, topic_filter: str) -> None:
    with yard.edge() as device, yard.edge("crate-2") as other, yard.platform() as server:
        device.subscribe(topic_filter)
        device.listen()

        other.publish("wn/crate-2/up/reading", b"other's")
        server.publish("wn/crate-2/down/ack", b"other's")
        server.publish("wn/crate-1/down/ack", weightless_ack())

        wait_until(lambda: bool(device.heard))
        assert {each.topic for each in device.heard} == {"wn/crate-1/down/ack"}


def weightless_ack() -> bytes:
    return b'{"v":1,"boot":1,"stored":[],"set_aside":[]}'


@pytest.mark.parametrize(
    ("name", "password"), [("crate-1", "guessed"), ("nobody-1", "x"), ("", "")]
)
def test_a_stranger_is_refused(yard: Yard, name: str, password: str) -> None:
    account = Account(name, password)
    with Edge(yard.mosquitto.tls_port, account, ca_file=yard.mosquitto.ca_file) as stranger:
        assert stranger.answer[0] == "Not authorized"


def test_no_device_ends_anothers_connection_by_its_client_id(yard: Yard) -> None:
    with yard.edge("crate-2") as victim:
        attacker = Edge(
            yard.mosquitto.tls_port,
            Account("crate-1", yard.passwords["crate-1"]),
            client_id="crate-2",
            ca_file=yard.mosquitto.ca_file,
        )
        with attacker:
            assert attacker.admitted
            victim.listen()
            assert victim.losses == 0


@pytest.mark.parametrize("trusted", [True, False])
def test_only_the_right_authority_vouches_for_the_server(
    yard: Yard, tmp_path: Path, trusted: bool
) -> None:
    ca_file = yard.mosquitto.ca_file if trusted else certify(tmp_path)
    context = ssl.create_default_context(cafile=str(ca_file))
    refused = nullcontext() if trusted else pytest.raises(ssl.SSLCertVerificationError)

    with (
        socket.create_connection(("localhost", yard.mosquitto.tls_port)) as line,
        refused,
        context.wrap_socket(line, server_hostname="localhost") as secure,
    ):
        assert secure.version() in {"TLSv1.2", "TLSv1.3"}


def test_a_retained_message_ends_the_connection_and_reaches_nobody(yard: Yard) -> None:
    with yard.edge() as device, yard.platform() as server:
        server.subscribe("wn/+/up/#")

        device.client.publish("wn/crate-1/up/reading", weight(1), qos=0, retain=True)
        wait_until(lambda: device.losses > 0)

        with yard.edge("crate-2") as other:
            other.publish("wn/crate-2/up/reading", b"own")
            wait_until(lambda: bool(server.heard))
        assert [each.payload for each in server.heard] == [b"own"]


def test_an_oversized_message_is_dropped_and_acknowledged(yard: Yard) -> None:
    with yard.edge() as device, yard.platform() as server:
        server.subscribe("wn/+/up/#")

        device.publish("wn/crate-1/up/reading", b"x" * 1_000_000)
        device.publish("wn/crate-1/up/reading", b"x" * 60_000)

        wait_until(lambda: bool(server.heard))
        assert [len(each.payload) for each in server.heard] == [60_000]
        assert device.losses == 0


def test_a_revoked_device_is_cut_off_and_the_others_stay(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    with yard.mosquitto, yard.edge() as device, yard.edge("crate-2") as other:
        with transaction(yard.engine, recorded_at=AT) as session:
            credentials.revoke(session, devices.by_code(session, "crate-1"), at=AT, by=BY)
        yard.mosquitto.reload()

        wait_until(lambda: len(device.answer) > 1)
        assert device.answer[1] == "Not authorized"
        other.listen()
        assert other.losses == 0


def test_a_burst_of_two_thousand_is_stored_whole(yard: Yard) -> None:
    edge = yard.edge()
    edge.client.max_inflight_messages_set(2_000)
    with gateway(yard.engine, yard.mosquitto.port) as served, edge as device:
        device.listen()
        for seq in range(1, 2_001):
            device.client.publish("wn/crate-1/up/reading", weight(seq, boot=7), qos=1)

        wait_until(lambda: len(device.stored) == 2_000, seconds=30)
        assert served.counts.messages == 2_000


def test_two_gateways_share_the_readings_of_a_market(yard: Yard) -> None:
    gateways = [shared_gateway(yard, part) for part in ("ingest-1", "ingest-2")]
    threads = [threading.Thread(target=each.run) for each in gateways]
    for thread in threads:
        thread.start()
    try:
        assert all(each.subscribed.wait(15) for each in gateways)
        with yard.edge() as device:
            device.listen()
            device.send(*(weight(seq, boot=8) for seq in range(1, 101)))

            wait_until(lambda: len(device.stored) == 100)
    finally:
        for each in gateways:
            each.stop()
        for thread in threads:
            thread.join(20)
    assert sum(each.counts.messages for each in gateways) == 100
    assert all(each.counts.messages > 0 for each in gateways)
    with reading(yard.engine) as session:
        count = select(func.count(Reading.id)).where(Reading.boot == 8)
        assert session.scalar(count) == 100


def shared_gateway(yard: Yard, part: str) -> Gateway:
    settings = gateway_settings(yard.mosquitto.port, part=part, shared_group="ingest")
    return Gateway(settings, yard.engine, now)
