"""模拟入口 · a reader at a gate and the lamp beside it, which remembers what it was told."""

import contextlib
import logging
import socket
import threading

from devices.edge.config import PortConfig
from devices.simulator.equipment import Socket, allflex

LIGHT_WORDS = {"green": "绿灯 可过", "amber": "黄灯 注意", "red": "红灯 不可过", "dark": "灯灭"}
COMMAND_BYTES_MAX = 4096
logger = logging.getLogger(__name__)


class LampPost:
    """灯柱 · a relay on a TCP port of this machine; one line is one light."""

    def __init__(self, name: str) -> None:
        self.light = "dark"
        self._name = name
        self._server = socket.create_server(("127.0.0.1", 0))
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where an edge connects to."""
        host, port = self._server.getsockname()[:2]
        return f"tcp://{host}:{port}"

    def wait_for(self, light: str, seconds: float) -> bool:
        """Whether it shows that light within that time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.light == light, seconds)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                caller, _ = self._server.accept()
                with caller, contextlib.suppress(OSError):
                    self._listen(caller)

    def _listen(self, caller: socket.socket) -> None:
        rest = b""
        while data := caller.recv(COMMAND_BYTES_MAX):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._show(line.decode("ascii", "replace"))

    def _show(self, light: str) -> None:
        with self._changed:
            self.light = light
            self._changed.notify_all()
        if light != "dark":
            logger.info("%s：%s", self._name, LIGHT_WORDS.get(light, light))

    def close(self) -> None:
        """Switch it off."""
        with contextlib.suppress(OSError):  # wakes the accepting thread
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


class Gate:
    """入口 · animals walk by a reader, and the lamp says whether they may."""

    def __init__(self, reader: str, *, password: str = "") -> None:
        self.reader, self.lamp = Socket(), LampPost(reader)
        self.port = PortConfig(
            device=reader,
            source=self.reader.address,
            format="allflex",
            password=password,
            lamp=self.lamp.address,
        )

    def pass_by(self, eid: str) -> None:
        """Let the reader hear a tag."""
        self.reader.say(allflex(eid))

    def close(self) -> None:
        """Switch everything off."""
        self.reader.close()
        self.lamp.close()
