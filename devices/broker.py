"""内置消息服务器 · amqtt as a process of its own, behind a door that asks before it opens.

What amqtt 0.12.1 leaves open and we close is listed in `docs/adr/0006-embedded-broker.md`.
Production uses mosquitto with `deploy/mosquitto`; the rules are the same (`access`).
"""

import asyncio
import contextlib
import hmac
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from amqtt.adapters import (  # type: ignore[import-untyped]  # ships no types
    ReaderAdapter,
    StreamWriterAdapter,
    WriterAdapter,
)
from amqtt.broker import Broker as AmqttBroker  # type: ignore[import-untyped]  # ships no types
from amqtt.contexts import Action  # type: ignore[import-untyped]  # ships no types
from amqtt.errors import MQTTError  # type: ignore[import-untyped]  # ships no types
from amqtt.mqtt.connack import (  # type: ignore[import-untyped]  # ships no types
    NOT_AUTHORIZED,
    ConnackPacket,
)
from amqtt.mqtt.protocol.broker_handler import (  # type: ignore[import-untyped]  # ships no types
    BrokerProtocolHandler,
)
from amqtt.session import Session as Connection  # type: ignore[import-untyped]  # ships no types
from sqlalchemy import Engine

from traceability.base.db import reading

from . import access, credentials
from .credentials import Account
from .packets import Limits, PacketReader, Tally

CONNECT_SECONDS = 10
SWEEP_SECONDS = 1.0
KEEP_ALIVE_SECONDS_MAX = 120
KEEP_ALIVES_MISSED = 1.5
PASSWORD_CHECKS_AT_ONCE = 2  # each costs a core some 50 ms
NO_CREDENTIAL = 0  # the platform's own account has none in the database
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Where the embedded broker listens, and the platform's own account on it."""

    host: str = "127.0.0.1"
    port: int = 1883
    server: Account
    connections_max: int = 2_000
    limits: Limits = field(default_factory=Limits)


