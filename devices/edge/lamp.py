"""灯 · the lamp at a gate: a line to a relay, lit by the platform's answer to the newest tag.

Dark is the rule: a new tag makes it dark, an answer lights it for some seconds, and an answer that
comes late, or belongs to a tag no longer the newest, lights nothing. A lamp that cannot be reached
is tried again with the next light; neither reading nor sending ever waits for it.
"""

import logging
import queue
import socket
import threading
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import serial

from devices.edge.config import ConfigError, PortConfig
from devices.edge.sources import SERIAL_OPTIONS
from devices.messages import Verdict

ANSWER_SECONDS = 5.0  # by then the animal has gone on
CONNECT_SECONDS = 1.0
DARK = "dark"
TICK_SECONDS = 0.2
logger = logging.getLogger(__name__)


class Wire(Protocol):
    """线路 · where the lamp's relay listens."""

    def send(self, data: bytes) -> None:
        """Say this to the relay.

        Raises:
            OSError: the line is broken.
        """
        ...

    def close(self) -> None:
        """Let go."""
        ...


class TcpWire:
    """网口继电器."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=CONNECT_SECONDS)

    def send(self, data: bytes) -> None:
        """Say this to the relay."""
        self._socket.sendall(data)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class SerialWire:
    """串口继电器."""

    def __init__(self, path: str, options: dict[str, str]) -> None:
        self._serial = serial.Serial(
            path,
            baudrate=int(options["baud"]),
            bytesize=int(options["bits"]),
            parity=options["parity"],
            stopbits=float(options["stop"]),
            write_timeout=CONNECT_SECONDS,
        )

    def send(self, data: bytes) -> None:
        """Say this to the relay."""
        self._serial.write(data)
        self._serial.flush()

    def close(self) -> None:
        """Let go of the line."""
        self._serial.close()


class FileWire:
    """文件 · what the lamp shows now, for a trial without a relay."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, data: bytes) -> None:
        """Write it down in one piece."""
        part = self._path.with_name(f"{self._path.name}.part")
        part.write_bytes(data)
        part.replace(self._path)

    def close(self) -> None:
        """Nothing to let go of."""


def open_wire(address: str) -> Wire:
    """Reach the relay.

    Raises:
        ConfigError: nothing of this kind exists.
        OSError: it exists and cannot be reached now.
    """
    parts = urlsplit(address)
    if parts.scheme == "tcp" and parts.hostname and parts.port:
        return TcpWire(parts.hostname, parts.port)
    if parts.scheme == "file" and parts.path:
        return FileWire(Path(parts.path))
    if parts.scheme in ("", "serial") and parts.path:
        options = SERIAL_OPTIONS | dict(parse_qsl(parts.query))
        if options.keys() == SERIAL_OPTIONS.keys():
            try:
                return SerialWire(parts.path, options)
            except ValueError as error:
                raise ConfigError(f"灯的串口参数有误：{address}（{error}）") from None
    raise ConfigError(f"lamp 写法不对：{address}")


class Lamp:
    """灯 · of one reader; its own thread speaks to the relay."""

    def __init__(self, port: PortConfig) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._newest = (0, 0)
        self._read_at = float("-inf")
        self._wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._wire: Wire | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lamp-{port.device}", daemon=True)

    def start(self) -> None:
        """Begin, dark."""
        self._wanted.put(DARK)
        self._thread.start()

    def stop(self) -> None:
        """Go dark for good."""
        self._stopping.set()
        self._thread.join(2 * CONNECT_SECONDS)

    def read(self, boot: int, seq: int, *, monotonic: float) -> None:
        """A tag was read: what shone before was for another animal."""
        with self._lock:
            self._newest, self._read_at = (boot, seq), monotonic
            self._wanted.put(DARK)

    def told(self, verdict: Verdict, *, monotonic: float) -> bool:
        """The platform's answer; False where it lights nothing."""
        with self._lock:
            late = monotonic - self._read_at > ANSWER_SECONDS
            if late or (verdict.boot, verdict.seq) != self._newest:
                return False
            self._wanted.put(verdict.light.value)
        logger.info("%s：%s %s", self._port.device, verdict.eid, verdict.light.value)
        return True

    def _run(self) -> None:
        dark_at = float("inf")
        while not self._stopping.is_set():
            try:
                light = self._wanted.get(timeout=TICK_SECONDS)
            except queue.Empty:
                if time.monotonic() < dark_at:
                    continue
                light = DARK
            lit = light != DARK
            dark_at = time.monotonic() + self._port.lamp_seconds if lit else float("inf")
            self._show(light)
        self._show(DARK)
        if self._wire is not None:
            self._wire.close()

    def _show(self, light: str) -> None:
        try:
            if self._wire is None:
                self._wire = open_wire(self._port.lamp)
            self._wire.send(self._port.lamp_command(light))
        except (OSError, ConfigError) as error:
            logger.warning("%s：灯 %s 连不上：%s", self._port.device, self._port.lamp, error)
            if self._wire is not None:
                self._wire.close()
            self._wire = None
        except Exception:  # A lamp must not end the reader's program.
            logger.exception("%s：灯出错", self._port.device)
            self._wire = None
