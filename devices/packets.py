"""报文门口 · reads MQTT packets off a socket whole, and throws away those nobody may have.

amqtt would take a packet of 256 MB into memory, keep retained messages, and read as fast as a
device can write. Here a publish that is too big or retained is read away, acknowledged (else the
device would repeat it for ever) and counted; a device over its rate is read more slowly.
"""

import asyncio
from dataclasses import dataclass

PUBLISH = 3
PUBACK = b"\x40\x02"
RETAIN_FLAG = 0x01
QOS_FLAGS = 0x06
QOS_1 = 0x02
LENGTH_BYTES_MAX = 4
HEAD_BYTES_MAX = 1_024  # topic and packet number beside the payload
CHUNK_BYTES = 16_384


@dataclass(slots=True)
class Tally:
    """What the broker has turned away since it started."""

    connections: int = 0
    subscriptions: int = 0
    publishes: int = 0
    oversized: int = 0
    retained: int = 0
    slowed: int = 0
    expelled: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a client may send."""

    payload_bytes: int = 65_536
    publishes_per_second: int = 5_000


class PacketReader:
    """Hands whole packets on to amqtt (as its `ReaderAdapter`), which asks for a few bytes."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        limits: Limits,
        tally: Tally,
    ) -> None:
        self._stream = reader
        self._answers = writer
        self._limits = limits
        self._tally = tally
        self._packet = b""
        self._position = 0
        self._second = 0
        self._publishes = 0

    async def read(self, n: int = -1) -> bytes:
        """The next bytes, never reaching from one packet into the next."""
        if self._position >= len(self._packet):
            self._packet, self._position = await self._next(), 0
        end = self._position + n
        if n < 0 or end > len(self._packet):
            self._position = len(self._packet)
            raise asyncio.IncompleteReadError(b"", n)  # a packet shorter than its parts
        part = self._packet[self._position : end]
        self._position = end
        return part

    def feed_eof(self) -> None:
        """Nothing more will come."""
        self._stream.feed_eof()

    async def _next(self) -> bytes:
        while True:
            head, length = await self._fixed_header()
            kind, flags = head[0] >> 4, head[0] & 0x0F
            if kind == PUBLISH:
                await self._pace()
            oversized = length > self._limits.payload_bytes + HEAD_BYTES_MAX
            if oversized and kind != PUBLISH:
                raise asyncio.IncompleteReadError(b"", length)
            if not oversized and not (kind == PUBLISH and flags & RETAIN_FLAG):
                body = await self._stream.readexactly(length)
                if kind == PUBLISH and not has_text_topic(body):
                    raise asyncio.IncompleteReadError(body, length)  # amqtt would lose its place
                return head + body
            if oversized:
                self._tally.oversized += 1
            else:
                self._tally.retained += 1
            await self._throw_away(flags, length)

    async def _fixed_header(self) -> tuple[bytes, int]:
        head = await self._stream.readexactly(1)
        length = 0
        for place in range(LENGTH_BYTES_MAX):
            byte = await self._stream.readexactly(1)
            head += byte
            length |= (byte[0] & 0x7F) << (7 * place)
            if not byte[0] & 0x80:
                return head, length
        raise asyncio.IncompleteReadError(head, len(head) + 1)  # no such length: end the connection

    async def _throw_away(self, flags: int, length: int) -> None:
        topic_length = await self._stream.readexactly(2)
        rest = length - 2 - int.from_bytes(topic_length)
        qos = flags & QOS_FLAGS
        if qos not in (0, QOS_1) or rest < 2 * (qos == QOS_1):
            raise asyncio.IncompleteReadError(topic_length, length)
        await self._stream.readexactly(int.from_bytes(topic_length))
        number = await self._stream.readexactly(2) if qos == QOS_1 else b""
        rest -= len(number)
        while rest > 0:
            rest -= len(await self._stream.readexactly(min(rest, CHUNK_BYTES)))
        if number:
            self._answers.write(PUBACK + number)

    async def _pace(self) -> None:
        clock = asyncio.get_running_loop().time()
        if int(clock) != self._second:
            self._second, self._publishes = int(clock), 0
        self._publishes += 1
        if self._publishes > self._limits.publishes_per_second:
            self._tally.slowed += 1
            await asyncio.sleep(self._second + 1 - clock)


def has_text_topic(body: bytes) -> bool:
    r"""Whether a PUBLISH begins with a topic that is UTF-8 text, as MQTT 3.1.1 wants it.

    >>> has_text_topic(b"\0\2wnxx"), has_text_topic(b"\0\2\xff\xfexx"), has_text_topic(b"\0\7wn")
    (True, False, False)
    """
    end = 2 + int.from_bytes(body[:2])
    try:
        topic = body[2:end].decode()
    except UnicodeDecodeError:
        return False
    return len(body) >= end and "\0" not in topic
