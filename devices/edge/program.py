"""采集程序 · every port with its thread, its numbers and its link; started and stopped as one."""

import logging
import math
import sqlite3
import threading
import time
from collections import deque
from datetime import UTC, datetime

from devices import messages
from devices.edge.config import ConfigError, EdgeConfig, PortConfig
from devices.edge.lamp import Lamp
from devices.edge.link import Link
from devices.edge.outbox import Entry, Outbox
from devices.edge.ports import Draft, port_for
from devices.edge.sources import EndedError, open_source
from devices.messages import Reading

logger = logging.getLogger(__name__)

REOPEN_SECONDS = 1.0
WAITING_MAX = 10_000  # readings held in memory while the disk refuses them


def now() -> datetime:
    """The clock of this box; it may be wrong, and order never depends on it."""
    return datetime.now(UTC)  # noqa: TID251 the edge is a program of its own, without app.whoami


class PortRunner:
    """端口运行 · source → readings → outbox → link, over and over until stopped."""

    def __init__(self, config: EdgeConfig, port: PortConfig, outbox: Outbox) -> None:
        self._config, self._outbox = port, outbox
        self._port = port_for(port)
        self._boot = outbox.next_boot(port.device, first=port.first_boot)
        self._seq = 0
        self._waiting: deque[Entry] = deque(maxlen=WAITING_MAX)
        self._stopping = threading.Event()
        self._lamp = Lamp(port) if port.lamp else None
        self._link = Link(config, port, outbox, lamp=self._lamp)
        self._read_out = False  # a capture, to its end
        self.ended = threading.Event()  # read out, and everything on the disk
        self._thread = threading.Thread(target=self._run, name=f"port-{port.device}", daemon=True)

    def start(self) -> None:
        """Listen and send."""
        if self._lamp is not None:
            self._lamp.start()
        self._link.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, then sending."""
        self._stopping.set()
        self._thread.join(10)
        self._link.stop()
        if self._lamp is not None:
            self._lamp.stop()

    def _run(self) -> None:
        while not self._stopping.is_set() and not self.ended.is_set():
            try:
                self._listen()
            except EndedError as error:
                logger.info("%s：%s", self._config.device, error)
            except OSError as error:
                logger.warning(
                    "%s：%s 打不开或已断开：%s", self._config.device, self._config.source, error
                )
            except ConfigError as error:
                logger.error("%s：%s", self._config.device, error.sentence)  # noqa: TRY400 no bug
                return
            except Exception:  # One port must not end the others, nor itself for good.
                logger.exception("%s：端口出错，重新打开", self._config.device)
            self._store()
            if self._read_out and not self._waiting:
                self.ended.set()
            self._stopping.wait(0 if self.ended.is_set() else REOPEN_SECONDS)

    def _listen(self) -> None:
        if self._read_out:
            return
        source = open_source(self._config.source)
        self._port.begin()
        try:
            asked = -math.inf
            while not self._stopping.is_set():
                if self._config.ask_ms and time.monotonic() >= asked + self._config.ask_ms / 1000:
                    asked = time.monotonic()
                    source.write(self._config.question)
                data = source.read()
                if data:
                    self._keep(self._port.take(data, monotonic=time.monotonic()))
                self._store()
                self._show()
        finally:
            source.close()
            self._keep(self._port.end())
            self._read_out = not source.endless

    def _keep(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            self._seq += 1
            if self._lamp is not None:
                self._lamp.read(self._boot, self._seq, monotonic=time.monotonic())
            reading = Reading(
                boot=self._boot,
                seq=self._seq,
                kind=draft.kind,
                format=self._config.format,
                at=now(),
                frames=draft.frames,
                eid=draft.eid,
                weight_g=draft.weight_g,
            )
            self._waiting.append(Entry(self._boot, self._seq, messages.format_reading(reading)))
        self._store()

    def _store(self) -> None:
        """To the disk first; what the disk refuses now (full, say) is tried again."""
        while self._waiting:
            try:
                self._outbox.put(self._config.device, self._waiting[0])
            except sqlite3.Error as error:
                logger.error("%s：存盘失败，稍后重试：%s", self._config.device, error)  # noqa: TRY400
                self._stopping.wait(REOPEN_SECONDS)
                return
            self._waiting.popleft()
            self._link.wake()

    def _show(self) -> None:
        live = self._port.live
        if live and self._link.show(live, monotonic=time.monotonic()):
            self._port.live = None


class Edge:
    """采集端 · all ports of one box."""

    def __init__(self, config: EdgeConfig) -> None:
        self._outbox = Outbox(config.outbox)
        self._config = config
        try:
            self._runners = [PortRunner(config, port, self._outbox) for port in config.ports]
        except BaseException:
            self._outbox.close()
            raise

    def start(self) -> None:
        """Start every port."""
        for runner in self._runners:
            runner.start()

    def backlog(self) -> int:
        """How many readings of all ports wait for an acknowledgement."""
        return sum(self._outbox.backlog(port.device) for port in self._config.ports)

    def drained(self) -> bool:
        """Whether every capture has been read to its end and everything is acknowledged."""
        return all(runner.ended.is_set() for runner in self._runners) and not self.backlog()

    def stop(self) -> None:
        """Stop every port and close the outbox."""
        for runner in self._runners:
            runner.stop()
        self._outbox.close()
