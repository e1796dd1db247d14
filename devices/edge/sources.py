"""数据来源 · the bytes of a serial line, a TCP port or a file, read in small waits.

`/dev/ttyUSB0`, `serial:///dev/ttyUSB0?baud=9600&bits=8&parity=N&stop=1`, `tcp://host:port`, and
`file:path` (read once to its end). A pseudo-terminal is a serial line.
"""

import socket
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import serial

from devices.edge.config import ConfigError

WAIT_SECONDS = 0.2
CONNECT_SECONDS = 5.0
CHUNK_BYTES = 4096
SERIAL_OPTIONS = {"baud": "9600", "bits": "8", "parity": "N", "stop": "1"}


class EndedError(OSError):
    """来源已断开 · to be opened again."""


class Source(Protocol):
    """来源 · what a device is plugged into."""

    endless: bool

    def read(self) -> bytes:
        """Some bytes, or none after a short wait.

        Raises:
            OSError: the line is broken.
        """
        ...

    def write(self, data: bytes) -> None:
        """Ask the device.

        Raises:
            OSError: the line is broken.
        """
        ...

    def close(self) -> None:
        """Unplug."""
        ...


class SerialLine:
    """串口 · also a pseudo-terminal."""

    endless = True

    def __init__(self, path: str, options: dict[str, str]) -> None:
        self._serial = serial.Serial(
            path,
            baudrate=int(options["baud"]),
            bytesize=int(options["bits"]),
            parity=options["parity"],
            stopbits=float(options["stop"]),
            timeout=WAIT_SECONDS,
            write_timeout=WAIT_SECONDS,
        )

    def read(self) -> bytes:
        """What has arrived."""
        return bytes(self._serial.read(self._serial.in_waiting or 1))

    def write(self, data: bytes) -> None:
        """Ask the device."""
        self._serial.write(data)

    def close(self) -> None:
        """Let go of the line."""
        self._serial.close()


class TcpPort:
    """网口 · a serial server, or a device with a network socket; we connect to it."""

    endless = True

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
        self._socket.settimeout(WAIT_SECONDS)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, seconds in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):  # a peer that vanished is noticed in about ten seconds
                self._socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)

    def read(self) -> bytes:
        """What has arrived."""
        try:
            data = self._socket.recv(CHUNK_BYTES)
        except TimeoutError:
            return b""
        if not data:
            raise EndedError("对方关闭了连接")
        return data

    def write(self, data: bytes) -> None:
        """Ask the device."""
        self._socket.sendall(data)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class RecordedFile:
    """文件 · a capture, read once."""

    endless = False

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")

    def read(self) -> bytes:
        """The next part."""
        data = self._file.read(CHUNK_BYTES)
        if not data:
            raise EndedError("文件已读完")
        return data

    def write(self, data: bytes) -> None:
        """Nobody: a capture holds the answers already."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_source(address: str) -> Source:
    """Plug in.

    Raises:
        ConfigError: nothing of this kind exists.
        OSError: it exists and cannot be opened now.
    """
    parts = urlsplit(address)
    if parts.scheme == "tcp" and parts.hostname and parts.port:
        return TcpPort(parts.hostname, parts.port)
    if parts.scheme == "file":
        return RecordedFile(Path(parts.path))
    if parts.scheme in ("", "serial") and parts.path:
        options = SERIAL_OPTIONS | dict(parse_qsl(parts.query))
        if options.keys() == SERIAL_OPTIONS.keys():
            try:
                return SerialLine(parts.path, options)
            except ValueError as error:
                raise ConfigError(f"串口参数有误：{address}（{error}）") from None
    raise ConfigError(f"来源写法不对：{address}")
