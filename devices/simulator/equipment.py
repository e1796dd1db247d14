r"""模拟设备 · a scale and a reader that speak like the makers' on TCP ports of this machine.

>>> yaohua_0(425_500).hex()
'022b30303432353531314303'
>>> toledo(425_500, stable=True)[-2:].hex()
'0d26'
>>> allflex("982000001088420")
b'LA 982 000001088420\r\n'
"""

import contextlib
import socket
import threading
from collections.abc import Callable

from devices.drivers.toledo import checksum
from devices.drivers.yaohua import exclusive_or

G_PER_TENTH = 100


def yaohua_0(weight_g: int, **_told: bool) -> bytes:
    """A format 0 frame with one decimal."""
    body = f"{'-' if weight_g < 0 else '+'}{abs(weight_g) // G_PER_TENTH:06}1".encode()
    return b"\x02" + body + f"{exclusive_or(body):02X}".encode() + b"\x03"


def yaohua_1(weight_g: int, **_told: bool) -> bytes:
    """A format 1 frame with one decimal."""
    return b"=" + f"{weight_g / 1000:07.1f}"[::-1].encode()


def toledo(weight_g: int, *, stable: bool = False) -> bytes:
    """A continuous frame in kilograms with one decimal and a checksum."""
    motion, negative = (0 if stable else 0x08), (0x02 if weight_g < 0 else 0)
    digits = f"{abs(weight_g) // G_PER_TENTH:06}".encode()
    body = bytes([0x02, 0x2B, 0x30 | motion | negative, 0x20]) + digits + b"000000\r"
    return body + bytes([checksum(body)])


def allflex(eid: str) -> bytes:
    """A reader's line."""
    return f"LA {eid[:3]} {eid[3:]}\r\n".encode()


SCALES: dict[str, Callable[..., bytes]] = {
    "yaohua-0": yaohua_0,
    "yaohua-1": yaohua_1,
    "toledo": toledo,
}


class Socket:
    """串口服务器 · says the same to everyone who is connected; unplugging hangs up on all."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._listeners: list[socket.socket] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where an edge connects to."""
        host, port = self._server.getsockname()[:2]
        return f"tcp://{host}:{port}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                listener, _ = self._server.accept()
                with self._changed:
                    self._listeners.append(listener)
                    self._changed.notify_all()

    def wait_for_listener(self, seconds: float) -> bool:
        """Whether somebody connects within that time."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._listeners), seconds)

    def say(self, data: bytes) -> None:
        """Send these bytes to all who listen."""
        with self._changed:
            for listener in list(self._listeners):
                try:
                    listener.sendall(data)
                except OSError:
                    self._hang_up(listener)

    def unplug(self) -> None:
        """Hang up on all; they may come back."""
        with self._changed:
            for listener in list(self._listeners):
                self._hang_up(listener)

    def _hang_up(self, listener: socket.socket) -> None:
        listener.close()
        self._listeners.remove(listener)

    def close(self) -> None:
        """Hang up for good."""
        with contextlib.suppress(OSError):  # wakes the accepting thread
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(2)
        self.unplug()
