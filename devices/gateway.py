"""网关 · from the broker into the database: the only consumer of readings, and the live frames.

The subscriber's thread only queues; the writer collects up to 1,000 messages or 20 ms, keeps them
in one transaction, and then, never before, acknowledges: PUBACK to the broker and the numbers
themselves to the device, whose outbox lets go of nothing else.
"""

import contextlib
import logging
import queue
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from traceability.base.db import transaction

from . import inbox, messages, pairing, topics, weighing
from .inbox import NO_DEVICE, Arrived, Hook, Receipt, no_hook
from .lamps import Judge, LampLoop
from .subscriber import PORTS, Line, Publish, Subscriber
from .topics import Channel, Topic

GROUP_MAX = 1_000
GROUP_SECONDS = 0.02
IDLE_SECONDS = 0.2
QUEUE_MAX = 20  # reads of the socket, some hundred messages each
RETRY_SECONDS = 0.2
RETRY_SECONDS_MAX = 5.0
KEEP_ALIVE_SECONDS = 30
PAIRING_SECONDS = 1.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """How to reach the broker with the platform's own account."""

    url: str  # mqtt://host:port or mqtts://host:port
    name: str
    password: str
    part: str = "ingest"  # the client id is name:part
    ca_file: str | None = None
    shared_group: str | None = None  # several gateways share the readings, on mosquitto


@dataclass(slots=True)
class Counts:
    """What one gateway has done since it started."""

    groups: int = 0
    messages: int = 0
    retained: int = 0
    retries: int = 0


class _Waiting(NamedTuple):
    arrived: Arrived
    number: int  # the broker's packet number, 0 where it waits for no answer
    connection: int


