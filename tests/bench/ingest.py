"""Readings through mosquitto into the database: `python -m tests.bench.ingest`.

The peer is paho itself, counting messages and storing nothing, on the same broker in the same run.
Ours is the gateway as it runs: decoded again, kept in grouped durable commits, and only then
acknowledged to the device. The sender writes ready-made packets to a plain socket, so that neither
waits for it. Then the time from sending to acknowledgement at 1,000 readings a second.
"""

import multiprocessing
import socket
import statistics
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

from sqlalchemy import func, select

from devices.gateway import Gateway, GatewaySettings, make_client
from devices.inbox import Reading
from devices.messages import parse_ack
from tests.devices.mosquitto import Mosquitto
from tests.devices.postgresql import killable_postgresql
from tests.devices.yard import SCALE, empty_database, install, now, weight
from traceability.base.db import make_engine, reading

READINGS, ROUNDS = 20_000, 5
RATE, RATE_SECONDS, STEP_S = 1_000, 10, 0.01
GOAL, LATE_GOAL_MS = 0.65, 250
TOPIC, ACKS = f"wn/{SCALE.code}/up/reading", f"wn/{SCALE.code}/down/ack"
BROKER = "max_inflight_messages 1000\nmax_queued_messages 100000\n"
PACKETS = 60_000  # numbers of packets, used again after an acknowledgement
FORK = multiprocessing.get_context("fork")


class Line:
    """A device on a plain socket: packets out, the numbers of its acknowledgements in."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.acked: dict[int, float] = {}
        self._rest = b""
        self._socket.sendall(_packet(0x10, _text("MQTT") + b"\x04\x02\x00\x3c" + _text("bench")))
        self._socket.sendall(_packet(0x82, b"\x00\x01" + _text(ACKS) + b"\x00"))
        threading.Thread(target=self._listen, daemon=True).start()

    def send(self, packets: bytes) -> None:
        """Put ready-made packets on the line."""
        self._socket.sendall(packets)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                heard = self._socket.recv(1 << 16)
            except OSError:
                return
            if not heard:
                return
            at = time.perf_counter()
            self._rest += heard
            for kind, body in self._packets():
                if kind == 3:  # PUBLISH, at most once: topic, then the payload
                    length = struct.unpack(">H", body[:2])[0]
                    ack = parse_ack(body[2 + length :])
                    self.acked.update(dict.fromkeys(ack.stored, at))

    def _packets(self) -> Iterator[tuple[int, bytes]]:
        while len(self._rest) > 1:
            length, at, shift = 0, 1, 0
            while at < len(self._rest):
                byte = self._rest[at]
                length |= (byte & 127) << shift
                at, shift = at + 1, shift + 7
                if not byte & 128:
                    break
            else:
                return
            if len(self._rest) < at + length:
                return
            kind, body = self._rest[0] >> 4, self._rest[at : at + length]
            self._rest = self._rest[at + length :]
            yield kind, body


def _text(words: str) -> bytes:
    return struct.pack(">H", len(words)) + words.encode()


def _packet(head: int, body: bytes) -> bytes:
    length, rest = b"", len(body)
    while True:
        rest, low = rest >> 7, rest & 127
        length += bytes([low | 128 if rest else low])
        if not rest:
            return bytes([head]) + length + body


def _published(seq: int, boot: int) -> bytes:
    number = struct.pack(">H", seq % PACKETS + 1)
    return _packet(0x32, _text(TOPIC) + number + weight(seq, boot=boot))


@contextmanager
def _beside(work: Callable[[Event, Event], None]) -> Iterator[None]:
    """Work in a process of its own that says when it has subscribed and ends when told."""
    ready, stop = FORK.Event(), FORK.Event()
    process = FORK.Process(target=work, args=(ready, stop))
    process.start()
    try:
        assert ready.wait(30), "never subscribed"
        yield
    finally:
        stop.set()
        process.join(30)


def _counting(port: int, done: "multiprocessing.SimpleQueue[float]") -> Callable[..., None]:
    """The peer: paho, QoS 1, acknowledging by itself, storing nothing."""

    def work(ready: Event, stop: Event) -> None:
        settings = GatewaySettings(url=f"mqtt://127.0.0.1:{port}", name="peer", password="-")
        client, seen = make_client(settings), 0

        def heard(*_told: object) -> None:
            nonlocal seen
            seen += 1
            if seen % READINGS == 0:
                done.put(time.perf_counter())

        client.on_message = heard
        client.on_subscribe = lambda *_told: ready.set()
        client.connect("127.0.0.1", port)
        client.subscribe(TOPIC, qos=1)
        client.loop_start()
        stop.wait()

    return work


def _keeping(port: int, url: str) -> Callable[..., None]:
    """Ours: the gateway with its database, as it runs."""

    def work(ready: Event, stop: Event) -> None:
        engine = make_engine(url)
        settings = GatewaySettings(url=f"mqtt://127.0.0.1:{port}", name="platform", password="-")
        gateway = Gateway(settings, engine, now)
        thread = threading.Thread(target=gateway.run)
        thread.start()
        if gateway.subscribed.wait(20):
            ready.set()
        stop.wait()
        gateway.stop()
        thread.join()
        engine.dispose()

    return work


def main() -> None:
    """Rates on SQLite and PostgreSQL beside the peer's, then the delays."""
    with tempfile.TemporaryDirectory() as name, killable_postgresql() as server:
        folder = Path(name)
        broker = Mosquitto(folder, BROKER)
        broker.start()
        urls = {"SQLite": f"sqlite:///{folder / 'ingest.db'}", "PostgreSQL": server.url}
        try:
            for url in urls.values():
                engine = empty_database(url)
                install(engine, SCALE)
                engine.dispose()
            _rates(broker.port, urls)
            _delays(broker.port, urls)
        finally:
            broker.kill()


