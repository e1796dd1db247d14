"""A market's devices for tests: a database, a broker, a gateway and edges that keep a ledger."""

import asyncio
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine

from devices import credentials, devices, messages
from devices.broker import Broker, BrokerSettings, Door
from devices.credentials import Account
from devices.devices import DeviceFacts, DeviceKind
from devices.gateway import Gateway, GatewaySettings
from devices.messages import Ack, Reading, ReadingKind
from devices.packets import Limits
from traceability.base.db import Base, make_engine, transaction

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
SERVER = Account("platform", "the platform's own word")
BY = "party:" + "1" * 32
HOLDING = "holding:" + "2" * 32
SCALE = DeviceFacts(
    code="crate-1", kind=DeviceKind.SCALE, format="yaohua-0", division_g=500, max_g=2_000_000
)
READER = DeviceFacts(code="reader-1", kind=DeviceKind.READER, format="allflex")


def now() -> datetime:
    """The test's clock stands still."""
    return AT


def wait_until(true: Callable[[], bool], *, seconds: float = 15) -> None:
    """Wait for a condition; its absence is the failure."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def empty_database(url: str, **options: Any) -> Engine:
    """Every table and no row; on SQLite a copy of the first one made."""
    engine = make_engine(url, **options)
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).write_bytes(_empty_file(len(Base.metadata.tables)))
    else:
        Base.metadata.create_all(engine)
    return engine


@cache
def _empty_file(_tables: int) -> bytes:
    """An empty database of the tables known by now."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sqlite"
        engine = make_engine(f"sqlite:///{path}")
        Base.metadata.create_all(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        return path.read_bytes()


def install(engine: Engine, *facts: DeviceFacts, expires_at: datetime | None = None) -> list[str]:
    """Register devices and give each its password."""
    passwords = []
    with transaction(engine, recorded_at=AT) as session:
        for each in facts:
            device = devices.register(
                session, each, holding=HOLDING, gate="称重口", crate="1号", at=AT, by=BY
            )
            passwords.append(
                credentials.issue(session, device, at=AT, by=BY, expires_at=expires_at)
            )
    return passwords


def yaohua(weight_g: int) -> bytes:
    """One frame of a Yaohua indicator, format 0, with one decimal of a kilogram."""
    body = b"+" + f"{weight_g // 100:06d}".encode() + b"1"
    check = 0
    for byte in body:
        check ^= byte
    return b"\x02" + body + f"{check:02X}".encode() + b"\x03"


def weight(seq: int, *, boot: int = 1, weight_g: int | None = None, at: datetime = AT) -> bytes:
    """A stable weight: five equal frames; each sequence number has a weight of its own."""
    weight_g = weight_g if weight_g is not None else 100_000 + seq % 3_000 * 500
    return messages.format_reading(
        Reading(
            boot=boot,
            seq=seq,
            kind=ReadingKind.WEIGHT,
            format="yaohua-0",
            at=at + timedelta(milliseconds=seq),
            frames=(yaohua(weight_g),) * 5,
            weight_g=weight_g,
        )
    )


def tag(seq: int, *, eid: str = "156000000000017", boot: int = 1, at: datetime = AT) -> bytes:
    """A tag line of an Allflex reader."""
    return messages.format_reading(
        Reading(
            boot=boot,
            seq=seq,
            kind=ReadingKind.TAG,
            format="allflex",
            at=at + timedelta(milliseconds=seq),
            frames=(f"LA {eid[:3]} {eid[3:]}\r\n".encode(),),
            eid=eid,
        )
    )


def raw_digest(payload: bytes) -> bytes:
    """SHA-256 of the raw frames of a message, by the generator's own arithmetic."""
    return hashlib.sha256(b"".join(messages.parse_reading(payload).frames)).digest()


class Running:
    """An embedded broker in a thread of this process."""

    def __init__(
        self, engine: Engine, port: int, clock: Callable[[], datetime], limits: Limits
    ) -> None:
        self.port = port
        self._settings = BrokerSettings(port=port, server=SERVER, limits=limits)
        self._door = Door(engine, SERVER, clock)
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        self.broker = Broker(self._settings, self._door)
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._loop.call_soon(self._up.set)
        await self.broker.serve(self._stop)

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(10)
        wait_until(lambda: answers(self.port))

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def broker(
    engine: Engine, *, clock: Callable[[], datetime] = now, limits: Limits | None = None
) -> Iterator[Running]:
    running = Running(engine, free_port(), clock, limits or Limits())
    running.start()
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def gateway(engine: Engine, port: int) -> Iterator[Gateway]:
    served = Gateway(gateway_settings(port), engine, now)
    thread = threading.Thread(target=served.run)
    thread.start()
    try:
        assert served.subscribed.wait(15)
        yield served
    finally:
        served.stop()
        thread.join(20)


def gateway_settings(
    port: int, *, part: str = "ingest", shared_group: str | None = None
) -> GatewaySettings:
    return GatewaySettings(
        url=f"mqtt://127.0.0.1:{port}",
        name=SERVER.name,
        password=SERVER.password,
        part=part,
        shared_group=shared_group,
    )


class Edge:
    """One device's side: publishes, hears, and notes what was acknowledged."""

    def __init__(
        self,
        port: int,
        account: Account,
        *,
        client_id: str | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self.heard: list[MQTTMessage] = []
        self.stored: set[tuple[int, int]] = set()
        self.set_aside: set[tuple[int, int]] = set()
        self.answer: list[str] = []
        self.granted: list[list[int]] = []
        self.losses = 0
        self.code = account.name
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id if client_id is not None else account.name,
            protocol=MQTTv311,
        )
        self.client.username_pw_set(account.name, account.password)
        if ca_file is not None:
            self.client.tls_set(ca_certs=str(ca_file))
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.answer.append(str(reason))
        self.client.on_subscribe = lambda _c, _u, _m, codes, _p: self.granted.append(
            [code.value for code in codes]
        )
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = self._on_message
        self._port = port

    def __enter__(self) -> Self:
        self.client.connect("localhost", self._port, keepalive=60)
        self.client.loop_start()
        wait_until(lambda: bool(self.answer))
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    @property
    def admitted(self) -> bool:
        return self.answer[0] == "Success"

    def subscribe(self, topic: str) -> int:
        """The broker's answer: the granted QoS, or 128."""
        before = len(self.granted)
        self.client.subscribe(topic, qos=1)
        wait_until(lambda: len(self.granted) > before)
        return self.granted[-1][0]

    def listen(self) -> None:
        assert self.subscribe(f"wn/{self.code}/down/#") == 1

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish and wait for the broker's PUBACK."""
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def send(self, *payloads: bytes) -> None:
        for payload in payloads:
            self.publish(f"wn/{self.code}/up/reading", payload)

    def _on_disconnect(self, *_: object) -> None:
        self.losses += 1

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.heard.append(message)
        if message.topic.endswith("/down/ack"):
            ack: Ack = messages.parse_ack(bytes(message.payload))
            self.stored |= {(ack.boot, seq) for seq in ack.stored}
            self.set_aside |= {(ack.boot, seq) for seq in ack.set_aside}