class Door:
    """Who comes in: asks the database, never the network."""

    def __init__(self, engine: Engine, server: Account, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self.server = server

    def admitted(self, account: Account) -> int | None:
        """The credential that lets an account in; None for a stranger."""
        if account.name == self.server.name:
            same = hmac.compare_digest(account.password.encode(), self.server.password.encode())
            return NO_CREDENTIAL if same else None
        with reading(self._engine) as session:
            return credentials.admitted(session, account, at=self._now())

    def valid(self, ids: Iterable[int]) -> set[int]:
        """Those credentials that still hold."""
        with reading(self._engine) as session:
            return credentials.valid(session, ids, at=self._now()) | {NO_CREDENTIAL}


class Handler(BrokerProtocolHandler):  # type: ignore[misc]  # amqtt ships no types
    """One client's connection; a silent one ends."""

    def handle_read_timeout(self) -> None:
        """Nothing for one and a half keep-alives: the line is dead."""
        self.ending = asyncio.ensure_future(self.handle_connection_closed())


class Broker(AmqttBroker):  # type: ignore[misc]  # amqtt ships no types
    """消息服务器 · amqtt with our door, our topic rule and no retained messages."""

    def __init__(self, settings: BrokerSettings, door: Door) -> None:
        listener = {
            "type": "tcp",
            "bind": f"{settings.host}:{settings.port}",
            "max_connections": settings.connections_max,
        }
        super().__init__({"listeners": {"default": listener}, "plugins": {}})
        self._limits = settings.limits
        self._door = door
        self._checks = asyncio.Semaphore(PASSWORD_CHECKS_AT_ONCE)
        self.tally = Tally()

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve one connection, through the packet reader."""
        packets = PacketReader(reader, writer, limits=self._limits, tally=self.tally)
        try:
            with contextlib.suppress(ConnectionError):
                await self._client_connected(listener_name, packets, StreamWriterAdapter(writer))
        finally:
            writer.close()  # also where the client left before it was answered

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, _address: str, _port: int
    ) -> tuple[Handler, Connection]:
        """Ask who it is before anything of an earlier session is touched."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                handler, client = await Handler.init_from_connect(
                    reader, writer, self.plugins_manager
                )
        except Exception as error:  # whatever a stranger sent, it costs only the connection
            await self._turn_away(writer, f"no proper CONNECT: {error!r}")
            raise MQTTError("no proper CONNECT") from error
        credential = await self._admit(client)
        if credential is None:
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await self._turn_away(writer, f"{client.client_id!r} is not let in")
            raise MQTTError("not let in")
        await self._end_earlier(client.client_id)
        client.attributes["credential"] = credential
        client.clean_session = True
        seconds = min(client.keep_alive or KEEP_ALIVE_SECONDS_MAX, KEEP_ALIVE_SECONDS_MAX)
        client.keep_alive = int(seconds * KEEP_ALIVES_MISSED) + 1
        return handler, client

    async def _turn_away(self, writer: WriterAdapter, why: str) -> None:
        self.tally.connections += 1
        logger.info("connection refused: %s", why)
        with contextlib.suppress(Exception):
            await writer.close()

    async def _admit(self, client: Connection) -> int | None:
        name, password, server = client.username, client.password, self._door.server.name
        if not name or not password or not client.client_id:
            return None
        if not access.may_connect(name, client.client_id, server=server):
            return None
        if client.will_flag and not access.may_publish(name, client.will_topic, server=server):
            return None
        async with self._checks:
            return await asyncio.to_thread(self._door.admitted, Account(name, password))

    async def _end_earlier(self, client_id: str) -> None:
        """The same account on a new line: the old line ends, as MQTT wants it."""
        _, handler = self._sessions.get(client_id, (None, None))
        if handler is not None:
            await self._end(handler)
        await self._delete_session(client_id)

    async def _end(self, handler: BrokerProtocolHandler) -> None:
        await handler.handle_connection_closed()
        await handler.stop()

    async def _authenticate(self, session: Connection, _: object) -> bool:
        return "credential" in session.attributes

    async def _topic_filtering(self, session: Connection, topic: str, action: Action) -> bool:
        if action is Action.RECEIVE:
            return True  # the subscription was judged
        publishes = action is Action.PUBLISH
        judge = access.may_publish if publishes else access.may_subscribe
        if judge(session.username or "", topic, server=self._door.server.name):
            return True
        self.tally.publishes += publishes
        self.tally.subscriptions += not publishes
        logger.warning("%s may not %s %r", session.username, action, topic)
        return False

    async def retain_message(self, *_args: object, **_kwargs: object) -> None:
        """Keep nothing: a last will may ask for it, a publish never gets here."""
        self.tally.retained += 1

    async def expel(self) -> None:
        """End every connection whose credential no longer holds."""
        open_now = [pair for pair in self._sessions.values() if pair[0].transitions.is_connected()]
        held = {client.attributes.get("credential", NO_CREDENTIAL) for client, _ in open_now}
        holding = await asyncio.to_thread(self._door.valid, held)
        for client, handler in open_now:
            if client.attributes.get("credential", NO_CREDENTIAL) not in holding:
                self.tally.expelled += 1
                logger.warning("%s loses its connection: credential ended", client.username)
                await self._end(handler)

    async def serve(self, stop: asyncio.Event) -> None:
        """Run until told to stop; an inner loop of amqtt that dies ends the process."""
        await self.start()
        try:
            tasks = [asyncio.ensure_future(stop.wait()), self._broadcast_task]
            tasks.append(asyncio.ensure_future(_every(SWEEP_SECONDS, self.expel)))
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            tasks[-1].cancel()
            for task in done:
                task.result()
        finally:
            await self.shutdown()


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await act()
        except Exception:  # the database may be away for a moment; the next round tries again
            logger.exception("credentials not checked again")


def main(settings: BrokerSettings, *, engine: Engine, now: Callable[[], datetime]) -> None:
    """Serve until SIGTERM or SIGINT."""
    asyncio.run(_main(settings, engine, now))


async def _main(settings: BrokerSettings, engine: Engine, now: Callable[[], datetime]) -> None:
    for noisy in ("amqtt", "transitions"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(stop.set))
    broker = Broker(settings, Door(engine, settings.server, now))
    logger.info("broker on %s:%s", settings.host, settings.port)
    await broker.serve(stop)