def _rates(port: int, urls: dict[str, str]) -> None:
    found: dict[str, list[float]] = {"paho, nothing stored": [], **{name: [] for name in urls}}
    for turn in range(ROUNDS):
        packets = b"".join(_published(seq, turn + 1) for seq in range(1, READINGS + 1))
        found["paho, nothing stored"].append(READINGS / _peer_seconds(port, packets))
        for name, url in urls.items():
            found[name].append(READINGS / _our_seconds(port, url, packets))
    print(f"\ningest on mosquitto, {READINGS:,} readings of five frames, QoS 1, goal ≥ {GOAL}")
    peer = found["paho, nothing stored"]
    for name, rates in found.items():
        ratios = [mine / theirs for mine, theirs in zip(rates, peer, strict=True)]
        print(
            f"  {name:<22}{statistics.median(rates):>9,.0f}/s"
            f" [{min(rates):,.0f}..{max(rates):,.0f}]"
            f"  ratio {statistics.median(ratios):.2f} [{min(ratios):.2f}..{max(ratios):.2f}]"
        )
    for name, url in urls.items():
        engine = make_engine(url)
        with reading(engine) as session:
            kept = session.scalar(select(func.count(Reading.id)))
        engine.dispose()
        assert kept == ROUNDS * READINGS, f"{name}: {kept} of {ROUNDS * READINGS} kept"


def _peer_seconds(port: int, packets: bytes) -> float:
    done: multiprocessing.SimpleQueue[float] = FORK.SimpleQueue()
    with _beside(_counting(port, done)):
        line = Line(port)
        begin = time.perf_counter()
        line.send(packets)
        seconds = done.get() - begin
        line.close()
        return seconds


def _our_seconds(port: int, url: str, packets: bytes) -> float:
    with _beside(_keeping(port, url)):
        line = Line(port)
        begin = time.perf_counter()
        line.send(packets)
        while len(line.acked) < READINGS:
            time.sleep(0.005)
        seconds = max(line.acked.values()) - begin
        line.close()
        return seconds


def _delays(port: int, urls: dict[str, str]) -> None:
    print(f"\nfrom sending to acknowledgement at {RATE:,}/s, goal p99 ≤ {LATE_GOAL_MS} ms")
    each = int(RATE * STEP_S)
    for name, url in urls.items():
        sent: dict[int, float] = {}
        with _beside(_keeping(port, url)):
            line = Line(port)
            begin = time.perf_counter()
            for step in range(int(RATE_SECONDS / STEP_S)):
                numbers = range(step * each + 1, (step + 1) * each + 1)
                packets = b"".join(_published(seq, 99) for seq in numbers)
                time.sleep(max(0.0, begin + step * STEP_S - time.perf_counter()))
                sent.update(dict.fromkeys(numbers, time.perf_counter()))
                line.send(packets)
            while len(line.acked) < len(sent):
                time.sleep(0.005)
            line.close()
        taken = sorted((line.acked[seq] - at) * 1000 for seq, at in sent.items())
        late = taken[int(len(taken) * 0.99)]
        print(f"  {name:<12} median {statistics.median(taken):.0f} ms, p99 {late:.0f} ms")


if __name__ == "__main__":
    main()
