"""A real broker for tests, and a server beside it that keeps a ledger of what reached it."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from devices import messages, topics
from devices.messages import Ack, Live, Reading, Status
from devices.topics import Channel, Topic

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
WAIT_SECONDS = 20.0

Key = tuple[str, int, int]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Mosquitto:
    """The broker; kill it and start it again on the same port."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._config = folder / "mosquitto.conf"
        self._config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n{more}")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM
        self._process = subprocess.Popen(
            [PROGRAM, "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        answering = threading.Event()
        while not self._answers():
            assert self._process.poll() is None
            answering.wait(0.02)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


class Ledger:
    """A server that stores every reading once and acknowledges it while it is `answering`."""

    def __init__(self, port: int) -> None:
        self.url = f"mqtt://127.0.0.1:{port}"
        self.answering = True
        self.stored: dict[Key, bytes] = {}
        self.changed: list[Key] = []  # keys that came again with other bytes
        self.copies = 0
        self.statuses: dict[str, Status] = {}
        self.lives: list[tuple[str, Live]] = []
        self.news = threading.Condition()
        self._subscribed = threading.Event()
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id="platform:ledger", protocol=MQTTv311
        )
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe(topics.ALL_UP, qos=1)
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._subscribed.wait(WAIT_SECONDS)

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        topic, payload = topics.parse(message.topic), bytes(message.payload)
        with self.news:
            if topic.channel is Channel.STATUS:
                self.statuses[topic.device] = messages.parse_status(payload)
            elif topic.channel is Channel.LIVE:
                self.lives.append((topic.device, messages.parse_live(payload)))
            else:
                self._store(topic.device, payload)
            self.news.notify_all()

    def _store(self, device: str, payload: bytes) -> None:
        reading = messages.parse_reading(payload)
        key = (device, reading.boot, reading.seq)
        self.copies += 1
        if self.stored.setdefault(key, payload) != payload:
            self.changed.append(key)
        if self.answering:
            self.acknowledge(device, Ack(boot=reading.boot, stored=(reading.seq,), set_aside=()))

    def acknowledge(self, device: str, ack: Ack) -> None:
        self.say(device, messages.format_ack(ack))

    def say(self, device: str, payload: bytes) -> None:
        self.client.publish(str(Topic(device, Channel.ACK)), payload, qos=1)

    def readings(self) -> list[Reading]:
        return [messages.parse_reading(payload) for _, payload in sorted(self.stored.items())]

    def wait_until(self, condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
        with self.news:
            assert self.news.wait_for(condition, seconds), "it did not happen in time"

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def running(folder: Path, more: str = "") -> Iterator[Mosquitto]:
    if not PROGRAM:
        pytest.skip("mosquitto 未安装：apt-get install mosquitto")
    broker = Mosquitto(folder, more)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def wait_until(condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    """For what no message announces: looked at fifty times a second."""
    never, looks = threading.Event(), int(seconds * 50)
    assert any(condition() or never.wait(0.02) for _ in range(looks)), "it did not happen in time"
