"""订阅 · readings off the wire in bulk: MQTT 3.1.1, quality 1, acknowledged when the owner says so.

A general client costs a tenth of a millisecond a message, most of what a gateway can spend. This
one does what a consumer of one subscription needs and nothing else: it connects, subscribes, cuts
whole publishes out of what one read of the socket brings, and writes many PUBACKs at once. The
session is clean: what was not acknowledged is the device's to send again.
"""

import contextlib
import logging
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

CONNECT, CONNACK, PUBLISH, SUBACK = 0x10, 2, 3, 9
SUBSCRIBE, PING, DISCONNECT = 0x82, b"\xc0\x00", b"\xe0\x00"
PUBACK = struct.Struct(">BBH")
PUBACK_HEAD = 0x40, 2
CLEAN, WITH_PASSWORD, WITH_NAME = 0x02, 0x40, 0x80
REFUSED = b"\x80"
QUALITY = 0x06
CHUNK_BYTES = 1 << 17
LENGTH_BYTES_MAX = 4
PACKET_BYTES_MAX = 1 << 22
TICK_SECONDS = 0.5
WRITE_SECONDS = 5.0
RETRY_SECONDS, RETRY_SECONDS_MAX = 1.0, 5.0
PORTS = {"mqtt": 1883, "mqtts": 8883}
logger = logging.getLogger(__name__)


class LineError(OSError):
    """线路断开 · the broker hung up, fell silent or spoke something else."""


class RefusedError(LineError):
    """代理拒绝 · the broker is there and refuses: a person has to look at the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Where the broker is, who asks, and for what."""

    url: str  # mqtt://host:port or mqtts://host:port
    client_id: str
    name: str
    password: str
    topic_filter: str
    keep_alive_seconds: int = 30
    ca_file: str | None = None


class Publish(NamedTuple):
    """One message; `number` is 0 where nobody waits for an acknowledgement."""

    topic: bytes
    payload: bytes
    number: int
    retain: bool
    connection: int  # which connection it came on: numbers start again with each