def make_client(settings: GatewaySettings) -> Client:
    """A client for the broker, not yet connected; every session is clean."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"{settings.name}:{settings.part}",
        clean_session=True,
        protocol=MQTTv311,
    )
    client.username_pw_set(settings.name, settings.password)
    if urlsplit(settings.url).scheme == "mqtts":
        client.tls_set(ca_certs=settings.ca_file)
    client.reconnect_delay_set(min_delay=1, max_delay=5)
    client.max_inflight_messages_set(1_000)
    client.max_queued_messages_set(10_000)
    return client


def connect(client: Client, settings: GatewaySettings) -> None:
    """Begin to connect, in a thread, and again whenever the line is lost."""
    url = urlsplit(settings.url)
    assert url.hostname, "the settings were checked where they were read"
    client.connect_async(url.hostname, url.port or PORTS[url.scheme], keepalive=KEEP_ALIVE_SECONDS)
    client.loop_start()


class Gateway:
    """网关 · takes readings from the broker and keeps them, in groups."""

    def __init__(
        self,
        settings: GatewaySettings,
        engine: Engine,
        now: Callable[[], datetime],
        *,
        hook: Hook = no_hook,
    ) -> None:
        self._engine = engine
        self._now = now
        self._hook = hook
        share = f"$share/{settings.shared_group}/" if settings.shared_group else ""
        self._waiting: queue.Queue[list[_Waiting]] = queue.Queue(QUEUE_MAX)
        self._left: list[_Waiting] = []
        self._stop = threading.Event()
        self.on_stored: Callable[[], None] = _nothing
        self.on_receipts: Callable[[list[Receipt]], None] = _no_receipts
        self.counts = Counts()
        line = Line(
            url=settings.url,
            client_id=f"{settings.name}:{settings.part}",
            name=settings.name,
            password=settings.password,
            topic_filter=share + topics.ALL_READINGS,
            keep_alive_seconds=KEEP_ALIVE_SECONDS,
            ca_file=settings.ca_file,
        )
        self._subscriber = Subscriber(line, self._take)
        self.subscribed = self._subscriber.subscribed
        self._answers = replace(settings, part=f"{settings.part}-answers")
        self._client = make_client(self._answers)

    def run(self) -> None:
        """Take messages until told to stop; what was taken is kept before the end."""
        connect(self._client, self._answers)
        self._subscriber.start()
        try:
            while not self._stop.is_set():
                if group := self._collect():
                    self._keep(group)
        finally:
            self._subscriber.stop()
            self._client.disconnect()
            self._client.loop_stop()

    def stop(self) -> None:
        """End after the group in hand."""
        self._stop.set()

    def tell(self, topic: Topic, payload: bytes) -> None:
        """Say something to a device, if the broker is there now; never retained."""
        if self._client.is_connected():
            self._client.publish(str(topic), payload, qos=1)

    def _take(self, messages: list[Publish]) -> None:
        """Queue what one read brought; a full queue holds the reader, and so the broker, back."""
        waiting = []
        for message in messages:
            if message.retain:
                self.counts.retained += 1  # nobody knows when it was said: never a reading
                self._subscriber.acknowledge([(message.number, message.connection)])
                continue
            arrived = Arrived(_device_of(message.topic), message.payload)
            waiting.append(_Waiting(arrived, message.number, message.connection))
        while waiting and not self._stop.is_set():
            try:
                self._waiting.put(waiting, timeout=1)
            except queue.Full:
                continue
            return

    def _collect(self) -> list[_Waiting]:
        """The next group: at most 1,000 messages, at most 20 ms after the first."""
        group, self._left = self._left, []
        end = time.monotonic() + GROUP_SECONDS
        while len(group) < GROUP_MAX:
            pause = max(0.0, end - time.monotonic()) if group else IDLE_SECONDS
            try:
                more = self._waiting.get(timeout=pause)
            except queue.Empty:
                break
            end = end if group else time.monotonic() + GROUP_SECONDS
            group += more
        self._left = group[GROUP_MAX:]
        return group[:GROUP_MAX]

    def _keep(self, group: list[_Waiting]) -> None:
        """Keep a group however long the database takes; acknowledge only after the commit."""
        pause = RETRY_SECONDS
        while not self._stop.is_set():
            try:
                receipts = self._commit([waiting.arrived for waiting in group])
            except (InterfaceError, OperationalError) as error:  # away, locked or restarting
                self.counts.retries += 1
                logger.warning("group of %s not kept, tried again: %s", len(group), error.orig)
                self._stop.wait(pause)
                pause = min(pause * 2, RETRY_SECONDS_MAX)
            except Exception:  # one message that cannot be kept must not hold up the others
                logger.exception("group of %s not kept, tried one by one", len(group))
                if len(group) == 1:
                    self._give_up(group[0])
                    return
                for waiting in group:
                    self._keep([waiting])
                return
            else:
                self._acknowledge(group, receipts)
                return

    def _give_up(self, waiting: _Waiting) -> None:
        """Keep the bytes of a message that the store itself stumbles over."""
        at = self._now()
        with transaction(self._engine, recorded_at=at) as session:
            receipts = inbox.set_aside(session, waiting.arrived, reason="store_failed", at=at)
        self._acknowledge([waiting], receipts)

    def _commit(self, arrived: list[Arrived]) -> list[Receipt]:
        at = self._now()
        with transaction(self._engine, recorded_at=at) as session:
            receipts = inbox.store(session, arrived, at=at, hook=self._hook)
            self._hook("before commit")
        self._hook("after commit")
        return receipts

    def _acknowledge(self, group: list[_Waiting], receipts: list[Receipt]) -> None:
        self._hook("before ack")
        self._subscriber.acknowledge((waiting.number, waiting.connection) for waiting in group)
        for code, ack in acks(receipts):
            self._client.publish(str(Topic(code, Channel.ACK)), messages.format_ack(ack), qos=1)
        self._hook("after ack")
        self.on_receipts(receipts)
        self.on_stored()
        self.counts.groups += 1
        self.counts.messages += len(group)


def acks(receipts: list[Receipt]) -> Iterator[tuple[str, messages.Ack]]:
    """The acknowledgements of a group, one for each device and boot."""
    numbers: dict[tuple[str, int], tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for receipt in receipts:
        if receipt.boot is not None and receipt.seq is not None and receipt.code != NO_DEVICE:
            stored, aside = numbers[receipt.code, receipt.boot]
            (stored if receipt.kept_as_reading else aside).add(receipt.seq)
    for (code, boot), (stored, aside) in numbers.items():
        yield code, messages.Ack(boot=boot, stored=tuple(stored), set_aside=tuple(aside))


@lru_cache(maxsize=1_024)
def _device_of(topic: bytes) -> str:
    try:
        return topics.parse(topic.decode()).device
    except ValueError:  # a bad topic, or one that is no UTF-8
        return NO_DEVICE


def _nothing() -> None:
    """Nobody waits for news."""


def _no_receipts(_receipts: list[Receipt]) -> None:
    """No lamp waits."""


class PairingLoop:
    """配对循环 · pairs what was stored, in a thread beside the gateway; never in its way."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], record: pairing.Record) -> None:
        self._engine = engine
        self._now = now
        self._record = record
        self._news = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pairing")

    def start(self) -> None:
        """Begin; what was stored while nobody paired is taken up first."""
        self._thread.start()

    def wake(self) -> None:
        """Something new was stored."""
        self._news.set()

    def stop(self) -> None:
        """End after the step in hand."""
        self._stop.set()
        self._news.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._news.clear()
            try:
                at = self._now()
                with transaction(self._engine, recorded_at=at) as session:
                    taken = pairing.step(session, at=at, record=self._record)
            except Exception:  # the next round tries again; readings are stored all the same
                logger.exception("pairing step failed")
                taken = 0
            if taken < pairing.STEP_READINGS:
                self._news.wait(PAIRING_SECONDS)  # without news too: a weight may wait for its tag


def main(
    settings: GatewaySettings,
    *,
    engine: Engine,
    now: Callable[[], datetime],
    hook: Hook = no_hook,
    record: pairing.Record | None = weighing.record,
    judge: Judge | None = None,
) -> None:
    """Serve until told to stop; without `record` nothing is paired, without `judge` no lamp lit."""
    gateway = Gateway(settings, engine, now, hook=hook)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: gateway.stop())
    with contextlib.ExitStack() as beside:
        if record is not None:
            pairs = PairingLoop(engine, now, record)
            gateway.on_stored = pairs.wake
            pairs.start()
            beside.callback(pairs.stop)
        if judge is not None:
            lamps = LampLoop(engine, now, judge, gateway.tell)
            gateway.on_receipts = lamps.take
            lamps.start()
            beside.callback(lamps.stop)
        gateway.run()