class Subscriber:
    """Reads one subscription, in a thread of its own, and again whenever the line is lost.

    One thread reads and another acknowledges, and a TLS line bears only one at a time: whoever
    touches the socket holds `_using`. A read waits for bytes before it asks for it.
    """

    def __init__(self, line: Line, on_messages: Callable[[list[Publish]], None]) -> None:
        self._line = line
        self._on_messages = on_messages
        self._socket: socket.socket | None = None
        self._using = threading.Lock()
        self._stop = threading.Event()
        self._connection = 0
        self._greeted = False
        self._heard_at = 0.0
        self._told_at = 0.0
        self._thread = threading.Thread(target=self._run, name="subscriber", daemon=True)
        self.subscribed = threading.Event()

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up and end."""
        self._stop.set()
        self._write(DISCONNECT)
        self._hang_up()
        self._thread.join(TICK_SECONDS * 10)

    def acknowledge(self, messages: Iterable[tuple[int, int]]) -> None:
        """Say PUBACK for (number, connection); those of an earlier connection mean nothing now."""
        now = self._connection
        packets = b"".join(
            PUBACK.pack(*PUBACK_HEAD, number)
            for number, connection in messages
            if number and connection == now
        )
        if packets:
            self._write(packets)

    def _run(self) -> None:
        pause = RETRY_SECONDS
        while not self._stop.is_set():
            try:
                self._open()
                for found in self._heard():
                    self._on_messages(found)
            except RefusedError as error:
                logger.error("%s", error)  # noqa: TRY400 - the words say it all
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
                logger.info("broker gone: %s", error)
            except Exception:  # whatever a message does, the next one must be read
                logger.exception("the line is opened again")
            pause = RETRY_SECONDS if self.subscribed.is_set() else min(pause * 2, RETRY_SECONDS_MAX)
            self.subscribed.clear()
            self._hang_up()
            self._stop.wait(pause)

    def _open(self) -> None:
        line, url = self._line, urlsplit(self._line.url)
        assert url.hostname, "the settings were checked where they were read"
        address = url.hostname, url.port or PORTS[url.scheme]
        raw = socket.create_connection(address, timeout=line.keep_alive_seconds)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if url.scheme == "mqtts":
            context = ssl.create_default_context(cafile=line.ca_file)
            raw = context.wrap_socket(raw, server_hostname=url.hostname)
        raw.settimeout(WRITE_SECONDS)
        self._socket, self._connection = raw, self._connection + 1
        self._greeted = False
        self._heard_at = self._told_at = time.monotonic()
        flags = bytes([4, CLEAN | WITH_PASSWORD | WITH_NAME])
        alive = struct.pack(">H", line.keep_alive_seconds)
        who = _text(line.client_id) + _text(line.name) + _text(line.password)
        self._write(packet(CONNECT, _text("MQTT") + flags + alive + who))

    def _heard(self) -> Iterator[list[Publish]]:
        """What each read of the socket brings."""
        line, rest = self._socket, b""
        while line is not None and not self._stop.is_set():
            if not _has_bytes(line):
                self._keep_alive()
                continue
            with self._using:
                chunk = line.recv(CHUNK_BYTES)
            if not chunk:
                raise LineError("the broker hung up")
            self._heard_at = time.monotonic()
            rest, found = self._cut(rest + chunk if rest else chunk)
            self._keep_alive()
            if found:
                yield found

    def _cut(self, data: bytes) -> tuple[bytes, list[Publish]]:
        """The whole publishes at the beginning of some bytes, and what is left of them."""
        found: list[Publish] = []
        position, end = 0, len(data)
        while end - position > 1:
            head = data[position]
            if not self._greeted and head >> 4 != CONNACK:
                raise LineError("whoever answered speaks no MQTT")
            body, length = _length(data, position + 1)
            if body < 0 or end - body < length:
                break
            position = body + length
            if head >> 4 == PUBLISH:
                found.append(self._published(head, data, body, position))
            else:
                self._answered(head >> 4, data[body:position])
        return data[position:], found

    def _published(self, head: int, data: bytes, body: int, end: int) -> Publish:
        topic = body + 2
        after = topic + int.from_bytes(data[body:topic])
        payload = after + 2 if head & QUALITY else after
        if payload > end:
            raise LineError("a packet that is longer than itself")
        number = int.from_bytes(data[after:payload])
        where = data[topic:after]
        return Publish(where, data[payload:end], number, bool(head & 1), self._connection)

    def _answered(self, kind: int, body: bytes) -> None:
        if kind == CONNACK:
            if body[1:2] != b"\x00":
                raise RefusedError(f"broker refuses the gateway: {body[1:2].hex()}")
            self._greeted = True
            self._write(packet(SUBSCRIBE, b"\x00\x01" + _text(self._line.topic_filter) + b"\x01"))
        elif kind == SUBACK:
            if body[2:3] >= REFUSED:
                raise RefusedError(f"broker refuses the subscription {self._line.topic_filter}")
            self.subscribed.set()

    def _keep_alive(self) -> None:
        now, alive = time.monotonic(), self._line.keep_alive_seconds
        if now - self._heard_at > alive * 1.5:
            raise LineError("the broker fell silent")
        if now - self._told_at > alive / 2:
            self._write(PING)

    def _write(self, data: bytes) -> None:
        """Write, if there is a line. One that took half of it is of no more use: it is shut."""
        with self._using:
            line = self._socket
            if line is None:
                return
            try:
                line.sendall(data)
                self._told_at = time.monotonic()
            except OSError:
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)  # whoever reads finds it at its end

    def _hang_up(self) -> None:
        line, self._socket = self._socket, None
        if line is not None:
            with contextlib.suppress(OSError):
                line.close()


def _has_bytes(line: socket.socket) -> bool:
    """Whether something can be read now, or within a moment; TLS may hold it already."""
    if isinstance(line, ssl.SSLSocket) and line.pending():
        return True
    return bool(select.select([line], [], [], TICK_SECONDS)[0])


def packet(head: int, body: bytes) -> bytes:
    """A packet with its length before it.

    >>> packet(0x82, b"ab").hex(), len(packet(0x30, bytes(200)))
    ('82026162', 203)
    """
    length, rest = b"", len(body)
    while True:
        rest, low = rest >> 7, rest & 0x7F
        length += bytes([low | 0x80 if rest else low])
        if not rest:
            return bytes([head]) + length + body


def _text(words: str) -> bytes:
    data = words.encode()
    return struct.pack(">H", len(data)) + data


def _length(data: bytes, position: int) -> tuple[int, int]:
    r"""Where a body begins and how long it is; -1 where the length itself is not whole.

    >>> _length(b"\x82\xc8\x01", 1), _length(b"\x82\xc8", 1)
    ((3, 200), (-1, 0))
    """
    length, shift = 0, 0
    for at in range(position, min(position + LENGTH_BYTES_MAX, len(data))):
        length |= (data[at] & 0x7F) << shift
        if not data[at] & 0x80:
            if length > PACKET_BYTES_MAX:
                raise LineError("a packet that nobody sends")
            return at + 1, length
        shift += 7
    if len(data) - position >= LENGTH_BYTES_MAX:
        raise LineError("not the length of a packet")
    return -1, 0
